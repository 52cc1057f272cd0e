// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The steps of attention on one block of keys: transpose it; for a tile of rows multiply, take the
// exponentials, add up the values.
#include "AttentionEmitter.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <limits>

using namespace mlir;
using namespace mlir::halftone;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();
// A largest score of nothing: e^(-inf - this) is 0, while e^(-inf + inf) would be NaN.
static constexpr double kLowest = std::numeric_limits<float>::lowest();
// Sums in flight that hide the latency of an addition.
static constexpr int64_t independentSums = 8;
// Products of a loop's body: longer ones gain nothing, shorter ones wait for the loop.
static constexpr int64_t unrolledProducts = 96;

AttentionTiles::AttentionTiles(IndexMath &math, AttentionOp op, const AttentionPlan &plan,
                               Value scratch)
    : math(math), builder(math.builder), op(op), plan(plan), scratch(scratch) {}

//===--- Vectors and places ---===//

VectorType AttentionTiles::vectorOf(int64_t width) {
  return VectorType::get({width}, builder.getF32Type());
}

Value AttentionTiles::number(double value) {
  return arith::ConstantOp::create(builder, math.loc, builder.getF32FloatAttr(float(value)));
}

Value AttentionTiles::splat(double value, int64_t width) {
  return arith::ConstantOp::create(builder, math.loc,
                                   DenseElementsAttr::get(vectorOf(width), float(value)));
}

Value AttentionTiles::toVector(Value scalar, int64_t width) {
  return vector::BroadcastOp::create(builder, math.loc, vectorOf(width), scalar);
}

/// `rhs` where `lhs` is NaN: one instruction. The sum of the exponentials becomes NaN anyway.
Value AttentionTiles::larger(Value lhs, Value rhs) {
  Value isLarger = arith::CmpFOp::create(builder, math.loc, arith::CmpFPredicate::OGT, lhs, rhs);
  return arith::SelectOp::create(builder, math.loc, isLarger, lhs, rhs);
}

Value AttentionTiles::largest(Value vector) {
  for (int64_t width = plan.kernel.lanes / 2; width > 0; width /= 2) {
    Value low = vector::ExtractStridedSliceOp::create(builder, math.loc, vector, {0}, {width}, {1});
    Value high =
        vector::ExtractStridedSliceOp::create(builder, math.loc, vector, {width}, {width}, {1});
    vector = larger(low, high);
  }
  return vector::ExtractOp::create(builder, math.loc, vector, ArrayRef<int64_t>{0});
}

Value AttentionTiles::sumUp(Value vector) {
  return vector::ReductionOp::create(builder, math.loc, vector::CombiningKind::ADD, vector,
                                     arith::FastMathFlags::reassoc);
}

Value AttentionTiles::fma(Value lhs, Value rhs, Value sum) {
  if (plan.kernel.step == DotStep::Fma)
    return math::FmaOp::create(builder, math.loc, lhs, rhs, sum);
  Value product = arith::MulFOp::create(builder, math.loc, lhs, rhs);
  return arith::AddFOp::create(builder, math.loc, sum, product);
}

SmallVector<Value> AttentionTiles::place(Part part, Value batch, Value head, Value token,
                                         Value element) {
  if (op.isByToken(part))
    return {batch, token, head, element};
  return {batch, head, token, element};
}

Value AttentionTiles::loadScratch(Value index, int64_t width) {
  if (width == 1)
    return memref::LoadOp::create(builder, math.loc, scratch, index);
  return vector::LoadOp::create(builder, math.loc, vectorOf(width), scratch, index);
}

void AttentionTiles::storeScratch(Value value, Value index) {
  if (llvm::isa<VectorType>(value.getType()))
    vector::StoreOp::create(builder, math.loc, value, scratch, index);
  else
    memref::StoreOp::create(builder, math.loc, value, scratch, index);
}

Value AttentionTiles::stateOf(const Head &head, Value token) {
  return math.add(head.firstState, math.sub(token, head.firstToken));
}

