// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ContractEmitter.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::halftone;

constexpr int64_t cacheLineBytes = 64;
// With fewer tiles in a task a panel is read too seldom to prefetch the next one meanwhile.
constexpr int64_t minTiles = 4;

static IterationSpace makeSpace(IndexMath &math, ContractOp op) {
  if (op.getWindowAttr())
    return makeImageSpace(math, op.getLhs(), op.getInit(), op.getEpilogueInputs(),
                          op.getEpilogueMaps());
  return makeMatmulSpace(math, op);
}

ContractEmitter::ContractEmitter(IndexMath &math, ContractOp op, const KernelRow &row)
    : math(math), op(op), row(row), space(makeSpace(math, op)),
      epilogue(math, space, op.getEpilogue(), row.lanes) {
  if (hasWindow())
    prepareImage();
  else
    depth.length = dimSize(math, space.lhs.memref, space.lhs.getType().getRank() - 1);
  prepareRhs();
}

/// Takes an image row's columns and channels as one dimension, so that a window row without gaps is
/// one run.
void ContractEmitter::prepareImage() {
  WindowAttr window = op.getWindowAttr();
  int64_t channels = space.lhs.getType().getDimSize(3);
  ArrayRef<int64_t> kernel = window.getKernel();
  space.lhs.memref =
      memref::CollapseShapeOp::create(math.builder, math.loc, space.lhs.memref,
                                      SmallVector<ReassociationIndices>{{0}, {1}, {2, 3}});
  depth.windowRows = kernel[0];
  depth.rowStride = window.getStrides()[0];
  depth.rowDilation = window.getDilations()[0];
  depth.columnStride = window.getStrides()[1] * channels;
  bool hasGaps = window.getDilations()[1] != 1 && kernel[1] != 1;
  depth.windowColumns = hasGaps ? kernel[1] : 1;
  depth.columnDilation = window.getDilations()[1] * channels;
  depth.length = math.builder.getIndexAttr(hasGaps ? channels : channels * kernel[1]);
}

void ContractEmitter::prepareRhs() {
  Value memref = op.getRhs();
  if (isPacked()) {
    panelColumns = op.getPacking().getNr();
    if (op.getDecoder()) {
      rhs.memref = memref;
      return;
    }
    Value panels = memref::CollapseShapeOp::create(
        math.builder, math.loc, memref, SmallVector<ReassociationIndices>{{0}, {1}, {2, 3}});
    rhs.memref = panels;
    return;
  }
  auto type = llvm::cast<MemRefType>(memref.getType());
  rhs.memref = memref;
  for (int64_t dim = 0; dim + 2 < type.getRank(); ++dim)
    rhs.loops.push_back(type.getDimSize(dim) == 1 ? OperandView::kZero : int(dim));
  panelColumns = choosePanelColumns(
      row, {getConstantIntValue(space.rows), getConstantIntValue(space.columns), std::nullopt});
}

/// With a guess for every size that only the run time knows.
static int64_t bytesOf(MemRefType type) {
  constexpr int64_t usualSize = 32;
  int64_t bits = type.getElementTypeBitWidth();
  for (int64_t size : type.getShape())
    bits *= ShapedType::isDynamic(size) ? usualSize : size;
  return bits / 8;
}

void ContractEmitter::emit() {
  std::optional<int64_t> columns = getConstantIntValue(space.columns);
  Value numPanels = math.ceilDiv(math.get(space.columns), panelColumns);
  int64_t length =
      getConstantIntValue(depth.length).value_or(128) * depth.windowRows * depth.windowColumns;
  constexpr int64_t cacheBytes = 512 * 1024;

  TaskCosts costs;
  costs.perRowAndPanel = length * std::min(panelColumns, columns.value_or(panelColumns));
  costs.grain = getGrain();
  costs.rowAlignment = getRowAlignment();
  costs.maxRows = cacheBytes / std::max<int64_t>(1, getDepthBlock(length) * row.lhsBytes());
  costs.cutPanelsFirst = columns.value_or(128) >= getConstantIntValue(space.rows).value_or(128);
  if (isPacked()) {
    costs.lhsBytes = bytesOf(space.lhs.getType());
    costs.rhsBytes = bytesOf(rhs.getType());
  }
  costs.maxTaskRows = getMaxTaskRows();
  TaskPlan plan = makeTaskPlan(space, getAsOpFoldResult(numPanels), costs);
  taskRows = plan.rowsPerTask;
  taskOuter = plan.outerPerTask;
  emitTasks(math, space, plan, [&](const TaskRange &range) {
    allocateScratch();
    emitTask(range);
  });
}

Value ContractEmitter::lanesMask(Value count) {
  auto type = VectorType::get({row.lanes}, math.builder.getI1Type());
  return vector::CreateMaskOp::create(math.builder, math.loc, type, count);
}

