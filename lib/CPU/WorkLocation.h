// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a kernel or loop computes, carried by the locations of the ops it becomes.
#ifndef HALFTONE_LIB_CPU_WORKLOCATION_H
#define HALFTONE_LIB_CPU_WORKLOCATION_H

#include "halftone/runtime.h"
#include "mlir/IR/Location.h"
#include <optional>

namespace mlir::halftone {

/// What one op computes. Unknown numbers are HALFTONE_DYNAMIC.
struct Work {
  int64_t number = 0; ///< Of the op, in the order of the function.
  int64_t macs = 0;
  int64_t bytes = 0;
  int64_t dtype = HALFTONE_DTYPE_INVALID; ///< halftone_dtype of what is multiplied.
};

/// `parts` as one location that says `work`.
Location addWork(ArrayRef<Location> parts, const Work &work);

/// What `loc` says of its work, if it says anything.
std::optional<Work> getWork(Location loc);

/// `loc`, marked as control flow of the graph.
Location markControl(Location loc);
bool isControl(Location loc);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_CPU_WORKLOCATION_H