//===--- Beginning and end of a unit ---===//

void AttentionTiles::clearStates(const Head &head, Value tokens) {
  math.loop(math.constant(0), tokens, 1, [&](Value offset) {
    Value state = math.add(head.firstState, offset);
    storeScratch(number(kLowest), math.add(state, plan.maxima));
    storeScratch(number(0), math.add(state, plan.sums));
    Value token = math.add(head.firstToken, offset);
    for (Chunk chunk : cutIntoChunks(plan.valueSize, plan.kernel.lanes))
      vector::StoreOp::create(
          builder, math.loc, splat(0, chunk.width), op.getInit(),
          place(Part::Output, head.batch, head.head, token, math.constant(chunk.offset)));
  });
}

/// Whether a row is 0 because it adds up nothing; null if no row is.
Value AttentionTiles::testEmpty(Value sum, Value keys) {
  if (op.getZeroEmpty())
    return arith::CmpFOp::create(builder, math.loc, arith::CmpFPredicate::OEQ, sum, number(0));
  if (plan.keys.value_or(0) > 0)
    return nullptr;
  return arith::CmpIOp::create(builder, math.loc, arith::CmpIPredicate::eq, keys, math.constant(0));
}

void AttentionTiles::divide(const Head &head, Value tokens, Value keys) {
  math.loop(math.constant(0), tokens, 1, [&](Value offset) {
    Value sum = loadScratch(math.add(math.add(head.firstState, offset), plan.sums), 1);
    Value factor = arith::DivFOp::create(builder, math.loc, number(1), sum);
    if (Value isEmpty = testEmpty(sum, keys))
      factor = arith::SelectOp::create(builder, math.loc, isEmpty, number(0), factor);
    Value token = math.add(head.firstToken, offset);
    for (Chunk chunk : cutIntoChunks(plan.valueSize, plan.kernel.lanes)) {
      SmallVector<Value> at =
          place(Part::Output, head.batch, head.head, token, math.constant(chunk.offset));
      Value row =
          vector::LoadOp::create(builder, math.loc, vectorOf(chunk.width), op.getInit(), at);
      row = arith::MulFOp::create(builder, math.loc, row, toVector(factor, chunk.width));
      vector::StoreOp::create(builder, math.loc, row, op.getInit(), at);
    }
  });
}

//===--- Keys ---===//

void AttentionTiles::transposeKeys(const Head &head, const Keys &keys) {
  for (Chunk chunk : cutIntoChunks(plan.headSize, plan.kernel.lanes)) {
    Value full = math.mul(math.div(keys.count, chunk.width), chunk.width);
    math.loop(math.constant(0), full, chunk.width,
              [&](Value key) { transposeSquare(head, keys, key, chunk, /*isLast=*/false); });
    math.loop(full, keys.count, chunk.width,
              [&](Value key) { transposeSquare(head, keys, key, chunk, /*isLast=*/true); });
  }
}

/// The n × n elements of n keys from `key` on. Each of log2(n) steps interleaves the upper with the
/// lower half of the rows. Where there are fewer keys, the last is repeated.
void AttentionTiles::transposeSquare(const Head &head, const Keys &keys, Value key, Chunk chunk,
                                     bool isLast) {
  int64_t n = chunk.width;
  SmallVector<Value> rows;
  for (int64_t i = 0; i < n; ++i) {
    Value row = math.add(key, i);
    if (isLast)
      row = math.min(row, math.sub(keys.count, math.constant(1)));
    rows.push_back(
        vector::LoadOp::create(builder, math.loc, vectorOf(n), op.getKey(),
                               place(Part::Key, head.batch, head.keyHead, math.add(keys.first, row),
                                     math.constant(chunk.offset))));
  }
  for (int64_t step = 1; step < n; step *= 2) {
    SmallVector<Value> interleaved;
    for (int64_t pair = 0; pair < n / 2; ++pair) {
      for (int64_t half : {int64_t(0), n / 2}) {
        SmallVector<int64_t> lanes;
        for (int64_t lane = half; lane < half + n / 2; ++lane)
          lanes.append({lane, lane + n});
        interleaved.push_back(
            vector::ShuffleOp::create(builder, math.loc, rows[pair], rows[pair + n / 2], lanes));
      }
    }
    rows = interleaved;
  }
  Value scale = splat(op.getScale().convertToFloat(), n);
  for (int64_t i = 0; i < n; ++i) {
    Value scaled = arith::MulFOp::create(builder, math.loc, rows[i], scale);
    storeScratch(scaled, math.add(key, (chunk.offset + i) * plan.keyBlock));
  }
}

