// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CodedWeights.h"

#include "halftone/Numerics/PackedCodes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

std::optional<int64_t> staticSize(int64_t size) {
  return ShapedType::isDynamic(size) ? std::nullopt : std::optional<int64_t>(size);
}

/// The rows of all dimensions of `lhs` but the last, taken together.
std::optional<int64_t> countRows(RankedTensorType lhs) {
  int64_t rows = 1;
  for (int64_t size : lhs.getShape().drop_back()) {
    if (ShapedType::isDynamic(size))
      return std::nullopt;
    rows *= size;
  }
  return rows;
}

/// K and N when `rhs` is one matrix: rank 2, or more with leading dimensions of 1.
std::optional<std::pair<int64_t, int64_t>> getMatrix(RankedTensorType rhs) {
  if (rhs.getRank() < 2 || !rhs.hasStaticShape())
    return std::nullopt;
  if (!llvm::all_of(rhs.getShape().drop_back(2), [](int64_t size) { return size == 1; }))
    return std::nullopt;
  return std::make_pair(rhs.getDimSize(rhs.getRank() - 2), rhs.getDimSize(rhs.getRank() - 1));
}

/// A product with constant weights that are one matrix.
struct WeightProduct {
  Weights weights;
  int64_t depth, columns;
  /// The weights lie in memory as [N, K].
  bool isTransposed;
};

/// The operand of a transpose that swaps the last two dimensions, else null.
Value getTransposedOperand(Value value) {
  auto transpose = value.getDefiningOp<TransposeOp>();
  if (!transpose)
    return nullptr;
  SmallVector<int64_t> swapped =
      llvm::to_vector(llvm::seq<int64_t>(0, tensorTypeOf(value).getRank()));
  if (swapped.size() < 2)
    return nullptr;
  std::swap(swapped.back(), swapped[swapped.size() - 2]);
  return transpose.getPermutation() == ArrayRef(swapped) ? Value(transpose.getInput()) : nullptr;
}

FailureOr<WeightProduct> matchWeightProduct(KernelBuilder &builder, Value lhs, Value rhs,
                                            Value rhsZeroPoint) {
  RankedTensorType lhsType = tensorTypeOf(lhs), rhsType = tensorTypeOf(rhs);
  if (lhsType.getRank() < 2 || failed(builder.matchActivations(lhs)))
    return builder.decline("the left-hand side is no matrix of a known type");
  std::optional<std::pair<int64_t, int64_t>> matrix = getMatrix(rhsType);
  if (!matrix || rhsType.getRank() > lhsType.getRank() || !matrix->first || !matrix->second)
    return builder.decline("the weights are not one matrix");
  Value transposed = getTransposedOperand(rhs);
  Value matrixAsStored = transposed ? transposed : rhs;
  int64_t channelAxis = rhsType.getRank() - (transposed ? 2 : 1);
  FailureOr<Weights> weights =
      rhsZeroPoint ? builder.matchWeights(matrixAsStored, rhsZeroPoint, matrix->second)
                   : builder.matchFloatWeights(matrixAsStored, channelAxis, matrix->second);
  if (failed(weights))
    return failure(); // The builder has said why.
  return WeightProduct{std::move(*weights), matrix->first, matrix->second, bool(transposed)};
}

/// The sum of each row of u8 codes, in i32: […, K] to […].
Value makeRowSums(KernelBuilder &builder, Value codes) {
  RewriterBase &rewriter = builder.rewriter;
  Location loc = builder.loc;
  RankedTensorType type = tensorTypeOf(codes);
  unsigned rank = unsigned(type.getRank());
  auto sumType = RankedTensorType::get(type.getShape().drop_back(), rewriter.getI32Type());
  Value empty = builder.makeEmpty(sumType, [&](int64_t dim) { return builder.size(codes, dim); });
  Value zero = arith::ConstantIntOp::create(rewriter, loc, rewriter.getI32Type(), 0);
  Value init = linalg::FillOp::create(rewriter, loc, zero, empty).getResult(0);
  AffineMap identity = rewriter.getMultiDimIdentityMap(rank);
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  iterators.back() = utils::IteratorType::reduction;
  auto generic = linalg::GenericOp::create(
      rewriter, loc, sumType, codes, init, {identity, identity.dropResult(rank - 1)}, iterators,
      [](OpBuilder &nested, Location nestedLoc, ValueRange arguments) {
        Value code = arith::ExtUIOp::create(nested, nestedLoc, nested.getI32Type(), arguments[0]);
        Value sum = arith::AddIOp::create(nested, nestedLoc, arguments[1], code);
        linalg::YieldOp::create(nested, nestedLoc, sum);
      });
  return generic.getResult(0);
}

