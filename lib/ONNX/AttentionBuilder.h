// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention and rotary embeddings as ONNX and other domains have them.
#ifndef HALFTONE_LIB_ONNX_ATTENTIONBUILDER_H
#define HALFTONE_LIB_ONNX_ATTENTIONBUILDER_H

#include "Compose.h"

namespace mlir::halftone {

/// [B, S, heads * D] as [B, heads, S, D].
Value splitHeads(NodeImporter &node, Value value, int64_t heads);
/// [B, heads, S, D] as [B, S, heads * D].
Value joinHeads(NodeImporter &node, Value value);

/// Where queries and keys may meet: key j and query i at position i + offset, with
/// j - position in [-left, right]. A negative bound does not bound.
struct AttentionWindow {
  int64_t left = -1, right = -1;
  /// i64, one (0-D) or one per batch ([B, 1, 1, 1]); null for 0.
  Value offset;
};

struct AttentionParts {
  Value query, key, value; // [B, heads, S, D], [B, kv heads, T, D], [B, kv heads, T, D']
  /// Added to the scores, broadcast to [B, heads, S, T]; may be null.
  Value bias;
  float scale = 1;
  float softcap = 0;
  /// What softmax is evaluated in; null for the type of the query.
  Type softmaxType;
};

/// The steps of attention, each [B, heads, S, T] but the output.
struct AttentionSteps {
  Value scores, capped, biased, probabilities, output;
};

/// softmax(cap(scale * Q * K') + bias) * V. A query that no key may meet gets zeros.
AttentionSteps buildAttention(NodeImporter &node, const AttentionParts &parts);

/// 0 inside the window, -inf outside: [S, T], or [B, 1, S, T] with one offset per batch. Null if
/// the window is unbounded.
Value buildWindowBias(NodeImporter &node, const AttentionParts &parts,
                      const AttentionWindow &window);
/// 0 where an i1 tensor is true, -inf where it is not, in an element type.
Value buildMaskBias(NodeImporter &node, Value allowed, Type elementType);
/// The sum of two, either of which may be null.
Value addBias(NodeImporter &node, Value lhs, Value rhs);

/// Rotates pairs of the first `dims` elements of [B, heads, S, D] (0 for all of them) by the angles
/// whose cosine and sine are [B, S, dims / 2].
struct Rotation {
  Value cos, sin;
  int64_t dims = 0;
  bool interleaved = false;
};
Value buildRotation(NodeImporter &node, Value value, const Rotation &rotation);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_ATTENTIONBUILDER_H
