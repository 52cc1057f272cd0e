// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DIALECT_MAPPEDRANGES_H
#define HALFTONE_LIB_DIALECT_MAPPEDRANGES_H

#include "mlir/IR/DialectInterface.h"
#include <memory>
#include <mutex>
#include <set>

namespace mlir::halftone {

/// Which bytes in memory are those of files. A blob outlives the dialect when their context goes,
/// so both own this.
class MappedRanges {
public:
  using Range = std::pair<const char *, size_t>;

  void add(Range range) {
    std::lock_guard<std::mutex> lock(mutex);
    ranges.insert(range);
  }
  void remove(Range range) {
    std::lock_guard<std::mutex> lock(mutex);
    ranges.erase(ranges.find(range));
  }
  bool contains(Range range) {
    std::lock_guard<std::mutex> lock(mutex);
    return ranges.count(range) != 0;
  }

private:
  std::mutex mutex;
  // Two tensors of a model may share their bytes.
  std::multiset<Range> ranges;
};

/// Makes the ranges of a context reachable from it.
class MappedRangesInterface : public DialectInterface::Base<MappedRangesInterface> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(MappedRangesInterface)

  explicit MappedRangesInterface(Dialect *dialect) : Base(dialect) {}

  std::shared_ptr<MappedRanges> ranges = std::make_shared<MappedRanges>();
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DIALECT_MAPPEDRANGES_H
