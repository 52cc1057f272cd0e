// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A block of threads computes a tile of a product. Operands go through shared memory in steps along
// the terms, several of which are under way while one is multiplied.
#include "Tile.h"
#include "TileContraction.h"
#include "TileProduct.h"
#include "TileStaging.h"

#include "KernelEmitters.h"
#include "halftone/Conversion/NestEmitter.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::halftone;

// Below this, most of a tile would be padding.
static constexpr int64_t leastRows = 8;
static constexpr int64_t leastColumns = 8;
static constexpr int64_t leastTerms = 16;

namespace {

class TileKernel : NestEmitter {
public:
  TileKernel(OpBuilder &builder, LoopNest &nest, const TileContraction &contraction)
      : NestEmitter(builder, nest), contraction(contraction) {}

  bool isWorthwhile() const;
  gpu::LaunchOp emit();

private:
  std::optional<int64_t> countStatically(ArrayRef<unsigned> loops) const;
  Value count(ArrayRef<unsigned> loops);
  void emitBlock(gpu::LaunchOp launch, Value rowTiles, Value columnTiles);
  void startFirstSteps(TileStaging &staging);
  SmallVector<Value> emitSteps(TileStaging &staging, TileProduct &product, ValueRange sums);
  SmallVector<Value> loadSums(const TileProduct &product);
  void storeSums(const TileProduct &product, ValueRange sums);
  Value correct(Value sum, const TileProduct &product, ValueRange sums, size_t element);
  Value loadZeroPoint(const TileOperand &operand);
  Value setOutputIndices(const TilePlace &place);

  const TileContraction &contraction;
  const Tile *tile = nullptr;
  Value rows, columns, terms, steps; // how many there are
  Value firstRow, firstColumn;       // of the block
};

} // namespace

std::optional<int64_t> TileKernel::countStatically(ArrayRef<unsigned> loops) const {
  int64_t product = 1;
  for (unsigned loop : loops) {
    std::optional<int64_t> size = nest.getStaticSize(loop);
    if (!size)
      return std::nullopt;
    product *= *size;
  }
  return product;
}

Value TileKernel::count(ArrayRef<unsigned> loops) {
  Value product = constant(1);
  for (unsigned loop : loops)
    product = builder.createOrFold<arith::MulIOp>(loc, product, sizeOf(loop));
  return product;
}

bool TileKernel::isWorthwhile() const {
  return countStatically(contraction.rows).value_or(leastRows) >= leastRows &&
         countStatically(contraction.columns).value_or(leastColumns) >= leastColumns &&
         countStatically(contraction.terms).value_or(leastTerms) >= leastTerms;
}

/// Sets the indices for the output at `place`; returns whether it is one.
Value TileKernel::setOutputIndices(const TilePlace &place) {
  Value row = builder.createOrFold<arith::AddIOp>(loc, firstRow, place.row);
  Value column = builder.createOrFold<arith::AddIOp>(loc, firstColumn, place.column);
  auto split = [&](Value position, Value size, ArrayRef<unsigned> loops) {
    Value last = builder.createOrFold<arith::SubIOp>(loc, size, constant(1));
    Value inside = builder.createOrFold<arith::MinUIOp>(loc, position, last);
    splitPosition(inside, loops);
  };
  split(row, rows, contraction.rows);
  split(column, columns, contraction.columns);
  Value inRows = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, row, rows);
  Value inColumns = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, column, columns);
  return arith::AndIOp::create(builder, loc, inRows, inColumns);
}

/// What the sums start from. Places beyond the output read its last row or column.
SmallVector<Value> TileKernel::loadSums(const TileProduct &product) {
  SmallVector<Value> sums;
  for (const TilePlace &place : product.getPlaces()) {
    if (!nest.start)
      setOutputIndices(place);
    llvm::append_range(sums, loadAccumulators());
  }
  llvm::append_range(sums, product.emitNeutralSums());
  return sums;
}

Value TileKernel::loadZeroPoint(const TileOperand &operand) {
  if (!operand.zeroPoint->input)
    return operand.zeroPoint->value;
  Value code = load(nest.inputs[operand.zeroPoint->input->input]);
  Type type = builder.getI32Type();
  if (code.getType() == type)
    return code;
  if (operand.zeroPoint->input->isUnsigned)
    return arith::ExtUIOp::create(builder, loc, type, code);
  return arith::ExtSIOp::create(builder, loc, type, code);
}

/// Σ(a - x)(b - y) = Σab - xΣb - yΣa + Kxy.
Value TileKernel::correct(Value sum, const TileProduct &product, ValueRange sums, size_t element) {
  auto times = [&](Value lhs, Value rhs) {
    return arith::MulIOp::create(builder, loc, lhs, rhs).getResult();
  };
  Value left, right;
  if (contraction.lhs.zeroPoint) {
    left = loadZeroPoint(contraction.lhs);
    Value codes = sums[product.getColumnSum(element)];
    sum = arith::SubIOp::create(builder, loc, sum, times(left, codes));
  }
  if (contraction.rhs.zeroPoint) {
    right = loadZeroPoint(contraction.rhs);
    Value codes = sums[product.getRowSum(element)];
    sum = arith::SubIOp::create(builder, loc, sum, times(right, codes));
  }
  if (!left || !right)
    return sum;
  Value number = arith::IndexCastOp::create(builder, loc, builder.getI32Type(), terms);
  return arith::AddIOp::create(builder, loc, sum, times(number, times(left, right)));
}

