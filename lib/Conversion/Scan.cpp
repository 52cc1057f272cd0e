// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cumsum and topk: loops that carry what they have seen along one axis.
#include "IndexAccess.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpFPredicate;
using arith::CmpIPredicate;

namespace {

//===--- cumsum ---===//

class ConvertCumSum : public LoweringPattern<CumSumOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(CumSumOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput();
    int64_t axis = op.getAxis();
    Sizes sizes = b.sizes(input), rowSizes = sizes;
    rowSizes.erase(rowSizes.begin() + axis);
    Value zero = b.scalar(elementType(input), 0);
    SmallVector<Value> start = {b.empty(sizes, elementType(input)), b.filled(rowSizes, zero)};
    Value length = b.index(sizes[axis]), last = b.sub(length, b.index(1));
    auto loop =
        scf::ForOp::create(b, b.index(0), length, b.index(1), start,
                           [&](OpBuilder &builder, Location loc, Value step, ValueRange state) {
                             Value at = op.getReverse()
                                            ? Value(arith::SubIOp::create(builder, loc, last, step))
                                            : step;
                             Value row = extractRow(builder, loc, input, axis, at);
                             Value result = state[0], sum = state[1];
                             if (op.getExclusive())
                               result = insertRow(builder, loc, sum, result, axis, at);
                             sum = addInPlace(builder, loc, row, sum);
                             if (!op.getExclusive())
                               result = insertRow(builder, loc, sum, result, axis, at);
                             scf::YieldOp::create(builder, loc, ValueRange{result, sum});
                           });
    rewriter.replaceOp(op, b.castTo(loop.getResult(0), convertedType(op.getOutput())));
    return success();
  }

private:
  static Value addInPlace(OpBuilder &builder, Location loc, Value row, Value sum) {
    AffineMap map = builder.getMultiDimIdentityMap(rankOf(sum));
    auto add = linalg::GenericOp::create(
        builder, loc, sum.getType(), row, sum, ArrayRef<AffineMap>{map, map},
        Iterators(rankOf(sum), kParallel), [](OpBuilder &inner, Location loc, ValueRange args) {
          Value total = isa<FloatType>(args[0].getType())
                            ? Value(arith::AddFOp::create(inner, loc, args[1], args[0]))
                            : Value(arith::AddIOp::create(inner, loc, args[1], args[0]));
          linalg::YieldOp::create(inner, loc, total);
        });
    return add.getResult(0);
  }
};

//===--- topk ---===//

/// A list of the `k` best elements of one row, sorted, kept in the results along `axis`. An empty
/// place has index -1.
class BestList {
public:
  BestList(TopKOp op, Value count, int64_t axis)
      : source(elementType(op.getInput())), largest(op.getLargest()), count(count), axis(axis) {}

  /// Offers element `x` at `index`; returns the lists (values and indices) after it. Elements come
  /// in the order of their indices, so one that is not better than those in the list goes behind
  /// them.
  SmallVector<Value> offer(OpBuilder &builder, Location loc, ValueRange at, Value x, Value index,
                           ValueRange lists) const {
    Value one = arith::ConstantIndexOp::create(builder, loc, 1);
    Value last = arith::SubIOp::create(builder, loc, count, one);
    Place place = read(builder, loc, at, last, lists);
    Value enters = precedes(builder, loc, x, place);
    auto branch = scf::IfOp::create(
        builder, loc, enters,
        [&](OpBuilder &inner, Location loc) {
          scf::YieldOp::create(inner, loc, insert(inner, loc, at, x, index, lists));
        },
        [&](OpBuilder &inner, Location loc) { scf::YieldOp::create(inner, loc, lists); });
    return llvm::to_vector_of<Value>(branch.getResults());
  }

private:
  struct Place {
    Value value, index;
  };

  SmallVector<Value> positionsOf(ValueRange at, Value place) const {
    SmallVector<Value> positions(at);
    positions.insert(positions.begin() + axis, place);
    return positions;
  }

  Place read(OpBuilder &builder, Location loc, ValueRange at, Value place, ValueRange lists) const {
    SmallVector<Value> positions = positionsOf(at, place);
    return {tensor::ExtractOp::create(builder, loc, lists[0], positions),
            tensor::ExtractOp::create(builder, loc, lists[1], positions)};
  }

  /// Whether `x` goes before what is at a place: the place is empty, or `x` is better.
  Value precedes(OpBuilder &builder, Location loc, Value x, Place place) const {
    Value better;
    if (isa<FloatType>(source)) {
      auto predicate = largest ? CmpFPredicate::OGT : CmpFPredicate::OLT;
      better = arith::CmpFOp::create(builder, loc, predicate, x, place.value);
    } else {
      auto ofSigned = largest ? CmpIPredicate::sgt : CmpIPredicate::slt;
      auto ofUnsigned = largest ? CmpIPredicate::ugt : CmpIPredicate::ult;
      better = arith::CmpIOp::create(
          builder, loc, source.isUnsignedInteger() ? ofUnsigned : ofSigned, x, place.value);
    }
    Value none = arith::ConstantOp::create(builder, loc, builder.getI64IntegerAttr(-1));
    Value isEmpty = arith::CmpIOp::create(builder, loc, CmpIPredicate::eq, place.index, none);
    return arith::OrIOp::create(builder, loc, better, isEmpty);
  }

