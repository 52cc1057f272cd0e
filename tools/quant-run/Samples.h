// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TOOLS_QUANT_RUN_SAMPLES_H
#define HALFTONE_TOOLS_QUANT_RUN_SAMPLES_H

#include "halftone/IO/Model.h"

namespace halftone {

/// Runs every sample of an .npz with a leading axis, or of a folder of .npz, and stacks each output
/// along a new leading axis. Shows progress on a terminal.
llvm::Expected<std::vector<Array>> runSamples(Session &session, uint32_t index,
                                              const halftone_entry &entry, llvm::StringRef path);

} // namespace halftone

#endif
