// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the builders of ops see of a node.
#ifndef HALFTONE_LIB_ONNX_NODEIMPORTER_H
#define HALFTONE_LIB_ONNX_NODEIMPORTER_H

#include "OpTable.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/Dialect/ShapeContext.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringSet.h"
#include <optional>

namespace onnx {
class AttributeProto;
class GraphProto;
class NodeProto;
} // namespace onnx

namespace mlir::halftone {

class TensorReader;

/// Builds graphs that are attributes of nodes.
class SubgraphImporter {
public:
  virtual ~SubgraphImporter() = default;

  /// Builds the nodes of `graph` at the insertion point, with `arguments` for its inputs; names it
  /// does not define are those of the graphs around it. The values of its outputs.
  virtual FailureOr<SmallVector<Value>> importSubgraph(const onnx::GraphProto &graph,
                                                       ValueRange arguments) = 0;
};

/// Reads one node and builds its ops. Errors stick: after the first one, reading returns neutral
/// values, creating returns a null value, and setResults fails; so builders need not check each
/// step. Reading an attribute or operand marks it as understood; what remains unread is an error.
class NodeImporter {
public:
  /// What a node shares with the rest of its graph.
  struct Scope {
    OpBuilder &builder;
    ShapeContext &shapes;
    TensorReader &tensors;
    SubgraphImporter &subgraphs;
  };

  NodeImporter(Scope scope, const onnx::NodeProto &proto, int64_t opset,
               SmallVector<Value> operands);

  /// Runs the builder of `entry`. On success every result that has a name has a value.
  FailureOr<SmallVector<Value>> run(const OpEntry &entry);

  int64_t getOpset() const { return opset; }
  StringRef getOpType() const;
  /// Starts an error that names the node, its op and the opset.
  InFlightDiagnostic emitError();
  bool hasFailed() const { return failedOnce; }

  // Operands. An absent optional one is a null value.
  unsigned getNumOperands() const { return operands.size(); }
  Value getOperand(unsigned index);
  SmallVector<Value> getOperands();
  /// The elements of an operand that must be known when compiling; `name` is ONNX's, for the error.
  /// nullopt when it is absent (or not known, which is an error).
  std::optional<SmallVector<int64_t>> getConstantOperand(unsigned index, StringRef name);
  /// The same for floats.
  std::optional<SmallVector<float>> getConstantFloatOperand(unsigned index, StringRef name);
  /// What was an attribute up to `lastOpset` and is the operand `index` since.
  std::optional<SmallVector<int64_t>> getIntsAttrOrOperand(StringRef name, int64_t lastOpset,
                                                           unsigned index);

  // Attributes. Those with a default may be absent; requireX reports an absent one.
  bool hasAttr(StringRef name) const;
  int64_t getInt(StringRef name, int64_t defaultValue);
  int64_t requireInt(StringRef name);
  bool getFlag(StringRef name, bool defaultValue);
  float getFloat(StringRef name, float defaultValue);
  StringRef getString(StringRef name, StringRef defaultValue);
  StringRef requireString(StringRef name);
  std::optional<SmallVector<int64_t>> getInts(StringRef name);
  std::optional<SmallVector<float>> getFloats(StringRef name);
  std::optional<SmallVector<std::string>> getStrings(StringRef name);
  ElementsAttr getTensor(StringRef name);
  /// Null after an error: a graph is never optional.
  const onnx::GraphProto *requireGraph(StringRef name);
  /// Element type named by a number; null after an error.
  Type getElementTypeAttr(StringRef name, Type defaultType);
  /// Reads an attribute that does not change what inference computes.
  void ignoreAttr(StringRef name) { readAttrs.insert(name); }
  /// Reports an attribute that has another value than the only supported one.
  void expectInt(StringRef name, int64_t defaultValue, int64_t supported);
  void expectString(StringRef name, StringRef supported);