//===--- Mask ---===//

Value AttentionTiles::laneMask(Value count, int64_t vector) {
  auto type = VectorType::get({plan.kernel.lanes}, builder.getI1Type());
  Value left = math.constant(vector * plan.kernel.lanes);
  Value isMore = arith::CmpIOp::create(builder, math.loc, arith::CmpIPredicate::ugt, count, left);
  Value rest =
      arith::SelectOp::create(builder, math.loc, isMore, math.sub(count, left), math.constant(0));
  return vector::CreateMaskOp::create(builder, math.loc, type, rest);
}

bool AttentionTiles::variesByToken() {
  return op.getMask() && llvm::cast<MemRefType>(op.getMask().getType()).getDimSize(2) != 1;
}

Value AttentionTiles::loadMask(const Head &head, const Keys &keys, Value token, Value column,
                               Value lane) {
  Value mask = op.getMask();
  ArrayRef<int64_t> shape = llvm::cast<MemRefType>(mask.getType()).getShape();
  SmallVector<Value> at{head.batch, head.head, token, math.add(keys.first, column)};
  for (auto [index, size] : llvm::zip_equal(at, shape))
    if (size == 1)
      index = math.constant(0);
  VectorType type = vectorOf(plan.kernel.lanes);
  if (shape[3] == 1)
    return toVector(memref::LoadOp::create(builder, math.loc, mask, at), plan.kernel.lanes);
  if (!lane)
    return vector::LoadOp::create(builder, math.loc, type, mask, at);
  return vector::MaskedLoadOp::create(builder, math.loc, type, mask, at, lane,
                                      splat(-kInfinity, plan.kernel.lanes));
}

/// Whether the mask is -inf for all rows in the columns of a tile, `columns` of which exist (null:
/// all).
Value AttentionTiles::isMaskedOut(const Head &head, const Keys &keys, Value token, int64_t rows,
                                  Value column, Value columns) {
  Value all;
  for (int64_t row = 0; row < (variesByToken() ? rows : 1); ++row)
    for (int64_t vector = 0; vector < plan.tileVectors(rows); ++vector) {
      Value lane = columns ? laneMask(columns, vector) : Value();
      Value mask = loadMask(head, keys, math.add(token, row),
                            math.add(column, vector * plan.kernel.lanes), lane);
      Value isOut = arith::CmpFOp::create(builder, math.loc, arith::CmpFPredicate::OEQ, mask,
                                          splat(-kInfinity, plan.kernel.lanes));
      all = all ? arith::AndIOp::create(builder, math.loc, all, isOut) : isOut;
    }
  return vector::ReductionOp::create(builder, math.loc, vector::CombiningKind::AND, all);
}

