// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled functions against libm in double precision.
#include "CompiledProgram.h"

#include <cfloat>
#include <cmath>
#include <cstring>

using namespace halftone_test;

namespace {

struct Function {
  const char *op;
  double (*exact)(double);
  double largestUlps;
};

// What approximate-math promises, and what libm does with the others.
const Function functions[] = {
    {"exp", std::exp, 5},     {"expm1", std::expm1, 5}, {"log", std::log, 2},
    {"log2", std::log2, 2},   {"log1p", std::log1p, 3}, {"tanh", std::tanh, 5},
    {"erf", std::erf, 5},     {"sin", std::sin, 2},     {"cos", std::cos, 2},
    {"sqrt", std::sqrt, 0.5}, {"atan", std::atan, 2},
};

std::string makeProgram(const char *op) {
  return std::string(R"(
func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%a: f32, %old: f32):
    %r = math.)") +
         op + R"( %a : f32
    linalg.yield %r : f32
  } -> tensor<?xf32>
  return %y : tensor<?xf32>
})";
}

float fromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

/// Every 4099th float, so each exponent with 2,047 digits and both signs; dense where functions
/// bend; and the special ones.
std::vector<float> makeArguments() {
  std::vector<float> x = {0.0f,  -0.0f,  INFINITY, -INFINITY, NAN,     1e-45f, -1e-45f,
                          88.7f, -87.3f, -103.9f,  1e30f,     FLT_MIN, FLT_MAX};
  for (int i = -20000; i <= 20000; ++i)
    x.push_back(i * 0.005f);
  for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 4099)
    x.push_back(fromBits(uint32_t(bits)));
  return x;
}

double distanceInUlps(float result, double exact) {
  float rounded = static_cast<float>(exact);
  if (std::isnan(rounded))
    return std::isnan(result) ? 0 : INFINITY;
  if (std::isinf(rounded) || exact == 0)
    return result == rounded && std::signbit(result) == std::signbit(rounded) ? 0 : INFINITY;
  // Results below the normal numbers may be flushed: count in units of the smallest normal one.
  double ulp = std::max<double>(std::nextafter(std::fabs(rounded), INFINITY) - std::fabs(rounded),
                                std::ldexp(1.0, -126));
  return std::fabs(result - exact) / ulp;
}

} // namespace

TEST(MathTest, FunctionsAreAccurateOverTheirRange) {
  std::vector<float> x = makeArguments();
  for (const Function &function : functions) {
    CompiledProgram program(makeProgram(function.op));
    std::vector<float> y = valuesOf<float>(program.run({floats(x, {(int64_t)x.size()})})[0]);
    for (size_t i = 0; i < x.size(); ++i)
      ASSERT_LE(distanceInUlps(y[i], function.exact(x[i])), function.largestUlps)
          << function.op << "(" << x[i] << ") = " << y[i];
  }
}
