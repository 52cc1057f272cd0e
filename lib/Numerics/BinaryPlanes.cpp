// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/BinaryPlanes.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <optional>

using namespace halftone;

static constexpr unsigned maxPlanes = 8;
static constexpr int maxIterations = 30;

static double signOf(uint8_t code, unsigned plane) { return code >> plane & 1 ? 1.0 : -1.0; }

float BinaryPlanes::decode(uint8_t code) const {
  float value = offset;
  for (size_t plane = 0; plane != scales.size(); ++plane)
    value += code >> plane & 1 ? scales[plane] : -scales[plane];
  return value;
}

double BinaryPlanes::squaredError(llvm::ArrayRef<float> values) const {
  double sum = 0;
  for (size_t i = 0; i != values.size(); ++i) {
    double error = double(values[i]) - double(decode(codes[i]));
    sum += error * error;
  }
  return sum;
}

BinaryPlanes halftone::fitGreedily(llvm::ArrayRef<float> values, unsigned numPlanes,
                                   bool withOffset) {
  assert(!values.empty() && numPlanes > 0 && numPlanes <= maxPlanes && "planes of something");
  BinaryPlanes planes;
  double sum = 0;
  for (float value : values)
    sum += value;
  planes.offset = withOffset ? float(sum / double(values.size())) : 0.0f;
  planes.codes.assign(values.size(), 0);
  std::vector<double> left(values.begin(), values.end());
  for (double &value : left)
    value -= planes.offset;
  for (unsigned plane = 0; plane != numPlanes; ++plane) {
    double magnitudes = 0;
    for (double value : left)
      magnitudes += std::fabs(value);
    auto scale = float(magnitudes / double(left.size()));
    planes.scales.push_back(scale);
    for (size_t i = 0; i != left.size(); ++i) {
      bool isPlus = left[i] >= 0;
      planes.codes[i] |= uint8_t(isPlus) << plane;
      left[i] -= isPlus ? scale : -scale;
    }
  }
  return planes;
}

// The planes with positive scales, the largest first.
static void normalize(BinaryPlanes &planes) {
  size_t count = planes.scales.size();
  std::vector<unsigned> order;
  uint8_t flipped = 0;
  for (unsigned plane = 0; plane != count; ++plane) {
    order.push_back(plane);
    flipped |= uint8_t(planes.scales[plane] < 0) << plane;
  }
  llvm::sort(order, [&](unsigned a, unsigned b) {
    float first = std::fabs(planes.scales[a]), second = std::fabs(planes.scales[b]);
    return first != second ? first > second : a < b;
  });
  for (uint8_t &code : planes.codes) {
    uint8_t old = code ^ flipped;
    code = 0;
    for (unsigned plane = 0; plane != count; ++plane)
      code |= uint8_t(old >> order[plane] & 1) << plane;
  }
  std::vector<float> scales;
  for (unsigned plane : order)
    scales.push_back(std::fabs(planes.scales[plane]));
  planes.scales = std::move(scales);
}

// The nearest code of each value.
static void assignCodes(BinaryPlanes &planes, llvm::ArrayRef<float> values) {
  std::vector<std::pair<float, uint8_t>> grid;
  for (unsigned code = 0; code != 1u << planes.scales.size(); ++code)
    grid.emplace_back(planes.decode(uint8_t(code)), uint8_t(code));
  llvm::sort(grid);
  for (size_t i = 0; i != values.size(); ++i) {
    auto above = llvm::partition_point(grid, [&](auto &entry) { return entry.first < values[i]; });
    if (above == grid.end() ||
        (above != grid.begin() &&
         double(values[i]) - std::prev(above)->first <= double(above->first) - values[i]))
      --above;
    planes.codes[i] = above->second;
  }
}

namespace {
// A x = b for the few unknowns of one block.
struct NormalEquations {
  explicit NormalEquations(unsigned size) : size(size) {}

  // nullopt if the planes do not tell the unknowns apart.
  std::optional<std::array<double, maxPlanes + 1>> solve();

  unsigned size;
  std::array<std::array<double, maxPlanes + 2>, maxPlanes + 1> rows = {};
};
} // namespace