/// From the end: where the mask hides nothing, one tile is looked at.
Value AttentionTiles::countLiveColumns(const Head &head, const Keys &keys, Value token,
                                       int64_t rows) {
  if (!op.getMask())
    return keys.count;
  Location loc = math.loc;
  int64_t columns = plan.tileColumns(rows);
  Value rest = math.rem(keys.count, columns), full = math.sub(keys.count, rest);
  Value isTrue = arith::ConstantIntOp::create(builder, loc, builder.getI1Type(), 1);
  Type index = builder.getIndexType();
  Value hasRest =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, rest, math.constant(0));
  auto lastIsOut = scf::IfOp::create(
      builder, loc, hasRest,
      [&](OpBuilder &nested, Location) {
        OpBuilder::InsertionGuard guard(builder);
        builder.restoreInsertionPoint(nested.saveInsertionPoint());
        scf::YieldOp::create(builder, loc, isMaskedOut(head, keys, token, rows, full, rest));
      },
      [&](OpBuilder &nested, Location) { scf::YieldOp::create(nested, loc, isTrue); });
  Value start = arith::SelectOp::create(builder, loc, lastIsOut.getResult(0), full, keys.count);
  Value goesOn = lastIsOut.getResult(0);
  auto search = scf::WhileOp::create(
      builder, loc, TypeRange{index, builder.getI1Type()}, ValueRange{start, goesOn},
      [&](OpBuilder &nested, Location, ValueRange state) {
        Value isLeft = arith::CmpIOp::create(nested, loc, arith::CmpIPredicate::ugt, state[0],
                                             arith::ConstantIndexOp::create(nested, loc, 0));
        Value condition = arith::AndIOp::create(nested, loc, isLeft, state[1]);
        scf::ConditionOp::create(nested, loc, condition, state);
      },
      [&](OpBuilder &nested, Location, ValueRange state) {
        OpBuilder::InsertionGuard guard(builder);
        builder.restoreInsertionPoint(nested.saveInsertionPoint());
        Value before = math.sub(state[0], math.constant(columns));
        Value isOut = isMaskedOut(head, keys, token, rows, before, nullptr);
        Value end = arith::SelectOp::create(builder, loc, isOut, before, state[0]);
        scf::YieldOp::create(builder, loc, ValueRange{end, isOut});
      });
  return search.getResult(0);
}

//===--- Rows ---===//

