// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops whose result has as many elements as the data says.
#include "Compose.h"

using namespace mlir;
using namespace mlir::halftone;

// Sorting slices sorts by one column after the other.
static constexpr int64_t kMaxColumns = 1024;

/// Whether each element of a tensor is not 0.
static Value buildIsTrue(NodeImporter &node, Value value) {
  return node.castTo(value, node.getBuilder().getI1Type());
}

/// The index of each dimension at flat positions: [rank, count].
static Value buildIndices(NodeImporter &node, Value positions, Value shape, int64_t rank) {
  SmallVector<Value> rows(rank);
  for (int64_t dim = rank - 1; dim >= 0; --dim) {
    Value index = node.createScalar(node.getBuilder().getI64Type(), double(dim));
    Value size = node.create<GatherOp>(shape, index, /*axis=*/int64_t(0));
    Value row = node.create<ModOp>(positions, size, /*fmod=*/false);
    rows[dim] = buildUnsqueeze(node, row, 0);
    positions = node.create<DivOp>(positions, size);
  }
  return buildConcat(node, rows, 0);
}

static LogicalResult importNonZero(NodeImporter &node) {
  Value input = node.getOperand(0);
  int64_t rank = NodeImporter::getRank(input);
  if (rank == 0)
    return node.emitError() << "a tensor without dimensions is not supported";
  Value positions = buildTruePositions(node, buildFlat(node, buildIsTrue(node, input)));
  return node.setResults({buildIndices(node, positions, node.createShape(input), rank)});
}

static LogicalResult importCompress(NodeImporter &node) {
  Value input = node.getOperand(0), condition = node.getOperand(1);
  int64_t axis = 0;
  if (node.hasAttr("axis"))
    axis = node.normalizeAxis(node.getInt("axis", 0), NodeImporter::getRank(input));
  else
    input = buildFlat(node, input);
  return node.setResults({node.create<GatherOp>(input, buildTruePositions(node, condition), axis)});
}

//===--- Unique ---===//

namespace {
/// Rows in rising order, and where they were before.
struct Sorted {
  Value rows, order; // [N, M], [N]
};
} // namespace

static Value sortOrder(NodeImporter &node, Value column) {
  Value count = node.createDims(column, 0, 1);
  return node.createMany<TopKOp>(2, column, count, /*axis=*/int64_t(0), /*largest=*/false)[1];
}

/// Sorts the rows of [N, M]: stably by the last column first.
static Sorted sortRows(NodeImporter &node, Value rows) {
  int64_t columns = node.requireStaticDim(rows, 1);
  if (!node.hasFailed() && columns > kMaxColumns)
    node.emitError() << "slices of " << columns << " elements are not supported: expected at most "
                     << kMaxColumns;
  Value order;
  for (int64_t i = columns - 1; i >= 0 && !node.hasFailed(); --i) {
    Value index = node.createScalar(node.getBuilder().getI64Type(), double(i));
    Value column = node.create<GatherOp>(rows, index, /*axis=*/int64_t(1));
    Value sorted = order ? node.create<GatherOp>(column, order, /*axis=*/int64_t(0)) : column;
    Value step = sortOrder(node, sorted);
    order = order ? node.create<GatherOp>(order, step, /*axis=*/int64_t(0)) : step;
  }
  if (!order)
    order = buildIota(node, buildSize(node, rows, 0));
  return {node.create<GatherOp>(rows, order, /*axis=*/int64_t(0)), order};
}

/// Whether each of sorted rows differs from the one before it; the first one does.
static Value buildIsFirst(NodeImporter &node, Value rows) {
  Value end = node.createDims(rows, 0, 1), ones = node.createInts(int64_t(1));
  SmallVector<int64_t> axis = {0};
  Value tail = node.create<SliceOp>(rows, ones, end, ones, axis);
  Value head = node.create<SliceOp>(rows, node.createInts(int64_t(0)), buildShift(node, end, -1),
                                    ones, axis);
  Value same = node.create<EqualOp>(tail, head);
  Value all = buildReduce(node, node.castToI64(same), ReduceKind::Min, 1, /*keepdims=*/false);
  Value differs = node.create<NotOp>(node.castTo(all, node.getBuilder().getI1Type()));
  // Of no rows there is no first one.
  Value counts = node.create<MinOp>(end, node.createInts(int64_t(1)));
  Value first = node.castTo(buildFilled(node, counts, node.getBuilder().getI64Type(), 1),
                            node.getBuilder().getI1Type());
  return buildConcat(node, {first, differs}, 0);
}

