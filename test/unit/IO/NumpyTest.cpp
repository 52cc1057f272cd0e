// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// numpy itself as the oracle of our files.
#include "TemporaryFolder.h"

#include "halftone/IO/Npy.h"
#include "halftone/IO/Npz.h"

#include "llvm/Support/Program.h"

#include <gtest/gtest.h>

using namespace halftone;
using namespace halftone_test;

namespace {

class Numpy : public ::testing::Test {
protected:
  void SetUp() override {
    if (!llvm::sys::fs::exists(TEST_PYTHON))
      GTEST_SKIP() << "no Python environment at " << TEST_PYTHON;
  }

  /// Runs a program in the temporary folder.
  int python(const std::string &program) {
    std::string script = folder.write("script.py", "import numpy as np, ml_dtypes, os\nos.chdir('" +
                                                       folder.file("") + "')\n" + program);
    return llvm::sys::ExecuteAndWait(TEST_PYTHON, {TEST_PYTHON, script});
  }

  TemporaryFolder folder;
};

} // namespace

TEST_F(Numpy, WritesWhatWeRead) {
  ASSERT_EQ(python(R"(
x = np.arange(-6, 6)
arrays = {n: x.astype(n).reshape(3, 4)
          for n in 'int8 int16 int32 int64 float16 float32 float64 bool'.split()}
arrays['uint8'] = np.arange(12).astype('uint8').reshape(3, 4)
arrays['fortran'] = np.asfortranarray(x.astype('float32').reshape(3, 4))
arrays['big'] = x.astype('>i4').reshape(3, 4)
arrays['bf16'] = x.astype(ml_dtypes.bfloat16).reshape(3, 4)
arrays['f8e5m2'] = x.astype(ml_dtypes.float8_e5m2).reshape(3, 4)
arrays['text'] = np.array(['a', 'b'])
np.savez('stored.npz', **arrays)
np.savez_compressed('deflated.npz', **arrays)
)"),
            0);
  for (const char *name : {"stored.npz", "deflated.npz"}) {
    NpzReader reader = llvm::cantFail(NpzReader::open(folder.file(name)));
    auto read = [&](const char *array) { return llvm::cantFail(reader.read(array)); };
    EXPECT_EQ(read("int8").values<int8_t>()[11], 5);
    EXPECT_EQ(read("int16").values<int16_t>()[0], -6);
    EXPECT_EQ(read("int64").values<int64_t>()[1], -5);
    EXPECT_EQ(read("float16").values<uint16_t>()[11], 0x4500); // 5.0
    EXPECT_EQ(read("float32").type(), "f32[3,4]");
    EXPECT_EQ(read("float64").values<double>()[2], -4.0);
    EXPECT_EQ(read("bool").values<uint8_t>()[6], 0);
    EXPECT_EQ(read("bool").type(), "bool[3,4]");
    EXPECT_EQ(read("uint8").values<uint8_t>()[11], 11);
    EXPECT_EQ(read("fortran").values<float>(), read("float32").values<float>());
    EXPECT_EQ(read("big").values<int32_t>(), read("int32").values<int32_t>());
    EXPECT_EQ(read("bf16").values<uint16_t>()[11], 0x40a0); // 5.0
    EXPECT_EQ(read("bf16").type(), "bf16[3,4]");
    EXPECT_EQ(read("f8e5m2").type(), "f8e5m2[3,4]");
    EXPECT_NE(messageOf(reader.read("text")).find("unsupported element type '<U1'"),
              std::string::npos);
  }
}

TEST_F(Numpy, ReadsWhatWeWrite) {
  auto make = [](halftone_dtype dtype, std::vector<int64_t> dims, const void *data) {
    return llvm::cantFail(Array::copyOf(dtype, dims, data));
  };
  const float floats[] = {1.5f, -2.0f};
  const int64_t integer = -7;
  const uint16_t brain = 0x40a0; // 5.0
  const uint8_t pairs[] = {0x8f, 0x07};
  NamedArrays arrays;
  arrays.emplace("matrix", make(HALFTONE_DTYPE_F32, {1, 2}, floats));
  arrays.emplace("scalar", make(HALFTONE_DTYPE_I64, {}, &integer));
  arrays.emplace("bf16", make(HALFTONE_DTYPE_BF16, {1}, &brain));
  arrays.emplace("i4", make(HALFTONE_DTYPE_I4, {3}, pairs));
  arrays.emplace("empty", make(HALFTONE_DTYPE_F64, {0, 3}, nullptr));
  ASSERT_EQ(messageOf(writeNpz(folder.file("a.npz"), arrays)), "");
  ASSERT_EQ(messageOf(writeNpz(folder.file("b.npz"), arrays, NpzCompression::Deflate)), "");
  ASSERT_EQ(messageOf(writeNpy(folder.file("c.npy"), arrays["matrix"])), "");
  EXPECT_EQ(python(R"(
for z in np.load('a.npz'), np.load('b.npz'):
    assert z['matrix'].dtype == np.float32 and z['matrix'].tolist() == [[1.5, -2.0]]
    assert z['scalar'].dtype == np.int64 and z['scalar'] == -7 and z['scalar'].shape == ()
    assert z['bf16'].view(ml_dtypes.bfloat16) == 5
    assert z['i4'].dtype == np.int8 and z['i4'].tolist() == [-1, -8, 7]
    assert z['empty'].shape == (0, 3)
assert np.load('c.npy').tolist() == [[1.5, -2.0]]
)"),
            0);
}
