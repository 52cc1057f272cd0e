// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// if and loop become scf on tensors. A state of constant shape is copied back to where it came
// from, so that bufferization updates it in place.
#include "Lowering.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpIPredicate;

namespace {

/// Values of original ops where the pattern that asks has not seen them converted yet: the body is
/// converted after the op around it.
SmallVector<Value> remap(ConversionPatternRewriter &rewriter, ValueRange originals) {
  SmallVector<Value> values;
  for (Value original : originals)
    values.push_back(rewriter.getRemappedValue(original));
  return values;
}

class ConvertIf : public LoweringPattern<IfOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(IfOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    SmallVector<Type> types;
    if (failed(getTypeConverter()->convertTypes(op.getResultTypes(), types)))
      return rewriter.notifyMatchFailure(op, "a result has a type that cannot be converted");
    Lowering b(op, rewriter, facts);
    Value condition = b.onlyElement(adaptor.getCondition());
    auto branch = scf::IfOp::create(b, types, condition, /*addThenBlock=*/false,
                                    /*addElseBlock=*/false);
    endWith(op, op.getThenYield(), types, rewriter);
    endWith(op, op.getElseYield(), types, rewriter);
    rewriter.inlineRegionBefore(op.getThenRegion(), branch.getThenRegion(),
                                branch.getThenRegion().end());
    rewriter.inlineRegionBefore(op.getElseRegion(), branch.getElseRegion(),
                                branch.getElseRegion().end());
    rewriter.replaceOp(op, branch);
    return success();
  }

private:
  void endWith(IfOp op, YieldOp yield, ArrayRef<Type> types,
               ConversionPatternRewriter &rewriter) const {
    rewriter.setInsertionPoint(yield);
    Lowering b(op, rewriter, facts);
    SmallVector<Value> values;
    for (auto [value, type] : llvm::zip_equal(remap(rewriter, yield.getValues()), types))
      values.push_back(b.castTo(value, type));
    scf::YieldOp::create(b, values);
    rewriter.eraseOp(yield);
  }
};

/// Where the elements of a stacked result go.
struct Stack {
  /// Converted type of an element.
  RankedTensorType element;
  /// The sizes of all elements, if they are known before the loop; else the buffer grows.
  std::optional<Sizes> sizes;
  bool isReversed = false;
};

class LoopLowering {
public:
  LoopLowering(LoopOp op, LoopOp::Adaptor adaptor, ConversionPatternRewriter &rewriter,
               const ShapeFacts &facts, const TypeConverter &converter)
      : op(op), adaptor(adaptor), rewriter(rewriter), facts(facts), converter(converter),
        outer(op, rewriter, facts) {}

  void lower();

private:
  Value countIterations();
  Stack makeStack(Value element, unsigned index);
  Value allocate(const Stack &stack);
  SmallVector<Value> initialValues();
  void lowerCounted();
  void lowerConditional();
  /// Moves the body to the end of `block`, where the values carried are `carried`; what is carried
  /// on.
  SmallVector<Value> moveBody(Block *block, Value iteration, ValueRange carried);
  Value slice(Lowering &b, unsigned index, Value iteration);
  Value copy(Lowering &b, Value tensor);
  Value nextState(Lowering &b, unsigned index, Value state, Value next);
  Value push(Lowering &b, const Stack &stack, Value buffer, Value element, Value iteration);
  Value grow(Lowering &b, Value buffer, Value element, Value iteration);
  void replace(ValueRange carried, Value iterations);
  Type converted(Value value) const { return converter.convertType(value.getType()); }

  LoopOp op;
  LoopOp::Adaptor adaptor;
  ConversionPatternRewriter &rewriter;
  const ShapeFacts &facts;
  const TypeConverter &converter;
  Lowering outer;
  /// Null if only the condition ends the loop.
  Value count;
  SmallVector<Stack> stacks;
};

} // namespace

//===--- Before the loop ---===//

Value LoopLowering::countIterations() {
  if (!adaptor.getScanInputs().empty()) {
    Value first = outer.index(outer.size(adaptor.getScanInputs().front(), 0));
    for (Value input : adaptor.getScanInputs().drop_front())
      outer.checkEqual(first, outer.index(outer.size(input, 0)),
                       "scan inputs of different lengths");
    return first;
  }
  if (!adaptor.getTripCount())
    return nullptr;
  return outer.max(outer.toIndex(outer.onlyElement(adaptor.getTripCount())), outer.index(0));
}

Stack LoopLowering::makeStack(Value element, unsigned index) {
  Stack stack{cast<RankedTensorType>(converted(element)), Sizes(), op.isOutputReversed(index)};
  if (op.getCondition())
    stack.sizes.reset();
  for (int64_t dim = 0; stack.sizes && dim < stack.element.getRank(); ++dim) {
    OpFoldResult size = outer.getIndexAttr(stack.element.getDimSize(dim));
    if (stack.element.isDynamicDim(dim))
      size = outer.expression(facts.dims(element)[dim]);
    if (size)
      stack.sizes->push_back(size);
    else
      stack.sizes.reset();
  }
  return stack;
}

