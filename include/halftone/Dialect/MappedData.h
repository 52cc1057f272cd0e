// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Large constants in files: their bytes can leave memory, and are read again when they are needed.
#ifndef HALFTONE_DIALECT_MAPPEDDATA_H
#define HALFTONE_DIALECT_MAPPEDDATA_H

#include "mlir/IR/AsmState.h"
#include "mlir/IR/MLIRContext.h"
#include <memory>
#include <optional>

namespace mlir::halftone {

/// `data` lies in a file that `owner` keeps mapped for reading. `releasePages` works on such blobs,
/// and only on them.
AsmResourceBlob makeMappedBlob(MLIRContext *context, ArrayRef<char> data, size_t alignment,
                               std::shared_ptr<const void> owner);

/// A copy of `bytes`, which are not empty, in a temporary file ($TMPDIR, else /var/tmp) that has no
/// name and goes with the blob. nullopt if no such file can be written: the bytes stay in memory.
std::optional<AsmResourceBlob> spillToFile(MLIRContext *context, ArrayRef<char> bytes);

/// Whether `data` is the whole content of a blob of one of these functions.
bool isMapped(MLIRContext *context, ArrayRef<char> data);

} // namespace mlir::halftone

#endif // HALFTONE_DIALECT_MAPPEDDATA_H
