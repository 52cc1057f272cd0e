// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops of ONNX Runtime's domain on quantized tensors: a float op between dequantize and quantize, or
// an exact integer product and its scale, as quantizing a float model makes them.
#include "Builders.h"
#include "Compose.h"
#include "Contrib.h"
#include "QuantizationBuilder.h"
#include "Windows.h"

using namespace mlir;
using namespace mlir::halftone;

static Value buildReal(NodeImporter &node, const Quantized &quantized, int64_t axis = 0) {
  if (node.hasFailed())
    return nullptr;
  Value zero = orZero(node, quantized.zeroPoint, NodeImporter::getElementType(quantized.codes));
  return node.create<DequantizeOp>(quantized.codes, quantized.scale, zero, axis);
}

static Value readReal(NodeImporter &node, unsigned first) {
  return buildReal(
      node, {node.getOperand(first), node.getOperand(first + 1), node.getOperand(first + 2)});
}

/// Codes for the grid at operands `first` and `first + 1`, of type `codes` without a zero point.
static Value buildCodes(NodeImporter &node, Value value, unsigned first, Type codes) {
  Value scale = node.getOperand(first), zeroPoint = orZero(node, node.getOperand(first + 1), codes);
  return node.create<QuantizeOp>(value, scale, zeroPoint, /*axis=*/int64_t(0));
}

static Type typeOf(NodeImporter &node, unsigned index) {
  return NodeImporter::getElementType(node.getOperand(index));
}

//===--- Elementwise ---===//

template <typename OpT> static LogicalResult importQLinearBinary(NodeImporter &node) {
  Value result = node.create<OpT>(readReal(node, 0), readReal(node, 3));
  return node.setResults({buildCodes(node, result, 6, typeOf(node, 0))});
}

static LogicalResult importQLinearSigmoid(NodeImporter &node) {
  Value result = node.create<SigmoidOp>(readReal(node, 0));
  return node.setResults({buildCodes(node, result, 3, typeOf(node, 0))});
}

static LogicalResult importQLinearLeakyRelu(NodeImporter &node) {
  APFloat alpha(node.getFloat("alpha", 0.01f));
  Value result = node.create<LeakyReluOp>(readReal(node, 0), alpha);
  return node.setResults({buildCodes(node, result, 3, typeOf(node, 0))});
}

/// `opset` says which softmax of ONNX it was: until 12 over all dimensions from `axis` on.
static LogicalResult importQLinearSoftmax(NodeImporter &node) {
  Value input = readReal(node, 0);
  int64_t opset = node.getInt("opset", 13),
          rank = node.hasFailed() ? 1 : NodeImporter::getRank(input);
  int64_t axis = node.normalizeAxis(node.getInt("axis", opset < 13 ? 1 : -1), rank);
  Value result;
  if (opset < 13 && axis != rank - 1) {
    Value matrix = node.create<FlattenOp>(input, axis);
    Value softmax = node.create<SoftmaxOp>(matrix, /*axis=*/int64_t(1));
    result = node.create<ReshapeOp>(softmax, node.createShape(input));
  } else {
    result = node.create<SoftmaxOp>(input, axis);
  }
  return node.setResults({buildCodes(node, result, 3, typeOf(node, 0))});
}

static LogicalResult importQLinearWhere(NodeImporter &node) {
  Value result = node.create<WhereOp>(node.getOperand(0), readReal(node, 1), readReal(node, 4));
  return node.setResults({buildCodes(node, result, 7, typeOf(node, 1))});
}

static LogicalResult importQLinearConcat(NodeImporter &node) {
  int64_t axis = node.requireInt("axis");
  unsigned count = node.getNumOperands();
  if (!node.hasFailed() && count % 3 != 2)
    return node.emitError() << "expects a scale and a zero point, then three inputs for each part";
  SmallVector<Value> parts;
  for (unsigned i = 2; i + 2 < count && !node.hasFailed(); i += 3)
    parts.push_back(readReal(node, i));
  if (node.hasFailed() || llvm::is_contained(parts, Value()))
    return failure();
  axis = node.normalizeAxis(axis, NodeImporter::getRank(parts.front()));
  return node.setResults({buildCodes(node, buildConcat(node, parts, axis), 0, typeOf(node, 2))});
}

//===--- Pools ---===//

/// `build` on [N, C, spatial…], whichever way the input lies.
static LogicalResult buildQLinearPool(NodeImporter &node,
                                      llvm::function_ref<Value(NodeImporter &, Value)> build) {
  bool channelsLast = node.getFlag("channels_last", false);
  Value input = readReal(node, 0);
  if (node.hasFailed())
    return failure();
  int64_t rank = NodeImporter::getRank(input);
  if (rank < 3)
    return node.emitError() << "expects spatial dimensions, but its input is " << input.getType();
  SmallVector<int64_t> toFirst = {0, rank - 1}, toLast = {0};
  llvm::append_range(toFirst, llvm::seq<int64_t>(1, rank - 1));
  llvm::append_range(toLast, llvm::seq<int64_t>(2, rank));
  toLast.push_back(1);
  if (channelsLast)
    input = buildTranspose(node, input, toFirst);
  Value result = build(node, input);
  if (channelsLast && result)
    result = buildTranspose(node, result, toLast);
  return node.setResults({buildCodes(node, result, 3, typeOf(node, 0))});
}

static LogicalResult importQLinearGlobalAveragePool(NodeImporter &node) {
  return buildQLinearPool(node, [](NodeImporter &node, Value input) {
    auto axes = llvm::to_vector(llvm::seq<int64_t>(2, NodeImporter::getRank(input)));
    return buildReduce(node, input, ReduceKind::Mean, axes);
  });
}