  /// Puts `x` in its place and moves everything behind it one place on.
  SmallVector<Value> insert(OpBuilder &builder, Location loc, ValueRange at, Value x, Value index,
                            ValueRange lists) const {
    Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
    Value one = arith::ConstantIndexOp::create(builder, loc, 1);
    Value isPlaced = arith::ConstantOp::create(builder, loc, builder.getBoolAttr(false));
    SmallVector<Value> start = {lists[0], lists[1], x, index, isPlaced};
    auto loop = scf::ForOp::create(
        builder, loc, zero, count, one, start,
        [&](OpBuilder &inner, Location loc, Value place, ValueRange state) {
          Place there = read(inner, loc, at, place, state.take_front(2));
          Value precedesHere = precedes(inner, loc, state[2], there);
          Value moves = arith::OrIOp::create(inner, loc, state[4], precedesHere);
          auto choose = [&](Value ifMoves, Value ifStays) -> Value {
            return arith::SelectOp::create(inner, loc, moves, ifMoves, ifStays);
          };
          SmallVector<Value> positions = positionsOf(at, place);
          Value values = tensor::InsertOp::create(inner, loc, choose(state[2], there.value),
                                                  state[0], positions);
          Value indices = tensor::InsertOp::create(inner, loc, choose(state[3], there.index),
                                                   state[1], positions);
          scf::YieldOp::create(inner, loc,
                               ValueRange{values, indices, choose(there.value, state[2]),
                                          choose(there.index, state[3]), moves});
        });
    return {loop.getResult(0), loop.getResult(1)};
  }

  /// Original element type.
  Type source;
  bool largest;
  Value count;
  int64_t axis;
};

class ConvertTopK : public LoweringPattern<TopKOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(TopKOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput();
    int64_t axis = op.getAxis();
    Sizes sizes = b.sizes(input);
    Value length = b.index(sizes[axis]), zero = b.index(0);
    Value count = b.toIndex(b.onlyElement(adaptor.getK()));
    b.check(b.compare(CmpIPredicate::sle, count, length), "topk of more elements than there are");
    b.check(b.compare(CmpIPredicate::sge, count, zero), "topk of a negative number of elements");
    sizes[axis] = getAsOpFoldResult(count);
    // An empty list has no last place to compare with.
    Value isEmpty = b.compare(CmpIPredicate::eq, count, zero);
    Value steps = b.select(isEmpty, zero, length);
    SmallVector<Value> lists = buildLists(b, BestList(op, count, axis), input, sizes, axis, steps);
    rewriter.replaceOp(op, {b.castTo(lists[0], convertedType(op.getValues())),
                            b.castTo(lists[1], convertedType(op.getIndices()))});
    return success();
  }

private:
  static SmallVector<Value> buildLists(Lowering &b, const BestList &best, Value input,
                                       ArrayRef<OpFoldResult> sizes, int64_t axis, Value steps) {
    SmallVector<Value> lists = {b.filled(sizes, b.scalar(elementType(input), 0)),
                                b.filled(sizes, b.scalar(b.getI64Type(), -1))};
    // The loop along the axis is the innermost one.
    SmallVector<Value> upper;
    for (auto [dim, size] : llvm::enumerate(sizes))
      if (static_cast<int64_t>(dim) != axis)
        upper.push_back(b.index(size));
    upper.push_back(steps);
    SmallVector<Value> lower(upper.size(), b.index(0)), ones(upper.size(), b.index(1));
    scf::LoopNest nest = scf::buildLoopNest(
        b, b.getLoc(), lower, upper, ones, lists,
        [&](OpBuilder &builder, Location loc, ValueRange indices, ValueRange state) {
          ValueRange at = indices.drop_back();
          SmallVector<Value> positions(at);
          positions.insert(positions.begin() + axis, indices.back());
          Value x = tensor::ExtractOp::create(builder, loc, input, positions);
          Value index =
              arith::IndexCastOp::create(builder, loc, builder.getI64Type(), indices.back());
          SmallVector<Value> next = best.offer(builder, loc, at, x, index, state);
          return scf::ValueVector(next.begin(), next.end());
        });
    return llvm::to_vector_of<Value>(nest.results);
  }
};

} // namespace

void mlir::halftone::populateScanPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                                          RewritePatternSet &patterns) {
  patterns.add<ConvertCumSum, ConvertTopK>(converter, patterns.getContext(), facts);
}