/// Space for all elements, or for none.
Value LoopLowering::allocate(const Stack &stack) {
  Sizes sizes;
  if (stack.sizes) {
    sizes.push_back(getAsOpFoldResult(count));
    llvm::append_range(sizes, *stack.sizes);
    return outer.empty(sizes, stack.element.getElementType());
  }
  SmallVector<int64_t> shape = {ShapedType::kDynamic};
  llvm::append_range(shape, stack.element.getShape());
  auto type = RankedTensorType::get(shape, stack.element.getElementType());
  SmallVector<Value> none(type.getNumDynamicDims(), outer.index(0));
  return tensor::EmptyOp::create(outer, type, none);
}

SmallVector<Value> LoopLowering::initialValues() {
  SmallVector<Value> values;
  for (auto [init, state] : llvm::zip_equal(adaptor.getInits(), op.getStates()))
    values.push_back(copy(outer, outer.castTo(init, converted(state))));
  for (const Stack &stack : stacks)
    values.push_back(allocate(stack));
  return values;
}

//===--- In an iteration ---===//

Value LoopLowering::slice(Lowering &b, unsigned index, Value iteration) {
  Value input = adaptor.getScanInputs()[index];
  if (op.isInputReversed(index))
    iteration = b.sub(b.sub(count, b.index(1)), iteration);
  auto type = cast<RankedTensorType>(converted(op.getSlices()[index]));
  Sizes offsets(rankOf(input), b.getIndexAttr(0)), steps(rankOf(input), b.getIndexAttr(1));
  offsets.front() = iteration;
  Sizes sizes;
  for (int64_t dim = 0; dim < rankOf(input); ++dim)
    sizes.push_back(b.size(input, dim));
  sizes.front() = b.getIndexAttr(1);
  auto kept = RankedTensorType::get(tensorType(input).getShape().drop_front(), elementType(input));
  Value part = tensor::ExtractSliceOp::create(b, kept, input, offsets, sizes, steps);
  return b.castTo(part, type);
}

/// A buffer of its own: contiguous, and writable.
Value LoopLowering::copy(Lowering &b, Value tensor) {
  return bufferization::AllocTensorOp::create(b, tensorType(tensor), /*dynamicSizes=*/ValueRange(),
                                              /*copy=*/tensor);
}

/// The state of the next iteration; one whose shape never changes keeps its place in memory.
Value LoopLowering::nextState(Lowering &b, unsigned index, Value state, Value next) {
  next = b.castTo(next, state.getType());
  bool isFixed = tensorType(state).hasStaticShape() ||
                 facts.dims(op.getStates()[index]) == facts.dims(op.getYieldedStates()[index]);
  if (!isFixed)
    return copy(b, next);
  return bufferization::MaterializeInDestinationOp::create(b, next, state).getResult();
}

/// `buffer` with room for the element of `iteration`: for all of them if it is known how many there
/// will be, else twice the size when it is full.
Value LoopLowering::grow(Lowering &b, Value buffer, Value element, Value iteration) {
  Value capacity = b.index(b.size(buffer, 0));
  Value isFirst = b.compare(CmpIPredicate::eq, iteration, b.index(0));
  for (int64_t dim = 0; dim < rankOf(element); ++dim) {
    if (!tensorType(element).isDynamicDim(dim))
      continue;
    Value isSame = b.compare(CmpIPredicate::eq, b.index(b.size(buffer, dim + 1)),
                             b.index(b.size(element, dim)));
    b.check(b.fold<arith::OrIOp>(isFirst, isSame), "iterations with results of different shapes");
  }
  Value isFull = b.compare(CmpIPredicate::sge, iteration, capacity);
  auto branch = scf::IfOp::create(b, TypeRange{buffer.getType()}, isFull, /*addThenBlock=*/true,
                                  /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, buffer);
  b.setInsertionPointToStart(branch.thenBlock());
  Value room = op.getCondition() ? b.max(b.mul(iteration, b.index(2)), b.index(8)) : count;
  Sizes sizes = {getAsOpFoldResult(room)};
  llvm::append_range(sizes, b.sizes(element));
  Value larger = b.castTo(b.empty(sizes, elementType(element)), buffer.getType());
  Sizes used = b.sizes(buffer), start(used.size(), b.getIndexAttr(0));
  used.front() = iteration;
  scf::YieldOp::create(b, b.insert(b.slice(buffer, start, used), larger, start, used));
  return branch.getResult(0);
}

Value LoopLowering::push(Lowering &b, const Stack &stack, Value buffer, Value element,
                         Value iteration) {
  element = b.castTo(element, stack.element);
  if (!stack.sizes)
    buffer = grow(b, buffer, element, iteration);
  if (stack.isReversed)
    iteration = b.sub(b.sub(count, b.index(1)), iteration);
  Sizes offsets(rankOf(buffer), b.getIndexAttr(0)), steps(rankOf(buffer), b.getIndexAttr(1));
  offsets.front() = iteration;
  Sizes sizes = {b.getIndexAttr(1)};
  llvm::append_range(sizes, stack.sizes ? *stack.sizes : b.sizes(element));
  return tensor::InsertSliceOp::create(b, element, buffer, offsets, sizes, steps);
}

