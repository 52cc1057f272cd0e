// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where the time of a run goes, and what the machine could do.
#ifndef HALFTONE_TOOLS_QUANT_RUN_PROFILE_H
#define HALFTONE_TOOLS_QUANT_RUN_PROFILE_H

#include "Peaks.h"

#include "halftone/Profile/Profiler.h"

#include "llvm/Support/JSON.h"

namespace halftone {

/// The run of median time among several.
struct Profile : RegionTimes {
  int64_t runs = 0;
  int threads = 0;
  ProfileRun run;
  std::vector<Peak> peaks;
  std::vector<Bandwidth> bandwidths;
};

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
