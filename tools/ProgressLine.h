// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TOOLS_PROGRESSLINE_H
#define HALFTONE_TOOLS_PROGRESSLINE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>
#include <cmath>

namespace halftone {

/// One line on a terminal that says what is being done; nothing when stderr is a file or a pipe.
class ProgressLine {
public:
  explicit ProgressLine(bool enabled)
      : enabled(enabled && llvm::sys::Process::StandardErrIsDisplayed()) {}
  ~ProgressLine() { clear(); }

  /// `total` 0: unknown.
  void show(llvm::StringRef phase, int64_t done, int64_t total) {
    auto now = std::chrono::steady_clock::now();
    bool newPhase = phase != lastPhase;
    if (!enabled || (!newPhase && done != total && now - lastTime < std::chrono::milliseconds(100)))
      return;
    if (newPhase)
      phaseStart = now;
    lastPhase = phase.str();
    lastTime = now;
    clear();
    llvm::errs() << phase;
    if (total > 0) {
      llvm::errs() << " " << done << "/" << total;
      printTimeLeft(now, done, total);
    }
    llvm::errs() << " …";
    shown = true;
  }

  void clear() {
    if (shown)
      llvm::errs() << "\r\x1b[K";
    shown = false;
  }

private:
  void printTimeLeft(std::chrono::steady_clock::time_point now, int64_t done, int64_t total) {
    std::chrono::duration<double> spent = now - phaseStart;
    if (done > 0 && done < total)
      llvm::errs() << ", " << std::llround(spent.count() / double(done) * double(total - done))
                   << " s left";
  }

  bool enabled;
  bool shown = false;
  std::string lastPhase;
  std::chrono::steady_clock::time_point lastTime, phaseStart;
};

} // namespace halftone

#endif // HALFTONE_TOOLS_PROGRESSLINE_H
