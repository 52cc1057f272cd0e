// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TemporaryFolder.h"

#include "halftone/IO/Npy.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

using namespace halftone;
using namespace halftone_test;

namespace {

/// A version 1 file with this dictionary and these bytes of data.
std::string npy(llvm::StringRef dictionary, llvm::StringRef data) {
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(dictionary.size() & 0xff);
  bytes += static_cast<char>(dictionary.size() >> 8);
  return bytes + dictionary.str() + data.str();
}

class Npy : public ::testing::Test {
protected:
  std::string errorOf(llvm::StringRef bytes) {
    return messageOf(readNpy(folder.write("x.npy", bytes)));
  }

  /// Expects that a file is refused, with its name and `what`.
  void expectRefused(llvm::StringRef bytes, const std::string &what) {
    std::string message = errorOf(bytes);
    EXPECT_NE(message.find("x.npy"), std::string::npos) << message;
    EXPECT_NE(message.find(what), std::string::npos) << message;
  }

  Array read(llvm::StringRef bytes) {
    return llvm::cantFail(readNpy(folder.write("x.npy", bytes)));
  }

  TemporaryFolder folder;
};

} // namespace

TEST_F(Npy, RoundTripsEveryType) {
  const halftone_dtype dtypes[] = {HALFTONE_DTYPE_BOOL, HALFTONE_DTYPE_I8,  HALFTONE_DTYPE_U8,
                                   HALFTONE_DTYPE_I16,  HALFTONE_DTYPE_U16, HALFTONE_DTYPE_I32,
                                   HALFTONE_DTYPE_U32,  HALFTONE_DTYPE_I64, HALFTONE_DTYPE_U64,
                                   HALFTONE_DTYPE_F16,  HALFTONE_DTYPE_F32, HALFTONE_DTYPE_F64,
                                   HALFTONE_DTYPE_BF16};
  for (halftone_dtype dtype : dtypes) {
    Array array = llvm::cantFail(Array::create(dtype, {2, 3}));
    for (int64_t i = 0; i < array.byteSize(); ++i)
      array.data()[i] = static_cast<uint8_t>(i + 1);
    ASSERT_EQ(messageOf(writeNpy(folder.file("x.npy"), array)), "");
    Array again = llvm::cantFail(readNpy(folder.file("x.npy")));
    EXPECT_EQ(again.type(), array.type());
    EXPECT_EQ(again.values<uint8_t>(), array.values<uint8_t>());
  }
}

TEST_F(Npy, RoundTripsScalarsAndEmptyArrays) {
  for (const std::vector<int64_t> &dims : {std::vector<int64_t>{}, {1}, {0}, {3, 0, 2}}) {
    Array array = llvm::cantFail(Array::create(HALFTONE_DTYPE_I8, dims));
    std::fill_n(array.data(), array.byteSize(), 5);
    ASSERT_EQ(messageOf(writeNpy(folder.file("x.npy"), array)), "");
    EXPECT_EQ(llvm::cantFail(readNpy(folder.file("x.npy"))).type(), array.type());
  }
}

TEST_F(Npy, ReadsTheOtherByteOrder) {
  Array array = read(npy("{'descr': '>u2', 'fortran_order': False, 'shape': (2,)}",
                         llvm::StringRef("\x01\x02\x00\x07", 4)));
  EXPECT_EQ(array.values<uint16_t>().vec(), (std::vector<uint16_t>{0x0102, 7}));
}

// Column after column in the file; row after row in memory.
TEST_F(Npy, TransposesFortranOrder) {
  Array array = read(
      npy("{'descr': '|i1', 'fortran_order': True, 'shape': (2, 3)}", "\x01\x02\x03\x04\x05\x06"));
  EXPECT_EQ(array.type(), "i8[2,3]");
  EXPECT_EQ(array.values<int8_t>().vec(), (std::vector<int8_t>{1, 3, 5, 2, 4, 6}));
}

TEST_F(Npy, ReadsTypesByTheNameOfMlDtypes) {
  EXPECT_EQ(
      read(npy("{'descr': 'float8_e4m3fn', 'fortran_order': False, 'shape': (1,)}", "x")).type(),
      "f8e4m3fn[1]");
  EXPECT_EQ(read(npy("{'descr': '<f1', 'fortran_order': False, 'shape': (1,)}", "x")).type(),
            "f8e5m2[1]");
  EXPECT_EQ(read(npy("{'descr': '<V2', 'fortran_order': False, 'shape': (1,)}", "xy")).type(),
            "bf16[1]");
  EXPECT_EQ(read(npy("{'descr': '|V1', 'fortran_order': False, 'shape': (1,)}", "x")).type(),
            "u8[1]");
}

