// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Float matrix products and convolutions.
#include "Builders.h"
#include "Windows.h"

using namespace mlir;
using namespace mlir::halftone;

static Value buildTransposed(NodeImporter &node, Value matrix, bool transpose) {
  return transpose ? node.create<TransposeOp>(matrix, ArrayRef<int64_t>({1, 0})) : matrix;
}

static Value buildScaled(NodeImporter &node, Value value, float factor) {
  if (factor == 1.0f || node.hasFailed())
    return value;
  return node.create<MulOp>(value, node.createScalarLike(value, factor));
}

// alpha * A' * B' + beta * C
static LogicalResult importGemm(NodeImporter &node) {
  Value lhs = node.getOperand(0), rhs = node.getOperand(1), bias = node.getOperand(2);
  float alpha = node.getFloat("alpha", 1.0f), beta = node.getFloat("beta", 1.0f);
  bool transposeLhs = node.getFlag("transA", false), transposeRhs = node.getFlag("transB", false);
  if (node.getOpset() < 7)
    node.ignoreAttr("broadcast"); // Of the bias, which is broadcast in any case.
  if (!node.hasFailed() && (NodeImporter::getRank(lhs) != 2 || NodeImporter::getRank(rhs) != 2))
    return node.emitError() << "expects two matrices, but its inputs are " << lhs.getType()
                            << " and " << rhs.getType();
  Value product = node.create<MatMulOp>(buildTransposed(node, lhs, transposeLhs),
                                        buildTransposed(node, rhs, transposeRhs));
  Value result = buildScaled(node, product, alpha);
  if (bias)
    result = node.create<AddOp>(result, buildScaled(node, bias, beta));
  return node.setResults({result});
}

static LogicalResult checkFilter(NodeImporter &node, Value input, Value filter) {
  if (NodeImporter::getRank(input) >= 3 &&
      NodeImporter::getRank(input) == NodeImporter::getRank(filter))
    return success();
  return node.emitError() << "expects an input [N, C, spatial…] and a filter of the same rank, but "
                             "they are "
                          << input.getType() << " and " << filter.getType();
}

/// Adds one value per channel to [N, C, spatial…].
static Value buildBias(NodeImporter &node, Value value, Value bias, size_t spatial) {
  return bias ? node.create<AddOp>(value, node.appendUnitDims(bias, spatial)) : value;
}

static LogicalResult importConv(NodeImporter &node) {
  Value input = node.getOperand(0), filter = node.getOperand(1), bias = node.getOperand(2);
  if (failed(checkFilter(node, input, filter)))
    return failure();
  ArrayRef<int64_t> filterDims = NodeImporter::getType(filter).getShape().drop_front(2);
  std::optional<Window> window = readWindow(node, input, filterDims);
  int64_t group = node.getInt("group", 1);
  if (!window)
    return failure();
  resolveAutoPad(node, input, *window);
  Value product =
      node.create<ConvOp>(input, filter, window->strides, window->dilations, window->pads, group);
  return node.setResults({buildBias(node, product, bias, filterDims.size())});
}

/// The padding that makes a transposed convolution have the wanted output size. Where the input
/// does not reach that far, the output is padded instead.
static SmallVector<int64_t> computeTransposedPadding(NodeImporter &node, Value input,
                                                     const Window &window,
                                                     MutableArrayRef<int64_t> outputPadding,
                                                     std::optional<ArrayRef<int64_t>> outputShape) {
  SmallVector<int64_t> totals;
  for (auto [i, kernel] : llvm::enumerate(window.kernel)) {
    int64_t extent = (kernel - 1) * window.dilations[i] + 1 + outputPadding[i];
    // SAME_*: the output is `stride` times the input, whatever that is.
    int64_t total = extent - window.strides[i];
    if (outputShape)
      total = (node.requireStaticDim(input, i + 2) - 1) * window.strides[i] + extent -
              (*outputShape)[i];
    outputPadding[i] += std::max<int64_t>(0, -total);
    totals.push_back(std::max<int64_t>(0, total));
  }
  return totals;
}

/// Whether every value is a plausible size.
static bool areSizes(ArrayRef<int64_t> values, size_t count) {
  return values.size() == count &&
         llvm::all_of(values, [](int64_t value) { return value >= 0 && value <= INT32_MAX; });
}

static LogicalResult importConvTranspose(NodeImporter &node) {
  Value input = node.getOperand(0), filter = node.getOperand(1), bias = node.getOperand(2);
  if (failed(checkFilter(node, input, filter)))
    return failure();
  ArrayRef<int64_t> filterDims = NodeImporter::getType(filter).getShape().drop_front(2);
  std::optional<Window> window = readWindow(node, input, filterDims);
  int64_t group = node.getInt("group", 1);
  SmallVector<int64_t> outputPadding =
      node.getInts("output_padding").value_or(SmallVector<int64_t>(filterDims.size(), 0));
  std::optional<SmallVector<int64_t>> outputShape = node.getInts("output_shape");
  // Some exporters write the batch and the channels too.
  if (outputShape && outputShape->size() == filterDims.size() + 2)
    outputShape->erase(outputShape->begin(), outputShape->begin() + 2);
  if (!window)
    return failure();
  if (!areSizes(outputPadding, filterDims.size()) ||
      (outputShape && !areSizes(*outputShape, filterDims.size())))
    return node.emitError() << "attributes 'output_padding' and 'output_shape' need one value "
                               "that is not negative per spatial dimension";
  if (outputShape || window->autoPad != Window::AutoPad::None) {
    if (llvm::is_contained(window->kernel, ShapedType::kDynamic))
      return node.emitError() << "needs a filter whose size is known when compiling";
    splitPadding(*window,
                 computeTransposedPadding(node, input, *window, outputPadding, outputShape));
  }
  Value product = node.create<ConvTransposeOp>(input, filter, window->strides, window->dilations,
                                               window->pads, outputPadding, group);
  return node.setResults({buildBias(node, product, bias, filterDims.size())});
}

void halftone::addContractionOps(OpTable &table) {
  table.add({
      {"Conv", {2, 3}, importConv},
      {"ConvTranspose", {2, 3}, importConvTranspose},
      {"Gemm", {2, 3}, importGemm},
      {"MatMul", 2, importBinary<MatMulOp>},
  });
}
