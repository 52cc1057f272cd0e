// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/ErrorMetrics.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>

using namespace halftone;

namespace {

// Eight interleaved sums make the order of a block fixed and still let it run in vectors. Blocks
// of 4096 elements keep the rounding error of a sum small.
constexpr size_t numLanes = 8;
constexpr size_t blockSize = 4096;

struct Lanes {
  std::array<double, numLanes> values = {};

  double sum() const {
    return ((values[0] + values[4]) + (values[2] + values[6])) +
           ((values[1] + values[5]) + (values[3] + values[7]));
  }
};

} // namespace

static double larger(double lhs, double rhs) {
  return std::isnan(lhs) || lhs > rhs ? lhs : rhs; // NaN wins.
}

static ErrorMetrics measureBlock(const float *expected, const float *actual, size_t size) {
  Lanes expectedPower, actualPower, product, errorPower, maxError;
  auto addLane = [&](size_t lane, double x, double y) {
    double error = x - y;
    expectedPower.values[lane] += x * x;
    actualPower.values[lane] += y * y;
    product.values[lane] += x * y;
    errorPower.values[lane] += error * error;
    maxError.values[lane] = larger(std::fabs(error), maxError.values[lane]);
  };
  size_t i = 0;
  for (; i + numLanes <= size; i += numLanes)
    for (size_t lane = 0; lane != numLanes; ++lane)
      addLane(lane, expected[i + lane], actual[i + lane]);
  for (size_t lane = 0; i + lane < size; ++lane)
    addLane(lane, expected[i + lane], actual[i + lane]);

  ErrorMetrics result;
  result.count = size;
  result.expectedPower = expectedPower.sum();
  result.actualPower = actualPower.sum();
  result.product = product.sum();
  result.errorPower = errorPower.sum();
  for (double error : maxError.values)
    result.maxError = larger(error, result.maxError);
  return result;
}

void ErrorMetrics::add(const ErrorMetrics &part) {
  count += part.count;
  expectedPower += part.expectedPower;
  actualPower += part.actualPower;
  product += part.product;
  errorPower += part.errorPower;
  maxError = larger(part.maxError, maxError);
}

double ErrorMetrics::meanSquaredError() const {
  return count == 0 ? 0 : errorPower / double(count);
}

double ErrorMetrics::sqnr() const {
  if (errorPower == 0)
    return std::numeric_limits<double>::infinity();
  return 10 * std::log10(expectedPower / errorPower);
}

double ErrorMetrics::cosine() const {
  if (std::isnan(product))
    return product;
  if (expectedPower == 0 || actualPower == 0)
    return expectedPower == actualPower ? 1 : 0;
  return std::clamp(product / std::sqrt(expectedPower * actualPower), -1.0, 1.0);
}

ErrorMetrics halftone::measureError(llvm::ArrayRef<float> expected, llvm::ArrayRef<float> actual) {
  assert(expected.size() == actual.size() && "both have the same number of elements");
  ErrorMetrics result;
  for (size_t begin = 0; begin < expected.size(); begin += blockSize) {
    size_t size = std::min(blockSize, expected.size() - begin);
    result.add(measureBlock(expected.data() + begin, actual.data() + begin, size));
  }
  return result;
}
