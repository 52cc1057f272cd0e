// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Sampler.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// One of the pixels around the positions along one dimension: where it is (i64, inside), and its
/// share (null for all of it).
struct Tap {
  Value index, weight;
};

class SampleBuilder {
public:
  SampleBuilder(NodeImporter &node, const Sampler &sampler) : node(node), sampler(sampler) {}

  /// The taps along a dimension of size `size` (0-D i64).
  SmallVector<Tap> buildTaps(Value position, Value size);

private:
  Value constant(double value) { return node.createScalar(node.getBuilder().getF32Type(), value); }
  Value add(Value lhs, Value rhs) { return node.create<AddOp>(lhs, rhs); }
  Value sub(Value lhs, Value rhs) { return node.create<SubOp>(lhs, rhs); }
  Value mul(Value lhs, Value rhs) { return node.create<MulOp>(lhs, rhs); }

  Value reflect(Value place, Value last);
  Tap placeTap(Value place, Value weight, Value last);
  SmallVector<Value> buildCubicWeights(Value ratio);

  NodeImporter &node;
  const Sampler &sampler;
};

/// Folds places back and forth between the borders: a triangle wave.
Value SampleBuilder::reflect(Value place, Value last) {
  double low = sampler.alignCorners ? 0.0 : -0.5;
  Value range = sampler.alignCorners ? last : add(last, constant(1));
  // Of a single pixel the range between centers is 0; any number does there.
  range = node.create<MaxOp>(range, constant(1e-6));
  Value distance = node.create<AbsOp>(sub(place, constant(low)));
  Value turns = node.create<FloorOp>(node.create<DivOp>(distance, range));
  Value rest = sub(distance, mul(turns, range));
  Value half = mul(turns, constant(0.5));
  Value isEven = node.create<EqualOp>(half, node.create<FloorOp>(half));
  Value folded = node.create<WhereOp>(isEven, rest, sub(range, rest));
  Value inside = add(folded, constant(low));
  // Only what was outside moves: the rest stays exactly where it is.
  Value high = add(constant(low), range);
  Value isBelow = node.create<LessOp>(place, constant(low));
  Value isAbove = node.create<GreaterOp>(place, high);
  return node.create<WhereOp>(node.create<OrOp>(isBelow, isAbove), inside, place);
}

Tap SampleBuilder::placeTap(Value place, Value weight, Value last) {
  Value zero = constant(0);
  if (sampler.outside == Outside::Reflection)
    place = reflect(place, last);
  Value inside = node.create<MinOp>(node.create<MaxOp>(place, zero), last);
  if (sampler.outside == Outside::Zeros) {
    Value isInside = node.create<EqualOp>(inside, place);
    weight = node.create<WhereOp>(isInside, weight ? weight : constant(1), zero);
  }
  return {node.castToI64(inside), weight};
}

// Keys' kernel with alpha -0.75 at the distances ratio + 1, ratio, 1 - ratio, 2 - ratio.
SmallVector<Value> SampleBuilder::buildCubicWeights(Value ratio) {
  constexpr double alpha = -0.75;
  auto near = [&](Value x) { // ((alpha + 2) x - (alpha + 3)) x² + 1
    Value inner = sub(mul(x, constant(alpha + 2)), constant(alpha + 3));
    return add(mul(mul(inner, x), x), constant(1));
  };
  auto far = [&](Value x) { // ((alpha x - 5 alpha) x + 8 alpha) x - 4 alpha
    Value inner = sub(mul(x, constant(alpha)), constant(5 * alpha));
    inner = add(mul(inner, x), constant(8 * alpha));
    return sub(mul(inner, x), constant(4 * alpha));
  };
  Value rest = sub(constant(1), ratio);
  return {far(add(ratio, constant(1))), near(ratio), near(rest), far(add(rest, constant(1)))};
}

SmallVector<Tap> SampleBuilder::buildTaps(Value position, Value size) {
  Value last = sub(node.castTo(size, node.getBuilder().getF32Type()), constant(1));
  if (sampler.interpolation == Interpolation::Nearest)
    return {placeTap(node.create<RoundOp>(position), Value(), last)};
  Value floor = node.create<FloorOp>(position), ratio = sub(position, floor);
  if (sampler.interpolation == Interpolation::Linear)
    return {placeTap(floor, sub(constant(1), ratio), last),
            placeTap(add(floor, constant(1)), ratio, last)};
  SmallVector<Tap> taps;
  for (auto [i, weight] : llvm::enumerate(buildCubicWeights(ratio)))
    taps.push_back(placeTap(add(floor, constant(double(i) - 1)), weight, last));
  return taps;
}

} // namespace

/// Positions outside of a plausible range would overflow when cast, and NaN has no place: both go
/// where they stay outside.
static Value boundPosition(NodeImporter &node, Value position) {
  auto constant = [&](double value) { return node.createScalarLike(position, value); };
  Value bounded = node.create<ClipOp>(position, constant(-1e6), constant(1e6));
  return node.create<WhereOp>(node.create<IsNaNOp>(position), constant(-1e6), bounded);
}

/// Row-major positions of every combination of taps with its weight, dimension by dimension.
static SmallVector<Tap> combine(NodeImporter &node, ArrayRef<Tap> outer, ArrayRef<Tap> inner,
                                Value innerSize) {
  if (outer.empty())
    return llvm::to_vector(inner);
  SmallVector<Tap> combined;
  for (const Tap &first : outer)
    for (const Tap &second : inner) {
      Value index = node.create<AddOp>(node.create<MulOp>(first.index, innerSize), second.index);
      Value weight = first.weight && second.weight ? node.create<MulOp>(first.weight, second.weight)
                                                   : (first.weight ? first.weight : second.weight);
      combined.push_back({index, weight});
    }
  return combined;
}

Value halftone::buildSamples(NodeImporter &node, Value image, ArrayRef<Value> positions,
                             const Sampler &sampler) {
  if (node.hasFailed())
    return nullptr;
  Type elementType = NodeImporter::getElementType(image);
  SampleBuilder builder(node, sampler);
  SmallVector<Tap> taps;
  for (auto [i, position] : llvm::enumerate(positions)) {
    Value size = buildSize(node, image, int64_t(i) + 2);
    taps = combine(node, taps, builder.buildTaps(boundPosition(node, position), size), size);
  }
  Value flat = buildReshape(node, image, {0, 0, -1});
  Value channels = node.createDims(image, 1, 2), result;
  for (const Tap &tap : taps) {
    // [N, P] for every channel: [N, C, P].
    Value shape = buildConcat(
        node, {node.createDims(tap.index, 0, 1), channels, node.createDims(tap.index, 1, 2)}, 0);
    Value index = node.create<ExpandOp>(buildUnsqueeze(node, tap.index, 1), shape);
    Value term = node.create<GatherElementsOp>(flat, index, /*axis=*/int64_t(2));
    if (tap.weight)
      term =
          node.create<MulOp>(term, buildUnsqueeze(node, node.castTo(tap.weight, elementType), 1));
    if (!result)
      result = term;
    else
      result =
          sampler.takesMax ? node.create<MaxOp>(result, term) : node.create<AddOp>(result, term);
  }
  return result;
}
