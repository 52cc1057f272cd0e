// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// non_max_suppression: for each class, search for the best box left until there is none.
#include "IndexAccess.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpFPredicate;
using arith::CmpIPredicate;

namespace {

/// Corners in order, low before high, and the area.
struct Box {
  Value y1, x1, y2, x2, area;
};

/// The search in one class of one batch.
class Search {
public:
  Search(NonMaxSuppressionOp op, Value boxes, Value scores, Value count, Value iou, Value threshold)
      : isCenterPoint(op.getCenterPoint()), boxes(boxes), scores(scores), count(count), iou(iou),
        threshold(threshold) {}

  /// The index of the best box that is alive and above the threshold, -1 if there is none.
  Value findBest(ImplicitLocOpBuilder &b, ValueRange at, Value alive) const;
  /// `alive` without the box `best` and those that overlap it.
  Value suppress(ImplicitLocOpBuilder &b, Value batch, Value best, Value alive) const;

private:
  static Value index(ImplicitLocOpBuilder &b, int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }
  Box readBox(ImplicitLocOpBuilder &b, Value batch, Value position) const;
  Value overlaps(ImplicitLocOpBuilder &b, const Box &lhs, const Box &rhs) const;

  bool isCenterPoint;
  Value boxes, scores, count, iou, threshold;
};

Value Search::findBest(ImplicitLocOpBuilder &b, ValueRange at, Value alive) const {
  SmallVector<Value> start = {index(b, -1), threshold};
  auto loop = scf::ForOp::create(
      b, index(b, 0), count, index(b, 1), start,
      [&](OpBuilder &builder, Location loc, Value i, ValueRange state) {
        Value score = tensor::ExtractOp::create(builder, loc, scores, ValueRange{at[0], at[1], i});
        Value isAlive = tensor::ExtractOp::create(builder, loc, alive, i);
        Value isBetter = arith::CmpFOp::create(builder, loc, CmpFPredicate::OGT, score, state[1]);
        Value wins = arith::AndIOp::create(builder, loc, isAlive, isBetter);
        Value best = arith::SelectOp::create(builder, loc, wins, i, state[0]);
        Value bestScore = arith::SelectOp::create(builder, loc, wins, score, state[1]);
        scf::YieldOp::create(builder, loc, ValueRange{best, bestScore});
      });
  return loop.getResult(0);
}

Box Search::readBox(ImplicitLocOpBuilder &b, Value batch, Value position) const {
  Value in[4];
  for (int64_t i = 0; i < 4; ++i)
    in[i] = tensor::ExtractOp::create(b, boxes, ValueRange{batch, position, index(b, i)});
  Box box;
  if (isCenterPoint) {
    Value half = arith::ConstantOp::create(b, b.getF32FloatAttr(0.5f));
    Value reachX = arith::MulFOp::create(b, in[2], half);
    Value reachY = arith::MulFOp::create(b, in[3], half);
    box.x1 = arith::SubFOp::create(b, in[0], reachX);
    box.x2 = arith::AddFOp::create(b, in[0], reachX);
    box.y1 = arith::SubFOp::create(b, in[1], reachY);
    box.y2 = arith::AddFOp::create(b, in[1], reachY);
  } else {
    box.y1 = arith::MinimumFOp::create(b, in[0], in[2]);
    box.y2 = arith::MaximumFOp::create(b, in[0], in[2]);
    box.x1 = arith::MinimumFOp::create(b, in[1], in[3]);
    box.x2 = arith::MaximumFOp::create(b, in[1], in[3]);
  }
  box.area = arith::MulFOp::create(b, arith::SubFOp::create(b, box.y2, box.y1),
                                   arith::SubFOp::create(b, box.x2, box.x1));
  return box;
}

// Boxes without area overlap nothing: 0 / 0 is not more than the threshold.
Value Search::overlaps(ImplicitLocOpBuilder &b, const Box &lhs, const Box &rhs) const {
  Value zero = arith::ConstantOp::create(b, b.getF32FloatAttr(0));
  auto sharedLength = [&](Value low1, Value low2, Value high1, Value high2) -> Value {
    Value low = arith::MaximumFOp::create(b, low1, low2);
    Value high = arith::MinimumFOp::create(b, high1, high2);
    return arith::MaximumFOp::create(b, arith::SubFOp::create(b, high, low), zero);
  };
  Value shared = arith::MulFOp::create(b, sharedLength(lhs.y1, rhs.y1, lhs.y2, rhs.y2),
                                       sharedLength(lhs.x1, rhs.x1, lhs.x2, rhs.x2));
  Value sum = arith::AddFOp::create(b, lhs.area, rhs.area);
  Value ratio = arith::DivFOp::create(b, shared, arith::SubFOp::create(b, sum, shared));
  Value isLarge = arith::CmpFOp::create(b, CmpFPredicate::OGT, ratio, iou);
  Value isShared = arith::CmpFOp::create(b, CmpFPredicate::OGT, shared, zero);
  return arith::AndIOp::create(b, isLarge, isShared);
}

Value Search::suppress(ImplicitLocOpBuilder &b, Value batch, Value best, Value alive) const {
  Box chosen = readBox(b, batch, best);
  auto loop = scf::ForOp::create(b, index(b, 0), count, index(b, 1), alive,
                                 [&](OpBuilder &builder, Location loc, Value i, ValueRange state) {
                                   ImplicitLocOpBuilder inner(loc, builder);
                                   Value goes = overlaps(inner, chosen, readBox(inner, batch, i));
                                   Value isItself =
                                       arith::CmpIOp::create(inner, CmpIPredicate::eq, i, best);
                                   Value isGone = arith::OrIOp::create(inner, goes, isItself);
                                   Value no =
                                       arith::ConstantOp::create(inner, inner.getBoolAttr(false));
                                   Value old = tensor::ExtractOp::create(inner, state[0], i);
                                   Value stays = arith::SelectOp::create(inner, isGone, no, old);
                                   Value next = tensor::InsertOp::create(inner, stays, state[0], i);
                                   scf::YieldOp::create(inner, next);
                                 });
  return loop.getResult(0);
}

class ConvertNonMaxSuppression : public LoweringPattern<NonMaxSuppressionOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(NonMaxSuppressionOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value boxes = adaptor.getBoxes(), scores = adaptor.getScores();
    Sizes sizes = b.sizes(scores);
    Value count = b.index(sizes[2]);
    b.checkEqual(b.index(b.size(boxes, 0)), b.index(sizes[0]), "boxes and scores of other batches");
    b.checkEqual(b.index(b.size(boxes, 1)), count, "not one score for each box");
    Search search(op, boxes, scores, count, b.onlyElement(adaptor.getIouThreshold()),
                  b.onlyElement(adaptor.getScoreThreshold()));
    Value limit = b.toIndex(b.onlyElement(adaptor.getMaxSelected()));
    Value none = b.filled(sizes, b.scalar(b.getI64Type(), -1));
    Value result =
        buildLoopNest(b, ArrayRef(sizes).take_front(2), none,
                      [&](OpBuilder &builder, Location loc, ValueRange at, Value output) {
                        ImplicitLocOpBuilder inner(loc, builder);
                        return buildClass(inner, search, at, sizes[2], limit, output);
                      });
    rewriter.replaceOp(op, b.castTo(result, convertedType(op.getOutput())));
    return success();
  }

private:
  /// Writes the boxes selected for class `at[1]` of batch `at[0]`.
  static Value buildClass(ImplicitLocOpBuilder &b, const Search &search, ValueRange at,
                          OpFoldResult count, Value limit, Value output) {
    Value yes = arith::ConstantOp::create(b, b.getBoolAttr(true));
    Value empty = tensor::EmptyOp::create(b, count, b.getI1Type());
    Value alive = linalg::FillOp::create(b, yes, empty).getResult(0);
    Value zero = arith::ConstantIndexOp::create(b, 0), one = arith::ConstantIndexOp::create(b, 1);
    SmallVector<Value> start = {zero, search.findBest(b, at, alive), alive, output};
    SmallVector<Type> types = llvm::to_vector(TypeRange(ValueRange(start)));
    auto loop = scf::WhileOp::create(
        b, types, start,
        [&](OpBuilder &builder, Location loc, ValueRange state) {
          Value mayGrow = arith::CmpIOp::create(builder, loc, CmpIPredicate::slt, state[0], limit);
          Value isFound = arith::CmpIOp::create(builder, loc, CmpIPredicate::sge, state[1], zero);
          Value goesOn = arith::AndIOp::create(builder, loc, mayGrow, isFound);
          scf::ConditionOp::create(builder, loc, goesOn, state);
        },
        [&](OpBuilder &builder, Location loc, ValueRange state) {
          ImplicitLocOpBuilder inner(loc, builder);
          Value chosen = arith::IndexCastOp::create(inner, inner.getI64Type(), state[1]);
          Value written =
              tensor::InsertOp::create(inner, chosen, state[3], ValueRange{at[0], at[1], state[0]});
          Value left = search.suppress(inner, at[0], state[1], state[2]);
          Value next = search.findBest(inner, at, left);
          Value selected = arith::AddIOp::create(inner, state[0], one);
          scf::YieldOp::create(inner, ValueRange{selected, next, left, written});
        });
    return loop.getResult(3);
  }
};

} // namespace

void mlir::halftone::populateNonMaxSuppressionPatterns(const TypeConverter &converter,
                                                       const ShapeFacts &facts,
                                                       RewritePatternSet &patterns) {
  patterns.add<ConvertNonMaxSuppression>(converter, patterns.getContext(), facts);
}
