// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_BLOCKGRID_H
#define HALFTONE_NUMERICS_BLOCKGRID_H

#include "halftone/Numerics/EncodeTensor.h"

namespace halftone {

/// The numbers that the elements of one block of `tensor` can become, ascending and each once. The
/// block is that of the largest magnitude of `values`, of which `tensor` is the encoding: where
/// formats with scales have their widest grid. Empty for formats of more than 8 bits, whose
/// numbers are too many to draw.
std::vector<float> findWidestGrid(const EncodedTensor &tensor, const Format &format, bool symmetric,
                                  llvm::ArrayRef<float> values);

} // namespace halftone

#endif // HALFTONE_NUMERICS_BLOCKGRID_H
