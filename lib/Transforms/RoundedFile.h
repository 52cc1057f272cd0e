// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_TRANSFORMS_ROUNDEDFILE_H
#define HALFTONE_LIB_TRANSFORMS_ROUNDEDFILE_H

#include "GramRounding.h"
#include "halftone/Transforms/RoundedFile.h"

namespace mlir::halftone {

/// Writes the file, or none. The same weights give the same bytes.
llvm::Error writeRoundedFile(StringRef path, const RoundedWeights &rounded);

/// Reads what `writeRoundedFile` wrote of weights of this format, whose blocks that share scales or
/// codebooks are `blocks`. An error if the file is damaged, or of weights of another shape or
/// format.
llvm::Expected<RoundedWeights> readRoundedFile(StringRef path, const WeightContraction &contraction,
                                               const ::halftone::Format &format,
                                               const ::halftone::EncodeOptions &options);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_TRANSFORMS_ROUNDEDFILE_H
