// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_CENTROIDFIT_H
#define HALFTONE_NUMERICS_CENTROIDFIT_H

#include "halftone/Numerics/EncodeTensor.h"

namespace halftone {

/// Moves the centroids of a codebook format to where the error of the layer's output is least, and
/// leaves every weight with its centroid: the codes are those of `encodeTensor`.
///
/// A column of weights is A v, where v holds the centroids and the rows of A, all 0 but one 1, say
/// which of them each weight has. With the Gram matrix G of the inputs the error of the output is
/// the sum of (w - A v)^T G (w - A v) over the columns that share codebooks: all with one codebook
/// per tensor, else each for itself, with all codebooks of its groups together. Its least is where
/// H v = sum A^T G w with H = sum A^T G A.
///
/// `damping`, in parts of H's diagonal, is added to it in the system for the steps from the
/// centroids of `encodeTensor`: where the inputs do not determine a direction, and H is singular,
/// centroids stay as they are along it. It also bounds what little data can do. Centroids that no
/// input has reached do not move, and neither do those that would not lower the error once rounded
/// to f32: it is never larger than before.
///
/// Columns run in parallel; the numbers do not depend on the number of threads. The extra memory is
/// [centroids, reduction] f64 for each thread.
///
/// `gram` is the matrix [reduction, reduction]; `format` is one of codebooks, whose blocks hold one
/// channel or all; `options.channelAxis` is the first or the last dimension. An error if a weight
/// or an element of the matrix is not finite.
llvm::Expected<EncodedTensor> encodeByCentroids(llvm::ArrayRef<float> values,
                                                llvm::ArrayRef<int64_t> shape, const Format &format,
                                                const EncodeOptions &options,
                                                llvm::ArrayRef<float> gram, double damping = 1e-3);

} // namespace halftone

#endif // HALFTONE_NUMERICS_CENTROIDFIT_H
