// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Recognizes attention in what models spell it with. Matching creates nothing.
#ifndef HALFTONE_LIB_TRANSFORMS_ATTENTIONPATTERN_H
#define HALFTONE_LIB_TRANSFORMS_ATTENTIONPATTERN_H

#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/Dialect/ShapeContext.h"

namespace mlir::halftone {

/// A tensor [B, heads, tokens, size], 3-D without the heads, or 5-D [B, G, 1 or H / G, tokens,
/// size].
struct AttentionOperand {
  Value tensor;
  /// The last two dimensions are exchanged.
  bool isTransposed = false;
  /// 4-D: dimensions 1 and 2 are exchanged.
  bool isByToken = false;
};

struct AttentionMatch {
  MatMulOp product;
  AttentionOperand query, key, value;
  double scale = 1;
  /// Added to the scores; or, with a condition, the number that replaces the scores where it is
  /// false (`maskedIf`: true).
  Value mask, condition;
  bool maskedIf = false;
  bool zeroEmpty = false;
  /// Heads of the queries and of the keys; 5-D as one number.
  int64_t heads = 1, keyHeads = 1;
};

/// The attention whose last step is `product`. On failure `reason` says what is missing; it is
/// empty where the product's left-hand side is no softmax at all.
std::optional<AttentionMatch> matchAttention(MatMulOp product, ShapeContext &shapes,
                                             StringRef &reason);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_TRANSFORMS_ATTENTIONPATTERN_H
