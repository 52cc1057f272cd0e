// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_ONNX_GRAPHIMPORTER_H
#define HALFTONE_LIB_ONNX_GRAPHIMPORTER_H

#include "Functions.h"
#include "InputDims.h"
#include "NodeImporter.h"
#include "OpTable.h"
#include "TensorReader.h"
#include "halftone/ONNX/Import.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

namespace onnx {
class GraphProto;
class TensorProto;
class ValueInfoProto;
} // namespace onnx

namespace mlir::halftone {

/// The name of a node, or that of its first output when it has none.
std::string getNodeName(const onnx::NodeProto &node);
Location getNodeLocation(const onnx::NodeProto &node, MLIRContext *context);
/// Starts an error that names the node, its op and the opset.
InFlightDiagnostic emitNodeError(const onnx::NodeProto &node, int64_t opset, MLIRContext *context);

/// Builds `main` from the graph of a model, node by node.
class GraphImporter : private SubgraphImporter {
public:
  GraphImporter(std::shared_ptr<const onnx::ModelProto> model, StringRef folder,
                const ImportOptions &options, ModuleOp module, Location fileLoc);

  LogicalResult run();

private:
  /// The names that one graph defines. Those of the graphs around it are visible in it.
  struct Names {
    llvm::StringMap<const onnx::TensorProto *> initializers;
    llvm::StringMap<const onnx::NodeProto *> producers;
    llvm::StringMap<Value> values;
  };

  FailureOr<SmallVector<Value>> importSubgraph(const onnx::GraphProto &subgraph,
                                               ValueRange arguments) override;
  FailureOr<SmallVector<Value>> importNodes(const onnx::GraphProto &subgraph, ValueRange arguments);
  LogicalResult readOpsets();
  LogicalResult checkNodesSupported();
  /// Collects the nodes of a graph, and of the graphs in them, that nobody can build.
  LogicalResult findUnsupported(const onnx::GraphProto &searched,
                                SmallVectorImpl<const onnx::NodeProto *> &unsupported);
  LogicalResult indexInitializers(const onnx::GraphProto &indexed);
  LogicalResult indexProducers(const onnx::GraphProto &indexed);
  LogicalResult importInputs();
  LogicalResult importNode(const onnx::NodeProto &node);
  /// A node that is defined by a graph of others.
  LogicalResult importCall(const onnx::NodeProto &node, int64_t opset, ArrayRef<Value> operands);
  LogicalResult importOutputs();
  LogicalResult checkOutputType(const onnx::ValueInfoProto &output, Value value, Location loc);
  void eraseUnusedOps();

  std::optional<int64_t> findOpset(StringRef domain) const;
  /// Null after an error.
  Value importInitializer(const onnx::TensorProto &initializer);
  Value resolve(StringRef name, llvm::function_ref<InFlightDiagnostic()> emitError);
  ArrayAttr getDimNames(ArrayRef<std::string> names);

  std::shared_ptr<ModelSource> source;
  /// Shares the source: what points into the model keeps the calls too.
  std::shared_ptr<const onnx::ModelProto> model;
  const onnx::GraphProto &graph;
  Location fileLoc;
  OpBuilder builder;
  ShapeContext shapes;
  TensorReader tensors;
  OpTable table;
  Functions functions;
  /// Calls that the node being imported is inside of.
  int callDepth = 0;
  func::FuncOp function;

  llvm::StringMap<int64_t> opsets;
  /// Innermost graph last.
  SmallVector<Names> scopes;
  InputDims inputDims;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_GRAPHIMPORTER_H
