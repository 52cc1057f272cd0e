// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TemporaryFolder.h"

#include "halftone/IO/TensorProto.h"

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

using namespace halftone;
using namespace halftone_test;

namespace {

class Proto : public ::testing::Test {
protected:
  Proto() { proto.set_name("x"); }

  llvm::Expected<NamedArray> read() {
    return readTensorProto(folder.write("x.pb", proto.SerializeAsString()));
  }
  void expectRefused(const std::string &what) {
    std::string message = messageOf(read());
    EXPECT_NE(message.find(what), std::string::npos) << message;
  }

  TemporaryFolder folder;
  onnx::TensorProto proto;
};

} // namespace

TEST_F(Proto, ReadsRawData) {
  proto.set_data_type(onnx::TensorProto::INT16);
  proto.add_dims(2);
  proto.set_raw_data(std::string("\x01\x02\xff\xff", 4));
  NamedArray tensor = llvm::cantFail(read());
  EXPECT_EQ(tensor.name, "x");
  EXPECT_EQ(tensor.array.type(), "i16[2]");
  EXPECT_EQ(tensor.array.values<int16_t>().vec(), (std::vector<int16_t>{0x201, -1}));
}

TEST_F(Proto, ReadsTypedFields) {
  proto.set_data_type(onnx::TensorProto::FLOAT);
  proto.add_dims(1);
  proto.add_float_data(1.5f);
  EXPECT_EQ(llvm::cantFail(read()).array.values<float>()[0], 1.5f);

  proto.Clear();
  proto.set_data_type(onnx::TensorProto::INT64);
  proto.add_int64_data(-3);
  NamedArray scalar = llvm::cantFail(read());
  EXPECT_EQ(scalar.array.type(), "i64[]");
  EXPECT_EQ(scalar.array.values<int64_t>()[0], -3);
}

// Narrow types lie in int32_data as bit patterns; 4-bit ones as packed bytes.
TEST_F(Proto, ReadsNarrowTypesOfTypedFields) {
  proto.set_data_type(onnx::TensorProto::BFLOAT16);
  proto.add_dims(1);
  proto.add_int32_data(0x3f80);
  EXPECT_EQ(llvm::cantFail(read()).array.values<uint16_t>()[0], 0x3f80);

  proto.Clear();
  proto.set_data_type(22); // INT4, newer than this protobuf definition
  proto.add_dims(3);
  proto.add_int32_data(0x8f);
  proto.add_int32_data(0x07);
  NamedArray narrow = llvm::cantFail(read());
  EXPECT_EQ(narrow.array.type(), "i4[3]");
  EXPECT_EQ(narrow.array.data()[0], 0x8f);
}

TEST_F(Proto, RefusesAWrongAmountOfData) {
  proto.set_data_type(onnx::TensorProto::FLOAT);
  proto.add_dims(2);
  proto.set_raw_data("123");
  expectRefused("has 3 bytes for f32[2]");
  proto.clear_raw_data();
  proto.add_float_data(1);
  expectRefused("has 1 values for f32[2]");
}

TEST_F(Proto, RefusesHostileShapes) {
  proto.set_data_type(onnx::TensorProto::FLOAT);
  proto.add_dims(int64_t(1) << 40);
  expectRefused("has too little data for f32[1099511627776]");
  proto.add_dims(int64_t(1) << 40);
  expectRefused("more elements than 64 bits can count");
  proto.set_dims(0, -1);
  expectRefused("a dimension is negative: -1");
}

TEST_F(Proto, RefusesOtherTypesAndFiles) {
  proto.set_data_type(onnx::TensorProto::STRING);
  expectRefused("unsupported ONNX data type 8");
  proto.set_data_type(onnx::TensorProto::FLOAT);
  proto.set_data_location(onnx::TensorProto::EXTERNAL);
  expectRefused("its data lies in another file");
  EXPECT_NE(messageOf(readTensorProto(folder.write("y.pb", "\xff\xff\xff"))).find("not an ONNX"),
            std::string::npos);
  EXPECT_NE(messageOf(readTensorProto(folder.file("none"))).find("No such file"),
            std::string::npos);
}
