// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_DRIVER_MODELOPTIONS_H
#define HALFTONE_DRIVER_MODELOPTIONS_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace halftone {

/// What a long step has done so far. `total` is 0 where nobody knows.
struct Progress {
  llvm::StringRef phase;
  int64_t done = 0;
  int64_t total = 0;
};

/// A model and what all tasks want to know about it.
struct ModelOptions {
  /// The file.
  std::string model;
  /// It is ONNX's textual syntax whatever its file name.
  bool text = false;
  /// Fixed dimensions.
  std::vector<std::pair<std::string, int64_t>> dims;
  /// Threads for runs of the model; 0: one per CPU.
  int threads = 0;
  std::function<void(const Progress &)> progress;
};

} // namespace halftone

#endif // HALFTONE_DRIVER_MODELOPTIONS_H
