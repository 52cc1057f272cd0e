// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contractions whose accumulators are AMX tiles: two by two tiles of 16 rows and 16 columns of i32
// or f32.
#include "ContractEmitter.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

constexpr int64_t tileEdge = 16;
// Tile registers: accumulators of (row tile, column tile) at 2 * row + column, then the operands.
constexpr int lhsRegister = 4;
constexpr int rhsRegister = 6;
constexpr int64_t configBytes = 64;
constexpr int64_t accumulatorBytes = 4;

class TileContract : public ContractEmitter {
public:
  TileContract(IndexMath &math, ContractOp op, const KernelRow &row)
      : ContractEmitter(math, op, row),
        depthStep(chooseTileDepth(row, getConstantIntValue(depth.length))) {
    assert(depthStep && "the kernel was chosen for a depth that tiles can cut evenly");
  }

protected:
  void emitTask(const TaskRange &range) override;
  void allocateScratch() override;
  int64_t getGrain() const override { return 4 << 20; }
  int64_t getRowAlignment() const override { return 2 * tileEdge; }

private:
  void emitRows(const TaskRange &range, ArrayRef<Value> outer);
  /// Tells the processor the sizes of the tiles: `upperRows` and `lowerRows` rows of the left-hand
  /// side.
  void configure(Value upperRows, Value lowerRows);
  void emitRemainder(const TaskRange &range, Value begin, ArrayRef<Value> outer);
  /// `rowTiles` tiles of rows from `firstRow` on, `rows` rows in all.
  void emitTiles(int64_t rowTiles, Value rows, Value firstRow, ArrayRef<Value> outer,
                 const Panel &panel);
  /// Whether tiles of accumulators can be stored into the output as they are.
  bool storesDirectly(const Panel &panel);
  void storeTiles(int64_t rowTiles, const Panel &panel, Value memref, ArrayRef<Value> corner,
                  Value rowPitch);
  void emitStep(int64_t rowTiles, Value firstRow, ArrayRef<Value> outer, const Panel &panel,
                Value windowRow, Value windowColumn, Value step);

  Value registerNumber(int number);
  SmallVector<OpFoldResult> getStrides(Value memref);
  int64_t outputRowDim() const;
  Value pointerTo(Value memref, ArrayRef<Value> indices);
  Value i64(Value index);
  void call(StringRef intrinsic, ArrayRef<Value> operands);

  int64_t depthStep;
  Value scratch, config;
};

} // namespace

void TileContract::allocateScratch() {
  OpBuilder &builder = math.builder;
  Type sum = row.isInteger() ? Type(builder.getI32Type()) : Type(builder.getF32Type());
  scratch = makeScratch(MemRefType::get({2 * tileEdge, 2 * tileEdge}, sum));
  config = makeScratch(MemRefType::get({configBytes}, builder.getI8Type()));
}

Value TileContract::registerNumber(int number) {
  return LLVM::ConstantOp::create(math.builder, math.loc, math.builder.getI8Type(),
                                  math.builder.getI8IntegerAttr(int8_t(number)));
}

Value TileContract::i64(Value index) {
  return math.builder.createOrFold<arith::IndexCastOp>(math.loc, math.builder.getI64Type(), index);
}

SmallVector<OpFoldResult> TileContract::getStrides(Value memref) {
  return memref::ExtractStridedMetadataOp::create(math.builder, math.loc, memref)
      .getConstifiedMixedStrides();
}

Value TileContract::pointerTo(Value memref, ArrayRef<Value> indices) {
  OpBuilder &builder = math.builder;
  auto type = llvm::cast<MemRefType>(memref.getType());
  Value base = memref::ExtractAlignedPointerAsIndexOp::create(builder, math.loc, memref);
  auto metadata = memref::ExtractStridedMetadataOp::create(builder, math.loc, memref);
  Value element = math.get(metadata.getConstifiedMixedOffset());
  SmallVector<OpFoldResult> strides = metadata.getConstifiedMixedStrides();
  for (auto [index, stride] : llvm::zip_equal(indices, strides))
    element = math.add(element, math.mul(index, math.get(stride)));
  int64_t bytes = type.getElementTypeBitWidth() / 8;
  Value address = i64(math.add(base, math.mul(element, bytes)));
  return LLVM::IntToPtrOp::create(builder, math.loc,
                                  LLVM::LLVMPointerType::get(builder.getContext()), address);
}

void TileContract::call(StringRef intrinsic, ArrayRef<Value> operands) {
  LLVM::CallIntrinsicOp::create(math.builder, math.loc, math.builder.getStringAttr(intrinsic),
                                operands);
}