/// The op as a contraction over packed weights.
void buildWeightProduct(KernelBuilder &builder, const WeightProduct &match, Value lhs,
                        Value lhsZeroPoint) {
  auto outputType = llvm::cast<RankedTensorType>(builder.op->getResult(0).getType());
  Activations activations = builder.prepareActivations(lhs, lhsZeroPoint);
  ContractionShape shape{countRows(tensorTypeOf(lhs)), match.columns, match.depth};
  const KernelRow &row = chooseContractRow(builder.target, match.weights.elements, shape);
  int64_t nr = choosePanelColumns(row, shape);

  auto view = ::halftone::WeightView::matrix(match.weights.bytes.data(), match.depth, match.columns,
                                             match.isTransposed ? 1 : match.columns,
                                             match.isTransposed ? match.depth : 1);
  int64_t numPanels = int64_t(llvm::divideCeil(match.columns, nr));
  int64_t numSteps = int64_t(llvm::divideCeil(match.depth, row.kr));
  Value rhs = builder.makePacked(match.weights, view, row, {numPanels, numSteps, nr, row.kr}, nr);
  Correction correction = builder.makeScaling(match.weights, outputType.getRank());
  if (row.isInteger())
    correction = builder.makeCorrection(row, activations, match.weights,
                                        ::halftone::sumColumns(view, /*isSigned=*/true),
                                        match.depth, outputType.getRank(),
                                        [&] { return makeRowSums(builder, activations.tensor); });

  Value init = builder.makeEmpty(outputType, [&](int64_t dim) { return builder.size(lhs, dim); });
  auto packing =
      PackingAttr::get(builder.op->getContext(), row.name, nr, row.kr, match.depth, match.columns);
  auto kernel =
      builder.makeKernel<ContractOp>(activations.tensor, rhs, init, packing, nullptr, correction);
  builder.replacement = kernel.getOutput();
}

FailureOr<CodedWeights> matchCodedProduct(KernelBuilder &builder, Value lhs, Value rhs) {
  RankedTensorType lhsType = tensorTypeOf(lhs);
  if (lhsType.getRank() < 2 || tensorTypeOf(rhs).getRank() > lhsType.getRank())
    return builder.decline("the left-hand side has fewer dimensions than the codes");
  if (!getMatrix(tensorTypeOf(rhs)))
    return builder.decline("the codes are not one matrix");
  return matchCodedWeights(builder, rhs);
}

/// The op as a contraction over codes, which the kernel decodes.
void buildCodedProduct(KernelBuilder &builder, const CodedWeights &weights, Value lhs) {
  auto outputType = llvm::cast<RankedTensorType>(builder.op->getResult(0).getType());
  int64_t depth = weights.codes.rows, columns = weights.codes.columns;
  ContractionShape shape{countRows(tensorTypeOf(lhs)), columns, depth};
  const KernelRow &row = chooseContractRow(builder.target, KernelElements::F32Codes, shape);
  CodeLayout layout = chooseCodeLayout(weights, row, shape);
  unsigned bits = weights.codes.element.getIntOrFloatBitWidth();
  int64_t kr = bits > 8 ? 1 : ::halftone::getCodeRows(bits);
  Value rhs = packCodes(builder, weights, layout);
  Decoder decoder = makeDecoder(builder, weights, layout);
  Value init = builder.makeEmpty(outputType, [&](int64_t dim) { return builder.size(lhs, dim); });
  auto packing = PackingAttr::get(builder.op->getContext(), row.name, layout.nr, kr, depth, columns,
                                  layout.isAlongK);
  auto kernel =
      builder.makeKernel<ContractOp>(lhs, rhs, init, packing, nullptr, Correction(), decoder);
  builder.replacement = kernel.getOutput();
}

/// Adds leading dimensions of 1 up to `rank`.
Value expandRank(KernelBuilder &builder, Value tensor, int64_t rank) {
  RankedTensorType type = tensorTypeOf(tensor);
  int64_t added = rank - type.getRank();
  if (added == 0)
    return tensor;
  SmallVector<int64_t> shape(added, 1);
  llvm::append_range(shape, type.getShape());
  SmallVector<ReassociationIndices> groups(type.getRank());
  for (int64_t dim = 0; dim <= added; ++dim)
    groups[0].push_back(dim);
  for (int64_t dim = 1; dim < type.getRank(); ++dim)
    groups[dim].push_back(added + dim);
  SmallVector<OpFoldResult> sizes(added, builder.rewriter.getIndexAttr(1));
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    sizes.push_back(builder.size(tensor, dim));
  return tensor::ExpandShapeOp::create(builder.rewriter, builder.loc, type.clone(shape), tensor,
                                       groups, sizes);
}

