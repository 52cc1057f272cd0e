// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TestModel.h"

#include "halftone/Dialect/ConstantData.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <cstring>

using namespace mlir;
using namespace mlir::halftone;
using namespace mlir::halftone::test;
namespace fs = llvm::sys::fs;

namespace {
/// A folder with a file `weights.bin` of 1000 floats 0, 1, 2, …
class ExternalData : public ::testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(fs::createUniqueDirectory("halftone-external", folder));
    std::vector<float> floats(1000);
    for (size_t i = 0; i < floats.size(); ++i)
      floats[i] = float(i);
    write("weights.bin", StringRef(reinterpret_cast<char *>(floats.data()), floats.size() * 4));
  }
  void TearDown() override { fs::remove_directories(folder); }

  std::string path(const std::string &name) { return (folder + "/" + name).str(); }

  void write(const std::string &name, StringRef bytes) {
    std::error_code error;
    llvm::raw_fd_ostream(path(name), error) << bytes;
    ASSERT_FALSE(error);
  }

  /// A model that returns a vector of `count` floats stored outside.
  Imported import(int64_t count, std::vector<std::pair<std::string, std::string>> entries) {
    onnx::TensorProto tensor;
    tensor.set_name("t");
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    tensor.add_dims(count);
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    for (const auto &[key, value] : entries) {
      onnx::StringStringEntryProto *entry = tensor.add_external_data();
      entry->set_key(key);
      entry->set_value(value);
    }
    return importProto(makeConstantModel(tensor), folder.str().str());
  }

  void expectError(Imported imported, const char *error) {
    EXPECT_FALSE(imported.module);
    ASSERT_EQ(imported.errors.size(), 1u);
    EXPECT_NE(imported.errors[0].find(error), std::string::npos) << imported.errors[0];
  }

  SmallString<128> folder;
};
} // namespace

static std::vector<float> readConstant(Imported &imported) {
  ElementsAttr elements = imported.firstConstant();
  return elements ? readFloats(elements).value_or(std::vector<float>()) : std::vector<float>();
}

TEST_F(ExternalData, ReadsTheRangeThatTheModelNames) {
  Imported imported = import(3, {{"location", "weights.bin"}, {"offset", "40"}, {"length", "12"}});
  EXPECT_EQ(readConstant(imported), std::vector<float>({10, 11, 12}));
}

// Weights come to life page by page: the constant is the mapping, not a copy of it.
TEST_F(ExternalData, LargeTensorsShareOneMapping) {
  Imported imported = import(900, {{"location", "weights.bin"}, {"offset", "400"}});
  std::optional<ArrayRef<char>> bytes = getRawBytes(imported.firstConstant());
  ASSERT_TRUE(bytes);
  // Only in a mapping of the whole file is the byte before an aligned start the file's.
  EXPECT_EQ(uintptr_t(bytes->data()) % 4096, 400u);
  std::vector<float> floats = readConstant(imported);
  ASSERT_EQ(floats.size(), 900u);
  EXPECT_EQ(floats.front(), 100.0f);
  EXPECT_EQ(floats.back(), 999.0f);
}

// Offsets need not be aligned for the element type; such tensors are copied.
TEST_F(ExternalData, UnalignedTensorsAreCopied) {
  std::string bytes = "x";
  for (int i = 0; i < 500; ++i) {
    float value = float(i);
    bytes.append(reinterpret_cast<char *>(&value), 4);
  }
  write("odd.bin", bytes);
  Imported imported = import(500, {{"location", "odd.bin"}, {"offset", "1"}});
  std::optional<ArrayRef<char>> data = getRawBytes(imported.firstConstant());
  ASSERT_TRUE(data);
  EXPECT_EQ(uintptr_t(data->data()) % 4, 0u);
  EXPECT_EQ(readConstant(imported).back(), 499.0f);
}

TEST_F(ExternalData, TheFileMustHoldTheWholeRange) {
  expectError(import(1001, {{"location", "weights.bin"}}), "has 4000 bytes, too few for 4004");
  expectError(import(3, {{"location", "weights.bin"}, {"offset", "3992"}}),
              "too few for 12 bytes at offset 3992");
  expectError(import(3, {{"location", "weights.bin"}, {"offset", "18446744073709551615"}}),
              "too few for 12 bytes at offset 18446744073709551615");
}

TEST_F(ExternalData, TheLengthMustBeThatOfTheTensor) {
  expectError(import(3, {{"location", "weights.bin"}, {"length", "16"}}),
              "has length 16, but the tensor needs 12 bytes");
}

TEST_F(ExternalData, NumbersMustBeNumbers) {
  expectError(import(3, {{"location", "weights.bin"}, {"offset", "-4"}}), "offset '-4'");
  expectError(import(3, {{"location", "weights.bin"}, {"length", "many"}}), "length 'many'");
}

// A model must not be able to read other files of its user.
TEST_F(ExternalData, LocationsStayInTheFolderOfTheModel) {
  const char *outside = "outside of the model's folder";
  expectError(import(3, {{"location", "../weights.bin"}}), outside);
  expectError(import(3, {{"location", "a/../../weights.bin"}}), outside);
  expectError(import(3, {{"location", "/etc/passwd"}}), outside);
  expectError(import(3, {{"location", ""}}), outside);
  expectError(import(3, {}), outside);
  ASSERT_FALSE(fs::create_link("/etc/passwd", path("link.bin")));
  expectError(import(3, {{"location", "link.bin"}}), "is a link that leads outside");
}

TEST_F(ExternalData, TheFileMustBeAFile) {
  expectError(import(3, {{"location", "nothing.bin"}}), "cannot read the external data");
  ASSERT_FALSE(fs::create_directory(path("folder")));
  expectError(import(3, {{"location", "folder"}}), "is not a regular file");
}
