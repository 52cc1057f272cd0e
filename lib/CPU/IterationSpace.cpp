// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "IterationSpace.h"

using namespace mlir;
using namespace mlir::halftone;

SmallVector<Value> OperandView::indices(IndexMath &math, ArrayRef<Value> loopValues) const {
  SmallVector<Value> parts(splitSizes.size());
  if (isSplit()) {
    Value rest = loopValues[splitLoop];
    for (size_t dim = parts.size() - 1; dim > 0; --dim) {
      parts[dim] = math.rem(rest, math.constant(splitSizes[dim]));
      rest = math.div(rest, math.constant(splitSizes[dim]));
    }
    parts.front() = rest;
  }
  SmallVector<Value> indices;
  for (int loop : loops) {
    if (loop <= kSplit)
      indices.push_back(parts[kSplit - loop]);
    else
      indices.push_back(loop == kZero ? math.constant(0) : loopValues[loop]);
  }
  return indices;
}

OpFoldResult mlir::halftone::dimSize(IndexMath &math, Value memref, int64_t dim) {
  auto type = llvm::cast<MemRefType>(memref.getType());
  if (!type.isDynamicDim(dim))
    return math.builder.getIndexAttr(type.getDimSize(dim));
  return math.builder.createOrFold<memref::DimOp>(math.loc, memref, dim);
}

namespace {

/// An operand before rows are merged: the output dimension that indexes each of its own, or kZero.
struct OperandDims {
  Value memref;
  SmallVector<int> dims;

  MemRefType getType() const { return llvm::cast<MemRefType>(memref.getType()); }
};

OperandDims getOperandDims(Value memref, AffineMap map, MemRefType output) {
  OperandDims operand{memref, {}};
  // Where the output has one index, an operand whose size is not known has one, too.
  auto isOneOfOutput = [&](unsigned dim) {
    return dim < output.getRank() && output.getDimSize(dim) == 1;
  };
  for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
    auto dimExpr = llvm::dyn_cast<AffineDimExpr>(expr);
    bool isZero =
        !dimExpr || operand.getType().getDimSize(dim) == 1 || isOneOfOutput(dimExpr.getPosition());
    operand.dims.push_back(isZero ? OperandView::kZero : int(dimExpr.getPosition()));
  }
  return operand;
}

/// Output dimensions [begin, end) taken as the rows; those of size 1 do not count.
struct RowGroup {
  int begin, end;
  SmallVector<int> wide;

  bool contains(int dim) const { return dim >= begin && dim < end; }
};

RowGroup makeRowGroup(int begin, int end, MemRefType output) {
  RowGroup group{begin, end, {}};
  for (int dim = begin; dim < end; ++dim)
    if (output.getDimSize(dim) != 1)
      group.wide.push_back(dim);
  return group;
}

/// The dimensions of `operand` from the first to the last that the group indexes; begin == end if
/// there are none.
std::pair<int, int> findGroupDims(const OperandDims &operand, const RowGroup &group) {
  int begin = 0, end = 0;
  for (auto [position, dim] : llvm::enumerate(operand.dims)) {
    if (!group.contains(dim))
      continue;
    if (begin == end)
      begin = int(position);
    end = int(position) + 1;
  }
  return {begin, end};
}

SmallVector<ReassociationIndices> mergeDims(int64_t rank, int begin, int end) {
  SmallVector<ReassociationIndices> groups;
  for (int dim = 0; dim < rank; ++dim) {
    if (dim > begin && dim < end)
      groups.back().push_back(dim);
    else
      groups.push_back({dim});
  }
  return groups;
}

/// Whether the group indexes the operand by all its wide dimensions in order, side by side in
/// memory, or by none.
bool canMergeRows(const OperandDims &operand, const RowGroup &group) {
  auto [begin, end] = findGroupDims(operand, group);
  SmallVector<int> used;
  for (int position = begin; position < end; ++position)
    if (int dim = operand.dims[position]; dim != OperandView::kZero)
      used.push_back(dim);
  if (used.empty())
    return true;
  if (used != group.wide)
    return false;
  for (int position = begin; position < end; ++position)
    if (operand.dims[position] == OperandView::kZero && operand.getType().getDimSize(position) != 1)
      return false;
  return end - begin == 1 ||
         memref::CollapseShapeOp::isGuaranteedCollapsible(
             operand.getType(), mergeDims(operand.getType().getRank(), begin, end));
}

int loopOf(int dim, const RowGroup &group) {
  return dim == OperandView::kZero || dim < group.begin ? dim : dim - (group.end - group.begin) + 1;
}

/// The operand as it is, with its part of each row's position.
OperandView makeSplitView(const OperandDims &operand, const RowGroup &group, MemRefType output) {
  OperandView view;
  view.memref = operand.memref;
  view.splitLoop = group.begin;
  for (int dim : group.wide)
    view.splitSizes.push_back(output.getDimSize(dim));
  for (int dim : operand.dims) {
    if (group.contains(dim))
      view.loops.push_back(OperandView::kSplit -
                           int(llvm::find(group.wide, dim) - group.wide.begin()));
    else
      view.loops.push_back(loopOf(dim, group));
  }
  return view;
}

