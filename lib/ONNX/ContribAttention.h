// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the attention ops of ONNX Runtime's domain share.
#ifndef HALFTONE_LIB_ONNX_CONTRIBATTENTION_H
#define HALFTONE_LIB_ONNX_CONTRIBATTENTION_H

#include "AttentionBuilder.h"
#include "Contrib.h"

namespace mlir::halftone {

/// The attribute `scale`; without it, or for 0, 1 / sqrt(D) of a query [B, heads, S, D].
float readAttentionScale(NodeImporter &node, Value query);

/// Reports operands that are present but have no meaning here.
void refuseOperands(NodeImporter &node, ArrayRef<std::pair<unsigned, StringRef>> operands);

/// What a mask of padding adds to the scores: 0 for keys that are allowed, `forbidden` for others.
/// It is the number of keys of each batch [B], or their ends and then their starts [2 * B], or one
/// flag per key [B, T], or per query and key [B, S, T]. Null without a mask, or after an error.
Value buildKeyMask(NodeImporter &node, Value mask, const AttentionParts &parts, double forbidden);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_CONTRIBATTENTION_H
