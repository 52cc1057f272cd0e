// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/AdaRound.h"

#include "PortableMath.h"
#include "ScaleLayout.h"

#include "halftone/Numerics/OutputError.h"
#include "halftone/Numerics/QuantizeTensor.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Parallel.h"

#include <Eigen/Core>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <tuple>

using namespace halftone;

namespace {
using RowMajorMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Up to this depth Eigen does not divide sums, whatever the caches of the machine: codes are the
// same everywhere.
constexpr int64_t kDepth = 128;
// Channels of a panel.
constexpr int64_t kChannels = 64;

// The rectified sigmoid reaches 0 and 1: zeta and gamma of the paper.
constexpr float kZeta = 1.1f, kGamma = -0.1f;
constexpr float kFirstBeta = 20, kLastBeta = 2, kWarmUp = 0.2f;
constexpr float kFirstMomentum = 0.9f, kSecondMomentum = 0.999f;

// The numbers that a format has, before they are scaled, in their order.
class Levels {
public:
  Levels(const Format &format, bool symmetric) {
    if (format.isInteger()) {
      AffineGrid grid = fitGrid({}, format, symmetric); // Its codes do not depend on the range.
      uint32_t mask = format.codec.numCodes() - 1;
      for (int32_t code = grid.qmin; code <= grid.qmax; ++code)
        add(float(code), uint8_t(uint32_t(code) & mask));
      return;
    }
    for (uint32_t code = 0; code != format.codec.numCodes(); ++code)
      if (float number = format.codec.decode(code); std::isfinite(number))
        add(number, uint8_t(code));
    llvm::sort(levels, [](Level lhs, Level rhs) {
      return std::tie(lhs.number, lhs.code) < std::tie(rhs.number, rhs.code);
    });
    auto isSame = [](Level lhs, Level rhs) { return lhs.number == rhs.number; };
    levels.erase(std::unique(levels.begin(), levels.end(), isSame), levels.end());
  }

  float number(size_t level) const { return levels[level].number; }
  uint8_t code(size_t level) const { return levels[level].code; }

  // The last level that is not above `number`; the first one if there is none.
  size_t below(float number) const {
    auto isBelow = [](float number, Level level) { return number < level.number; };
    auto above = std::upper_bound(levels.begin(), levels.end(), number, isBelow);
    return above == levels.begin() ? 0 : size_t(above - levels.begin()) - 1;
  }
  // The level after `level`, unless `number` lies outside of all of them.
  size_t above(size_t level, float number) const {
    return level + 1 == levels.size() || number < levels[level].number ? level : level + 1;
  }

private:
  struct Level {
    float number;
    uint8_t code;
  };
  void add(float number, uint8_t code) { levels.push_back({number, code}); }

  std::vector<Level> levels;
};

// What all panels read.
struct Problem {
  llvm::ArrayRef<float> values;
  WeightMatrix matrix;
  ScaleLayout layout;
  Levels levels;
  BlockScales scales;
  llvm::ArrayRef<float> gram;
  AdaRoundOptions options;
};

// Channels [firstChannel, firstChannel + width).
class Panel {
public:
  Panel(const Problem &problem, int64_t firstChannel)
      : problem(problem), firstChannel(firstChannel),
        width(std::min(kChannels, problem.matrix.channels - firstChannel)) {}

  void round(llvm::MutableArrayRef<uint8_t> codes);

private:
  void load();
  void scaleLosses();
  void multiplyByGram();
  void step(int64_t iteration);
  void stepRow(int64_t row, float beta, float lambda, float rate);

  const Problem &problem;
  const int64_t firstChannel, width;
  // The level below each weight and the one above, where it lies between them.
  std::vector<uint8_t> lower, upper;
  // How far the weight is above its lower level, and the distance of the levels: 0 if it has no
  // choice.
  RowMajorMatrix rest, steps;
  RowMajorMatrix variables, firstMoments, secondMoments;
  RowMajorMatrix errors, products;
  // Adam's moments begin at zero; this is what they lack.
  double firstBias = 1, secondBias = 1;
  // By channel: 1 over the mean loss of a weight that is off by a step.
  std::vector<float> units;
};
} // namespace

