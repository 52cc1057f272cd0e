// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ResizeMatrix.h"

#include <cmath>

using namespace mlir;
using namespace mlir::halftone;

// Larger matrices are no interpolation that anybody wants.
static constexpr int64_t kMaxElements = int64_t(1) << 26;

bool halftone::needsMatrices(const ResizeRules &rules) {
  return rules.mode == "cubic" || rules.antialias || rules.coordinates == "tf_crop_and_resize" ||
         rules.coordinates == "tf_half_pixel_for_nn";
}

/// Where output position `x` is in the input.
static double mapPosition(int64_t x, const ResizedAxis &axis, StringRef coordinates) {
  double length = double(axis.scale) * double(axis.inputSize), last = double(axis.inputSize) - 1;
  double centered = (double(x) + 0.5) / axis.scale - 0.5;
  if (coordinates == "align_corners")
    return length == 1 ? 0.0 : double(x) * last / (length - 1);
  if (coordinates == "asymmetric")
    return double(x) / axis.scale;
  if (coordinates == "tf_half_pixel_for_nn")
    return centered + 0.5;
  if (coordinates == "pytorch_half_pixel")
    return length == 1 ? -0.5 : centered;
  if (coordinates == "half_pixel_symmetric")
    return double(axis.inputSize) / 2 * (1 - double(axis.outputSize) / length) + centered;
  if (coordinates == "tf_crop_and_resize") {
    double range = double(axis.roiEnd) - double(axis.roiStart);
    double within = length == 1 ? range * last / 2 : double(x) * range * last / (length - 1);
    return within + double(axis.roiStart) * last;
  }
  return centered;
}

/// The pixel nearest to a position.
static int64_t roundPosition(double position, StringRef nearestMode) {
  double floor = std::floor(position), rest = position - floor;
  bool goesUp = nearestMode == "ceil"                ? rest > 0
                : nearestMode == "floor"             ? false
                : nearestMode == "round_prefer_ceil" ? rest >= 0.5
                                                     : rest > 0.5;
  return int64_t(floor) + (goesUp ? 1 : 0);
}

/// The share of a pixel at a distance.
static double evaluateKernel(double distance, const ResizeRules &rules) {
  double x = std::fabs(distance), a = rules.cubicCoefficient;
  if (rules.mode == "linear")
    return std::max(0.0, 1 - x);
  if (x <= 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0.0;
}

/// What each input element contributes to the output element at `position`.
static SmallVector<double> makeRow(double position, const ResizedAxis &axis,
                                   const ResizeRules &rules) {
  SmallVector<double> row(axis.inputSize, 0.0);
  int64_t last = axis.inputSize - 1;
  auto clamp = [&](int64_t i) { return std::clamp<int64_t>(i, 0, last); };
  if (rules.mode == "nearest") {
    row[clamp(roundPosition(position, rules.nearestMode))] = 1.0;
    return row;
  }
  // Antialiasing stretches the kernel to the distance of the outputs.
  double shrink = rules.antialias ? std::min(1.0, double(axis.scale)) : 1.0;
  double reach = (rules.mode == "cubic" ? 2.0 : 1.0) / shrink, sum = 0;
  for (int64_t i = std::floor(position - reach); i <= std::ceil(position + reach); ++i) {
    bool isOutside = i < 0 || i > last;
    if (isOutside && rules.excludeOutside)
      continue;
    double share = evaluateKernel((double(i) - position) * shrink, rules);
    row[clamp(i)] += share;
    sum += share;
  }
  if (rules.antialias || rules.excludeOutside)
    for (double &share : row)
      share = sum == 0 ? share : share / sum;
  return row;
}

/// `input` with one dimension multiplied by a matrix [outputs, inputs].
static Value multiplyAlong(NodeImporter &node, Value input, int64_t axis, Value matrix) {
  int64_t rank = NodeImporter::getRank(input);
  Value transposed = buildMatrixTranspose(node, matrix);
  if (axis == rank - 1)
    return node.create<MatMulOp>(input, transposed);
  SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::swap(permutation[axis], permutation[rank - 1]); // Its own inverse.
  Value moved = node.create<MatMulOp>(buildTranspose(node, input, permutation), transposed);
  return buildTranspose(node, moved, permutation);
}

/// 1 where no dimension reads beyond the region: [outputs…, 1] of the resized dimensions.
static Value buildInside(NodeImporter &node, ArrayRef<SmallVector<float>> inside,
                         ArrayRef<ResizedAxis> axes, int64_t rank) {
  Value product;
  for (auto [flags, axis] : llvm::zip_equal(inside, axes)) {
    SmallVector<int64_t> shape(rank - axis.axis, 1);
    shape.front() = axis.outputSize;
    Value factor = buildFloatTensor(node, shape, flags);
    product = product ? node.create<MulOp>(product, factor) : factor;
  }
  return node.castTo(product, node.getBuilder().getI1Type());
}

Value halftone::buildResizeByMatrices(NodeImporter &node, Value input, ArrayRef<ResizedAxis> axes,
                                      const ResizeRules &rules) {
  if (node.hasFailed())
    return nullptr;
  Type elementType = NodeImporter::getElementType(input);
  bool crops = rules.coordinates == "tf_crop_and_resize";
  Type floatType = llvm::isa<FloatType>(elementType) ? elementType : node.getBuilder().getF32Type();
  Value result = node.castTo(input, floatType);
  SmallVector<SmallVector<float>> inside;
  for (const ResizedAxis &axis : axes) {
    if (axis.inputSize <= 0 || axis.outputSize > kMaxElements / axis.inputSize) {
      node.emitError() << "resizes a dimension of " << axis.inputSize << " to " << axis.outputSize
                       << ", which is not supported";
      return nullptr;
    }
    SmallVector<float> values;
    inside.emplace_back();
    for (int64_t x = 0; x < axis.outputSize; ++x) {
      double position = mapPosition(x, axis, rules.coordinates);
      bool isInside = !crops || (position >= 0 && position <= double(axis.inputSize - 1));
      inside.back().push_back(isInside ? 1.0f : 0.0f);
      for (double share : makeRow(position, axis, rules))
        values.push_back(float(share));
    }
    Value matrix = buildFloatTensor(node, {axis.outputSize, axis.inputSize}, values);
    result = multiplyAlong(node, result, axis.axis, node.castTo(matrix, floatType));
  }
  if (crops && !axes.empty())
    result = node.create<WhereOp>(buildInside(node, inside, axes, NodeImporter::getRank(input)),
                                  result, node.createScalar(floatType, rules.extrapolationValue));
  if (node.hasFailed() || elementType == floatType)
    return result;
  return node.castTo(node.create<RoundOp>(result), elementType);
}
