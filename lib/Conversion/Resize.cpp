// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// resize: each output element interpolates the input around the coordinate it comes from.
#include "Rows.h"

#include "halftone/Dialect/ConstantData.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpIPredicate;

namespace {

/// One resized dimension. `scale` is f32.
struct Axis {
  int64_t dim;
  Value inputSize, outputSize, scale;
};

/// Where an output index lies in the input: what `coordinates` says.
class CoordinateMap {
public:
  CoordinateMap(OpBuilder &builder, Location loc, ResizeOp op) : b(loc, builder), op(op) {}

  Value source(const Axis &axis, Value index) {
    Value x = real(index);
    StringRef kind = op.getCoordinates();
    if (kind == "asymmetric")
      return div(x, axis.scale);
    if (kind == "align_corners")
      return alignCorners(axis, x);
    Value half = constant(0.5);
    Value centered = sub(div(add(x, half), axis.scale), half);
    if (kind == "half_pixel")
      return centered;
    if (kind == "pytorch_half_pixel")
      return ifSingle(axis, centered);
    // half_pixel_symmetric: the centers of both grids coincide.
    Value adjustment = div(real(axis.outputSize), mul(axis.scale, real(axis.inputSize)));
    Value center = div(real(axis.inputSize), constant(2));
    return add(mul(center, sub(constant(1), adjustment)), centered);
  }

  Value nearest(const Axis &axis, Value x) {
    StringRef mode = op.getNearestMode();
    if (mode == "round_prefer_floor")
      x = math::CeilOp::create(b, sub(x, constant(0.5)));
    else if (mode == "round_prefer_ceil")
      x = math::FloorOp::create(b, add(x, constant(0.5)));
    else if (mode == "floor")
      x = math::FloorOp::create(b, x);
    else
      x = math::CeilOp::create(b, x);
    return clamped(axis, integer(x));
  }

  /// The two neighbours of `x` and the weight of the second.
  struct Neighbours {
    Value low, high, weight;
  };
  Neighbours around(const Axis &axis, Value x) {
    Value below = math::FloorOp::create(b, x);
    Value first = integer(below);
    Value second = arith::AddIOp::create(b, first, index(1));
    return {clamped(axis, first), clamped(axis, second), sub(x, below)};
  }

  Value interpolate(Value low, Value high, Value weight) {
    Value rest = sub(constant(1), weight);
    return add(mul(rest, low), mul(weight, high));
  }

private:
  Value alignCorners(const Axis &axis, Value x) {
    Value one = index(1);
    Value reach = arith::SubIOp::create(b, axis.inputSize, one);
    Value steps = arith::MaxSIOp::create(b, arith::SubIOp::create(b, axis.outputSize, one), one);
    return ifSingle(axis, div(mul(x, real(reach)), real(steps)));
  }
  /// 0 where the output has a single element.
  Value ifSingle(const Axis &axis, Value otherwise) {
    Value isSingle = arith::CmpIOp::create(b, CmpIPredicate::sle, axis.outputSize, index(1));
    return arith::SelectOp::create(b, isSingle, constant(0), otherwise);
  }
  Value clamped(const Axis &axis, Value position) {
    Value last = arith::SubIOp::create(b, axis.inputSize, index(1));
    Value inside = arith::MinSIOp::create(b, position, last);
    return arith::MaxSIOp::create(b, inside, index(0));
  }
  Value real(Value index) {
    Value integer = arith::IndexCastOp::create(b, b.getI64Type(), index);
    return arith::SIToFPOp::create(b, b.getF32Type(), integer);
  }
  Value integer(Value x) {
    Value integer = buildCastScalar(b, b.getLoc(), x, b.getF32Type(), b.getI32Type());
    return arith::IndexCastOp::create(b, b.getIndexType(), integer);
  }
  Value index(int64_t value) { return arith::ConstantIndexOp::create(b, value); }
  Value constant(double value) { return arith::ConstantOp::create(b, b.getF32FloatAttr(value)); }
  Value add(Value lhs, Value rhs) { return arith::AddFOp::create(b, lhs, rhs); }
  Value sub(Value lhs, Value rhs) { return arith::SubFOp::create(b, lhs, rhs); }
  Value mul(Value lhs, Value rhs) { return arith::MulFOp::create(b, lhs, rhs); }
  Value div(Value lhs, Value rhs) { return arith::DivFOp::create(b, lhs, rhs); }

