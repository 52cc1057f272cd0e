// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_IO_FILEPAIR_H
#define HALFTONE_IO_FILEPAIR_H

#include "halftone/IO/FileError.h"

namespace halftone {

/// Gives two complete files that belong together their names, or neither: if `second` cannot have
/// its name, what was at `firstPath`, that of `first`, is there again.
llvm::Error commitPair(AtomicFile first, llvm::StringRef firstPath, AtomicFile second);

} // namespace halftone

#endif
