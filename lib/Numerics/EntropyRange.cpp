// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/RangeEstimator.h"

#include "llvm/Support/MathExtras.h"

#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

using namespace halftone;

namespace {

/// Sums over the first i bins, with which a candidate costs time in its levels and not its bins:
///   KL(P || Q) = sum_b p_b/T ln((p_b/T) / (q_b/S))
///              = (sum_b p_b ln p_b - sum_runs P_run ln(Q_run / n_run)) / T - ln T + ln S
/// for the counts p, q, their totals T and S, and n_run bins not empty in P, on which q is
/// constant.
class CandidateSums {
public:
  explicit CandidateSums(llvm::ArrayRef<uint64_t> magnitudes);

  double divergence(unsigned levels, size_t numKept) const;

private:
  llvm::ArrayRef<uint64_t> magnitudes;
  std::vector<uint64_t> counts = {0};
  std::vector<uint64_t> occupied = {0};
  std::vector<double> entropies = {0};
};

} // namespace

static double timesLog(double count) { return count == 0 ? 0 : count * std::log(count); }

CandidateSums::CandidateSums(llvm::ArrayRef<uint64_t> magnitudes) : magnitudes(magnitudes) {
  for (uint64_t count : magnitudes) {
    counts.push_back(counts.back() + count);
    occupied.push_back(occupied.back() + (count != 0));
    entropies.push_back(entropies.back() + timesLog(double(count)));
  }
}

double CandidateSums::divergence(unsigned levels, size_t numKept) const {
  uint64_t total = counts.back(), kept = counts[numKept], clipped = total - kept;
  uint64_t lastCount = magnitudes[numKept - 1];
  double sum = entropies[numKept - 1] + timesLog(double(lastCount + clipped));
  for (unsigned level = 0; level != levels; ++level) {
    size_t begin = llvm::divideCeil(uint64_t(level) * numKept, levels);
    size_t end = llvm::divideCeil(uint64_t(level + 1) * numKept, levels);
    uint64_t runCount = counts[end] - counts[begin], referenceCount = runCount;
    uint64_t numOccupied = occupied[end] - occupied[begin];
    if (end == numKept && begin != end) {
      referenceCount += clipped;
      numOccupied += lastCount == 0 && clipped != 0;
    }
    if (referenceCount == 0)
      continue;
    if (runCount == 0)
      return std::numeric_limits<double>::infinity();
    sum -= double(referenceCount) * std::log(double(runCount) / double(numOccupied));
  }
  return sum / double(total) - std::log(double(total)) + std::log(double(kept));
}

double halftone::entropyDivergence(llvm::ArrayRef<uint64_t> magnitudes, unsigned levels,
                                   size_t numKept) {
  assert(levels > 0 && numKept >= levels && numKept <= magnitudes.size() &&
         "a candidate keeps at least one bin per level");
  return CandidateSums(magnitudes).divergence(levels, numKept);
}

size_t halftone::findEntropyThreshold(llvm::ArrayRef<uint64_t> magnitudes, unsigned levels) {
  CandidateSums sums(magnitudes);
  size_t best = magnitudes.size();
  double least = std::numeric_limits<double>::infinity();
  for (size_t numKept = levels; numKept <= magnitudes.size(); ++numKept) {
    double divergence = sums.divergence(levels, numKept);
    if (divergence < least) {
      least = divergence;
      best = numKept;
    }
  }
  return best;
}