/// Batch dimensions of a product of two activations: equal, or statically 1 on one side.
LogicalResult matchBatch(KernelBuilder &builder, Value lhs, Value rhs) {
  RankedTensorType lhsType = tensorTypeOf(lhs), rhsType = tensorTypeOf(rhs);
  int64_t lhsBatch = lhsType.getRank() - 2, rhsBatch = rhsType.getRank() - 2;
  for (int64_t back = 1; back <= std::min(lhsBatch, rhsBatch); ++back) {
    int64_t lhsDim = lhsBatch - back, rhsDim = rhsBatch - back;
    if (lhsType.getDimSize(lhsDim) == 1 || rhsType.getDimSize(rhsDim) == 1)
      continue;
    if (!builder.facts.areEqual(lhs, lhsDim, rhs, rhsDim))
      return builder.decline("batch dimensions may be broadcast at run time");
  }
  return success();
}

/// The op as a contraction over a right-hand side as it lies in memory.
void buildPlainProduct(KernelBuilder &builder, Value lhs, Value rhs) {
  auto outputType = llvm::cast<RankedTensorType>(builder.op->getResult(0).getType());
  int64_t rank = outputType.getRank();
  lhs = expandRank(builder, lhs, rank);
  // Two dimensions are one matrix for all rows; more are batches.
  if (tensorTypeOf(rhs).getRank() > 2)
    rhs = expandRank(builder, rhs, rank);
  RankedTensorType lhsType = tensorTypeOf(lhs), rhsType = tensorTypeOf(rhs);
  int64_t depth = lhsType.getDimSize(rank - 1), columns = rhsType.getShape().back();
  if (ShapedType::isDynamic(depth))
    depth = rhsType.getDimSize(rhsType.getRank() - 2);

  ContractionShape shape{staticSize(lhsType.getDimSize(rank - 2)), staticSize(columns),
                         staticSize(depth)};
  const KernelRow &row = chooseContractRow(builder.target, KernelElements::F32, shape);
  Value init = builder.makeEmpty(outputType, [&](int64_t dim) {
    if (dim == rank - 1)
      return builder.size(rhs, rhsType.getRank() - 1);
    bool isBroadcast = dim < rank - 2 && lhsType.getDimSize(dim) == 1;
    return builder.size(isBroadcast ? rhs : lhs, dim);
  });
  auto packing = PackingAttr::get(builder.op->getContext(), row.name, 0, 1,
                                  staticSize(depth).value_or(-1), staticSize(columns).value_or(-1));
  auto kernel = builder.makeKernel<ContractOp>(lhs, rhs, init, packing, nullptr, {});
  builder.replacement = kernel.getOutput();
}

} // namespace

LogicalResult mlir::halftone::selectMatmul(KernelBuilder &builder, MatMulOp op) {
  FailureOr<WeightProduct> match =
      matchWeightProduct(builder, op.getLhs(), op.getRhs(), /*rhsZeroPoint=*/nullptr);
  Value halves = builder.getHalves(op.getLhs());
  for (Value lhs : {halves, Value(op.getLhs())})
    if (lhs && succeeded(match) &&
        areMultiplied(tensorTypeOf(lhs).getElementType(), match->weights.elements)) {
      buildWeightProduct(builder, *match, lhs, /*lhsZeroPoint=*/nullptr);
      return success();
    }
  if (!tensorTypeOf(op.getLhs()).getElementType().isF32())
    return builder.decline("only f32 has kernels for this");
  FailureOr<CodedWeights> coded = matchCodedProduct(builder, op.getLhs(), op.getRhs());
  if (succeeded(coded)) {
    buildCodedProduct(builder, *coded, op.getLhs());
    return success();
  }
  if (tensorTypeOf(op.getLhs()).getRank() < 2 || tensorTypeOf(op.getRhs()).getRank() < 2)
    return builder.decline("a product with a vector");
  if (failed(matchBatch(builder, op.getLhs(), op.getRhs())))
    return failure(); // matchBatch has said why.
  buildPlainProduct(builder, op.getLhs(), op.getRhs());
  return success();
}

LogicalResult mlir::halftone::selectMatmulInteger(KernelBuilder &builder, MatMulIntegerOp op) {
  FailureOr<WeightProduct> match =
      matchWeightProduct(builder, op.getLhs(), op.getRhs(), op.getRhsZeroPoint());
  if (failed(match))
    return failure(); // matchWeightProduct has said why.
  buildWeightProduct(builder, *match, op.getLhs(), op.getLhsZeroPoint());
  return success();
}