  ImplicitLocOpBuilder b;
  ResizeOp op;
};

class ConvertResize : public LoweringPattern<ResizeOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(ResizeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    auto type = cast<RankedTensorType>(convertedType(op.getOutput()));
    Value input = adaptor.getInput();
    Sizes sizes;
    SmallVector<Axis> axes;
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      sizes.push_back(b.sizeOr(cast<OpResult>(op.getOutput()), dim,
                               [&] { return b.toIndex(b.element(adaptor.getSizes(), dim)); }));
      b.checkAtLeast(sizes.back(), 0, "negative size");
      if (isKept(op, dim))
        continue;
      Value scale = castFloat(b, b.getLoc(), b.element(adaptor.getScales(), dim), b.getF32Type());
      axes.push_back({dim, b.index(b.size(input, dim)), b.index(sizes[dim]), scale});
    }
    Value result = b.fromIndices(
        sizes, type.getElementType(), [&](OpBuilder &builder, Location loc, ValueRange indices) {
          return op.getMode() == "nearest" ? pickNearest(builder, loc, op, input, axes, indices)
                                           : interpolate(builder, loc, op, input, axes, indices);
        });
    rewriter.replaceOp(op, b.castTo(result, type));
    return success();
  }

private:
  /// Whether a dimension is copied: same size, and no scale other than 1.
  bool isKept(ResizeOp op, int64_t dim) const {
    if (!facts.areEqual(op.getInput(), dim, op.getOutput(), dim))
      return false;
    ElementsAttr scales = getConstant(op.getScales());
    std::optional<std::vector<float>> values = scales ? readFloats(scales) : std::nullopt;
    return !values || (*values)[dim] == 1.0f;
  }

  static Value pickNearest(OpBuilder &builder, Location loc, ResizeOp op, Value input,
                           ArrayRef<Axis> axes, ValueRange indices) {
    CoordinateMap map(builder, loc, op);
    SmallVector<Value> positions(indices);
    for (const Axis &axis : axes)
      positions[axis.dim] = map.nearest(axis, map.source(axis, indices[axis.dim]));
    return tensor::ExtractOp::create(builder, loc, input, positions);
  }

  static Value interpolate(OpBuilder &builder, Location loc, ResizeOp op, Value input,
                           ArrayRef<Axis> axes, ValueRange indices) {
    CoordinateMap map(builder, loc, op);
    Type source = elementType(op.getInput()), f32 = builder.getF32Type();
    SmallVector<CoordinateMap::Neighbours> neighbours;
    for (const Axis &axis : axes)
      neighbours.push_back(map.around(axis, map.source(axis, indices[axis.dim])));
    SmallVector<Value> positions(indices);
    // Interpolates over axes [first, end) at the positions chosen for those before.
    std::function<Value(size_t)> over = [&](size_t first) -> Value {
      if (first == axes.size()) {
        Value element = tensor::ExtractOp::create(builder, loc, input, positions);
        return buildCastScalar(builder, loc, element, source, f32);
      }
      positions[axes[first].dim] = neighbours[first].low;
      Value low = over(first + 1);
      positions[axes[first].dim] = neighbours[first].high;
      Value high = over(first + 1);
      return map.interpolate(low, high, neighbours[first].weight);
    };
    return buildCastScalar(builder, loc, over(0), f32, source);
  }
};

} // namespace

void mlir::halftone::populateResizePatterns(const TypeConverter &converter, const ShapeFacts &facts,
                                            RewritePatternSet &patterns) {
  patterns.add<ConvertResize>(converter, patterns.getContext(), facts);
}