static float rectifiedSigmoid(float sigmoid) {
  return std::clamp(sigmoid * (kZeta - kGamma) + kGamma, 0.0f, 1.0f);
}

static float sigmoid(float variable) {
  return 1.0f / (1.0f + portableExp2(-variable * 1.44269504f));
}

void Panel::load() {
  const WeightMatrix &matrix = problem.matrix;
  for (RowMajorMatrix *each : {&rest, &steps, &variables, &errors, &products})
    each->resize(matrix.reduction, width);
  firstMoments.setZero(matrix.reduction, width);
  secondMoments.setZero(matrix.reduction, width);
  lower.resize(size_t(matrix.reduction * width));
  upper.resize(lower.size());
  for (int64_t input = 0; input != matrix.reduction; ++input)
    for (int64_t column = 0; column != width; ++column) {
      int64_t channel = firstChannel + column, i = input * width + column;
      float weight = problem.values[matrix.at(input, channel)];
      size_t block = problem.layout.at(input, channel);
      float scale = problem.scales.scales[block], zero = float(problem.scales.zeroPoints[block]);
      float number = weight / scale + zero;
      lower[i] = uint8_t(problem.levels.below(number));
      upper[i] = uint8_t(problem.levels.above(lower[i], number));
      float bottom = (problem.levels.number(lower[i]) - zero) * scale;
      float step = (problem.levels.number(upper[i]) - zero) * scale - bottom;
      rest(input, column) = weight - bottom;
      steps(input, column) = step;
      float part = step == 0 ? 0.0f : std::clamp((weight - bottom) / step, 0.0f, 1.0f);
      float start = (part - kGamma) / (kZeta - kGamma);
      variables(input, column) = 0.69314718f * portableLog2(start / (1.0f - start));
    }
}

void Panel::scaleLosses() {
  int64_t size = problem.matrix.reduction;
  units.resize(size_t(width));
  for (int64_t column = 0; column != width; ++column) {
    double sum = 0;
    for (int64_t input = 0; input != size; ++input)
      sum += double(steps(input, column)) * double(steps(input, column)) *
             double(problem.gram[input * size + input]);
    units[column] = sum > 0 ? float(double(size) / sum) : 0.0f;
  }
}

void Panel::multiplyByGram() {
  int64_t size = problem.matrix.reduction;
  Eigen::Map<const RowMajorMatrix> gram(problem.gram.data(), size, size);
  products.setZero();
  for (int64_t depth = 0; depth < size; depth += kDepth) {
    int64_t length = std::min(kDepth, size - depth);
    products.noalias() += gram.middleCols(depth, length) * errors.middleRows(depth, length);
  }
}

void Panel::stepRow(int64_t row, float beta, float lambda, float rate) {
  const float *product = &products(row, 0), *step = &steps(row, 0);
  float *variable = &variables(row, 0), *first = &firstMoments(row, 0),
        *second = &secondMoments(row, 0);
  for (int64_t column = 0; column != width; ++column) {
    float s = sigmoid(variable[column]);
    float h = rectifiedSigmoid(s), distance = 2.0f * h - 1.0f;
    float loss = -2.0f * step[column] * product[column] * units[column];
    // |distance|^(beta - 1), and nothing where log2 has no value.
    float power = portableExp2((beta - 1.0f) * portableLog2(std::max(std::fabs(distance), 1e-6f)));
    float binary = -2.0f * beta * std::copysign(power, distance);
    float slope = h > 0.0f && h < 1.0f ? (kZeta - kGamma) * s * (1.0f - s) : 0.0f;
    float gradient = (loss + lambda * binary) * slope;
    first[column] = kFirstMomentum * first[column] + (1.0f - kFirstMomentum) * gradient;
    second[column] =
        kSecondMomentum * second[column] + (1.0f - kSecondMomentum) * gradient * gradient;
    variable[column] -= rate * first[column] / (std::sqrt(second[column]) + 1e-8f);
  }
}

