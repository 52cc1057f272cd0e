// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TestModel.h"

#include "gtest/gtest.h"
#include <functional>

using namespace mlir::halftone;
using namespace mlir::halftone::test;

namespace {
struct BadModel {
  const char *name;
  std::function<void(onnx::ModelProto &)> breakIt;
  const char *error;
};

onnx::GraphProto &graphOf(onnx::ModelProto &model) { return *model.mutable_graph(); }
onnx::TensorProto &weightOf(onnx::ModelProto &model) {
  return *graphOf(model).mutable_initializer(0);
}
onnx::TensorProto &biasOf(onnx::ModelProto &model) {
  return *graphOf(model).mutable_initializer(1);
}
onnx::NodeProto &reluOf(onnx::ModelProto &model) { return *graphOf(model).mutable_node(2); }
onnx::TypeProto::Tensor &inputOf(onnx::ModelProto &model) {
  return *graphOf(model).mutable_input(0)->mutable_type()->mutable_tensor_type();
}
onnx::AttributeProto &addAttr(onnx::NodeProto &node, const char *name) {
  onnx::AttributeProto *attr = node.add_attribute();
  attr->set_name(name);
  attr->set_type(onnx::AttributeProto::INT);
  return *attr;
}
} // namespace

static const BadModel kFileErrors[] = {
    {"NoGraph", [](auto &m) { m.clear_graph(); }, "there is no graph"},
    {"NoVersion", [](auto &m) { m.clear_ir_version(); }, "IR version 0 is not supported"},
    {"NoOpset", [](auto &m) { m.clear_opset_import(); }, "no opset of the domain ai.onnx"},
    {"OpsetZero", [](auto &m) { m.mutable_opset_import(0)->set_version(0); }, "opset 0"},
    {"OpsetNegative", [](auto &m) { m.mutable_opset_import(0)->set_version(-3); }, "opset -3"},
    {"TwoOpsets", [](auto &m) { *m.add_opset_import() = m.opset_import(0); }, "two opsets"},
};

static const BadModel kGraphErrors[] = {
    {"NoOutputs", [](auto &m) { graphOf(m).clear_output(); }, "has no outputs"},
    {"TwoOutputsOfOneName", [](auto &m) { *graphOf(m).add_output() = graphOf(m).output(0); },
     "two outputs are called 'y'"},
    {"TwoInputsOfOneName", [](auto &m) { *graphOf(m).add_input() = graphOf(m).input(0); },
     "two inputs are called 'x'"},
    {"InputWithoutName", [](auto &m) { graphOf(m).mutable_input(0)->clear_name(); },
     "input '' is empty"},
    {"MissingInitializer", [](auto &m) { graphOf(m).mutable_initializer()->RemoveLast(); },
     "node 'Add_of_s' (Add, opset 17): there is no value called 'b'"},
    {"TwoInitializersOfOneName",
     [](auto &m) { *graphOf(m).add_initializer() = graphOf(m).initializer(0); },
     "two initializers are called 'w'"},
    {"InitializerWithoutName", [](auto &m) { weightOf(m).clear_name(); },
     "an initializer has no name"},
    {"InitializerIsAlsoComputed", [](auto &m) { reluOf(m).set_output(0, "b"); },
     "is also the name of an initializer"},
    {"SparseInitializer", [](auto &m) { graphOf(m).add_sparse_initializer(); },
     "sparse initializers"},
    {"Cycle", [](auto &m) { graphOf(m).mutable_node(0)->set_input(0, "y"); },
     "node 'MatMul_of_p' (MatMul, opset 17): 'y' is used before node 'Relu_of_y' makes it"},
    {"NodeWithoutOutputs", [](auto &m) { reluOf(m).clear_output(); }, "has no outputs"},
    {"NodeWithoutInputs", [](auto &m) { reluOf(m).clear_input(); },
     "(Relu, opset 17): expects 1 inputs, but has 0"},
    {"InputIsASequence",
     [](auto &m) { graphOf(m).mutable_input(0)->mutable_type()->mutable_sequence_type(); },
     "input 'x' is not a tensor"},
    {"InputWithoutType", [](auto &m) { graphOf(m).mutable_input(0)->clear_type(); },
     "input 'x' is not a tensor"},
    {"InputOfUnknownElementType", [](auto &m) { inputOf(m).set_elem_type(77); },
     "element type data type number 77"},
    {"InputOfComplexNumbers",
     [](auto &m) { inputOf(m).set_elem_type(onnx::TensorProto::COMPLEX64); }, "complex64"},
    {"InputOfNegativeSize",
     [](auto &m) { inputOf(m).mutable_shape()->mutable_dim(1)->set_dim_value(-5); },
     "has dimension -5 at position 1"},
    {"InputOfOverflowingSize",
     [](auto &m) {
       for (int i = 0; i < 3; ++i)
         inputOf(m).mutable_shape()->add_dim()->set_dim_value(int64_t(1) << 40);
     },
     "too many elements"},
    {"WrongRank", [](auto &m) { inputOf(m).mutable_shape()->mutable_dim(1)->set_dim_value(5); },
     "node 'MatMul_of_p' (MatMul, opset 17): "},
};

