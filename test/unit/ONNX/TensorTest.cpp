// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TestModel.h"

#include "halftone/Dialect/ConstantData.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "gtest/gtest.h"
#include <cstring>

using namespace mlir;
using namespace mlir::halftone;
using namespace mlir::halftone::test;

static onnx::TensorProto makeTensor(int dataType, std::vector<int64_t> dims) {
  onnx::TensorProto tensor;
  tensor.set_name("t");
  tensor.set_data_type(dataType);
  for (int64_t dim : dims)
    tensor.add_dims(dim);
  return tensor;
}

static std::string print(Attribute attr) {
  std::string text;
  llvm::raw_string_ostream(text) << attr;
  return text;
}

/// What an initializer becomes, as text.
static std::string importTensor(const onnx::TensorProto &tensor) {
  Imported imported = importProto(makeConstantModel(tensor));
  EXPECT_TRUE(imported.errors.empty()) << imported.errors[0];
  ElementsAttr elements = imported.firstConstant();
  return elements ? print(elements) : "none";
}

static std::string importRaw(int dataType, std::vector<int64_t> dims, const std::string &bytes) {
  onnx::TensorProto tensor = makeTensor(dataType, std::move(dims));
  tensor.set_raw_data(bytes);
  return importTensor(tensor);
}

// Numbers of data types newer than the installed onnx.proto are understood as well.
TEST(Tensor, RawDataOfEveryElementType) {
  EXPECT_EQ(importRaw(1, {2}, std::string("\0\0\x80\x3f\0\0\0\x40", 8)),
            "dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>");
  EXPECT_EQ(importRaw(2, {2}, "\x01\xff"), "dense<[1, 255]> : tensor<2xui8>");
  EXPECT_EQ(importRaw(3, {2}, "\x01\xff"), "dense<[1, -1]> : tensor<2xi8>");
  EXPECT_EQ(importRaw(4, {1}, "\xff\xff"), "dense<65535> : tensor<1xui16>");
  EXPECT_EQ(importRaw(5, {1}, "\xff\xff"), "dense<-1> : tensor<1xi16>");
  EXPECT_EQ(importRaw(6, {1}, "\xff\xff\xff\xff"), "dense<-1> : tensor<1xi32>");
  EXPECT_EQ(importRaw(7, {}, std::string("\x07\0\0\0\0\0\0\0", 8)), "dense<7> : tensor<i64>");
  EXPECT_EQ(importRaw(9, {3}, std::string("\x01\0\x01", 3)),
            "dense<[true, false, true]> : tensor<3xi1>");
  EXPECT_EQ(importRaw(10, {1}, std::string("\0\x3c", 2)), "dense<1.000000e+00> : tensor<1xf16>");
  EXPECT_EQ(importRaw(11, {1}, std::string("\0\0\0\0\0\0\xf0\x3f", 8)),
            "dense<1.000000e+00> : tensor<1xf64>");
  EXPECT_EQ(importRaw(12, {1}, "\xff\xff\xff\xff"), "dense<4294967295> : tensor<1xui32>");
  EXPECT_EQ(importRaw(16, {1}, "\x80\x3f"), "dense<1.000000e+00> : tensor<1xbf16>");
  EXPECT_EQ(importRaw(17, {1}, "\x38"), "dense<1.000000e+00> : tensor<1xf8E4M3FN>");
  EXPECT_EQ(importRaw(19, {1}, "\x3c"), "dense<1.000000e+00> : tensor<1xf8E5M2>");
}

// Narrow elements are packed from the low bits up; the last byte may be half used.
TEST(Tensor, PackedElements) {
  EXPECT_EQ(importRaw(21, {3}, "\x21\x0f"), "dense<[1, 2, 15]> : tensor<3xui4>");
  EXPECT_EQ(importRaw(22, {3}, "\x21\x0f"), "dense<[1, 2, -1]> : tensor<3xi4>");
  EXPECT_EQ(importRaw(25, {4}, "\xe4"), "dense<[0, 1, 2, 3]> : tensor<4xui2>");
  EXPECT_EQ(importRaw(23, {2}, "\x72"), "dense<[1.000000e+00, 6.000000e+00]> : tensor<2xf4E2M1FN>");
}

TEST(Tensor, TypedFields) {
  onnx::TensorProto bytes = makeTensor(onnx::TensorProto::UINT8, {2});
  bytes.add_int32_data(3);
  bytes.add_int32_data(200);
  EXPECT_EQ(importTensor(bytes), "dense<[3, 200]> : tensor<2xui8>");
  onnx::TensorProto halves = makeTensor(onnx::TensorProto::FLOAT16, {1});
  halves.add_int32_data(0xbc00);
  EXPECT_EQ(importTensor(halves), "dense<-1.000000e+00> : tensor<1xf16>");
  onnx::TensorProto longs = makeTensor(onnx::TensorProto::INT64, {2});
  longs.add_int64_data(-5);
  longs.add_int64_data(5);
  EXPECT_EQ(importTensor(longs), "dense<[-5, 5]> : tensor<2xi64>");
  onnx::TensorProto words = makeTensor(onnx::TensorProto::UINT32, {1});
  words.add_uint64_data(7);
  EXPECT_EQ(importTensor(words), "dense<7> : tensor<1xui32>");
  onnx::TensorProto truths = makeTensor(onnx::TensorProto::BOOL, {2});
  truths.add_int32_data(1);
  truths.add_int32_data(0);
  EXPECT_EQ(importTensor(truths), "dense<[true, false]> : tensor<2xi1>");
}

TEST(Tensor, EmptyTensors) { EXPECT_EQ(importRaw(1, {0, 3}, ""), "dense<> : tensor<0x3xf32>"); }

// Up to 1 KiB a constant is printed in place; beyond, it is a resource under the initializer's
// name.
TEST(Tensor, LargeTensorsAreResources) {
  std::string bytes(1024, 'a');
  EXPECT_TRUE(StringRef(importRaw(2, {1024}, bytes)).starts_with("dense<97>"));
  onnx::TensorProto tensor = makeTensor(onnx::TensorProto::UINT8, {1025});
  for (int i = 0; i < 1025; ++i)
    tensor.mutable_raw_data()->push_back(char(i));
  Imported imported = importProto(makeConstantModel(tensor));
  auto resource = llvm::dyn_cast_or_null<DenseResourceElementsAttr>(imported.firstConstant());
  ASSERT_TRUE(resource);
  EXPECT_EQ(resource.getRawHandle().getKey(), "t");
  std::optional<ArrayRef<char>> data = getRawBytes(resource);
  ASSERT_TRUE(data);
  EXPECT_EQ(StringRef(data->data(), data->size()), tensor.raw_data());
}
