// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Memory straight from the system.
#ifndef HALFTONE_RUNTIME_MEMORY_H
#define HALFTONE_RUNTIME_MEMORY_H

#include <cstddef>

namespace halftone {

/// Zeroed memory aligned to a page, and to a huge page (which is asked for) from 2 MiB on.
/// `bytes` must be positive. Null when the system has none.
void *mapMemory(size_t bytes);

/// Gives back what `mapMemory(bytes)` returned.
void unmapMemory(void *memory, size_t bytes);

} // namespace halftone

#endif
