// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_IO_MODULETRAILER_H
#define HALFTONE_IO_MODULETRAILER_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>

namespace halftone {

/// Completes a linked module: appends the trailer (see halftone/runtime.h) by which the loader
/// knows a whole and unaltered file. `cpuFeatures` is the descriptor's set. `weightsSection` names
/// the section of the linked file that holds the weights (lld gathers .lrodata.* in .lrodata); a
/// file without such a section has no weights. Call it once, before the file gets its final name.
llvm::Error appendTrailer(llvm::StringRef path, uint64_t cpuFeatures,
                          llvm::StringRef weightsSection = ".lrodata");

} // namespace halftone

#endif
