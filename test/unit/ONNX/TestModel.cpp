// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TestModel.h"

#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace mlir::halftone;

static void addValueInfo(onnx::ValueInfoProto *info, const std::string &name, int64_t columns) {
  info->set_name(name);
  onnx::TypeProto::Tensor *type = info->mutable_type()->mutable_tensor_type();
  type->set_elem_type(onnx::TensorProto::FLOAT);
  type->mutable_shape()->add_dim()->set_dim_param("batch");
  type->mutable_shape()->add_dim()->set_dim_value(columns);
}

static void addNode(onnx::GraphProto *graph, const std::string &op,
                    const std::vector<std::string> &inputs, const std::string &output) {
  onnx::NodeProto *node = graph->add_node();
  node->set_op_type(op);
  node->set_name(op + "_of_" + output);
  for (const std::string &input : inputs)
    node->add_input(input);
  node->add_output(output);
}

static onnx::ModelProto makeEmptyModel() {
  onnx::ModelProto model;
  model.set_ir_version(8);
  onnx::OperatorSetIdProto *opset = model.add_opset_import();
  opset->set_domain("");
  opset->set_version(17);
  model.mutable_graph()->set_name("g");
  return model;
}

onnx::ModelProto test::makeModel() {
  onnx::ModelProto model = makeEmptyModel();
  onnx::GraphProto *graph = model.mutable_graph();
  addValueInfo(graph->add_input(), "x", 4);
  addValueInfo(graph->add_output(), "y", 3);
  onnx::TensorProto *weight = graph->add_initializer();
  weight->set_name("w");
  weight->set_data_type(onnx::TensorProto::FLOAT);
  weight->add_dims(4);
  weight->add_dims(3);
  weight->set_raw_data(std::string(48, '\0'));
  onnx::TensorProto *bias = graph->add_initializer();
  bias->set_name("b");
  bias->set_data_type(onnx::TensorProto::FLOAT);
  bias->add_dims(3);
  for (float value : {1.0f, 2.0f, 3.0f})
    bias->add_float_data(value);
  addNode(graph, "MatMul", {"x", "w"}, "p");
  addNode(graph, "Add", {"p", "b"}, "s");
  addNode(graph, "Relu", {"s"}, "y");
  return model;
}

onnx::ModelProto test::makeConstantModel(const onnx::TensorProto &tensor) {
  onnx::ModelProto model = makeEmptyModel();
  *model.mutable_graph()->add_initializer() = tensor;
  onnx::ValueInfoProto *output = model.mutable_graph()->add_output();
  output->set_name(tensor.name());
  output->mutable_type()->mutable_tensor_type()->set_elem_type(tensor.data_type());
  return model;
}

ElementsAttr test::Imported::firstConstant() {
  ElementsAttr elements;
  if (module)
    module->walk([&](ConstantOp op) {
      elements = op.getValue();
      return WalkResult::interrupt();
    });
  return elements;
}

test::Imported test::importBytes(const std::string &bytes, const std::string &folder,
                                 const ImportOptions &options) {
  Imported result;
  ScopedDiagnosticHandler handler(result.context.get(), [&](Diagnostic &diag) {
    if (diag.getSeverity() == DiagnosticSeverity::Error)
      result.errors.push_back(diag.str());
  });
  result.module = importModel(llvm::MemoryBufferRef(bytes, "model.onnx"), folder, options,
                              result.context.get());
  return result;
}

test::Imported test::importProto(const onnx::ModelProto &model, const std::string &folder,
                                 const ImportOptions &options) {
  return importBytes(model.SerializeAsString(), folder, options);
}