static const BadModel kTensorErrors[] = {
    {"RawDataTooShort", [](auto &m) { weightOf(m).mutable_raw_data()->pop_back(); },
     "initializer 'w': a tensor of type 'tensor<4x3xf32>' needs 48 bytes of data, but has 47"},
    {"RawDataTooLong", [](auto &m) { weightOf(m).mutable_raw_data()->push_back('x'); },
     "but has 49"},
    {"NoData", [](auto &m) { weightOf(m).clear_raw_data(); }, "but has 0"},
    {"TooFewElements", [](auto &m) { biasOf(m).mutable_float_data()->RemoveLast(); },
     "needs 12 bytes of data, but has 8"},
    {"NegativeDimension", [](auto &m) { weightOf(m).set_dims(0, -4); },
     "initializer 'w': dimension -4 is negative"},
    {"OverflowingDimensions",
     [](auto &m) {
       weightOf(m).set_dims(0, int64_t(1) << 62);
       weightOf(m).set_dims(1, int64_t(1) << 62);
     },
     "the product of the dimensions overflows"},
    {"OverflowingBytes",
     [](auto &m) {
       weightOf(m).set_dims(0, int64_t(1) << 60);
       weightOf(m).set_dims(1, 1);
     },
     "the product of the dimensions overflows"},
    {"AbsurdSizeWithoutData", [](auto &m) { weightOf(m).set_dims(0, int64_t(1) << 40); },
     "bytes of data, but has 48"},
    {"StringTensor", [](auto &m) { weightOf(m).set_data_type(onnx::TensorProto::STRING); },
     "initializer 'w': element type string is not supported"},
    {"UndefinedType", [](auto &m) { weightOf(m).clear_data_type(); },
     "element type undefined is not supported"},
    {"Segment", [](auto &m) { weightOf(m).mutable_segment(); }, "stored in segments"},
    {"ElementOutOfRange",
     [](auto &m) {
       biasOf(m).clear_float_data();
       biasOf(m).set_data_type(onnx::TensorProto::INT8);
       for (int value : {1, 2, 300})
         biasOf(m).add_int32_data(value);
     },
     "element 300 does not fit"},
};

static const BadModel kNodeErrors[] = {
    {"UnknownOp", [](auto &m) { reluOf(m).set_op_type("Frobnicate"); },
     "node 'Relu_of_y' (Frobnicate, opset 17): the op is not supported"},
    {"UnknownDomain", [](auto &m) { reluOf(m).set_domain("com.example"); },
     "imports no opset of the domain 'com.example'"},
    {"UnknownAttribute", [](auto &m) { addAttr(reluOf(m), "alpha"); },
     "attribute 'alpha' is not known"},
    {"AttributeTwice",
     [](auto &m) {
       addAttr(reluOf(m), "alpha");
       addAttr(reluOf(m), "alpha");
     },
     "attribute 'alpha' is given twice"},
    {"AttributeOfAFunction", [](auto &m) { addAttr(reluOf(m), "alpha").set_ref_attr_name("a"); },
     "refers to the attribute 'a' of a function"},
    {"TooManyInputs", [](auto &m) { reluOf(m).add_input("x"); }, "expects 1 inputs, but has 2"},
    {"TooManyOutputs", [](auto &m) { reluOf(m).add_output("z"); },
     "output 1 ('z') is not supported"},
};

/// The model as such imports; after `breakIt` exactly one error says what is wrong.
static void expectRefusal(const BadModel &bad) {
  SCOPED_TRACE(bad.name);
  onnx::ModelProto model = makeModel();
  bad.breakIt(model);
  Imported imported = importProto(model);
  EXPECT_FALSE(imported.module);
  ASSERT_EQ(imported.errors.size(), 1u);
  EXPECT_NE(imported.errors[0].find(bad.error), std::string::npos) << imported.errors[0];
}

TEST(BadModel, TheUnbrokenModelImports) {
  Imported imported = importProto(makeModel());
  EXPECT_TRUE(imported.module);
  EXPECT_TRUE(imported.errors.empty());
}

TEST(BadModel, BrokenFilesAreRefused) {
  for (const BadModel &bad : kFileErrors)
    expectRefusal(bad);
}
TEST(BadModel, BrokenGraphsAreRefused) {
  for (const BadModel &bad : kGraphErrors)
    expectRefusal(bad);
}
TEST(BadModel, BrokenTensorsAreRefused) {
  for (const BadModel &bad : kTensorErrors)
    expectRefusal(bad);
}
TEST(BadModel, BrokenNodesAreRefused) {
  for (const BadModel &bad : kNodeErrors)
    expectRefusal(bad);
}

/// Either a module or errors, never both or none.
static void expectConsistent(const Imported &imported) {
  EXPECT_EQ(!imported.module, !imported.errors.empty());
}

// A prefix of a protobuf message can be a message again, so a cut file need not be refused, but it
// is never half imported.
TEST(BadModel, TruncatedFilesEndCleanly) {
  std::string bytes = makeModel().SerializeAsString();
  int refused = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    Imported imported = importBytes(bytes.substr(0, size));
    expectConsistent(imported);
    refused += !imported.module;
  }
  EXPECT_GT(refused, int(bytes.size() * 9 / 10));
}

TEST(BadModel, FlippedBitsEndCleanly) {
  std::string bytes = makeModel().SerializeAsString();
  for (size_t i = 0; i < bytes.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = bytes;
      flipped[i] = char(flipped[i] ^ (1 << bit));
      expectConsistent(importBytes(flipped));
    }
}

TEST(BadModel, WhatIsNoProtobufIsRefused) {
  for (const char *bytes :
       {"", "hello", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "<html>"}) {
    Imported imported = importBytes(bytes);
    EXPECT_FALSE(imported.module);
    ASSERT_EQ(imported.errors.size(), 1u);
    EXPECT_NE(imported.errors[0].find("not an ONNX model"), std::string::npos);
  }
}
