// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a function of the export table uses to write one op as ONNX nodes.
#ifndef HALFTONE_LIB_ONNX_NODEEXPORTER_H
#define HALFTONE_LIB_ONNX_NODEEXPORTER_H

#include "ExportTable.h"

#include "halftone/Dialect/HalftoneDialect.h"
#include "mlir/IR/Diagnostics.h"
#include <string>
#include <variant>

namespace onnx {
class GraphProto;
class NodeProto;
} // namespace onnx

namespace mlir::halftone {

class GraphExporter;

/// An attribute of an ONNX node.
struct NodeAttr {
  using Variant = std::variant<int64_t, float, std::string, SmallVector<int64_t>, ElementsAttr,
                               const onnx::GraphProto *>;

  template <typename T, typename = std::enable_if_t<std::is_integral_v<T>>>
  NodeAttr(StringRef name, T value) : name(name), value(int64_t(value)) {}
  NodeAttr(StringRef name, llvm::APFloat value) : name(name), value(value.convertToFloat()) {}
  NodeAttr(StringRef name, StringRef value) : name(name), value(value.str()) {}
  NodeAttr(StringRef name, ArrayRef<int64_t> value)
      : name(name), value(SmallVector<int64_t>(value)) {}
  NodeAttr(StringRef name, ElementsAttr value) : name(name), value(value) {}
  /// The graph is copied.
  NodeAttr(StringRef name, const onnx::GraphProto &value) : name(name), value(&value) {}

  StringRef name;
  Variant value;
};

/// Names of values; an empty one stands for an operand left out.
using Names = SmallVector<std::string>;

class NodeExporter {
public:
  NodeExporter(GraphExporter &graph, Operation *op) : graph(graph), op(op) {}

  Operation *getOperation() { return op; }
  GraphExporter &getGraph() { return graph; }
  const ExportOptions &getOptions() const;

  /// An error that names the node and the op, to be followed by the reason.
  InFlightDiagnostic refuse();
  bool hasFailed() const { return failedOnce; }

  // Operands.

  /// The name of an operand; of an absent one the empty name.
  std::string getOperand(Value value, StringRef role = "constant");
  Names getOperands();
  static RankedTensorType getType(Value value) {
    return llvm::cast<RankedTensorType>(value.getType());
  }
  static Type getElementType(Value value) { return getType(value).getElementType(); }
  static int64_t getRank(Value value) { return getType(value).getRank(); }
  /// An integer operand as ONNX wants it: i64, in one dimension or in none.
  std::string getI64(Value value);
  std::string getVector(Value value);
  std::string getScalar(Value value);

  // Constants.

  std::string createConstant(ElementsAttr elements, StringRef role = "constant");
  std::string createInts(ArrayRef<int64_t> values, StringRef role = "constant");
  std::string createScalar(Type elementType, double value, StringRef role = "constant");
  std::string createIndex(int64_t value);

  // Nodes.

  /// A node that helps; its one result.
  std::string create(StringRef opType, ArrayRef<std::string> inputs, ArrayRef<NodeAttr> attrs = {});
  /// A node of as many results as the op has.
  FailureOr<Names> createMany(StringRef opType, ArrayRef<std::string> inputs,
                              ArrayRef<NodeAttr> attrs = {});
  /// The node that makes the results of the op.
  LogicalResult define(StringRef opType, ArrayRef<std::string> inputs,
                       ArrayRef<NodeAttr> attrs = {}, StringRef domain = "");
  /// A result of the op is this value.
  LogicalResult alias(StringRef value, unsigned result = 0);

  /// A cast of `value` makes the result of the op.
  LogicalResult defineCast(StringRef value, Type to, bool saturate = true);

  std::string createCast(StringRef value, Type to);
  /// The dimensions [start, end) of a value.
  std::string createDims(StringRef value, int64_t start, int64_t end);
  std::string createReshape(StringRef value, ArrayRef<int64_t> shape);

  void requireOpset(int64_t opset);
  /// The number of a type, an error if ONNX does not have it.
  std::optional<int32_t> getDataType(Type elementType);
  /// Says that the op is written as others of the same value. Told once for each text.
  void noteSubstitute(StringRef text);

private:
  std::string reshapeSingle(Value value, ArrayRef<int64_t> shape);
  bool setAttrs(onnx::NodeProto &node, ArrayRef<NodeAttr> attrs);

  GraphExporter &graph;
  Operation *op;
  bool failedOnce = false;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_NODEEXPORTER_H
