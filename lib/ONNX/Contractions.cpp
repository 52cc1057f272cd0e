// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Float matrix products and convolutions.
#include "Builders.h"
#include "Compose.h"
#include "Convolution.h"
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
Value halftone::buildGemm(NodeImporter &node) {
  Value lhs = node.getOperand(0), rhs = node.getOperand(1), bias = node.getOperand(2);
  float alpha = node.getFloat("alpha", 1.0f), beta = node.getFloat("beta", 1.0f);
  bool transposeLhs = node.getFlag("transA", false), transposeRhs = node.getFlag("transB", false);
  if (node.getOpset() < 7)
    node.ignoreAttr("broadcast"); // Of the bias, which is broadcast in any case.
  if (!node.hasFailed() && (NodeImporter::getRank(lhs) != 2 || NodeImporter::getRank(rhs) != 2))
    node.emitError() << "expects two matrices, but its inputs are " << lhs.getType() << " and "
                     << rhs.getType();
  Value product = node.create<MatMulOp>(buildTransposed(node, lhs, transposeLhs),
                                        buildTransposed(node, rhs, transposeRhs));
  Value result = buildScaled(node, product, alpha);
  if (bias)
    result = node.create<AddOp>(result, buildScaled(node, bias, beta));
  return result;
}

static LogicalResult importGemm(NodeImporter &node) { return node.setResults({buildGemm(node)}); }

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

Value halftone::buildConvolution(NodeImporter &node, Value input, Value filter, Value bias) {
  if (node.hasFailed() || failed(checkFilter(node, input, filter)))
    return nullptr;
  ArrayRef<int64_t> filterDims = NodeImporter::getType(filter).getShape().drop_front(2);
  std::optional<Window> window = readWindow(node, input, filterDims);
  int64_t group = node.getInt("group", 1);
  if (!window)
    return nullptr;
  resolveAutoPad(node, input, *window);
  Value product =
      node.create<ConvOp>(input, filter, window->strides, window->dilations, window->pads, group);
  return buildBias(node, product, bias, filterDims.size());
}

static LogicalResult importConv(NodeImporter &node) {
  return node.setResults(
      {buildConvolution(node, node.getOperand(0), node.getOperand(1), node.getOperand(2))});
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

/// The determinant of the rows from `row` on without the columns taken, by the elements of that
/// row.
static Value expandDeterminant(NodeImporter &node, ArrayRef<SmallVector<Value>> elements,
                               size_t row, unsigned taken) {
  Value sum;
  bool isNegative = false;
  for (size_t column = 0; column < elements.size(); ++column) {
    if (taken & (1u << column))
      continue;
    Value term = elements[row][column];
    if (row + 1 < elements.size())
      term = node.create<MulOp>(term,
                                expandDeterminant(node, elements, row + 1, taken | (1u << column)));
    if (!sum)
      sum = term;
    else
      sum = isNegative ? node.create<SubOp>(sum, term) : node.create<AddOp>(sum, term);
    isNegative = !isNegative;
  }
  return sum;
}

static LogicalResult importDet(NodeImporter &node) {
  // The number of products grows with the factorial.
  constexpr int64_t kLargest = 4;
  Value input = node.getOperand(0);
  int64_t rank = NodeImporter::getRank(input);
  if (rank < 2)
    return node.emitError() << "expects matrices, but its input is " << input.getType();
  int64_t size = node.requireStaticDim(input, rank - 1);
  if (!node.hasFailed() && (size != node.requireStaticDim(input, rank - 2) || size < 1))
    return node.emitError() << "expects square matrices, but its input is " << input.getType();
  if (!node.hasFailed() && size > kLargest)
    return node.emitError() << "matrices of more than " << kLargest << " rows are not supported";
  if (node.hasFailed())
    return failure();
  SmallVector<SmallVector<Value>> elements(size);
  for (int64_t row = 0; row < size; ++row)
    for (int64_t column = 0; column < size; ++column) {
      Value line = buildSlice(node, input, rank - 2, row, row + 1);
      elements[row].push_back(buildSlice(node, line, rank - 1, column, column + 1));
    }
  Value result = expandDeterminant(node, elements, 0, 0);
  return node.setResults({node.create<SqueezeOp>(result, ArrayRef<int64_t>({rank - 2, rank - 1}))});
}

void halftone::addContractionOps(OpTable &table) {
  table.add({
      {"Conv", {2, 3}, importConv, always()},
      {"ConvTranspose",
       {2, 3},
       importConvTranspose,
       always(),
       kOnnxDomain,
       limitedTo("with `output_shape`, static sizes")},
      {"Det", 1, importDet, fromOpset(11), kOnnxDomain,
       limitedTo("square matrices of at most 4 rows, static")},
      {"Gemm", {2, 3}, importGemm},
      {"MatMul", 2, importBinary<MatMulOp>, always()},
  });
}