// Beta falls along a cosine, as in the paper's implementation; a parabola on each side is next to
// it.
static float getBeta(float progress) {
  float rest = 1.0f - progress;
  float height = progress < 0.5f ? 1.0f - 2.0f * progress * progress : 2.0f * rest * rest;
  return kLastBeta + (kFirstBeta - kLastBeta) * height;
}

void Panel::step(int64_t iteration) {
  for (int64_t i = 0; i != errors.size(); ++i)
    errors.data()[i] =
        rest.data()[i] - steps.data()[i] * rectifiedSigmoid(sigmoid(variables.data()[i]));
  multiplyByGram();
  float progress = float(double(iteration) / double(problem.options.iterations));
  bool isWarm = progress >= kWarmUp;
  float beta = isWarm ? getBeta((progress - kWarmUp) / (1.0f - kWarmUp)) : kFirstBeta;
  float lambda = isWarm ? float(problem.options.lambda) : 0.0f;
  firstBias *= double(kFirstMomentum);
  secondBias *= double(kSecondMomentum);
  auto rate = float(problem.options.learningRate * std::sqrt(1 - secondBias) / (1 - firstBias));
  for (int64_t row = 0; row != problem.matrix.reduction; ++row)
    stepRow(row, beta, lambda, rate);
}

void Panel::round(llvm::MutableArrayRef<uint8_t> codes) {
  load();
  scaleLosses();
  for (int64_t iteration = 0; iteration != problem.options.iterations; ++iteration)
    step(iteration);
  for (int64_t input = 0; input != problem.matrix.reduction; ++input)
    for (int64_t column = 0; column != width; ++column) {
      int64_t i = input * width + column;
      bool isUp = rectifiedSigmoid(sigmoid(variables(input, column))) >= 0.5f;
      codes[problem.matrix.at(input, firstChannel + column)] =
          problem.levels.code(isUp ? upper[i] : lower[i]);
    }
}

llvm::Expected<EncodedTensor>
halftone::encodeByAdaRound(llvm::ArrayRef<float> values, llvm::ArrayRef<int64_t> shape,
                           const Format &format, const EncodeOptions &options,
                           llvm::ArrayRef<float> gram, const AdaRoundOptions &adaRound) {
  assert(format.coding == Format::Coding::Scaled && format.hasFreeScales() &&
         "a format with one level of f32 scales");
  Granularity granularity = makeGranularity(shape, options);
  llvm::Expected<BlockScales> scales =
      fitScales(values, granularity, format, options.symmetric, options.fit);
  if (!scales)
    return scales.takeError();
  Problem problem{values,
                  WeightMatrix::get(granularity.getShape(), options.channelAxis),
                  ScaleLayout(granularity, options.channelAxis),
                  Levels(format, options.symmetric),
                  std::move(*scales),
                  gram,
                  adaRound};
  assert(int64_t(gram.size()) == problem.matrix.reduction * problem.matrix.reduction &&
         "the matrix is of this layer's inputs");
  uint64_t numNonFinite = 0;
  findRange(gram, &numNonFinite);
  if (numNonFinite != 0)
    return llvm::createStringError(
        "the Gram matrix of the inputs has elements that are not finite");
  EncodedTensor result;
  result.codes.resize(values.size());
  int64_t numPanels = (problem.matrix.channels + kChannels - 1) / kChannels;
  llvm::parallelFor(0, size_t(numPanels), [&](size_t panel) {
    Panel(problem, int64_t(panel) * kChannels).round(result.codes);
  });
  result.zeroPoints = problem.scales.zeroPoints;
  result.scales.push_back({granularity, problem.scales.scales, {}, options.fit.scaleCodec});
  return std::move(result);
}
