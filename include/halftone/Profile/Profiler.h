// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where the time of a run goes.
#ifndef HALFTONE_PROFILE_PROFILER_H
#define HALFTONE_PROFILE_PROFILER_H

#include "halftone/IO/Model.h"

#include <chrono>

namespace halftone {

/// The beginning of a region of the module's profile table; region -1: of what lies outside of all.
struct ProfileEvent {
  int64_t region = -1;
  uint64_t ticks = 0; ///< Of the processor's counter, which is read in less time than a clock.
};

/// The events of one run and their times.
struct ProfileRun {
  std::vector<ProfileEvent> events;
  double milliseconds = 0;

  /// From the first event to this one.
  double millisecondsUntil(const ProfileEvent &event) const;
};

/// Takes the times of the regions. Its address goes into the session's options.
class Profiler {
public:
  /// For SessionOptions::profiler; `user` is a Profiler.
  static void record(void *user, int64_t region);

  void begin();
  /// The run since `begin`, with an event at its end.
  ProfileRun finish();

private:
  std::chrono::steady_clock::time_point start;
  std::vector<ProfileEvent> events;
};

/// What one region did in a run, which may pass through it several times or not at all.
struct RegionTime {
  double milliseconds = 0;
  int64_t calls = 0;
};

struct RegionTimes {
  std::vector<RegionTime> regions; ///< In the order of the module's table.
  RegionTime outside;              ///< Checks before the first region, and what follows the last.
};

/// Gives the time between two events to the first one's region.
RegionTimes sumRegions(const ProfileRun &run, size_t numRegions);

/// Whether the module can be profiled; an error with the way out if not.
llvm::Error checkProfilable(llvm::StringRef path, const Model &model);

} // namespace halftone

#endif // HALFTONE_PROFILE_PROFILER_H
