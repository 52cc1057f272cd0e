// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// scatter_elements, scatter_nd: sequential, since indices may repeat.
#include "IndexAccess.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// How the value there and the new one become one. `type` is the original element type.
Value combine(OpBuilder &builder, Location loc, ScatterReduction reduction, Type type, Value there,
              Value update) {
  auto choose = [&](auto ofFloats, auto ofSigned, auto ofUnsigned) -> Value {
    if (isa<FloatType>(type))
      return decltype(ofFloats)::create(builder, loc, there, update);
    if (type.isUnsignedInteger() || type.isInteger(1))
      return decltype(ofUnsigned)::create(builder, loc, there, update);
    return decltype(ofSigned)::create(builder, loc, there, update);
  };
  switch (reduction) {
  case ScatterReduction::None:
    return update;
  case ScatterReduction::Add:
    return choose(arith::AddFOp(), arith::AddIOp(), arith::AddIOp());
  case ScatterReduction::Mul:
    return choose(arith::MulFOp(), arith::MulIOp(), arith::MulIOp());
  case ScatterReduction::Min:
    return choose(arith::MinimumFOp(), arith::MinSIOp(), arith::MinUIOp());
  case ScatterReduction::Max:
    return choose(arith::MaximumFOp(), arith::MaxSIOp(), arith::MaxUIOp());
  }
  llvm_unreachable("covered switch");
}

struct ConvertScatterElements : LoweringPattern<ScatterElementsOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(ScatterElementsOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput(), indices = adaptor.getIndices(),
          updates = adaptor.getUpdates();
    int64_t axis = op.getAxis();
    Type type = elementType(op.getInput());
    Value size = checkIndicesAlong(b, op.getIndices(), indices, input, axis);
    Value result =
        buildLoopNest(b, b.sizes(indices), input,
                      [&](OpBuilder &builder, Location loc, ValueRange at, Value so) -> Value {
                        SmallVector<Value> positions(at);
                        Value index = tensor::ExtractOp::create(builder, loc, indices, at);
                        positions[axis] = buildPosition(builder, loc, index, size);
                        Value there = tensor::ExtractOp::create(builder, loc, so, positions);
                        Value update = tensor::ExtractOp::create(builder, loc, updates, at);
                        Value value = combine(builder, loc, op.getReduction(), type, there, update);
                        return tensor::InsertOp::create(builder, loc, value, so, positions);
                      });
    rewriter.replaceOp(op, b.castTo(result, convertedType(op.getOutput())));
    return success();
  }
};

class ConvertScatterND : public LoweringPattern<ScatterNDOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(ScatterNDOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput(), indices = adaptor.getIndices();
    int64_t outer = rankOf(indices) - 1, depth = tensorType(indices).getDimSize(outer);
    if (ShapedType::isDynamic(depth))
      return rewriter.notifyMatchFailure(op, "the length of the index tuples is dynamic");
    Sizes inputSizes = b.sizes(input), bounds(ArrayRef(inputSizes).take_front(depth));
    if (depth > 0)
      checkIndices(b, op.getIndices(), indices, bounds);
    SmallVector<Value> limits;
    for (OpFoldResult bound : bounds)
      limits.push_back(b.index(bound));

    Sizes tuples(ArrayRef(b.sizes(indices)).drop_back());
    Value result = buildLoopNest(
        b, tuples, input, [&](OpBuilder &builder, Location loc, ValueRange at, Value so) {
          SmallVector<Value> positions = readTuple(builder, loc, indices, at, limits);
          return update(builder, loc, op, adaptor.getUpdates(), at, so, positions);
        });
    rewriter.replaceOp(op, b.castTo(result, convertedType(op.getOutput())));
    return success();
  }

private:
  static Value update(OpBuilder &builder, Location loc, ScatterNDOp op, Value updates,
                      ValueRange at, Value so, ValueRange positions) {
    Type type = elementType(op.getInput());
    if (static_cast<int64_t>(positions.size()) == rankOf(so)) {
      Value there = tensor::ExtractOp::create(builder, loc, so, positions);
      Value value = tensor::ExtractOp::create(builder, loc, updates, at);
      Value combined = combine(builder, loc, op.getReduction(), type, there, value);
      return tensor::InsertOp::create(builder, loc, combined, so, positions);
    }
    Value row = extractRow(builder, loc, updates, 0, at);
    if (op.getReduction() == ScatterReduction::None)
      return insertRow(builder, loc, row, so, 0, positions);
    Value there = extractRow(builder, loc, so, 0, positions);
    AffineMap map = builder.getMultiDimIdentityMap(rankOf(there));
    auto sum = linalg::GenericOp::create(
        builder, loc, there.getType(), row, there, ArrayRef<AffineMap>{map, map},
        Iterators(rankOf(there), kParallel), [&](OpBuilder &inner, Location, ValueRange args) {
          Value value = combine(inner, loc, op.getReduction(), type, args[1], args[0]);
          linalg::YieldOp::create(inner, loc, value);
        });
    return insertRow(builder, loc, sum.getResult(0), so, 0, positions);
  }
};

} // namespace

void mlir::halftone::populateScatterPatterns(const TypeConverter &converter,
                                             const ShapeFacts &facts, RewritePatternSet &patterns) {
  patterns.add<ConvertScatterElements, ConvertScatterND>(converter, patterns.getContext(), facts);
}