std::optional<std::array<double, maxPlanes + 1>> NormalEquations::solve() {
  for (unsigned column = 0; column != size; ++column) {
    unsigned pivot = column;
    for (unsigned row = column + 1; row != size; ++row)
      if (std::fabs(rows[row][column]) > std::fabs(rows[pivot][column]))
        pivot = row;
    std::swap(rows[column], rows[pivot]);
    // The entries are counts of elements, so the determinant is no small number but zero.
    if (std::fabs(rows[column][column]) < 1e-6)
      return std::nullopt;
    for (unsigned row = 0; row != size; ++row) {
      if (row == column)
        continue;
      double factor = rows[row][column] / rows[column][column];
      for (unsigned k = column; k != size; ++k)
        rows[row][k] -= factor * rows[column][k];
      rows[row].back() -= factor * rows[column].back();
    }
  }
  std::array<double, maxPlanes + 1> solution = {};
  for (unsigned row = 0; row != size; ++row)
    solution[row] = rows[row].back() / rows[row][row];
  return solution;
}

// The best scales and offset for the codes; false if there is no one best choice.
static bool fitScales(BinaryPlanes &planes, llvm::ArrayRef<float> values, bool withOffset) {
  unsigned count = planes.scales.size(), size = count + (withOffset ? 1 : 0);
  NormalEquations equations(size);
  for (size_t i = 0; i != values.size(); ++i) {
    std::array<double, maxPlanes + 1> signs = {};
    for (unsigned plane = 0; plane != count; ++plane)
      signs[plane] = signOf(planes.codes[i], plane);
    signs[count] = 1; // Of the offset.
    for (unsigned row = 0; row != size; ++row) {
      for (unsigned column = 0; column != size; ++column)
        equations.rows[row][column] += signs[row] * signs[column];
      equations.rows[row].back() += signs[row] * double(values[i]);
    }
  }
  std::optional<std::array<double, maxPlanes + 1>> solution = equations.solve();
  if (!solution)
    return false;
  for (unsigned plane = 0; plane != count; ++plane)
    planes.scales[plane] = float((*solution)[plane]);
  if (withOffset)
    planes.offset = float((*solution)[count]);
  return true;
}

static BinaryPlanes alternate(BinaryPlanes planes, llvm::ArrayRef<float> values, bool withOffset) {
  BinaryPlanes best = planes;
  double least = planes.squaredError(values);
  for (int iteration = 0; iteration != maxIterations; ++iteration) {
    assignCodes(planes, values);
    double assigned = planes.squaredError(values);
    if (assigned < least)
      best = planes, least = assigned;
    if (!fitScales(planes, values, withOffset))
      break;
    normalize(planes);
    double fitted = planes.squaredError(values);
    if (!(fitted < least))
      break;
    best = planes, least = fitted;
  }
  return best;
}

// The planes of the linear grid: each scale is half of the one before it.
static BinaryPlanes startLinearly(llvm::ArrayRef<float> values, unsigned numPlanes,
                                  bool withOffset) {
  auto [least, largest] = std::minmax_element(values.begin(), values.end());
  double min = *least, max = *largest;
  if (!withOffset)
    max = std::max(std::fabs(min), std::fabs(max)), min = -max;
  BinaryPlanes planes;
  planes.offset = float((min + max) / 2);
  planes.codes.assign(values.size(), 0);
  double step = (max - min) / double((1u << numPlanes) - 1);
  for (unsigned plane = numPlanes; plane-- != 0;)
    planes.scales.push_back(float(std::ldexp(step, int(plane) - 1)));
  assignCodes(planes, values);
  return planes;
}

BinaryPlanes halftone::fitAlternating(llvm::ArrayRef<float> values, unsigned numPlanes,
                                      bool withOffset) {
  BinaryPlanes greedy = alternate(fitGreedily(values, numPlanes, withOffset), values, withOffset);
  BinaryPlanes linear = alternate(startLinearly(values, numPlanes, withOffset), values, withOffset);
  return linear.squaredError(values) < greedy.squaredError(values) ? linear : greedy;
}
