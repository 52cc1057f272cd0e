// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files that hold what rounding the weights of one layer by its inputs has given.
#ifndef HALFTONE_TRANSFORMS_ROUNDEDFILE_H
#define HALFTONE_TRANSFORMS_ROUNDEDFILE_H

#include "mlir/IR/Operation.h"
#include "llvm/Support/Error.h"

namespace mlir::halftone {

/// Where the rounded weights of `layer` are kept: with its Gram matrix the layer is rounded and the
/// file written, without it the file is read. Empty: nowhere.
StringRef getRoundedFile(Operation *layer);
void setRoundedFile(Operation *layer, StringRef path);
void removeRoundedFile(Operation *layer);

/// An error if the file cannot be read, is not one of these files, or is damaged: its length and a
/// checksum of its content are in it. Whose weights it holds is not looked at.
llvm::Error checkRoundedFile(StringRef path);

} // namespace mlir::halftone

#endif // HALFTONE_TRANSFORMS_ROUNDEDFILE_H