/// The layout of LDTILECFG's operand: palette 1, bytes of a row as u16 from byte 16 on, rows as u8
/// from byte 48 on.
void TileContract::configure(Value upperRows, Value lowerRows) {
  OpBuilder &builder = math.builder;
  auto bytes = VectorType::get({configBytes}, builder.getI8Type());
  SmallVector<int8_t> content(configBytes, 0);
  content[0] = 1;
  auto setTile = [&](int number, int64_t rowBytes, int64_t rows) {
    content[16 + 2 * number] = int8_t(rowBytes);
    content[48 + number] = int8_t(rows);
  };
  for (int tile = 0; tile < 4; ++tile)
    setTile(tile, 4 * tileEdge, 0);
  for (int tile = 0; tile < 2; ++tile) {
    setTile(lhsRegister + tile, depthStep * row.lhsBytes(), 0);
    setTile(rhsRegister + tile, 4 * tileEdge, depthStep / row.kr);
  }
  Value fixed = arith::ConstantOp::create(builder, math.loc,
                                          DenseElementsAttr::get(bytes, ArrayRef<int8_t>(content)));
  vector::StoreOp::create(builder, math.loc, fixed, config, ValueRange{math.constant(0)});
  Type i8 = builder.getI8Type();
  Value upper = arith::IndexCastOp::create(builder, math.loc, i8, upperRows);
  Value lower = arith::IndexCastOp::create(builder, math.loc, i8, lowerRows);
  for (int tile : {0, 1, lhsRegister})
    memref::StoreOp::create(builder, math.loc, upper, config, math.constant(48 + tile));
  for (int tile : {2, 3, lhsRegister + 1})
    memref::StoreOp::create(builder, math.loc, lower, config, math.constant(48 + tile));
  call("llvm.x86.ldtilecfg", {pointerTo(config, {math.constant(0)})});
}

void TileContract::emitTask(const TaskRange &range) {
  emitOuterLoops(math, space, range, [&](ArrayRef<Value> outer) { emitRows(range, outer); });
}

void TileContract::emitRows(const TaskRange &range, ArrayRef<Value> outer) {
  constexpr int64_t tileRows = 2 * tileEdge;
  Value count = math.sub(range.rowEnd, range.rowBegin);
  Value fullEnd = math.add(range.rowBegin, math.mul(math.div(count, tileRows), tileRows));
  std::optional<int64_t> rows = getConstantIntValue(space.rows);
  if (!rows || *rows >= tileRows) {
    configure(math.constant(tileEdge), math.constant(tileEdge));
    preparePrefetch(range, tileRows, depthStep * panelColumns, math.constant(1));
    emitPanels(range, [&](const Panel &panel) {
      math.loop(range.rowBegin, fullEnd, tileRows, [&](Value firstRow) {
        emitTiles(2, math.constant(tileRows), firstRow, outer, panel);
      });
    });
  }
  stopPrefetch();
  if (!rows || *rows % tileRows)
    emitRemainder(range, fullEnd, outer);
  call("llvm.x86.tilerelease", {});
}

