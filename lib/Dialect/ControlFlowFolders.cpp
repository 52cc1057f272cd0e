// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Control flow that is decided when compiling, and what a loop carries in vain.
#include "ShapeInference.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::halftone;

// The one element of a constant.
static std::optional<int64_t> constantOf(Value value) {
  auto constant = value ? value.getDefiningOp<ConstantOp>() : ConstantOp();
  std::optional<SmallVector<int64_t>> elements =
      constant ? smallIntegerElements(constant.getValue()) : std::nullopt;
  return elements && elements->size() == 1 ? std::optional(elements->front()) : std::nullopt;
}

// Ops take a value of another shape where dimensions are only known better or worse; what leaves a
// function has the type the function says.
static bool canReplace(Value result, Type type) {
  return result.getType() == type || llvm::none_of(result.getUsers(), [](Operation *user) {
           return user->hasTrait<OpTrait::IsTerminator>() && !isa<YieldOp>(user);
         });
}

static bool canReplace(ValueRange results, ValueRange values) {
  return llvm::all_of(llvm::zip_equal(results, values), [](auto pair) {
    return canReplace(std::get<0>(pair), std::get<1>(pair).getType());
  });
}

namespace {

struct InlineDecidedIf : OpRewritePattern<IfOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(IfOp op, PatternRewriter &rewriter) const override {
    std::optional<int64_t> condition = constantOf(op.getCondition());
    if (!condition)
      return rewriter.notifyMatchFailure(op, "the condition is not constant");
    Region &taken = *condition ? op.getThenRegion() : op.getElseRegion();
    YieldOp yield = *condition ? op.getThenYield() : op.getElseYield();
    if (!canReplace(op.getOutputs(), yield.getValues()))
      return rewriter.notifyMatchFailure(op, "the function returns a result of another type");
    SmallVector<Value> values(yield.getValues());
    rewriter.eraseOp(yield);
    rewriter.inlineBlockBefore(&taken.front(), op);
    rewriter.replaceOp(op, values);
    return success();
  }
};

/// A condition that is always true leaves the number of iterations to the trip count.
struct DropTrueCondition : OpRewritePattern<LoopOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LoopOp op, PatternRewriter &rewriter) const override {
    if (!op.getCondition() || constantOf(op.getCondition()) != 1 ||
        constantOf(op.getYieldedCondition()) != 1)
      return rewriter.notifyMatchFailure(op, "the condition may become false");
    if (!op.getTripCount() && op.getScanInputs().empty())
      return rewriter.notifyMatchFailure(op, "only the condition ends the loop");
    rewriter.modifyOpInPlace(op.getYield(), [&] { op.getYield()->eraseOperand(0); });
    rewriter.modifyOpInPlace(op, [&] { op.getConditionMutable().clear(); });
    return success();
  }
};

/// One iteration, from a constant count.
struct InlineSingleIteration : OpRewritePattern<LoopOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LoopOp op, PatternRewriter &rewriter) const override {
    if (op.getCondition() || !op.getTripCount() || constantOf(op.getTripCount()) != 1)
      return rewriter.notifyMatchFailure(op, "not exactly one iteration");
    if (!canReplace(op.getFinals(), op.getYieldedStates()))
      return rewriter.notifyMatchFailure(op, "the function returns a state of another type");
    Location loc = op.getLoc();
    auto type = cast<RankedTensorType>(op.getIteration().getType());
    SmallVector<Value> arguments = {
        ConstantOp::create(rewriter, loc, DenseElementsAttr::get(type, int64_t(0)))};
    llvm::append_range(arguments, op.getInits());
    YieldOp yield = op.getYield();
    rewriter.inlineBlockBefore(&op.getBody().front(), op, arguments);
    SmallVector<Value> results;
    for (auto [index, value] : llvm::enumerate(yield.getValues()))
      results.push_back(index < op.getNumStates()
                            ? value
                            : UnsqueezeOp::create(rewriter, loc, op.getResult(index).getType(),
                                                  value, ArrayRef<int64_t>{0}));
    rewriter.eraseOp(yield);
    rewriter.replaceOp(op, results);
    return success();
  }
};

/// States that no iteration changes are the inits; stacked results that nobody reads need no
/// memory.
struct DropIdleResults : OpRewritePattern<LoopOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LoopOp op, PatternRewriter &rewriter) const override {
    llvm::BitVector states(op.getNumStates()), stacked(op.getStacked().size());
    for (auto [index, value] : llvm::enumerate(op.getYieldedStates()))
      states[index] = isInvariant(op, index, value);
    for (auto [index, result] : llvm::enumerate(op.getStacked()))
      stacked[index] = result.use_empty();
    if (states.none() && stacked.none())
      return rewriter.notifyMatchFailure(op, "every state changes and every result is read");
    rewriter.replaceOp(op, rebuild(rewriter, op, states, stacked));
    return success();
  }

private:
  static bool isInvariant(LoopOp op, unsigned index, Value value) {
    Value init = op.getInits()[index], argument = op.getStates()[index];
    return value == argument && init.getType() == argument.getType() &&
           canReplace(op.getFinals()[index], init.getType());
  }

  /// The loop without what is marked; the values of all results of the old one.
  static SmallVector<Value> rebuild(PatternRewriter &rewriter, LoopOp op,
                                    const llvm::BitVector &states, const llvm::BitVector &stacked) {
    SmallVector<Value> inits, yielded;
    SmallVector<Type> types;
    SmallVector<bool> reversed;
    llvm::BitVector arguments(op.getBody().getNumArguments());
    if (Value condition = op.getYieldedCondition())
      yielded.push_back(condition);
    for (unsigned index = 0; index < states.size(); ++index) {
      if (states[index]) {
        rewriter.replaceAllUsesWith(op.getStates()[index], op.getInits()[index]);
        arguments.set(1 + index);
        continue;
      }
      inits.push_back(op.getInits()[index]);
      types.push_back(op.getFinals()[index].getType());
      yielded.push_back(op.getYieldedStates()[index]);
    }
    for (unsigned index = 0; index < stacked.size(); ++index) {
      if (stacked[index])
        continue;
      types.push_back(op.getStacked()[index].getType());
      yielded.push_back(op.getYieldedElements()[index]);
      reversed.push_back(op.isOutputReversed(index));
    }
    auto loop = LoopOp::create(rewriter, op.getLoc(), types, op.getTripCount(), op.getCondition(),
                               inits, op.getScanInputs(), op.getReversedInputs(),
                               llvm::is_contained(reversed, true) ? reversed : ArrayRef<bool>());
    loop->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    rewriter.modifyOpInPlace(op.getYield(), [&] { op.getYield()->setOperands(yielded); });
    rewriter.inlineRegionBefore(op.getBody(), loop.getBody(), loop.getBody().end());
    rewriter.modifyOpInPlace(loop, [&] { loop.getBody().front().eraseArguments(arguments); });
    return mapResults(op, loop, states, stacked);
  }

  static SmallVector<Value> mapResults(LoopOp op, LoopOp loop, const llvm::BitVector &states,
                                       const llvm::BitVector &stacked) {
    SmallVector<Value> results;
    auto kept = loop.getOutputs().begin();
    for (unsigned index = 0; index < states.size(); ++index)
      results.push_back(states[index] ? op.getInits()[index] : *kept++);
    for (unsigned index = 0; index < stacked.size(); ++index)
      results.push_back(stacked[index] ? Value() : *kept++);
    return results;
  }
};

} // namespace

void IfOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<InlineDecidedIf>(context);
}

void LoopOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<DropTrueCondition, InlineSingleIteration, DropIdleResults>(context);
}
