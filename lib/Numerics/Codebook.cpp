// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/Codebook.h"

#include "halftone/Numerics/ElementCodec.h"

#include <algorithm>
#include <cassert>

using namespace halftone;

// Lloyd's algorithm converges, but the last steps may be many and gain nothing.
static constexpr int maxIterations = 200;

namespace {
// The values in order and their sums, so that the mean of a run takes no time.
struct SortedValues {
  explicit SortedValues(llvm::ArrayRef<float> unsorted) : values(unsorted), sums{0} {
    llvm::sort(values);
    for (float value : values)
      sums.push_back(sums.back() + double(value));
  }

  double mean(size_t begin, size_t end) const {
    return (sums[end] - sums[begin]) / double(end - begin);
  }

  std::vector<float> values;
  std::vector<double> sums;
};
} // namespace

// Where the values of each centroid end: at the middles between neighbours.
static std::vector<size_t> assign(const SortedValues &sorted, llvm::ArrayRef<double> centroids) {
  std::vector<size_t> ends;
  for (size_t i = 0; i + 1 < centroids.size(); ++i) {
    double middle = (centroids[i] + centroids[i + 1]) / 2;
    auto end = std::upper_bound(sorted.values.begin(), sorted.values.end(), middle);
    ends.push_back(size_t(end - sorted.values.begin()));
  }
  ends.push_back(sorted.values.size());
  return ends;
}

std::vector<float> halftone::fitCodebook(llvm::ArrayRef<float> values, unsigned numCentroids) {
  assert(numCentroids > 1 && !values.empty() && "centroids of something");
  SortedValues sorted(values);
  double min = sorted.values.front(), max = sorted.values.back();
  std::vector<double> centroids(numCentroids);
  for (unsigned i = 0; i != numCentroids; ++i)
    centroids[i] = min + (max - min) * i / (numCentroids - 1);

  std::vector<size_t> ends;
  for (int iteration = 0; iteration != maxIterations; ++iteration) {
    std::vector<size_t> next = assign(sorted, centroids);
    if (next == ends)
      break;
    ends = std::move(next);
    size_t begin = 0;
    for (unsigned i = 0; i != numCentroids; ++i) {
      if (begin < ends[i])
        centroids[i] = sorted.mean(begin, ends[i]);
      begin = ends[i];
    }
  }
  std::vector<float> codebook(centroids.begin(), centroids.end());
  // Means of runs in order, but rounded: equal neighbours stay in order by this.
  llvm::sort(codebook);
  return codebook;
}

uint8_t halftone::findNearest(llvm::ArrayRef<float> codebook, float value) {
  return uint8_t(ElementCodec::lookup(codebook).encode(value));
}
