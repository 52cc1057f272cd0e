// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Fourier transforms of known length, as products with constant matrices.
#include "Compose.h"

#include "halftone/Dialect/ConstantData.h"
#include <cmath>

using namespace mlir;
using namespace mlir::halftone;

// A product is quadratic in the length; beyond it nobody wants that.
static constexpr int64_t kMaxLength = 8192;

namespace {
/// cos and sin of 2 pi i j / length, [rows, columns].
struct Twiddles {
  Value cos, sin;
};

struct Transform {
  int64_t axis, length;
  bool inverse, onesided;
};
} // namespace

/// In `type`, from doubles. `factor(row)` multiplies each row.
static Twiddles makeTwiddles(NodeImporter &node, int64_t rows, int64_t columns, int64_t length,
                             Type type, llvm::function_ref<double(int64_t)> factor) {
  SmallVector<double> cos, sin;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      double angle = 2 * M_PI * double(i * j % length) / double(length);
      cos.push_back(factor(i) * std::cos(angle));
      sin.push_back(factor(i) * std::sin(angle));
    }
  auto makeMatrix = [&](ArrayRef<double> values) {
    if (type.isF64()) {
      auto wide = RankedTensorType::get({rows, columns}, type);
      return node.createConstant(makeConstant(wide, values, node.getOpType()));
    }
    SmallVector<float> narrow(values.begin(), values.end());
    return node.castTo(buildFloatTensor(node, {rows, columns}, narrow), type);
  };
  return {makeMatrix(cos), makeMatrix(sin)};
}

/// Real and imaginary part with the transformed axis as the last one, cut to `length`.
static std::pair<Value, Value> splitParts(NodeImporter &node, Value input, int64_t axis,
                                          int64_t length) {
  int64_t rank = NodeImporter::getRank(input), parts = node.requireStaticDim(input, rank - 1);
  if (node.hasFailed())
    return {};
  if (node.requireStaticDim(input, axis) > length)
    input = buildSlice(node, input, axis, 0, length);
  SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank - 1));
  std::swap(permutation[axis], permutation[rank - 2]);
  auto take = [&](int64_t part) {
    Value index = node.createScalar(node.getBuilder().getI64Type(), double(part));
    Value plane = node.create<GatherOp>(input, index, rank - 1);
    return buildTranspose(node, plane, permutation);
  };
  return {take(0), parts == 2 ? take(1) : Value()};
}

static Value joinParts(NodeImporter &node, ArrayRef<Value> parts, int64_t axis) {
  if (node.hasFailed())
    return nullptr;
  int64_t rank = NodeImporter::getRank(parts.front());
  SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::swap(permutation[axis], permutation[rank - 1]);
  SmallVector<Value> planes;
  for (Value part : parts)
    planes.push_back(buildUnsqueeze(node, buildTranspose(node, part, permutation), rank));
  return buildConcat(node, planes, rank);
}

/// lhs + sign * rhs, where rhs may be null.
static Value combine(NodeImporter &node, Value lhs, Value rhs, bool isSum) {
  if (!rhs)
    return lhs;
  return isSum ? node.create<AddOp>(lhs, rhs) : node.create<SubOp>(lhs, rhs);
}

/// The signal of a spectrum that holds one of each pair of conjugates.
static Value buildRealInverse(NodeImporter &node, Value input, const Transform &transform) {
  auto [real, imaginary] = splitParts(node, input, transform.axis, transform.length / 2 + 1);
  if (node.hasFailed())
    return nullptr;
  int64_t length = transform.length;
  int64_t rows = node.requireStaticDim(real, NodeImporter::getRank(real) - 1);
  auto share = [&](int64_t i) { return (i == 0 || 2 * i == length ? 1.0 : 2.0) / double(length); };
  Twiddles w = makeTwiddles(node, rows, length, length, NodeImporter::getElementType(input), share);
  Value result = node.create<MatMulOp>(real, w.cos);
  if (imaginary)
    result = node.create<SubOp>(result, node.create<MatMulOp>(imaginary, w.sin));
  return joinParts(node, result, transform.axis);
}

static Value buildInItsType(NodeImporter &node, Value input, const Transform &transform);