ContractEmitter::Panel ContractEmitter::makeLastPanel(Value index, Value firstColumn) {
  Value count = math.sub(math.get(space.columns), firstColumn);
  Panel panel{index, firstColumn, panelColumns / row.lanes, {}};
  if (std::optional<int64_t> columns = getConstantIntValue(space.columns)) {
    int64_t rest = *columns % panelColumns;
    count = math.constant(rest);
    panel.vectors = (rest + row.lanes - 1) / row.lanes;
    panel.masks.assign(panel.vectors, nullptr);
    if (int64_t lastLanes = rest % row.lanes)
      panel.masks.back() = lanesMask(math.constant(lastLanes));
    return panel;
  }
  for (int64_t vector = 0; vector < panel.vectors; ++vector) {
    // create_mask takes a negative size as 0.
    panel.masks.push_back(lanesMask(math.sub(count, math.constant(vector * row.lanes))));
  }
  return panel;
}

void ContractEmitter::emitPanels(const TaskRange &range,
                                 llvm::function_ref<void(const Panel &)> body) {
  Value fullPanels = math.div(math.get(space.columns), panelColumns);
  Value numPanels = math.ceilDiv(math.get(space.columns), panelColumns);
  math.loop(range.panelBegin, math.min(range.panelEnd, fullPanels), 1, [&](Value index) {
    int64_t vectors = panelColumns / row.lanes;
    body({index, math.mul(index, panelColumns), vectors, SmallVector<Value>(vectors)});
  });
  std::optional<int64_t> full = getConstantIntValue(fullPanels),
                         all = getConstantIntValue(numPanels);
  if (full && all && *full == *all)
    return;
  auto buildLast = [&] { body(makeLastPanel(fullPanels, math.mul(fullPanels, panelColumns))); };
  if (all && getConstantIntValue(range.panelEnd) == *all)
    return buildLast();
  // The narrow panel exists and is in the range: the range goes beyond the full panels.
  Value isHere = arith::CmpIOp::create(math.builder, math.loc, arith::CmpIPredicate::ugt,
                                       range.panelEnd, fullPanels);
  auto ifOp = scf::IfOp::create(math.builder, math.loc, isHere, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(math.builder);
  math.builder.setInsertionPointToStart(ifOp.thenBlock());
  buildLast();
}

void ContractEmitter::forEachTile(const TaskRange &range, int64_t tileRows,
                                  BuildTile build) {
  Value count = math.sub(range.rowEnd, range.rowBegin);
  Value fullEnd = math.add(range.rowBegin, math.mul(math.div(count, tileRows), tileRows));
  math.loop(range.rowBegin, fullEnd, tileRows, [&](Value firstRow) { build(tileRows, firstRow); });
  if (tileRows > 1)
    emitRemainder(fullEnd, range.rowEnd, tileRows, build);
}

/// Rows [begin, end), fewer than a tile: one kernel for each number they can be.
void ContractEmitter::emitRemainder(Value begin, Value end, int64_t tileRows,
                                    BuildTile build) {
  if (std::optional<int64_t> rows = getConstantIntValue(space.rows)) {
    int64_t rest = *rows % tileRows;
    if (!rest)
      return;
    if (getConstantIntValue(end) == *rows)
      return build(rest, begin);
    Value isLast =
        arith::CmpIOp::create(math.builder, math.loc, arith::CmpIPredicate::ult, begin, end);
    auto ifOp = scf::IfOp::create(math.builder, math.loc, isLast, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(math.builder);
    math.builder.setInsertionPointToStart(ifOp.thenBlock());
    return build(rest, begin);
  }
  if (!isPacked()) {
    math.loop(begin, end, 1, [&](Value rowIndex) { build(1, rowIndex); });
    return;
  }
  SmallVector<int64_t> cases = llvm::to_vector(llvm::seq<int64_t>(1, tileRows));
  auto switchOp = scf::IndexSwitchOp::create(math.builder, math.loc, TypeRange{},
                                             math.sub(end, begin), cases, cases.size());
  OpBuilder::InsertionGuard guard(math.builder);
  for (auto [rows, region] : llvm::zip_equal(cases, switchOp.getCaseRegions())) {
    math.builder.createBlock(&region);
    build(rows, begin);
    scf::YieldOp::create(math.builder, math.loc);
  }
  math.builder.createBlock(&switchOp.getDefaultRegion());
  scf::YieldOp::create(math.builder, math.loc);
}

bool ContractEmitter::prefetchesPanels(int64_t tileRows) {
  constexpr int64_t minBytes = 256 * 1024;
  if (!isPacked())
    return false;
  PackingAttr packing = op.getPacking();
  int64_t bytes = packing.getK() * packing.getN() * rhs.getType().getElementTypeBitWidth() / 8;
  int64_t rows =
      getConstantIntValue(space.rows).value_or(minTiles * tileRows) * (hasWindow() ? taskOuter : 1);
  return bytes > minBytes && rows >= minTiles * tileRows;
}

void ContractEmitter::preparePrefetch(const TaskRange &range, int64_t tileRows,
                                      int64_t stepElements, Value outerCount) {
  prefetch = {};
  if (!prefetchesPanels(tileRows))
    return;
  int64_t lineElements = cacheLineBytes * 8 / rhs.getType().getElementTypeBitWidth();
  Value tiles = math.div(math.sub(range.rowEnd, range.rowBegin), tileRows);
  tiles = math.builder.createOrFold<arith::MaxUIOp>(math.loc, tiles, math.constant(1));
  prefetch.tilesPerOuter = tiles;
  tiles = math.mul(tiles, outerCount);
  Value rounding = math.sub(tiles, math.constant(1));
  prefetch.taskBegin = range.rowBegin;
  prefetch.elements = math.div(math.add(math.constant(stepElements), rounding), tiles);
  prefetch.tileRows = tileRows;
  prefetch.lines = std::max<int64_t>(1, stepElements / lineElements / minTiles);
}

void ContractEmitter::prefetchNextPanel(Value firstRow, const Panel &panel, Value step,
                                        Value steps) {
  if (prefetch.elements)
    prefetchFrom(math.add(panel.index, 1), math.constant(0), firstRow, step, steps);
}

void ContractEmitter::prefetchFrom(Value panelIndex, Value nextStep, Value firstRow, Value step,
                                   Value steps) {
  if (!prefetch.elements)
    return;
  int64_t lineElements = cacheLineBytes * 8 / rhs.getType().getElementTypeBitWidth();
  Value tile = math.div(math.sub(firstRow, prefetch.taskBegin), prefetch.tileRows);
  if (prefetch.outer)
    tile = math.add(math.mul(prefetch.outer, prefetch.tilesPerOuter), tile);
  Value element = math.mul(math.add(math.mul(tile, steps), step), prefetch.elements);
  // Counts on from there; what lies behind the last panel is never touched by a prefetch.
  for (int64_t line = 0; line < prefetch.lines; ++line)
    memref::PrefetchOp::create(
        math.builder, math.loc, rhs.memref,
        ValueRange{panelIndex, nextStep, math.add(element, line * lineElements)},
        /*isWrite=*/false, /*localityHint=*/2, /*isDataCache=*/true);
}

SmallVector<Value> ContractEmitter::loopValues(ArrayRef<Value> outer, Value rowIndex,
                                               Value column) {
  SmallVector<Value> values(outer);
  values.push_back(rowIndex);
  values.push_back(column);
  return values;
}

SmallVector<Value> ContractEmitter::lhsIndices(ArrayRef<Value> outer, Value rowIndex,
                                               Value windowRow, Value windowColumn, Value element) {
  if (!hasWindow()) {
    SmallVector<Value> values = loopValues(outer, rowIndex, math.constant(0));
    values.push_back(element);
    return space.lhs.indices(math, values);
  }
  Value y = math.add(math.mul(outer[1], depth.rowStride), math.mul(windowRow, depth.rowDilation));
  Value x = math.add(math.mul(rowIndex, depth.columnStride),
                     math.mul(windowColumn, depth.columnDilation));
  return {outer[0], y, math.add(x, element)};
}

void ContractEmitter::emitScratchEpilogue(Value scratch, Value scratchRow, Value rows,
                                          ArrayRef<Value> outer, Value firstRow,
                                          const Panel &panel) {
  auto column = [&](int64_t vector) { return math.add(panel.firstColumn, vector * row.lanes); };
  epilogue.clearShared();
  for (int64_t vector = 0; vector < panel.vectors; ++vector)
    epilogue.loadShared(vector, loopValues(outer, firstRow, column(vector)), panel.masks[vector]);
  Type element = llvm::cast<MemRefType>(scratch.getType()).getElementType();
  math.loop(math.constant(0), rows, 1, [&](Value index) {
    Value rowIndex = math.add(firstRow, index);
    for (int64_t vector = 0; vector < panel.vectors; ++vector) {
      Value accumulators = vector::LoadOp::create(
          math.builder, math.loc, getLanesType(element, row.lanes), scratch,
          ValueRange{math.add(scratchRow, index), math.constant(vector * row.lanes)});
      epilogue.store(vector, accumulators, loopValues(outer, rowIndex, column(vector)),
                     panel.masks[vector]);
    }
  });
}

LogicalResult mlir::halftone::lowerContract(OpBuilder &builder, ContractOp op) {
  const KernelRow *row = findKernelRow(op.getPacking().getKernel());
  if (!row)
    return op.emitOpError() << "names kernel '" << op.getPacking().getKernel()
                            << "', which the instruction table does not have";
  if (op.getDecoder().has_value() != (row->elements == KernelElements::F32Codes))
    return op.emitOpError() << "names kernel '" << op.getPacking().getKernel() << "', which "
                            << (op.getDecoder() ? "has no use for" : "needs") << " a decoder";
  IndexMath math(builder, op.getLoc());
  if (row->step == DotStep::Tiles)
    emitTileContract(math, op, *row);
  else if (op.getPacking().getIsAlongK())
    emitAlongKContract(math, op, *row);
  else
    emitRegisterContract(math, op, *row);
  return success();
}
