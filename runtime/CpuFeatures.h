// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_RUNTIME_CPUFEATURES_H
#define HALFTONE_RUNTIME_CPUFEATURES_H

#include "Support.h"

namespace halftone {

/// Checks that this machine has the `required` features, and asks the system for the use of AMX
/// registers when they are among them. `path` names the module in the error.
halftone_status enableCpuFeatures(const char *path, uint64_t required, halftone_error *error);

} // namespace halftone

#endif