void AttentionTiles::emitTile(const Head &head, const Keys &keys, Value token, int64_t rows) {
  Value live = countLiveColumns(head, keys, token, rows);
  auto emit = [&] {
    emitScores(head, keys, live, token, rows);
    emitSoftmax(head, live, token, rows);
    emitSums(head, keys, live, token, rows);
  };
  if (!op.getMask())
    return emit();
  Value isAny =
      arith::CmpIOp::create(builder, math.loc, arith::CmpIPredicate::ne, live, math.constant(0));
  auto ifOp = scf::IfOp::create(builder, math.loc, isAny, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(ifOp.thenBlock());
  emit();
}

void AttentionTiles::emitScores(const Head &head, const Keys &keys, Value live, Value token,
                                int64_t rows) {
  int64_t columns = plan.tileColumns(rows);
  Value rest = math.rem(live, columns), full = math.sub(live, rest);
  math.loop(math.constant(0), full, columns, [&](Value column) {
    emitScoreTile(head, keys, token, rows, column, /*columns=*/nullptr);
  });
  math.loop(full, live, columns,
            [&](Value column) { emitScoreTile(head, keys, token, rows, column, rest); });
}

/// Scores of `columns` (null: all) columns; -inf in those that do not exist.
void AttentionTiles::emitScoreTile(const Head &head, const Keys &keys, Value token, int64_t rows,
                                   Value column, Value columns) {
  SmallVector<Value> products = multiplyKeys(head, token, rows, column);
  int64_t vectors = plan.tileVectors(rows);
  for (int64_t vector = 0; vector < vectors; ++vector) {
    Value lane = columns ? laneMask(columns, vector) : Value();
    Value at = math.add(column, vector * plan.kernel.lanes), shared;
    for (int64_t row = 0; row < rows; ++row) {
      Value score = products[row * vectors + vector];
      if (op.getMask()) {
        Value mask = shared ? shared : loadMask(head, keys, math.add(token, row), at, lane);
        if (!variesByToken())
          shared = mask;
        score = arith::AddFOp::create(builder, math.loc, score, mask);
      }
      if (lane)
        score = arith::SelectOp::create(builder, math.loc, lane, score,
                                        splat(-kInfinity, plan.kernel.lanes));
      storeScratch(score, math.add(at, plan.scores + row * plan.keyBlock));
    }
  }
}

/// Queries times transposed keys, [row][vector].
SmallVector<Value> AttentionTiles::multiplyKeys(const Head &head, Value token, int64_t rows,
                                                Value column) {
  int64_t vectors = plan.tileVectors(rows), lanes = plan.kernel.lanes;
  auto step = [&](Value element, SmallVectorImpl<Value> &sums) {
    Value place0 = math.add(math.mul(element, plan.keyBlock), column);
    SmallVector<Value> keys;
    for (int64_t vector = 0; vector < vectors; ++vector)
      keys.push_back(loadScratch(math.add(place0, vector * lanes), lanes));
    for (int64_t row = 0; row < rows; ++row) {
      Value query = memref::LoadOp::create(
          builder, math.loc, op.getQuery(),
          place(Part::Query, head.batch, head.head, math.add(token, row), element));
      Value repeated = toVector(query, lanes);
      for (int64_t vector = 0; vector < vectors; ++vector)
        sums[row * vectors + vector] = fma(repeated, keys[vector], sums[row * vectors + vector]);
    }
  };
  SmallVector<Value> sums(rows * vectors, splat(0, lanes));
  int64_t unroll = 1;
  while (plan.headSize % (2 * unroll) == 0 && 2 * unroll * rows * vectors <= 2 * unrolledProducts)
    unroll *= 2;
  auto loop = scf::ForOp::create(builder, math.loc, math.constant(0), math.constant(plan.headSize),
                                 math.constant(unroll), sums);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  sums.assign(loop.getRegionIterArgs().begin(), loop.getRegionIterArgs().end());
  for (int64_t i = 0; i < unroll; ++i)
    step(math.add(loop.getInductionVar(), i), sums);
  scf::YieldOp::create(builder, math.loc, sums);
  return llvm::to_vector(llvm::map_range(loop.getResults(), [](OpResult r) { return Value(r); }));
}

/// Scores become e^(score - m); m, l and the tile's factors e^(old m - new m) follow.
void AttentionTiles::emitSoftmax(const Head &head, Value live, Value token, int64_t rows) {
  int64_t lanes = plan.kernel.lanes;
  Value end = math.mul(math.ceilDiv(live, lanes), lanes);
  auto reduce = [&](Value first, double neutral, llvm::function_ref<Value(Value, Value)> body) {
    auto loop = scf::ForOp::create(builder, math.loc, math.constant(0), end, math.constant(lanes),
                                   splat(neutral, lanes));
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value at = math.add(first, loop.getInductionVar());
    scf::YieldOp::create(builder, math.loc, body(at, loop.getRegionIterArg(0)));
    return loop.getResult(0);
  };
  math.loop(math.constant(0), math.constant(rows), 1, [&](Value row) {
    Value first = math.add(math.mul(row, plan.keyBlock), plan.scores);
    Value state = stateOf(head, math.add(token, row));
    Value maximumAt = math.add(state, plan.maxima), sumAt = math.add(state, plan.sums);
    Value best = largest(reduce(first, kLowest, [&](Value at, Value sofar) {
      return larger(loadScratch(at, lanes), sofar);
    }));
    Value old = loadScratch(maximumAt, 1), maximum = larger(best, old);
    Value repeated = toVector(maximum, lanes);
    Value sum = sumUp(reduce(first, 0, [&](Value at, Value sofar) -> Value {
      Value distance = arith::SubFOp::create(builder, math.loc, loadScratch(at, lanes), repeated);
      Value exponential = math::ExpOp::create(builder, math.loc, distance);
      storeScratch(exponential, at);
      return arith::AddFOp::create(builder, math.loc, sofar, exponential);
    }));
    Value change = arith::SubFOp::create(builder, math.loc, old, maximum);
    Value factor = math::ExpOp::create(builder, math.loc, change);
    Value before = arith::MulFOp::create(builder, math.loc, loadScratch(sumAt, 1), factor);
    storeScratch(arith::AddFOp::create(builder, math.loc, before, sum), sumAt);
    storeScratch(maximum, maximumAt);
    storeScratch(factor, math.add(row, plan.factors));
  });
}

void AttentionTiles::emitSums(const Head &head, const Keys &keys, Value live, Value token,
                              int64_t rows) {
  SmallVector<Chunk> chunks = cutIntoChunks(plan.valueSize, plan.kernel.lanes);
  size_t together = rows == 1 ? independentSums : plan.tileVectors(rows);
  for (ArrayRef<Chunk> rest = chunks; !rest.empty();
       rest = rest.drop_front(std::min(rest.size(), together)))
    emitSumTile(head, keys, live, token, rows, rest.take_front(std::min(rest.size(), together)));
}

/// output = output * factor + exponentials * values, for some columns of the values. Few sums at a
/// time are split in several, over keys next to each other.
void AttentionTiles::emitSumTile(const Head &head, const Keys &keys, Value live, Value token,
                                 int64_t rows, ArrayRef<Chunk> chunks) {
  int64_t numSums = rows * int64_t(chunks.size());
  int64_t ways = std::max<int64_t>(1, independentSums / numSums);
  SmallVector<SmallVector<Value>> places;
  SmallVector<Value> sums;
  for (int64_t row = 0; row < rows; ++row)
    for (Chunk chunk : chunks) {
      places.push_back(place(Part::Output, head.batch, head.head, math.add(token, row),
                             math.constant(chunk.offset)));
      Value sum = vector::LoadOp::create(builder, math.loc, vectorOf(chunk.width), op.getInit(),
                                         places.back());
      Value factor = loadScratch(math.constant(plan.factors + row), 1);
      sums.push_back(arith::MulFOp::create(builder, math.loc, sum, toVector(factor, chunk.width)));
    }
  for (int64_t way = 1; way < ways; ++way)
    for (int64_t i = 0; i < numSums; ++i)
      sums.push_back(splat(0, chunks[i % chunks.size()].width));
  auto step = [&](Value key, MutableArrayRef<Value> sums) {
    SmallVector<Value> values;
    for (Chunk chunk : chunks)
      values.push_back(
          vector::LoadOp::create(builder, math.loc, vectorOf(chunk.width), op.getValue(),
                                 place(Part::Value, head.batch, head.keyHead,
                                       math.add(keys.first, key), math.constant(chunk.offset))));
    for (int64_t row = 0; row < rows; ++row) {
      Value weight = loadScratch(math.add(key, plan.scores + row * plan.keyBlock), 1);
      for (auto [i, value] : llvm::enumerate(values)) {
        Value &sum = sums[row * chunks.size() + i];
        sum = fma(toVector(weight, chunks[i].width), value, sum);
      }
    }
  };
  auto sumKeys = [&](Value begin, Value end, int64_t width, ValueRange first) {
    auto loop = scf::ForOp::create(builder, math.loc, begin, end, math.constant(width), first);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> carried(loop.getRegionIterArgs());
    for (int64_t way = 0; way < width; ++way)
      step(math.add(loop.getInductionVar(), way),
           MutableArrayRef(carried).slice((way % ways) * numSums, numSums));
    scf::YieldOp::create(builder, math.loc, carried);
    return SmallVector<Value>(loop.getResults());
  };
  Value full = math.mul(math.div(live, ways), ways);
  sums = sumKeys(math.constant(0), full, ways, sums);
  if (ways > 1)
    sums = sumKeys(full, live, 1, sums);
  for (int64_t i = 0; i < numSums; ++i) {
    Value sum = sums[i];
    for (int64_t way = 1; way < ways; ++way)
      sum = arith::AddFOp::create(builder, math.loc, sum, sums[way * numSums + i]);
    vector::StoreOp::create(builder, math.loc, sum, op.getInit(), places[i]);
  }
}
