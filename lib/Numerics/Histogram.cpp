// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/Histogram.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numeric>

using namespace halftone;

static constexpr int log2NumBins = 12;
static_assert(Histogram::numBins == 1u << log2NumBins);
// The exponent of the largest floats, below 2^128.
static constexpr int maxExponent = 128 - log2NumBins;

Histogram::Histogram() : counts(2 * size_t(numBins), 0) {}

int Histogram::exponentFor(float absmax) {
  assert(std::isfinite(absmax) && absmax >= 0 && "absmax is a finite magnitude");
  if (absmax == 0)
    return minExponent;
  // absmax < 2^(ilogb + 1) = numBins * 2^(ilogb + 1 - log2NumBins).
  return std::max(minExponent, std::ilogb(absmax) + 1 - log2NumBins);
}

double Histogram::getBinWidth() const { return std::ldexp(1.0, exponent); }

void Histogram::widen(int wanted) {
  if (wanted <= exponent)
    return;
  int shift = std::min(wanted - exponent, log2NumBins);
  for (uint64_t *side : {counts.data(), counts.data() + numBins}) {
    for (unsigned bin = 1; bin != numBins; ++bin) {
      uint64_t count = side[bin];
      side[bin] = 0;
      side[bin >> shift] += count;
    }
  }
  exponent = wanted;
}

void Histogram::add(llvm::ArrayRef<float> values, float absmax) {
  widen(exponentFor(absmax));
  float perBin = std::ldexp(1.0f, -exponent); // Exact, and so are the products below.
  constexpr size_t chunk = 1024;
  std::array<int32_t, chunk> bins;
  while (!values.empty()) {
    llvm::ArrayRef<float> part = values.take_front(chunk);
    values = values.drop_front(part.size());
    for (size_t i = 0, e = part.size(); i != e; ++i) {
      auto bin = int32_t(std::fabs(part[i]) * perBin);
      bins[i] = bin + (part[i] < 0 ? int32_t(numBins) : 0);
    }
    for (size_t i = 0, e = part.size(); i != e; ++i)
      ++counts[bins[i]];
  }
}

void Histogram::merge(const Histogram &other) {
  widen(other.exponent);
  int shift = std::min(exponent - other.exponent, log2NumBins);
  for (unsigned bin = 0; bin != numBins; ++bin) {
    counts[bin >> shift] += other.counts[bin];
    counts[numBins + (bin >> shift)] += other.counts[numBins + bin];
  }
}

llvm::ArrayRef<uint64_t> Histogram::getPositive() const {
  return llvm::ArrayRef<uint64_t>(counts).take_front(numBins);
}

llvm::ArrayRef<uint64_t> Histogram::getNegative() const {
  return llvm::ArrayRef<uint64_t>(counts).drop_front(numBins);
}

std::vector<uint64_t> Histogram::getMagnitudes() const {
  std::vector<uint64_t> magnitudes(getPositive());
  for (unsigned bin = 0; bin != numBins; ++bin)
    magnitudes[bin] += counts[numBins + bin];
  return magnitudes;
}

uint64_t Histogram::getCount() const {
  return std::accumulate(counts.begin(), counts.end(), uint64_t(0));
}

std::optional<Histogram> Histogram::fromCounts(int exponent, llvm::ArrayRef<uint64_t> positive,
                                               llvm::ArrayRef<uint64_t> negative) {
  if (positive.size() != numBins || negative.size() != numBins || exponent < minExponent ||
      exponent > maxExponent)
    return std::nullopt;
  Histogram histogram;
  histogram.exponent = exponent;
  std::copy(positive.begin(), positive.end(), histogram.counts.begin());
  std::copy(negative.begin(), negative.end(), histogram.counts.begin() + numBins);
  return histogram;
}