static LogicalResult importQLinearAveragePool(NodeImporter &node) {
  return buildQLinearPool(node, [](NodeImporter &node, Value input) -> Value {
    std::optional<Window> window = readWindow(node, input, {});
    bool ceilMode = node.getFlag("ceil_mode", false);
    bool countIncludePad = node.getFlag("count_include_pad", false);
    if (!window)
      return nullptr;
    resolveAutoPad(node, input, *window);
    return node.create<AveragePoolOp>(input, window->kernel, window->strides, window->dilations,
                                      window->pads, ceilMode, countIncludePad);
  });
}

//===--- Products ---===//

static Value addOptional(NodeImporter &node, Value value, Value addend) {
  return addend ? node.create<AddOp>(value, addend) : value;
}

static LogicalResult importMatMulIntegerToFloat(NodeImporter &node) {
  Quantized lhs{node.getOperand(0), node.getOperand(2), node.getOperand(4)};
  Quantized rhs{node.getOperand(1), node.getOperand(3), node.getOperand(5)};
  Value sum = buildIntegerProduct(node, lhs, rhs);
  Value product = buildScaledSum(node, sum, lhs.scale, rhs.scale);
  return node.setResults({addOptional(node, product, node.getOperand(6))});
}

static LogicalResult importDynamicQuantizeMatMul(NodeImporter &node) {
  Value input = node.getOperand(0);
  Quantized rhs{node.getOperand(1), node.getOperand(2), node.getOperand(3)};
  auto codes = IntegerType::get(node.getBuilder().getContext(), 8, IntegerType::Unsigned);
  auto axes = llvm::to_vector(llvm::seq<int64_t>(0, NodeImporter::getRank(input)));
  SmallVector<Value> lhs =
      node.createMany<DynamicQuantizeOp>(3, input, axes, /*symmetric=*/false, codes);
  Value sum = buildIntegerProduct(node, {lhs[0], lhs[1], lhs[2]}, rhs);
  Value product = buildScaledSum(node, sum, lhs[1], rhs.scale);
  return node.setResults({addOptional(node, product, node.getOperand(4))});
}

/// alpha * A' * B' + C, where C is in steps of both scales; codes or floats as the scale of the
/// result is given or not.
static LogicalResult importQGemm(NodeImporter &node) {
  Quantized lhs{node.getOperand(0), node.getOperand(1), node.getOperand(2)};
  Quantized rhs{node.getOperand(3), node.getOperand(4), node.getOperand(5)};
  double alpha = node.getFloat("alpha", 1.0f);
  if (NodeImporter::getRank(lhs.codes) != 2 || NodeImporter::getRank(rhs.codes) != 2)
    return node.emitError() << "expects two matrices, but its inputs are " << lhs.codes.getType()
                            << " and " << rhs.codes.getType();
  if (node.getFlag("transA", false))
    lhs.codes = buildMatrixTranspose(node, lhs.codes);
  if (node.getFlag("transB", false))
    rhs.codes = buildMatrixTranspose(node, rhs.codes);
  Value sum = addOptional(node, buildIntegerProduct(node, lhs, rhs), node.getOperand(6));
  Value result = buildScaledSum(node, sum, lhs.scale, rhs.scale, alpha);
  if (node.getOperand(7))
    result = buildCodes(node, result, 7, NodeImporter::getElementType(lhs.codes));
  return node.setResults({result});
}

void halftone::addContribQuantizedOps(OpTable &table) {
  table.add({
      {"DynamicQuantizeMatMul",
       {3, 5},
       importDynamicQuantizeMatMul,
       kContribOpset,
       kContribDomain,
       codesOf("MatMul")},
      {"MatMulIntegerToFloat",
       {4, 7},
       importMatMulIntegerToFloat,
       kContribOpset,
       kContribDomain,
       codesOf("MatMul")},
      {"QGemm", {6, 9}, importQGemm, kContribOpset, kContribDomain, codesOf("Gemm")},
      {"QLinearAdd",
       {7, 8},
       importQLinearBinary<AddOp>,
       kContribOpset,
       kContribDomain,
       codesOf("Add")},
      {"QLinearAveragePool",
       {4, 5},
       importQLinearAveragePool,
       kContribOpset,
       kContribDomain,
       codesOf("AveragePool")},
      {"QLinearConcat",
       {5, kAnyNumber},
       importQLinearConcat,
       kContribOpset,
       kContribDomain,
       codesOf("Concat")},
      {"QLinearGlobalAveragePool", 5, importQLinearGlobalAveragePool, kContribOpset, kContribDomain,
       codesOf("GlobalAveragePool")},
      {"QLinearLeakyRelu",
       {4, 5},
       importQLinearLeakyRelu,
       kContribOpset,
       kContribDomain,
       codesOf("LeakyRelu")},
      {"QLinearMul",
       {7, 8},
       importQLinearBinary<MulOp>,
       kContribOpset,
       kContribDomain,
       codesOf("Mul")},
      {"QLinearSigmoid",
       {4, 5},
       importQLinearSigmoid,
       kContribOpset,
       kContribDomain,
       codesOf("Sigmoid")},
      {"QLinearSoftmax", 5, importQLinearSoftmax, kContribOpset, kContribDomain,
       codesOf("Softmax")},
      {"QLinearWhere", 9, importQLinearWhere, kContribOpset, kContribDomain, codesOf("Where")},
  });
}
