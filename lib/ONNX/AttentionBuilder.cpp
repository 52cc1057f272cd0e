// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "AttentionBuilder.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::halftone;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

Value halftone::splitHeads(NodeImporter &node, Value value, int64_t heads) {
  return buildTranspose(node, buildReshape(node, value, {0, 0, heads, -1}), {0, 2, 1, 3});
}

Value halftone::joinHeads(NodeImporter &node, Value value) {
  return buildReshape(node, buildTranspose(node, value, {0, 2, 1, 3}), {0, 0, -1});
}

Value halftone::addBias(NodeImporter &node, Value lhs, Value rhs) {
  if (!lhs || !rhs)
    return lhs ? lhs : rhs;
  return node.create<AddOp>(lhs, rhs);
}

Value halftone::buildMaskBias(NodeImporter &node, Value allowed, Type elementType) {
  return node.create<WhereOp>(allowed, node.createScalar(elementType, 0),
                              node.createScalar(elementType, -kInfinity));
}

Value halftone::buildWindowBias(NodeImporter &node, const AttentionParts &parts,
                                const AttentionWindow &window) {
  if ((window.left < 0 && window.right < 0) || node.hasFailed())
    return nullptr;
  Value rows = buildIota(node, buildSize(node, parts.query, 2));
  Value keys = buildIota(node, buildSize(node, parts.key, 2));
  Value positions = buildUnsqueeze(node, rows, 1);
  if (window.offset)
    positions = node.create<AddOp>(positions, window.offset);
  Value distance = node.create<SubOp>(keys, positions);
  Value allowed;
  if (window.right >= 0)
    allowed = node.create<LessOrEqualOp>(distance, node.createScalarLike(distance, window.right));
  if (window.left >= 0) {
    Value isNear =
        node.create<GreaterOrEqualOp>(distance, node.createScalarLike(distance, -window.left));
    allowed = allowed ? node.create<AndOp>(allowed, isNear) : isNear;
  }
  return node.hasFailed() ? Value()
                          : buildMaskBias(node, allowed, NodeImporter::getElementType(parts.query));
}

/// Batched matrix product of [B, heads, …] and [B, kv heads, …]; several heads may share one of the
/// second, which is not copied for that.
static Value multiplyHeads(NodeImporter &node, Value lhs, Value rhs) {
  if (node.hasFailed())
    return nullptr;
  int64_t heads = node.requireStaticDim(lhs, 1), shared = node.requireStaticDim(rhs, 1);
  if (heads == shared || shared == 1 || node.hasFailed())
    return node.create<MatMulOp>(lhs, rhs);
  if (heads % shared != 0) {
    node.emitError() << "the number of query heads (" << heads
                     << ") is not a multiple of that of key and value heads (" << shared << ")";
    return nullptr;
  }
  Value dims = node.create<ConcatOp>(
      ValueRange({node.createDims(lhs, 0, 1), node.createInts({shared, heads / shared}),
                  node.createDims(lhs, 2, 4)}),
      /*axis=*/0);
  Value grouped = node.create<ReshapeOp>(lhs, dims);
  Value product = node.create<MatMulOp>(grouped, buildUnsqueeze(node, rhs, 2));
  Value joined = node.create<ConcatOp>(
      ValueRange({node.createDims(lhs, 0, 3), node.createDims(product, 4, 5)}), /*axis=*/0);
  return node.create<ReshapeOp>(product, joined);
}

static Value buildSoftcap(NodeImporter &node, Value scores, float softcap) {
  if (softcap <= 0)
    return scores;
  Value ratio = node.create<DivOp>(scores, node.createScalarLike(scores, softcap));
  return buildScale(node, node.create<TanhOp>(ratio), softcap);
}

/// Softmax, and zeros where the bias leaves nothing: there it would be 0 / 0.
static Value buildProbabilities(NodeImporter &node, Value scores, Value bias, Type type) {
  if (node.hasFailed())
    return nullptr;
  Type elementType = NodeImporter::getElementType(scores);
  Value wide = node.castTo(scores, type ? type : elementType);
  Value softmax = node.create<SoftmaxOp>(wide, NodeImporter::getRank(scores) - 1);
  Value result = node.castTo(softmax, elementType);
  if (!bias || node.hasFailed())
    return result;
  int64_t last = NodeImporter::getRank(bias) - 1;
  Value best = buildReduce(node, bias, ReduceKind::Max, last);
  Value isEmpty = node.create<EqualOp>(best, node.createScalarLike(best, -kInfinity));
  return node.create<WhereOp>(isEmpty, node.createScalarLike(result, 0), result);
}

// Both factors get the square root of the scale: in f16 the product of the whole could overflow.
AttentionSteps halftone::buildAttention(NodeImporter &node, const AttentionParts &parts) {
  AttentionSteps steps;
  double root = std::sqrt(double(parts.scale));
  Value query = buildScale(node, parts.query, root);
  Value key = buildMatrixTranspose(node, buildScale(node, parts.key, root));
  steps.scores = multiplyHeads(node, query, key);
  steps.capped = buildSoftcap(node, steps.scores, parts.softcap);
  steps.biased = addBias(node, steps.capped, parts.bias);
  steps.probabilities = buildProbabilities(node, steps.biased, parts.bias, parts.softmaxType);
  steps.output = multiplyHeads(node, steps.probabilities, parts.value);
  return steps;
}

Value halftone::buildRotation(NodeImporter &node, Value value, const Rotation &rotation) {
  int64_t size = node.requireStaticDim(value, 3);
  int64_t dims = rotation.dims == 0 ? size : rotation.dims;
  if (!node.hasFailed() && (dims < 0 || dims > size || dims % 2 != 0))
    node.emitError() << "rotates " << dims << " of " << size << " elements";
  if (node.hasFailed())
    return nullptr;
  Value rotated = dims == size ? value : buildSlice(node, value, 3, 0, dims);
  int64_t half = dims / 2;
  bool pairs = rotation.interleaved;
  Value first =
      pairs ? buildSlice(node, rotated, 3, 0, dims, 2) : buildSlice(node, rotated, 3, 0, half);
  Value second =
      pairs ? buildSlice(node, rotated, 3, 1, dims, 2) : buildSlice(node, rotated, 3, half, dims);
  Value cos = buildUnsqueeze(node, rotation.cos, 1), sin = buildUnsqueeze(node, rotation.sin, 1);
  Value real = node.create<SubOp>(node.create<MulOp>(cos, first), node.create<MulOp>(sin, second));
  Value imaginary =
      node.create<AddOp>(node.create<MulOp>(sin, first), node.create<MulOp>(cos, second));
  Value result;
  if (pairs)
    result = node.create<ReshapeOp>(
        buildConcat(node, {buildUnsqueeze(node, real, 4), buildUnsqueeze(node, imaginary, 4)}, 4),
        node.createShape(rotated));
  else
    result = buildConcat(node, {real, imaginary}, 3);
  if (dims == size)
    return result;
  return buildConcat(node, {result, buildSlice(node, value, 3, dims, size)}, 3);
}
