// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loop nests that may share their outermost loop, so that a row is still in the cache when the next
// of them reads it.
#ifndef HALFTONE_LIB_CPU_ROWGROUPS_H
#define HALFTONE_LIB_CPU_ROWGROUPS_H

#include "halftone/Conversion/LoopNest.h"

namespace mlir::halftone {

/// Nests in program order, between which memory is not touched. Iteration i of the first loop of
/// one, then iteration i of the next, and so on, then i + 1: that computes the same as one nest
/// after the other.
class RowGroup {
public:
  /// Whether `nest` can have its rows computed one by one, by a loop around everything else.
  static bool hasRows(const LoopNest &nest);

  enum class Answer {
    Added,
    Independent, ///< it has no memory in common with the group, so it may as well come before it
    Refused      ///< it must stay behind the group
  };

  /// Adds `nest`, unless that could change a result or would bring nothing.
  Answer add(LoopNest &nest);

  ArrayRef<LoopNest *> getNests() const { return nests; }
  /// A group of loops without inner loops is better left to the vectorizer, one by one.
  bool isWorthwhile() const;

private:
  SmallVector<LoopNest *> nests;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_CPU_ROWGROUPS_H