void TileKernel::storeSums(const TileProduct &product, ValueRange sums) {
  for (auto [i, place] : llvm::enumerate(product.getPlaces())) {
    Value inside = setOutputIndices(place);
    auto guard = scf::IfOp::create(builder, loc, inside, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard inGuard(builder);
    builder.setInsertionPointToStart(guard.thenBlock());
    storeAccumulators(correct(sums[i], product, sums, i));
  }
}

/// All stages but one are under way before the first step is multiplied.
void TileKernel::startFirstSteps(TileStaging &staging) {
  for (int64_t stage = 0; stage + 1 < tile->stages; ++stage)
    staging.emitStep(constant(stage), constant(stage), steps);
}

SmallVector<Value> TileKernel::emitSteps(TileStaging &staging, TileProduct &product,
                                         ValueRange sums) {
  auto loop = scf::ForOp::create(builder, loc, constant(0), steps, constant(1), sums);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  Value step = loop.getInductionVar();
  staging.emitWait();
  // Every thread's part of this step is there, and all are done with the one that is replaced.
  gpu::BarrierOp::create(builder, loc);
  Value next = arith::AddIOp::create(builder, loc, step, constant(tile->stages - 1));
  Value stages = constant(tile->stages);
  staging.emitStep(next, arith::RemUIOp::create(builder, loc, next, stages), steps);
  Value stage = arith::RemUIOp::create(builder, loc, step, stages);
  scf::YieldOp::create(builder, loc, product.emitStep(stage, loop.getRegionIterArgs()));
  return llvm::to_vector_of<Value>(loop.getResults());
}

void TileKernel::emitBlock(gpu::LaunchOp launch, Value rowTiles, Value columnTiles) {
  indices.assign(nest.getNumLoops(), constant(0));
  Value block = launch.getBlockIds().x, thread = launch.getThreadIds().x;
  auto takeFrom = [&](Value number) {
    Value own = arith::RemUIOp::create(builder, loc, block, number);
    block = arith::DivUIOp::create(builder, loc, block, number);
    return own;
  };
  firstColumn = arith::MulIOp::create(builder, loc, takeFrom(columnTiles), constant(tile->columns));
  firstRow = arith::MulIOp::create(builder, loc, takeFrom(rowTiles), constant(tile->rows));
  splitPosition(block, contraction.batch);

  auto instruction = TensorInstruction::get(contraction.elementType, contraction.lhs.isUnsigned,
                                            contraction.rhs.isUnsigned);
  TileStaging staging(builder, nest, contraction, *tile, indices, thread);
  staging.addOperand(launch, contraction.lhs, contraction.rows, tile->rows, firstRow, rows);
  staging.addOperand(launch, contraction.rhs, contraction.columns, tile->columns, firstColumn,
                     columns);
  TileProduct product(builder, loc, *tile, instruction, staging.getShared(), thread);
  if (contraction.lhs.zeroPoint)
    product.addColumnSums();
  if (contraction.rhs.zeroPoint)
    product.addRowSums();
  SmallVector<Value> sums = loadSums(product);
  startFirstSteps(staging);
  storeSums(product, emitSteps(staging, product, sums));
}

gpu::LaunchOp TileKernel::emit() {
  tile = &Tile::choose(countStatically(contraction.rows), countStatically(contraction.columns));
  rows = count(contraction.rows);
  columns = count(contraction.columns);
  terms = count(contraction.terms);
  int64_t elementBytes = contraction.elementType.getIntOrFloatBitWidth() / 8;
  auto divide = [&](Value size, int64_t by) {
    return builder.createOrFold<arith::CeilDivUIOp>(loc, size, constant(by));
  };
  steps = divide(terms, Tile::chunks * Tile::chunkBytes / elementBytes);
  Value rowTiles = divide(rows, tile->rows), columnTiles = divide(columns, tile->columns);
  Value blocks = builder.createOrFold<arith::MulIOp>(loc, rowTiles, columnTiles);
  blocks = builder.createOrFold<arith::MulIOp>(loc, blocks, count(contraction.batch));
  Value one = constant(1);
  auto launch =
      gpu::LaunchOp::create(builder, loc, blocks, one, one, constant(tile->getThreads()), one, one);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&launch.getBody().front());
  gpu::TerminatorOp::create(builder, loc);
  builder.setInsertionPointToStart(&launch.getBody().front());
  emitBlock(launch, rowTiles, columnTiles);
  return launch;
}

std::optional<gpu::LaunchOp> mlir::halftone::emitTileKernel(OpBuilder &builder, LoopNest &nest) {
  std::optional<TileContraction> contraction = matchTileContraction(nest);
  if (!contraction)
    return std::nullopt;
  TileKernel kernel(builder, nest, *contraction);
  if (!kernel.isWorthwhile())
    return std::nullopt;
  return kernel.emit();
}
