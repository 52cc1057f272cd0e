// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_TRANSFORMS_WEIGHTCODES_H
#define HALFTONE_LIB_TRANSFORMS_WEIGHTCODES_H

#include "halftone/Numerics/EncodeTensor.h"
#include "halftone/Transforms/Recipe.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace mlir::halftone {

/// How the scheme encodes weights whose output channels are along `channelAxis`.
::halftone::EncodeOptions getEncodeOptions(const ::halftone::WeightScheme &scheme,
                                           int64_t channelAxis);

/// The ops that make the numbers of `encoded`, of type `type`, out of constants. `name` begins the
/// names of large ones.
Value buildDecoding(OpBuilder &b, Location loc, RankedTensorType type,
                    const ::halftone::EncodedTensor &encoded, const ::halftone::Format &format,
                    const ::halftone::EncodeOptions &options, StringRef name);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_TRANSFORMS_WEIGHTCODES_H