/// Fewer than 32 rows from `begin` on: tiles as high as the rows that are left.
void TileContract::emitRemainder(const TaskRange &range, Value begin, ArrayRef<Value> outer) {
  OpBuilder &builder = math.builder;
  Value rows = math.sub(range.rowEnd, begin);
  auto emitWhen = [&](arith::CmpIPredicate predicate, Value lhs, Value rhs,
                      llvm::function_ref<void()> body) {
    Value condition = builder.createOrFold<arith::CmpIOp>(math.loc, predicate, lhs, rhs);
    if (std::optional<int64_t> known = getConstantIntValue(condition)) {
      if (*known)
        body();
      return;
    }
    auto ifOp = scf::IfOp::create(builder, math.loc, condition, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(ifOp.thenBlock());
    body();
  };
  Value edge = math.constant(tileEdge);
  emitWhen(arith::CmpIPredicate::ugt, rows, edge, [&] {
    configure(edge, math.sub(rows, edge));
    emitPanels(range, [&](const Panel &panel) { emitTiles(2, rows, begin, outer, panel); });
  });
  // rows - 1 < 16: there are rows, and at most one tile of them.
  emitWhen(arith::CmpIPredicate::ult, math.sub(rows, math.constant(1)), edge, [&] {
    // The lower tiles are not used, but a tile of no rows is not allowed.
    configure(rows, rows);
    emitPanels(range, [&](const Panel &panel) { emitTiles(1, rows, begin, outer, panel); });
  });
}

void TileContract::emitStep(int64_t rowTiles, Value firstRow, ArrayRef<Value> outer,
                            const Panel &panel, Value windowRow, Value windowColumn, Value step) {
  SmallVector<OpFoldResult> strides = getStrides(space.lhs.memref);
  // Without a window the rows are the dimension before k; in an image they are steps within its
  // last one.
  Value rowElements =
      hasWindow() ? math.constant(depth.columnStride) : math.get(strides[strides.size() - 2]);
  Value lhsPitch = i64(math.mul(rowElements, row.lhsBytes()));
  Value rhsPitch = i64(math.constant(panelColumns * row.kr * row.rhsBytes()));

  Value runSteps = math.div(math.get(depth.length), depthStep);
  Value run = math.add(math.mul(windowRow, depth.windowColumns), windowColumn);
  Value rhsStep = math.mul(math.add(math.mul(run, runSteps), step), depthStep / row.kr);
  Value element = math.mul(step, depthStep);
  for (int64_t vector = 0; vector < panel.vectors; ++vector) {
    Value column = math.constant(vector * tileEdge * row.kr);
    call("llvm.x86.tileloadd64", {registerNumber(rhsRegister + int(vector)),
                                  pointerTo(rhs.memref, {panel.index, rhsStep, column}), rhsPitch});
  }
  for (int64_t rowTile = 0; rowTile < rowTiles; ++rowTile) {
    Value lhsRow = math.add(firstRow, rowTile * tileEdge);
    SmallVector<Value> indices = lhsIndices(outer, lhsRow, windowRow, windowColumn, element);
    call("llvm.x86.tileloadd64", {registerNumber(lhsRegister + int(rowTile)),
                                  pointerTo(space.lhs.memref, indices), lhsPitch});
    for (int64_t vector = 0; vector < panel.vectors; ++vector)
      call(row.intrinsic,
           {registerNumber(int(2 * rowTile + vector)), registerNumber(lhsRegister + int(rowTile)),
            registerNumber(rhsRegister + int(vector))});
  }
}

void TileContract::emitTiles(int64_t rowTiles, Value rows, Value firstRow, ArrayRef<Value> outer,
                             const Panel &panel) {
  for (int64_t rowTile = 0; rowTile < rowTiles; ++rowTile)
    for (int64_t vector = 0; vector < panel.vectors; ++vector)
      call("llvm.x86.tilezero", {registerNumber(int(2 * rowTile + vector))});
  Value runSteps = math.div(math.get(depth.length), depthStep);
  auto countTo = [&](int64_t count, llvm::function_ref<void(Value)> body) {
    math.loop(math.constant(0), math.constant(count), 1, body);
  };
  countTo(depth.windowRows, [&](Value windowRow) {
    countTo(depth.windowColumns, [&](Value windowColumn) {
      math.loop(math.constant(0), runSteps, 1, [&](Value step) {
        if (!hasWindow())
          prefetchNextPanel(firstRow, panel, step, runSteps);
        emitStep(rowTiles, firstRow, outer, panel, windowRow, windowColumn, step);
      });
    });
  });
  if (storesDirectly(panel)) {
    SmallVector<Value> corner =
        space.output.indices(math, loopValues(outer, firstRow, panel.firstColumn));
    SmallVector<OpFoldResult> strides = getStrides(space.output.memref);
    storeTiles(rowTiles, panel, space.output.memref, corner, math.get(strides[outputRowDim()]));
    return;
  }
  Value zero = math.constant(0);
  storeTiles(rowTiles, panel, scratch, {zero, zero}, math.constant(2 * tileEdge));
  emitScratchEpilogue(scratch, zero, rows, outer, firstRow, panel);
}

int64_t TileContract::outputRowDim() const {
  return llvm::find(space.output.loops, space.rowLoop()) - space.output.loops.begin();
}

bool TileContract::storesDirectly(const Panel &panel) {
  int64_t rank = space.output.getType().getRank();
  return epilogue.isIdentity() && !space.output.isSplit() && outputRowDim() + 1 < rank &&
         space.output.loops.back() == space.columnLoop() &&
         getConstantIntValue(getStrides(space.output.memref).back()) == 1 &&
         llvm::none_of(panel.masks, [](Value mask) { return bool(mask); });
}

void TileContract::storeTiles(int64_t rowTiles, const Panel &panel, Value memref,
                              ArrayRef<Value> corner, Value rowPitch) {
  Value pitch = i64(math.mul(rowPitch, accumulatorBytes));
  size_t rowDim = memref == scratch ? 0 : size_t(outputRowDim());
  for (int64_t rowTile = 0; rowTile < rowTiles; ++rowTile)
    for (int64_t vector = 0; vector < panel.vectors; ++vector) {
      SmallVector<Value> at(corner);
      at[rowDim] = math.add(at[rowDim], rowTile * tileEdge);
      at.back() = math.add(at.back(), vector * tileEdge);
      call("llvm.x86.tilestored64",
           {registerNumber(int(2 * rowTile + vector)), pointerTo(memref, at), pitch});
    }
}

void mlir::halftone::emitTileContract(IndexMath &math, ContractOp op, const KernelRow &row) {
  TileContract(math, op, row).emit();
}