/// Merges the group's dimensions and renumbers output dimensions to loops.
OperandView makeView(IndexMath &math, const OperandDims &operand, const RowGroup &group,
                     MemRefType output) {
  if (!canMergeRows(operand, group))
    return makeSplitView(operand, group, output);
  auto [begin, end] = findGroupDims(operand, group);
  OperandView view;
  view.memref = operand.memref;
  if (end - begin > 1)
    view.memref = memref::CollapseShapeOp::create(
        math.builder, math.loc, operand.memref, mergeDims(operand.getType().getRank(), begin, end));
  for (auto [position, dim] : llvm::enumerate(operand.dims)) {
    if (int(position) > begin && int(position) < end)
      continue;
    bool isRows = begin != end && int(position) == begin;
    view.loops.push_back(isRows ? group.begin : loopOf(dim, group));
  }
  return view;
}

/// Identity of the row dimensions followed by k, for `lhs`: dimensions are [rows…, columns, k].
AffineMap getLhsMap(MLIRContext *context, int64_t outputRank) {
  SmallVector<AffineExpr> exprs;
  for (int64_t dim = 0; dim + 1 < outputRank; ++dim)
    exprs.push_back(getAffineDimExpr(dim, context));
  exprs.push_back(getAffineDimExpr(outputRank, context));
  return AffineMap::get(outputRank + 1, 0, exprs, context);
}

SmallVector<OperandDims> getEpilogueDims(ValueRange inputs, ArrayAttr maps, MemRefType output) {
  SmallVector<OperandDims> operands;
  for (auto [input, map] : llvm::zip_equal(inputs, maps.getAsValueRange<AffineMapAttr>()))
    operands.push_back(getOperandDims(input, map, output));
  return operands;
}

OpFoldResult mergedSize(IndexMath &math, Value memref, const RowGroup &group) {
  OpFoldResult size = math.builder.getIndexAttr(1);
  for (int dim : group.wide)
    size = math.mul(math.get(size), math.get(dimSize(math, memref, dim)));
  return getAsOpFoldResult(math.get(size));
}

/// Whether the rows are better one dimension although some operand has them apart, as an image with
/// a border has: a few divisions by constants for each row, against tiles that end with every row
/// of a small image.
bool paysToSplitRows(const RowGroup &group, MemRefType output) {
  constexpr int64_t fewRows = 32;
  auto isStatic = [&](int dim) { return !output.isDynamicDim(dim); };
  return llvm::all_of(group.wide, isStatic) && !group.wide.empty() &&
         output.getDimSize(group.wide.back()) < fewRows;
}

IterationSpace makeSpace(IndexMath &math, const RowGroup &group, const OperandDims &lhs,
                         const OperandDims &output, ArrayRef<OperandDims> epilogue) {
  IterationSpace space;
  for (int dim = 0; dim < group.begin; ++dim)
    space.outer.push_back(dimSize(math, output.memref, dim));
  space.rows = mergedSize(math, output.memref, group);
  space.columns = dimSize(math, output.memref, output.getType().getRank() - 1);
  space.lhs = makeView(math, lhs, group, output.getType());
  space.output = makeView(math, output, group, output.getType());
  for (const OperandDims &operand : epilogue)
    space.epilogueInputs.push_back(makeView(math, operand, group, output.getType()));
  return space;
}

} // namespace

IterationSpace mlir::halftone::makeMatmulSpace(IndexMath &math, ContractOp op) {
  MLIRContext *context = op.getContext();
  auto outputType = llvm::cast<MemRefType>(op.getInit().getType());
  int rank = int(outputType.getRank());
  int numBatch = op.getPacking().getNr() == 0
                     ? int(llvm::cast<MemRefType>(op.getRhs().getType()).getRank()) - 2
                     : 0;
  OperandDims lhs = getOperandDims(op.getLhs(), getLhsMap(context, rank), outputType);
  // The one k dimension may be 1, but it is always indexed by k.
  lhs.dims.back() = rank;
  OperandDims output =
      getOperandDims(op.getInit(), AffineMap::getMultiDimIdentityMap(rank, context), outputType);
  output.dims.back() = rank - 1;
  SmallVector<OperandDims> epilogue =
      getEpilogueDims(op.getEpilogueInputs(), op.getEpilogueMaps(), outputType);

  RowGroup group = makeRowGroup(numBatch, rank - 1, outputType);
  bool canMerge =
      canMergeRows(lhs, group) &&
      (paysToSplitRows(group, outputType) ||
       (canMergeRows(output, group) && llvm::all_of(epilogue, [&](const OperandDims &operand) {
          return canMergeRows(operand, group);
        })));
  if (!canMerge)
    group = makeRowGroup(rank - 2, rank - 1, outputType);
  return makeSpace(math, group, lhs, output, epilogue);
}

IterationSpace mlir::halftone::makeImageSpace(IndexMath &math, Value lhs, Value init,
                                              ValueRange epilogueInputs, ArrayAttr epilogueMaps) {
  MLIRContext *context = init.getContext();
  auto outputType = llvm::cast<MemRefType>(init.getType());
  OperandDims output =
      getOperandDims(init, AffineMap::getMultiDimIdentityMap(4, context), outputType);
  output.dims.back() = 3;
  OperandDims image{lhs, {OperandView::kZero, OperandView::kZero, OperandView::kZero, 4}};
  RowGroup group = makeRowGroup(2, 3, outputType);
  IterationSpace space = makeSpace(math, group, image, output,
                                   getEpilogueDims(epilogueInputs, epilogueMaps, outputType));
  space.lhs = OperandView();
  space.lhs.memref = lhs;
  return space;
}
