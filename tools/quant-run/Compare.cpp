// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Compare.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

#include <cmath>
#include <limits>

using namespace halftone;
using namespace llvm;

template <typename T> static void widen(const Array &array, std::vector<double> &result) {
  for (T value : array.values<T>())
    result.push_back(static_cast<double>(value));
}

/// Through APFloat, which knows the small float types.
template <typename Bits>
static void widenFloat(const Array &array, const fltSemantics &semantics,
                       std::vector<double> &result) {
  for (Bits bits : array.values<Bits>())
    result.push_back(APFloat(semantics, APInt(sizeof(Bits) * 8, bits)).convertToDouble());
}

static void widenSmallFloat(const Array &array, std::vector<double> &result) {
  switch (array.dtype()) {
  case HALFTONE_DTYPE_F16:
    return widenFloat<uint16_t>(array, APFloat::IEEEhalf(), result);
  case HALFTONE_DTYPE_BF16:
    return widenFloat<uint16_t>(array, APFloat::BFloat(), result);
  case HALFTONE_DTYPE_F8E4M3FN:
    return widenFloat<uint8_t>(array, APFloat::Float8E4M3FN(), result);
  case HALFTONE_DTYPE_F8E4M3FNUZ:
    return widenFloat<uint8_t>(array, APFloat::Float8E4M3FNUZ(), result);
  case HALFTONE_DTYPE_F8E5M2:
    return widenFloat<uint8_t>(array, APFloat::Float8E5M2(), result);
  case HALFTONE_DTYPE_F8E5M2FNUZ:
    return widenFloat<uint8_t>(array, APFloat::Float8E5M2FNUZ(), result);
  case HALFTONE_DTYPE_F8E8M0FNU:
    return widenFloat<uint8_t>(array, APFloat::Float8E8M0FNU(), result);
  default:
    return widen<uint8_t>(array, result); // bool, u8 and unpacked codes
  }
}

/// The values as doubles. 64-bit integers lose their lowest bits, which `compareArrays` makes good.
static Expected<std::vector<double>> toDoubles(const Array &packed) {
  Expected<Array> array = unpackElements(packed);
  if (!array)
    return array.takeError();
  std::vector<double> result;
  result.reserve(static_cast<size_t>(array->numElements()));
  switch (array->dtype()) {
  case HALFTONE_DTYPE_I8:
    widen<int8_t>(*array, result);
    break;
  case HALFTONE_DTYPE_I16:
    widen<int16_t>(*array, result);
    break;
  case HALFTONE_DTYPE_U16:
    widen<uint16_t>(*array, result);
    break;
  case HALFTONE_DTYPE_I32:
    widen<int32_t>(*array, result);
    break;
  case HALFTONE_DTYPE_U32:
    widen<uint32_t>(*array, result);
    break;
  case HALFTONE_DTYPE_I64:
    widen<int64_t>(*array, result);
    break;
  case HALFTONE_DTYPE_U64:
    widen<uint64_t>(*array, result);
    break;
  case HALFTONE_DTYPE_F32:
    widen<float>(*array, result);
    break;
  case HALFTONE_DTYPE_F64:
    widen<double>(*array, result);
    break;
  default:
    widenSmallFloat(*array, result);
  }
  return result;
}

static bool isSame(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

static Difference measure(ArrayRef<double> actual, ArrayRef<double> expected,
                          const Tolerance &tolerance) {
  Difference result;
  double signal = 0, noise = 0, magnitude = 0;
  for (auto [a, e] : zip_equal(actual, expected)) {
    if (!std::isfinite(a) || !std::isfinite(e)) {
      result.mismatches += !isSame(a, e);
      continue;
    }
    double error = std::abs(a - e);
    result.mismatches += error > tolerance.absolute + tolerance.relative * std::abs(e);
    result.maxAbsolute = std::max(result.maxAbsolute, error);
    magnitude = std::max(magnitude, std::abs(e));
    signal += e * e;
    noise += error * error;
  }
  constexpr double infinity = std::numeric_limits<double>::infinity();
  result.elements = static_cast<int64_t>(actual.size());
  if (result.maxAbsolute > 0)
    result.maxRelative = magnitude > 0 ? result.maxAbsolute / magnitude : infinity;
  result.sqnr = noise > 0 ? 10 * std::log10(signal / noise) : infinity;
  return result;
}

Expected<Difference> halftone::compareArrays(StringRef name, const Array &actual,
                                             const Array &expected, const Tolerance &tolerance) {
  if (actual.dtype() != expected.dtype() || actual.dims() != expected.dims())
    return createStringError("output '" + name + "' is " + actual.type() + ", its reference is " +
                             expected.type());
  Expected<std::vector<double>> left = toDoubles(actual), right = toDoubles(expected);
  if (!left || !right)
    return joinErrors(left.takeError(), right.takeError());
  Difference result = measure(*left, *right, tolerance);
  const bool isWide = actual.dtype() == HALFTONE_DTYPE_I64 || actual.dtype() == HALFTONE_DTYPE_U64;
  if (isWide && tolerance.absolute == 0 && tolerance.relative == 0) {
    result.mismatches = 0;
    for (auto [a, e] : zip_equal(actual.values<uint64_t>(), expected.values<uint64_t>()))
      result.mismatches += a != e;
  }
  result.name = name.str();
  return result;
}

/// JSON has no infinity.
static json::Value finiteOrNull(double value) {
  return std::isfinite(value) ? json::Value(value) : json::Value(nullptr);
}

json::Object halftone::toJson(const Difference &difference) {
  return json::Object{{"name", difference.name},
                      {"elements", difference.elements},
                      {"mismatches", difference.mismatches},
                      {"max_abs_error", finiteOrNull(difference.maxAbsolute)},
                      {"max_rel_error", finiteOrNull(difference.maxRelative)},
                      {"sqnr_db", finiteOrNull(difference.sqnr)}};
}
