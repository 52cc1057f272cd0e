// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Numerics/RoundedDivision.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

using namespace halftone;

// Floats that are tried on each side of a boundary.
static constexpr int neighbours = 4;

static constexpr int maxTrials = 4096;

static float multiply(float x, float scale) { return x * (1.0f / scale); }

static float correct(float x, float scale) {
  float reciprocal = 1.0f / scale;
  float quotient = x * reciprocal;
  return std::fma(std::fma(-scale, quotient, x), reciprocal, quotient);
}

static float move(float x, int steps) {
  float towards = steps < 0 ? -INFINITY : INFINITY;
  for (int i = std::abs(steps); i > 0; --i)
    x = std::nextafterf(x, towards);
  return x;
}

static bool isExactAround(float (*divide)(float, float), float boundary, float scale) {
  float x = move(boundary, -neighbours);
  for (int i = -neighbours; i <= neighbours; ++i, x = move(x, 1))
    if (std::rintf(divide(x, scale)) != std::rintf(x / scale))
      return false;
  return true;
}

/// The rounding is symmetric around 0, so one sign is tried for both.
static bool isExact(float (*divide)(float, float), float scale, int32_t low, int32_t high) {
  int32_t first = low <= 0 && high >= 0 ? 0 : std::min(std::abs(low), std::abs(high));
  int32_t last = std::max(std::abs(low), std::abs(high));
  for (int32_t integer = first; integer < last; ++integer)
    if (!isExactAround(divide, float((integer + 0.5) * double(scale)), scale))
      return false;
  return isExactAround(divide, float(last) * scale, scale);
}

std::optional<RoundedDivision> halftone::findRoundedDivision(float scale, int32_t low,
                                                             int32_t high) {
  if (!(scale >= 0x1p-60f && scale <= 0x1p60f))
    return std::nullopt;
  if (isExact(multiply, scale, low, high))
    return RoundedDivision::Multiply;
  if (isExact(correct, scale, low, high))
    return RoundedDivision::Correct;
  return std::nullopt;
}

float halftone::findExactReciprocal(float scale, int32_t limit) {
  if (!(scale >= 0x1p-60f && scale < 0x1p59f))
    return scale;
  float candidate = scale;
  for (int trial = 0; trial < maxTrials; ++trial, candidate = move(candidate, 1))
    if (isExact(multiply, candidate, -limit, limit))
      return candidate;
  return scale;
}
