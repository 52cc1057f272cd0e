// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Profile.h"

#include "halftone/IO/FileError.h"

#include "llvm/ADT/STLExtras.h"

using namespace halftone;
using namespace llvm;

static double toMilliseconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

void Profiler::record(void *user, int64_t region) {
  static_cast<Profiler *>(user)->events.push_back({region, std::chrono::steady_clock::now()});
}

void Profiler::begin() {
  events.clear();
  record(this, -1);
}

std::vector<ProfileEvent> Profiler::finish() {
  record(this, -1);
  return events;
}

Error halftone::checkProfilable(StringRef path, const Model &model) {
  if (model.descriptor().profile)
    return Error::success();
  return makeFileError(path, "was compiled without profiling; compile the model with "
                             "quant-compile --profile");
}

/// The index of the run whose time is the (lower) median.
static size_t findMedian(ArrayRef<std::vector<ProfileEvent>> runs) {
  std::vector<size_t> order(runs.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  auto timeOf = [&](size_t run) { return runs[run].back().time - runs[run].front().time; };
  llvm::sort(order, [&](size_t lhs, size_t rhs) {
    return std::pair(timeOf(lhs), lhs) < std::pair(timeOf(rhs), rhs);
  });
  return order[(order.size() - 1) / 2];
}

/// Gives the time between two events to the first one's region.
static void addTimes(Profile &profile, size_t numRegions) {
  profile.regions.resize(numRegions);
  const std::vector<ProfileEvent> &events = profile.events;
  for (size_t i = 0; i + 1 < events.size(); ++i) {
    int64_t region = events[i].region;
    const bool isKnown = region >= 0 && static_cast<size_t>(region) < numRegions;
    RegionTime &time = isKnown ? profile.regions[static_cast<size_t>(region)] : profile.outside;
    time.milliseconds += toMilliseconds(events[i + 1].time - events[i].time);
    time.calls += isKnown;
  }
  profile.milliseconds = toMilliseconds(events.back().time - events.front().time);
}

Expected<Profile> halftone::measureProfile(const Model &model, Session &session, Profiler &profiler,
                                           uint32_t entry, ArrayRef<Array> inputs, int64_t runs) {
  SmallVector<halftone_tensor> given, results(model.entries()[entry].num_outputs);
  for (const Array &input : inputs)
    given.push_back(input.tensor());
  constexpr int64_t warmUp = 3;
  std::vector<std::vector<ProfileEvent>> all;
  for (int64_t i = 0; i < warmUp + runs; ++i) {
    profiler.begin();
    if (Error error = session.run(entry, given, results))
      return std::move(error);
    std::vector<ProfileEvent> events = profiler.finish();
    if (i >= warmUp)
      all.push_back(std::move(events));
  }
  Profile profile;
  profile.runs = runs;
  profile.threads = session.stats().threads;
  profile.events = std::move(all[findMedian(all)]);
  addTimes(profile, model.descriptor().profile->num_regions);
  constexpr double seconds = 0.01;
  profile.peaks = measureProducts(profile.threads, seconds);
  // A first-level cache, a second-level one, a last-level one, memory.
  profile.bandwidths =
      measureBandwidths({size_t(1) << 14, size_t(1) << 20, size_t(1) << 24, size_t(1) << 28},
                        profile.threads, seconds);
  return profile;
}