static Value buildTransform(NodeImporter &node, Value input, const Transform &transform) {
  if (node.hasFailed() || !transform.inverse)
    return buildInItsType(node, input, transform);
  // Inverses of what was real must cancel to zero: f32 leaves too much.
  Type elementType = NodeImporter::getElementType(input);
  Value wide = node.castTo(input, node.getBuilder().getF64Type());
  Value result = buildInItsType(node, wide, transform);
  return result ? node.castTo(result, elementType) : result;
}

static Value buildInItsType(NodeImporter &node, Value input, const Transform &transform) {
  if (node.hasFailed())
    return nullptr;
  if (transform.length <= 0 || transform.length > kMaxLength) {
    node.emitError() << "a transform of length " << transform.length
                     << " is not supported: expected 1 to " << kMaxLength;
    return nullptr;
  }
  if (transform.inverse && transform.onesided)
    return buildRealInverse(node, input, transform);
  auto [real, imaginary] = splitParts(node, input, transform.axis, transform.length);
  if (node.hasFailed())
    return nullptr;
  int64_t length = transform.length;
  int64_t rows = node.requireStaticDim(real, NodeImporter::getRank(real) - 1);
  int64_t columns = transform.onesided ? length / 2 + 1 : length;
  double factor = transform.inverse ? 1.0 / double(length) : 1.0;
  Twiddles w = makeTwiddles(node, rows, columns, length, NodeImporter::getElementType(input),
                            [&](int64_t) { return factor; });
  auto multiply = [&](Value part, Value matrix) -> Value {
    return part ? node.create<MatMulOp>(part, matrix) : Value();
  };
  // The exponent is negative forward: (re cos + im sin, im cos - re sin).
  Value outReal =
      combine(node, multiply(real, w.cos), multiply(imaginary, w.sin), !transform.inverse);
  Value sines = multiply(real, w.sin), cosines = multiply(imaginary, w.cos);
  Value outImaginary = transform.inverse ? combine(node, sines, cosines, /*isSum=*/true)
                       : cosines         ? combine(node, cosines, sines, /*isSum=*/false)
                                         : node.create<NegOp>(sines);
  return joinParts(node, {outReal, outImaginary}, transform.axis);
}

/// The transformed axis became an operand in opset 20.
static LogicalResult importDFT(NodeImporter &node) {
  Value input = node.getOperand(0);
  int64_t rank = NodeImporter::getRank(input);
  std::optional<SmallVector<int64_t>> length = node.getConstantOperand(1, "dft_length");
  int64_t axis = node.getOpset() < 20 ? node.getInt("axis", 1) : -2;
  if (node.getOpset() >= 20)
    if (std::optional<SmallVector<int64_t>> given = node.getConstantOperand(2, "axis"))
      axis = given->size() == 1 ? given->front() : rank;
  bool inverse = node.getFlag("inverse", false), onesided = node.getFlag("onesided", false);
  axis = node.normalizeAxis(axis, rank);
  if (!node.hasFailed() && axis == rank - 1)
    return node.emitError() << "cannot transform along the real and imaginary parts";
  if (node.hasFailed())
    return failure();
  int64_t size = node.requireStaticDim(input, axis);
  int64_t whole = inverse && onesided ? 2 * (size - 1) : size;
  Transform transform{axis, length ? (length->empty() ? 0 : length->front()) : whole, inverse,
                      onesided};
  return node.setResults({buildTransform(node, input, transform)});
}

/// Windows over [B, L, parts] as [B, frames, length, parts].
static Value buildFrames(NodeImporter &node, Value signal, int64_t step, int64_t length) {
  int64_t size = node.requireStaticDim(signal, 1);
  if (!node.hasFailed() && (step <= 0 || length <= 0 || length > size || length > kMaxLength))
    node.emitError() << "a frame of " << length << " of " << size << " samples every " << step
                     << " is not supported";
  if (node.hasFailed())
    return nullptr;
  SmallVector<int64_t> positions;
  int64_t frames = 1 + (size - length) / step;
  for (int64_t frame = 0; frame < frames; ++frame)
    for (int64_t i = 0; i < length; ++i)
      positions.push_back(frame * step + i);
  Value index = buildReshape(node, node.createInts(positions), {frames, length});
  return node.create<GatherOp>(signal, index, /*axis=*/int64_t(1));
}

