// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Profile.h"

#include "llvm/ADT/STLExtras.h"

using namespace halftone;
using namespace llvm;

/// The index of the run whose time is the (lower) median.
static size_t findMedian(ArrayRef<ProfileRun> runs) {
  std::vector<size_t> order(runs.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  llvm::sort(order, [&](size_t lhs, size_t rhs) {
    return std::pair(runs[lhs].milliseconds, lhs) < std::pair(runs[rhs].milliseconds, rhs);
  });
  return order[(order.size() - 1) / 2];
}

Expected<Profile> halftone::measureProfile(const Model &model, Session &session, Profiler &profiler,
                                           uint32_t entry, ArrayRef<Array> inputs, int64_t runs) {
  SmallVector<halftone_tensor> given, results(model.entries()[entry].num_outputs);
  for (const Array &input : inputs)
    given.push_back(input.tensor());
  constexpr int64_t warmUp = 3;
  std::vector<ProfileRun> all;
  for (int64_t i = 0; i < warmUp + runs; ++i) {
    profiler.begin();
    if (Error error = session.run(entry, given, results))
      return std::move(error);
    ProfileRun run = profiler.finish();
    if (i >= warmUp)
      all.push_back(std::move(run));
  }
  Profile profile;
  profile.runs = runs;
  profile.threads = session.stats().threads;
  profile.run = std::move(all[findMedian(all)]);
  static_cast<RegionTimes &>(profile) =
      sumRegions(profile.run, model.descriptor().profile->num_regions);
  const Effort effort = {0.002, 20};
  profile.peaks = measureProducts(profile.threads, effort);
  // A first-level cache, a second-level one, a last-level one, memory.
  profile.bandwidths =
      measureBandwidths({size_t(1) << 14, size_t(1) << 20, size_t(1) << 24, size_t(1) << 28},
                        profile.threads, effort);
  return profile;
}
