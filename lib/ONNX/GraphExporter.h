// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A function as the graph of a model: names, types, constants, nested graphs.
#ifndef HALFTONE_LIB_ONNX_GRAPHEXPORTER_H
#define HALFTONE_LIB_ONNX_GRAPHEXPORTER_H

#include "ExportTable.h"
#include "TensorWriter.h"
#include "UniqueNames.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringSet.h"

namespace onnx {
class GraphProto;
class ModelProto;
class NodeProto;
class ValueInfoProto;
} // namespace onnx

namespace mlir::halftone {

class GraphExporter {
public:
  GraphExporter(onnx::ModelProto &model, const ExportOptions &options);

  /// Writes all of `function`, the elements of constants excepted: those are in getTensors().
  LogicalResult run(func::FuncOp function);
  TensorWriter &getTensors() { return tensors; }

  const ExportOptions &getOptions() const { return options; }

  /// The name of an operand of `user`. A constant becomes an initializer; one that passes have made
  /// for `user` is called after it and its `role`. Empty after an error.
  std::string getName(Value value, Operation *user, StringRef role);
  void setName(Value value, StringRef name) { names[value] = name.str(); }
  /// A new name for a result of a node called `nodeName`, the one the model promises for an output.
  std::string makeResultName(OpResult result, StringRef nodeName);
  std::string makeValueName(StringRef base) { return valueNames.make(base); }
  /// The name of `op`'s ONNX node; a node that helps to write it is called after it and its own
  /// type.
  std::string makeNodeName(Operation *op, StringRef opType, bool isHelper);
  /// A constant of the main graph, the same one for the same elements. Empty when ONNX has no such
  /// type.
  std::string addInitializer(ElementsAttr elements, StringRef base);

  onnx::NodeProto &addNode(StringRef opType, StringRef domain, ArrayRef<std::string> inputs);
  /// Copies the elements of a small constant.
  LogicalResult fillTensor(onnx::TensorProto &tensor, ElementsAttr elements);
  /// Fills `graph` with the ops of `block`, whatever `prologue` adds before them, and `outputs`.
  LogicalResult exportBlock(onnx::GraphProto &graph, Block &block,
                            llvm::function_ref<LogicalResult()> prologue, ValueRange outputs,
                            Operation *user);
  /// An input or output of a nested graph.
  bool describe(onnx::ValueInfoProto &info, StringRef name, RankedTensorType type,
                ArrayAttr dimNames = nullptr);

  void requireOpset(int64_t opset) { newestOpset = std::max(newestOpset, opset); }
  void requireDomain(StringRef domain) { domains.insert(domain); }
  /// Ops that are written together with their users.
  bool isAbsorbed(Operation *op) const { return absorbed.contains(op); }
  /// Counts an op that is written as other ops, to be told once for each kind.
  void noteSubstitute(StringRef text) { ++substitutes[text]; }

private:
  void claimNames(func::FuncOp function);
  void absorbWeights(func::FuncOp function);
  LogicalResult exportInputs(func::FuncOp function);
  LogicalResult exportOp(Operation &op);
  /// Declares `value` as an output of the current graph. One that no node of the graph makes, or
  /// that has another name, passes through an Identity.
  LogicalResult exportOutput(Value value, std::string wanted, Operation *user, ArrayAttr dimNames);
  LogicalResult exportOutputs(func::FuncOp function);
  void dropUnusedInitializers();
  void finishModel(func::FuncOp function);

  onnx::ModelProto &model;
  onnx::GraphProto *current;
  const ExportOptions &options;
  ExportTable table;
  TensorWriter tensors;
  UniqueNames nodeNames, valueNames;
  llvm::DenseMap<Value, std::string> names;
  llvm::DenseMap<Value, std::string> outputNames;
  llvm::DenseMap<Attribute, std::string> initializers;
  /// Names that a node reads.
  llvm::StringSet<> used;
  /// The op that gets the name of its ONNX node, of all that came from that node.
  llvm::StringMap<Operation *> owners;
  llvm::DenseSet<Operation *> absorbed;
  llvm::SetVector<StringRef> domains;
  llvm::MapVector<StringRef, int64_t> substitutes;
  int64_t newestOpset = kExportOpset;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_GRAPHEXPORTER_H