static LogicalResult importSTFT(NodeImporter &node) {
  Value signal = node.getOperand(0), window = node.getOperand(2);
  std::optional<SmallVector<int64_t>> step = node.getConstantOperand(1, "frame_step");
  std::optional<SmallVector<int64_t>> length = node.getConstantOperand(3, "frame_length");
  bool onesided = node.getFlag("onesided", true);
  if (!step || step->size() != 1 || (length && length->size() != 1))
    return node.hasFailed() ? failure()
                            : node.emitError() << "expects one frame step and one frame length";
  if (NodeImporter::getRank(signal) == 2)
    signal = buildUnsqueeze(node, signal, 2);
  if (NodeImporter::getRank(signal) != 3)
    return node.emitError() << "expects a signal [B, L, 1 or 2], but it is " << signal.getType();
  int64_t frameLength = length   ? length->front()
                        : window ? node.requireStaticDim(window, 0)
                                 : node.requireStaticDim(signal, 1);
  Value frames = buildFrames(node, signal, step->front(), frameLength);
  if (window)
    frames = node.create<MulOp>(frames, buildUnsqueeze(node, window, 1));
  return node.setResults(
      {buildTransform(node, frames, {/*axis=*/2, frameLength, /*inverse=*/false, onesided})});
}

/// The triangle filters of Mel's scale: [dft_length / 2 + 1, bins].
static LogicalResult importMelWeightMatrix(NodeImporter &node) {
  auto bins = node.getConstantOperand(0, "num_mel_bins");
  auto length = node.getConstantOperand(1, "dft_length");
  auto rate = node.getConstantOperand(2, "sample_rate");
  auto low = node.getConstantFloatOperand(3, "lower_edge_hertz");
  auto high = node.getConstantFloatOperand(4, "upper_edge_hertz");
  Type type = node.getElementTypeAttr("output_datatype", node.getBuilder().getF32Type());
  if (node.hasFailed())
    return failure();
  int64_t count = bins->front(), rows = length->front() / 2 + 1;
  if (count <= 0 || rows <= 0 || rate->front() <= 0 || count > kMaxLength || rows > kMaxLength)
    return node.emitError() << "expects positive numbers of bins and samples";
  auto toMel = [](double hertz) { return 2595 * std::log10(1 + hertz / 700); };
  double first = toMel(low->front());
  double step = (toMel(high->front()) - first) / double(count + 2);
  if (!std::isfinite(first) || !std::isfinite(step))
    return node.emitError() << "expects edges above -700 Hz";
  SmallVector<double> edges;
  for (int64_t i = 0; i < count + 2; ++i) {
    double hertz = 700 * (std::pow(10, (double(i) * step + first) / 2595) - 1);
    double row = double(length->front() + 1) * hertz / double(rate->front());
    edges.push_back(std::trunc(std::min(row, 1e18)));
  }
  SmallVector<float> values(rows * count, 0.0f);
  for (int64_t bin = 0; bin < count; ++bin) {
    double left = edges[bin], center = edges[bin + 1], right = edges[bin + 2];
    for (int64_t row = 0; row < rows; ++row) {
      double value = 0;
      if (row >= center)
        value = row < right ? (right - row) / (right - center) : row == center && left <= center;
      else if (row >= left)
        value = (row - left) / (center - left);
      values[row * count + bin] = float(value);
    }
  }
  return node.setResults({node.castTo(buildFloatTensor(node, {rows, count}, values), type)});
}

void halftone::addSpectralOps(OpTable &table) {
  table.add({
      {"DFT",
       {1, 3},
       importDFT,
       fromOpset(17),
       kOnnxDomain,
       limitedTo("a constant `axis` and `dft_length`; a static length of at most 8192")},
      {"MelWeightMatrix", 5, importMelWeightMatrix, fromOpset(17), kOnnxDomain,
       limitedTo("constants")},
      {"STFT",
       {2, 4},
       importSTFT,
       fromOpset(17),
       kOnnxDomain,
       limitedTo(
           "a constant `frame_step` and `frame_length`; a static length; frames of at most 8192")},
  });
}
