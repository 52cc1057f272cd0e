// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where the time of a run goes.
#ifndef HALFTONE_TOOLS_QUANT_RUN_PROFILE_H
#define HALFTONE_TOOLS_QUANT_RUN_PROFILE_H

#include "Peaks.h"

#include "halftone/IO/Model.h"

#include "llvm/Support/JSON.h"

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

/// The run of median time among several.
struct Profile {
  int64_t runs = 0;
  int threads = 0;
  ProfileRun run;
  std::vector<RegionTime> regions; ///< In the order of the module's table.
  RegionTime outside;              ///< Checks before the first region, and what follows the last.
  std::vector<Peak> peaks;
  std::vector<Bandwidth> bandwidths;
};

/// Whether the module can be profiled; an error with the way out if not.
llvm::Error checkProfilable(llvm::StringRef path, const Model &model);

/// Runs `runs` times on the same inputs, after three that do not count, then measures the machine.
/// `session` was created with `profiler`.
llvm::Expected<Profile> measureProfile(const Model &model, Session &session, Profiler &profiler,
                                       uint32_t entry, llvm::ArrayRef<Array> inputs, int64_t runs);

/// A table for people: the regions by their time.
void printProfile(llvm::raw_ostream &stream, const Model &model, const Profile &profile);

/// Everything, regions in the order of the program.
llvm::json::Object toJson(const Model &model, const Profile &profile);

/// The format of chrome://tracing and of Perfetto.
llvm::json::Object toTrace(const Model &model, const Profile &profile);

} // namespace halftone

#endif
