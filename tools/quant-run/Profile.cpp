// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Profile.h"

#include "halftone/IO/FileError.h"

#include "llvm/ADT/STLExtras.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

using namespace halftone;
using namespace llvm;

static uint64_t readTicks() {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

double ProfileRun::millisecondsUntil(const ProfileEvent &event) const {
  const uint64_t first = events.front().ticks, all = events.back().ticks - first;
  return all > 0
             ? milliseconds * static_cast<double>(event.ticks - first) / static_cast<double>(all)
             : 0;
}

void Profiler::record(void *user, int64_t region) {
  static_cast<Profiler *>(user)->events.push_back({region, readTicks()});
}

void Profiler::begin() {
  events.clear();
  start = std::chrono::steady_clock::now();
  record(this, -1);
}

ProfileRun Profiler::finish() {
  record(this, -1);
  std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
  return {events, time.count()};
}

Error halftone::checkProfilable(StringRef path, const Model &model) {
  if (model.descriptor().profile)
    return Error::success();
  return makeFileError(path, "was compiled without profiling; compile the model with "
                             "quant-compile --profile");
}

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

/// Gives the time between two events to the first one's region.
static void addTimes(Profile &profile, size_t numRegions) {
  profile.regions.resize(numRegions);
  const ProfileRun &run = profile.run;
  const std::vector<ProfileEvent> &events = run.events;
  for (size_t i = 0; i + 1 < events.size(); ++i) {
    int64_t region = events[i].region;
    const bool isKnown = region >= 0 && static_cast<size_t>(region) < numRegions;
    RegionTime &time = isKnown ? profile.regions[static_cast<size_t>(region)] : profile.outside;
    time.milliseconds += run.millisecondsUntil(events[i + 1]) - run.millisecondsUntil(events[i]);
    time.calls += isKnown;
  }
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
  addTimes(profile, model.descriptor().profile->num_regions);
  const Effort effort = {0.002, 20};
  profile.peaks = measureProducts(profile.threads, effort);
  // A first-level cache, a second-level one, a last-level one, memory.
  profile.bandwidths =
      measureBandwidths({size_t(1) << 14, size_t(1) << 20, size_t(1) << 24, size_t(1) << 28},
                        profile.threads, effort);
  return profile;
}