static Value scatterInto(NodeImporter &node, Value room, Value places, Value values,
                         ScatterReduction reduction = ScatterReduction::None) {
  return node.create<ScatterElementsOp>(room, places, values, /*axis=*/int64_t(0), reduction);
}

static Value gatherRows(NodeImporter &node, Value rows, Value order) {
  return node.create<GatherOp>(rows, order, /*axis=*/int64_t(0));
}

/// Sorts, marks the first of equal rows, and counts them; unless sorted, the groups are then put in
/// the order in which they appeared.
static LogicalResult importUnique(NodeImporter &node) {
  Value input = node.getOperand(0);
  bool isSorted = node.getFlag("sorted", true), hasAxis = node.hasAttr("axis");
  int64_t rank = NodeImporter::getRank(input);
  int64_t axis = hasAxis ? node.normalizeAxis(node.getInt("axis", 0), rank) : 0;
  Type i64 = node.getBuilder().getI64Type();
  SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  Value front = input, rows;
  if (hasAxis && !node.hasFailed()) {
    std::swap(permutation[0], permutation[axis]); // Its own inverse.
    front = buildTranspose(node, input, permutation);
    rows = node.create<FlattenOp>(front, /*axis=*/int64_t(1));
  } else {
    rows = buildUnsqueeze(node, buildFlat(node, input), 1);
  }
  Sorted sorted = sortRows(node, rows);
  Value isFirst = buildIsFirst(node, sorted.rows);
  Value starts = buildTruePositions(node, isFirst);
  Value first = gatherRows(node, sorted.order, starts);
  Value group =
      buildShift(node, node.create<CumSumOp>(node.castToI64(isFirst), /*axis=*/int64_t(0)), -1);
  Value zeros = buildFilled(node, node.createShape(first), i64, 0);
  if (!isSorted) {
    Value order = sortOrder(node, first);
    Value rankOf = scatterInto(node, zeros, order, buildIota(node, buildSize(node, order, 0)));
    first = gatherRows(node, first, order);
    group = gatherRows(node, rankOf, group);
  }
  Value ones = buildFilled(node, node.createShape(group), i64, 1);
  Value counts = scatterInto(node, zeros, group, ones, ScatterReduction::Add);
  Value inverse =
      scatterInto(node, buildFilled(node, node.createShape(group), i64, 0), sorted.order, group);
  Value unique = gatherRows(node, hasAxis ? front : buildFlat(node, input), first);
  if (hasAxis)
    unique = buildTranspose(node, unique, permutation);
  return node.setResults({unique, first, inverse, counts});
}

//===--- NonMaxSuppression ---===//

/// [batch, class, box] of each box that stays.
static LogicalResult importNonMaxSuppression(NodeImporter &node) {
  Value boxes = node.getOperand(0), scores = node.getOperand(1), limit = node.getOperand(2);
  Value iou = node.getOperand(3), threshold = node.getOperand(4);
  bool isCenterPoint = node.getFlag("center_point_box", false);
  Type f32 = node.getBuilder().getF32Type();
  if (!limit)
    limit = node.createScalar(node.getBuilder().getI64Type(), 0);
  if (!iou)
    iou = node.createScalar(f32, 0);
  if (!threshold)
    threshold = node.createScalar(f32, -std::numeric_limits<double>::infinity());
  Value selected =
      node.create<NonMaxSuppressionOp>(boxes, scores, limit, iou, threshold, isCenterPoint);
  Value flat = buildFlat(node, selected);
  Value isBox = node.create<GreaterOrEqualOp>(flat, node.createScalarLike(flat, 0));
  Value positions = buildTruePositions(node, isBox);
  Value indices = buildIndices(node, positions, node.createShape(selected), 3);
  Value chosen = buildUnsqueeze(node, gatherRows(node, flat, positions), 0);
  Value rows = buildConcat(node, {buildSlice(node, indices, 0, 0, 2), chosen}, 0);
  return node.setResults({buildMatrixTranspose(node, rows)});
}

void halftone::addSelectionOps(OpTable &table) {
  table.add({
      {"Compress", 2, importCompress, fromOpset(9)},
      {"NonMaxSuppression", {2, 5}, importNonMaxSuppression, fromOpset(10)},
      {"NonZero", 1, importNonZero, fromOpset(9)},
      {"Unique", 1, importUnique, fromOpset(11), kOnnxDomain,
       limitedTo("slices along an axis of at most 1024 elements, static")},
  });
}