  // Types.
  static RankedTensorType getType(Value value);
  static int64_t getRank(Value value) { return value ? getType(value).getRank() : 0; }
  static Type getElementType(Value value) { return getType(value).getElementType(); }
  /// `axis` counted from the front, for `rank` dimensions; reports one out of range.
  int64_t normalizeAxis(int64_t axis, int64_t rank);
  /// The same for several, sorted; reports duplicates.
  SmallVector<int64_t> normalizeAxes(ArrayRef<int64_t> axes, int64_t rank);
  /// The size of a dimension that must be known when compiling.
  int64_t requireStaticDim(Value value, int64_t dim);

  // Building.
  /// Creates an op, infers its result types and replaces results that are known by constants.
  template <typename OpT, typename... Args> Value create(Args &&...args) {
    if (failedOnce)
      return nullptr;
    auto op = OpT::create(builder, location, placeholder, std::forward<Args>(args)...);
    return finish(op) ? folded.front() : Value();
  }
  /// The same for an op with several results.
  template <typename OpT, typename... Args>
  SmallVector<Value> createMany(unsigned numResults, Args &&...args) {
    SmallVector<Type> types(numResults, placeholder);
    if (failedOnce)
      return SmallVector<Value>(numResults);
    auto op = OpT::create(builder, location, TypeRange(types), std::forward<Args>(args)...);
    return finish(op) ? folded : SmallVector<Value>(numResults);
  }
  /// The same for an op with regions, which `fill` gives their blocks.
  template <typename OpT, typename... Args>
  SmallVector<Value> createFilled(unsigned numResults, llvm::function_ref<void(OpT)> fill,
                                  Args &&...args) {
    SmallVector<Type> types(numResults, placeholder);
    if (failedOnce)
      return SmallVector<Value>(numResults);
    auto op = OpT::create(builder, location, TypeRange(types), std::forward<Args>(args)...);
    fill(op);
    return finish(op) ? folded : SmallVector<Value>(numResults);
  }
  /// Builds the nodes of a graph that is an attribute; empty after an error.
  SmallVector<Value> importGraph(const onnx::GraphProto &graph, ValueRange arguments);
  Value createConstant(ElementsAttr value);
  /// A 1-D i64 constant.
  Value createInts(ArrayRef<int64_t> values);
  /// A 1-D f32 constant.
  Value createFloats(ArrayRef<float> values);
  /// A 0-D constant of an element type, with the nearest value it can hold.
  Value createScalar(Type elementType, double value);
  Value createScalarLike(Value like, double value) {
    return failedOnce ? Value() : createScalar(getElementType(like), value);
  }
  Value castTo(Value value, Type elementType);
  Value castToI64(Value value) { return castTo(value, builder.getI64Type()); }
  /// Appends `count` dimensions of size 1: aligns a per-channel vector with [N, C, spatial…].
  Value appendUnitDims(Value value, int64_t count);
  /// The sizes of all dimensions, 1-D i64.
  Value createShape(Value value);
  Value createDims(Value value, int64_t start, int64_t end);

  // Results.
  int64_t getNumResults() const;
  bool wantsResult(unsigned index) const;
  /// Ends a builder: the values of the node's results, in order. Null only where not wanted.
  LogicalResult setResults(ArrayRef<Value> values);

  ShapeContext &getShapes() { return shapes; }
  OpBuilder &getBuilder() { return builder; }
  Location getLoc() const { return location; }

private:
  const onnx::AttributeProto *findAttr(StringRef name, int32_t type, StringRef typeName);
  void emitNotConstant(unsigned index, StringRef name);
  bool checkAttrs();
  bool checkCounts(const OpEntry &entry);
  bool checkAllTensors(const OpEntry &entry);
  bool checkAllRead();
  bool finish(Operation *op);
  bool inferTypes(Operation *op);
  bool foldReshapedConstant(Operation *op);
  Value foldWithShapes(OpResult result);

  OpBuilder &builder;
  ShapeContext &shapes;
  TensorReader &tensors;
  SubgraphImporter &subgraphs;
  const onnx::NodeProto &proto;
  int64_t opset;
  Location location;
  Type placeholder;
  SmallVector<Value> operands;
  SmallVector<bool> readOperands;
  llvm::StringSet<> readAttrs;
  /// The results of the op created last, after folding.
  SmallVector<Value> folded;
  SmallVector<Value> results;
  bool failedOnce = false;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_NODEIMPORTER_H
