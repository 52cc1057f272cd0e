// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_GPTQ_H
#define HALFTONE_NUMERICS_GPTQ_H

#include "halftone/Numerics/EncodeTensor.h"
#include "halftone/Numerics/GramFactor.h"

namespace halftone {

/// Encodes the weights of a layer so that the error of its output is small, not that of each
/// weight (GPTQ, arXiv 2210.17323): weights are rounded one input after the other, in the order of
/// `factor`, and what rounding one has cost goes into those after it. Codes and scales are those of
/// the format as of `encodeTensor`; inputs that are independent of all others are rounded to
/// nearest.
///
/// The scales of a group are fitted when its turn comes, to the weights as those before it have
/// left them; beforehand to the original ones with `staticGroups`, and where the order is not that
/// of the weights. Scales per channel or tensor are always fitted beforehand.
///
/// This is the form of arXiv 2307.13304, theorem 6: with R upper triangular in G = R R^T and the
/// errors e_i = w_i - q_i of the original weights, q_j = round(w_j + sum_{i<j} e_i R_ij / R_jj). It
/// gives the codes of the paper's, which updates all remaining weights with the rows of R^-1, for
/// half the work. The extra memory is the factor and a panel of channels.
///
/// `format` has one level of f32 scales; `options.channelAxis` is the first or the last dimension.
/// An error if a weight is not finite, or carried errors grow beyond f32.
llvm::Expected<EncodedTensor> encodeByGPTQ(llvm::ArrayRef<float> values,
                                           llvm::ArrayRef<int64_t> shape, const Format &format,
                                           const EncodeOptions &options, const GramFactor &factor,
                                           bool staticGroups = false);

} // namespace halftone

#endif // HALFTONE_NUMERICS_GPTQ_H
