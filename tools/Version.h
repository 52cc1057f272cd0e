// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TOOLS_VERSION_H
#define HALFTONE_TOOLS_VERSION_H

#include "halftone/runtime.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/raw_ostream.h"

namespace halftone {

/// What `--version` says: of Halftone, of the module files it writes or runs, and of LLVM.
inline void printVersion(llvm::raw_ostream &stream) {
  stream << "halftone " HALFTONE_VERSION ", module interface " << HALFTONE_ABI_VERSION
         << ", LLVM " LLVM_VERSION_STRING "\n";
}

} // namespace halftone

#endif // HALFTONE_TOOLS_VERSION_H