SmallVector<Value> LoopLowering::moveBody(Block *block, Value iteration, ValueRange carried) {
  rewriter.setInsertionPointToEnd(block);
  Lowering start(op, rewriter, facts);
  Value number = start.createOrFold<arith::IndexCastOp>(start.getI64Type(), iteration);
  SmallVector<Value> arguments = {tensor::FromElementsOp::create(
      start, cast<RankedTensorType>(op.getIteration().getType()), number)};
  llvm::append_range(arguments, carried.take_front(op.getNumStates()));
  for (unsigned index = 0; index < op.getScanInputs().size(); ++index)
    arguments.push_back(slice(start, index, iteration));

  YieldOp yield = op.getYield();
  rewriter.setInsertionPoint(yield);
  Lowering b(op, rewriter, facts);
  SmallVector<Value> next;
  if (op.getCondition())
    next.push_back(b.onlyElement(rewriter.getRemappedValue(op.getYieldedCondition())));
  for (auto [index, value] : llvm::enumerate(remap(rewriter, op.getYieldedStates())))
    next.push_back(nextState(b, index, carried[index], value));
  for (auto [index, value] : llvm::enumerate(remap(rewriter, op.getYieldedElements())))
    next.push_back(push(b, stacks[index], carried[op.getNumStates() + index], value, iteration));
  rewriter.eraseOp(yield);
  rewriter.mergeBlocks(&op.getBody().front(), block, arguments);
  rewriter.setInsertionPointToEnd(block);
  return next;
}

//===--- The loop ---===//

void LoopLowering::lowerCounted() {
  auto loop = scf::ForOp::create(outer, outer.index(0), count, outer.index(1), initialValues());
  // Without results the builder has ended the body.
  if (!loop.getBody()->empty())
    rewriter.eraseOp(&loop.getBody()->back());
  SmallVector<Value> next =
      moveBody(loop.getBody(), loop.getInductionVar(), loop.getRegionIterArgs());
  scf::YieldOp::create(rewriter, op.getLoc(), next);
  rewriter.setInsertionPoint(op);
  replace(loop.getResults(), count);
}

void LoopLowering::lowerConditional() {
  Location loc = op.getLoc();
  SmallVector<Value> inits = {outer.index(0), outer.onlyElement(adaptor.getCondition())};
  llvm::append_range(inits, initialValues());
  SmallVector<Type> types(ValueRange(inits).getTypes());
  SmallVector<Location> locations(types.size(), loc);
  auto loop = scf::WhileOp::create(outer, types, inits);
  Block *before = rewriter.createBlock(&loop.getBefore(), {}, types, locations);
  Value continues = before->getArgument(1);
  if (count) {
    Value isBelow =
        arith::CmpIOp::create(rewriter, loc, CmpIPredicate::slt, before->getArgument(0), count);
    continues = arith::AndIOp::create(rewriter, loc, isBelow, continues);
  }
  scf::ConditionOp::create(rewriter, loc, continues, before->getArguments());
  Block *after = rewriter.createBlock(&loop.getAfter(), {}, types, locations);
  Value iteration = after->getArgument(0);
  SmallVector<Value> next =
      moveBody(after, iteration, ValueRange(after->getArguments()).drop_front(2));
  Value one = arith::ConstantIndexOp::create(rewriter, loc, 1);
  next.insert(next.begin(), arith::AddIOp::create(rewriter, loc, iteration, one));
  scf::YieldOp::create(rewriter, loc, next);
  rewriter.setInsertionPoint(op);
  replace(loop.getResults().drop_front(2), loop.getResult(0));
}

void LoopLowering::replace(ValueRange carried, Value iterations) {
  Lowering b(op, rewriter, facts);
  SmallVector<Value> results;
  for (auto [index, result] : llvm::enumerate(op.getOutputs())) {
    Value value = carried[index];
    if (index >= op.getNumStates() && !stacks[index - op.getNumStates()].sizes) {
      Sizes sizes = b.sizes(value), start(sizes.size(), b.getIndexAttr(0));
      sizes.front() = iterations;
      value = b.slice(value, start, sizes);
    }
    results.push_back(b.castTo(value, converted(result)));
  }
  rewriter.replaceOp(op, results);
}

void LoopLowering::lower() {
  count = countIterations();
  for (auto [index, element] : llvm::enumerate(op.getYieldedElements()))
    stacks.push_back(makeStack(element, index));
  if (op.getCondition())
    lowerConditional();
  else
    lowerCounted();
}

namespace {

class ConvertLoop : public LoweringPattern<LoopOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(LoopOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    LoopLowering(op, adaptor, rewriter, facts, *getTypeConverter()).lower();
    return success();
  }
};

} // namespace

void mlir::halftone::populateControlFlowPatterns(const TypeConverter &converter,
                                                 const ShapeFacts &facts,
                                                 RewritePatternSet &patterns) {
  patterns.add<ConvertIf, ConvertLoop>(converter, patterns.getContext(), facts);
}
