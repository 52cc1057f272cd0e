// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TOOLS_QUANT_RUN_INFO_H
#define HALFTONE_TOOLS_QUANT_RUN_INFO_H

#include "halftone/IO/Model.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>

namespace halftone {

/// The most bytes at once, beside weights and arena, that a run needed for tensors whose sizes only
/// a run knows; nullopt: nothing was run.
using MeasuredMemory = std::optional<int64_t>;

/// What a module says about itself, in texts of its own: it may outlive the module.
llvm::json::Object describeModel(llvm::StringRef path, const Model &model,
                                 const MeasuredMemory &run);

/// The same for people.
void printModel(llvm::raw_ostream &stream, llvm::StringRef path, const Model &model,
                const MeasuredMemory &run);

} // namespace halftone

#endif
