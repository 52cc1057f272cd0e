// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Moving transposes from channels-last to channels-first order towards the end of the function.
#ifndef HALFTONE_CPU_SINKTRANSPOSES_H
#define HALFTONE_CPU_SINKTRANSPOSES_H

#include "halftone/Dialect/HalftoneDialect.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::halftone {

/// Permutations of `transpose` between [N, H, W, C] and [N, C, H, W].
inline constexpr int64_t kToChannelsFirst[] = {0, 3, 1, 2};
inline constexpr int64_t kToChannelsLast[] = {0, 2, 3, 1};

/// `value`, an image in channels-first order, in channels-last order.
Value toChannelsLast(RewriterBase &rewriter, Location loc, Value value);
/// The inverse.
Value toChannelsFirst(RewriterBase &rewriter, Location loc, Value value);
/// The type of an image in channels-last order, given that in channels-first order.
RankedTensorType toChannelsLast(RankedTensorType type);

/// The operand of a transpose from channels-last to channels-first order, else null.
Value getChannelsLast(Value value);

void populateSinkTransposesPatterns(RewritePatternSet &patterns);
/// Through ops that are defined on images with channels first.
void populateSinkThroughImagesPatterns(RewritePatternSet &patterns);

} // namespace mlir::halftone

#endif // HALFTONE_CPU_SINKTRANSPOSES_H