TEST_F(Npy, ReadsVersion2) {
  std::string dictionary = "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}";
  std::string bytes("\x93NUMPY\x02\x00", 8);
  bytes += static_cast<char>(dictionary.size());
  bytes += std::string(3, '\0');
  EXPECT_EQ(read(bytes + dictionary + "x").values<uint8_t>()[0], 'x');
}

TEST_F(Npy, RefusesOtherFiles) {
  expectRefused("", "ends too early");
  expectRefused("not a numpy file", "is not in numpy's file format");
  expectRefused(llvm::StringRef("\x93NUMPY\x09\x00\x10\x00", 10), "unknown version 9");
}

TEST_F(Npy, RefusesAWrongAmountOfData) {
  const char *dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}";
  expectRefused(npy(dictionary, "1234567"), "ends too early: 1 bytes are missing");
  expectRefused(npy(dictionary, "123456789"), "has more bytes than its header says");
}

TEST_F(Npy, RefusesUnsupportedTypes) {
  expectRefused(npy("{'descr': '|O', 'fortran_order': False, 'shape': ()}", ""),
                "unsupported element type '|O'");
  expectRefused(npy("{'descr': '<U5', 'fortran_order': False, 'shape': ()}", ""),
                "unsupported element type '<U5'");
  expectRefused(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}", ""),
                "expected a simple element type");
}

// None of these may ask for memory, hang or crash.
TEST_F(Npy, RefusesHostileHeaders) {
  auto shape = [](llvm::StringRef dims) {
    return npy(("{'descr': '<f8', 'fortran_order': False, 'shape': (" + dims + ")}").str(), "");
  };
  expectRefused(shape("1000000000000,"), "is too short for f64[1000000000000]");
  expectRefused(shape("4611686018427387904, 4"), "more elements than 64 bits");
  expectRefused(shape("4611686018427387904,"), "more bytes than 64 bits");
  expectRefused(shape("99999999999999999999,"), "expected a size");
  expectRefused(shape("-1,"), "a dimension is negative: -1");
  expectRefused(shape("1 2"), "expected ',' or ')'");
  expectRefused(shape("x"), "expected a size");
  expectRefused(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1", ""), "broken header");
  expectRefused(npy("{'descr': '<f8'}", ""), "needs descr, fortran_order and shape");
  expectRefused(npy("{'descr': '<f8", ""), "broken header");
  expectRefused(npy("{'\x01\xff': 3}", ""), "unknown key '\\01\\FF'");
  expectRefused(npy("", ""), "broken header");
  expectRefused(llvm::StringRef("\x93NUMPY\x02\x00\xff\xff\xff\xff", 12),
                "its length is 4294967295");
}

TEST_F(Npy, NamesAMissingFileAndAFolder) {
  EXPECT_NE(messageOf(readNpy(folder.file("none"))).find("No such file"), std::string::npos);
  EXPECT_NE(messageOf(readNpy("/")).find("'/': "), std::string::npos);
}

// A file system without room: nothing with the final name, nothing left over.
TEST_F(Npy, LeavesNoFileWhenWritingFails) {
  Array array = llvm::cantFail(Array::create(HALFTONE_DTYPE_U8, {100000}));
  std::fill_n(array.data(), array.byteSize(), 1);
  rlimit previous;
  getrlimit(RLIMIT_FSIZE, &previous);
  rlimit limit = {50000, previous.rlim_max};
  auto oldHandler = signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &limit);
  std::string message = messageOf(writeNpy(folder.file("y.npy"), array));
  setrlimit(RLIMIT_FSIZE, &previous);
  signal(SIGXFSZ, oldHandler);
  EXPECT_NE(message.find("File too large"), std::string::npos) << message;
  EXPECT_EQ(folder.numFiles(), 0u);
}

TEST_F(Npy, RefusesToReplaceADevice) {
  Array array = llvm::cantFail(Array::create(HALFTONE_DTYPE_U8, {1}));
  EXPECT_EQ(messageOf(writeNpy("/dev/null", array)),
            "'/dev/null': exists and is not a regular file");
}
