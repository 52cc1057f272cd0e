// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Profile/Profiler.h"

#include "halftone/IO/FileError.h"

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

llvm::Error halftone::checkProfilable(llvm::StringRef path, const Model &model) {
  if (model.descriptor().profile)
    return llvm::Error::success();
  return makeFileError(path, "was compiled without profiling; compile the model with "
                             "quant-compile --profile");
}

RegionTimes halftone::sumRegions(const ProfileRun &run, size_t numRegions) {
  RegionTimes times;
  times.regions.resize(numRegions);
  const std::vector<ProfileEvent> &events = run.events;
  for (size_t i = 0; i + 1 < events.size(); ++i) {
    int64_t region = events[i].region;
    const bool isKnown = region >= 0 && static_cast<size_t>(region) < numRegions;
    RegionTime &time = isKnown ? times.regions[static_cast<size_t>(region)] : times.outside;
    time.milliseconds += run.millisecondsUntil(events[i + 1]) - run.millisecondsUntil(events[i]);
    time.calls += isKnown;
  }
  return times;
}
