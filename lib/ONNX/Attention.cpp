// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What transformers and state space models are made of.
#include "AttentionBuilder.h"
#include "Builders.h"

#include <cmath>

using namespace mlir;
using namespace mlir::halftone;

//===--- Attention ---===//

/// The mask as a bias; one that is shorter than the keys forbids those behind it.
static Value buildMask(NodeImporter &node, Value mask, const AttentionParts &parts) {
  if (!mask || node.hasFailed())
    return nullptr;
  RankedTensorType type = NodeImporter::getType(mask);
  int64_t rank = type.getRank();
  if (rank == 0) {
    node.emitError() << "the mask has no dimensions";
    return nullptr;
  }
  bool isBool = type.getElementType().isInteger(1);
  Type elementType = NodeImporter::getElementType(parts.query);
  Value bias = isBool ? buildMaskBias(node, mask, elementType) : mask;
  int64_t keys = NodeImporter::getType(parts.key).getDimSize(2), given = type.getDimSize(rank - 1);
  if (ShapedType::isDynamic(keys) || ShapedType::isDynamic(given) || given >= keys || given == 1)
    return bias;
  SmallVector<int64_t> pads(2 * rank, 0);
  pads.back() = keys - given;
  Value forbidden = node.createScalar(elementType, -std::numeric_limits<double>::infinity());
  return node.create<PadOp>(bias, node.createInts(pads), forbidden, PadMode::Constant);
}

/// Forbids the keys behind the number of valid ones of each batch.
static Value buildPaddingBias(NodeImporter &node, Value lengths, const AttentionParts &parts) {
  Value keys = buildIota(node, buildSize(node, parts.key, 2));
  Value perBatch = buildReshape(node, node.castToI64(lengths), {-1, 1, 1, 1});
  return buildMaskBias(node, node.create<LessOp>(keys, perBatch),
                       NodeImporter::getElementType(parts.query));
}

/// The position of the first query: behind the cached keys.
static Value buildOffset(NodeImporter &node, Value past, Value lengths,
                         const AttentionParts &parts) {
  if (past)
    return buildSize(node, past, 2);
  if (!lengths)
    return nullptr;
  Value perBatch = buildReshape(node, node.castToI64(lengths), {-1, 1, 1, 1});
  return node.create<SubOp>(perBatch, buildSize(node, parts.query, 2));
}

static Value pickStep(NodeImporter &node, const AttentionSteps &steps, int64_t mode) {
  switch (mode) {
  case 0:
    return steps.scores;
  case 1:
    return steps.capped;
  case 2:
    return steps.biased;
  case 3:
    return steps.probabilities;
  default:
    node.emitError() << "attribute 'qk_matmul_output_mode' is " << mode << ", expected 0 to 3";
    return nullptr;
  }
}

static LogicalResult importAttention(NodeImporter &node) {
  AttentionParts parts;
  parts.query = node.getOperand(0), parts.key = node.getOperand(1),
  parts.value = node.getOperand(2);
  Value mask = node.getOperand(3), pastKey = node.getOperand(4), pastValue = node.getOperand(5);
  Value lengths = node.getOperand(6);
  int64_t queryHeads = node.getInt("q_num_heads", 0), heads = node.getInt("kv_num_heads", 0);
  bool isCausal = node.getFlag("is_causal", false);
  AttentionWindow window{node.getInt("left_window_size", -1), node.getInt("right_window_size", -1),
                         nullptr};
  parts.softcap = node.getFloat("softcap", 0);
  parts.softmaxType = node.getElementTypeAttr("softmax_precision", nullptr);
  int64_t mode = node.getInt("qk_matmul_output_mode", 0);
  int64_t rank = NodeImporter::getRank(parts.query);
  if (!node.hasFailed() && ((rank != 3 && rank != 4) || bool(pastKey) != bool(pastValue)))
    return node.emitError() << "expects [B, S, hidden] or [B, heads, S, D], and both or none of "
                               "the cached keys and values";
  if (!node.hasFailed() && rank == 3 && (queryHeads <= 0 || heads <= 0))
    return node.emitError() << "attributes 'q_num_heads' and 'kv_num_heads' are required";
  if (node.hasFailed())
    return failure();
  if (rank == 3) {
    parts.query = splitHeads(node, parts.query, queryHeads);
    parts.key = splitHeads(node, parts.key, heads);
    parts.value = splitHeads(node, parts.value, heads);
  }
  if (pastKey) {
    parts.key = buildConcat(node, {pastKey, parts.key}, 2);
    parts.value = buildConcat(node, {pastValue, parts.value}, 2);
  }
  parts.scale =
      node.getFloat("scale", 1.0f / std::sqrt(float(node.requireStaticDim(parts.query, 3))));
  window.offset = buildOffset(node, pastKey, lengths, parts);
  parts.bias = addBias(node, buildMask(node, mask, parts), buildWindowBias(node, parts, window));
  if (isCausal)
    parts.bias = addBias(node, parts.bias, buildWindowBias(node, parts, {-1, 0, window.offset}));
  if (lengths)
    parts.bias = addBias(node, parts.bias, buildPaddingBias(node, lengths, parts));
  AttentionSteps steps = buildAttention(node, parts);
  Value output = rank == 3 ? joinHeads(node, steps.output) : steps.output;
  return node.setResults({output, parts.key, parts.value, pickStep(node, steps, mode)});
}

//===--- Rotary embeddings ---===//

static LogicalResult importRotaryEmbedding(NodeImporter &node) {
  Value input = node.getOperand(0), positions = node.getOperand(3);
  Rotation rotation{node.getOperand(1), node.getOperand(2), node.getInt("rotary_embedding_dim", 0),
                    node.getFlag("interleaved", false)};
  int64_t heads = node.getInt("num_heads", 0), rank = NodeImporter::getRank(input);
  if (!node.hasFailed() && rank != 4 && (rank != 3 || heads <= 0))
    return node.emitError() << "expects [B, heads, S, D], or [B, S, hidden] and 'num_heads'";
  if (positions) {
    rotation.cos = node.create<GatherOp>(rotation.cos, positions, /*axis=*/int64_t(0));
    rotation.sin = node.create<GatherOp>(rotation.sin, positions, /*axis=*/int64_t(0));
  }
  if (node.hasFailed())
    return failure();
  Value perHead = rank == 3 ? splitHeads(node, input, heads) : input;
  Value result = buildRotation(node, perHead, rotation);
  return node.setResults({rank == 3 ? joinHeads(node, result) : result});
}

//===--- State ---===//

/// A convolution over the past and the input, one filter per channel, without padding.
static LogicalResult importCausalConvWithState(NodeImporter &node) {
  Value input = node.getOperand(0), filter = node.getOperand(1), bias = node.getOperand(2);
  Value past = node.getOperand(3);
  StringRef activation = node.getString("activation", "none");
  if (!node.hasFailed() && activation != "none" && activation != "silu" && activation != "swish")
    return node.emitError() << "attribute 'activation' is '" << activation
                            << "', expected none, silu or swish";
  if (!node.hasFailed() &&
      (NodeImporter::getRank(input) != 3 || NodeImporter::getRank(filter) != 3))
    return node.emitError() << "expects [B, channels, length] and a filter [channels, 1, k]";
  if (node.hasFailed())
    return failure();
  int64_t channels = node.requireStaticDim(input, 1), kernel = node.requireStaticDim(filter, 2);
  if (!past) {
    Value shape =
        buildConcat(node, {node.createDims(input, 0, 2), node.createInts(int64_t(kernel - 1))}, 0);
    past = buildFilled(node, shape, NodeImporter::getElementType(input), 0);
  }
  Value all = buildConcat(node, {past, input}, 2);
  SmallVector<int64_t> ones = {1}, pads = {0, 0};
  Value result = node.create<ConvOp>(all, filter, ones, ones, pads, channels);
  if (bias)
    result = node.create<AddOp>(result, node.appendUnitDims(bias, 1));
  if (activation != "none")
    result = node.create<MulOp>(result, node.create<SigmoidOp>(result));
  Value total = node.createDims(all, 2, 3);
  Value state = node.create<SliceOp>(all, buildShift(node, total, double(1 - kernel)), total,
                                     node.createInts(int64_t(1)), ArrayRef<int64_t>(2));
  return node.setResults({result, state});
}

/// The cache with `update` written behind the write index of each batch.
static LogicalResult importTensorScatter(NodeImporter &node) {
  Value cache = node.getOperand(0), update = node.getOperand(1), start = node.getOperand(2);
  int64_t rank = NodeImporter::getRank(cache);
  int64_t axis = node.normalizeAxis(node.getInt("axis", -2), rank);
  StringRef mode = node.getString("mode", "linear");
  if (!node.hasFailed() && ((mode != "linear" && mode != "circular") || axis == 0))
    return node.emitError() << "expects mode linear or circular, and another axis than the batch";
  Value places = buildIota(node, buildSize(node, update, axis));
  if (start) {
    places = node.create<AddOp>(buildUnsqueeze(node, node.castToI64(start), 1), places);
    if (mode == "circular")
      places = node.create<ModOp>(places, buildSize(node, cache, axis), /*fmod=*/false);
  }
  if (node.hasFailed())
    return failure();
  // [B, S] to [B, 1…, S, 1…], or [S] to [S, 1…].
  SmallVector<int64_t> axes;
  for (int64_t i = start ? 1 : axis; i < rank; ++i)
    if (i != axis)
      axes.push_back(start ? i : i - axis);
  Value indices =
      node.create<ExpandOp>(buildUnsqueeze(node, places, axes), node.createShape(update));
  return node.setResults(
      {node.create<ScatterElementsOp>(cache, indices, update, axis, ScatterReduction::None)});
}

// swish(a) * b
static LogicalResult importSwiGLU(NodeImporter &node) {
  Value gate = node.getOperand(0);
  Value scaled = buildScale(node, gate, node.getFloat("alpha", 1.0f));
  Value swish = node.create<MulOp>(gate, node.create<SigmoidOp>(scaled));
  return node.setResults({node.create<MulOp>(swish, node.getOperand(1))});
}

void halftone::addAttentionOps(OpTable &table) {
  table.add({
      {"Attention", {3, 7}, importAttention, fromOpset(23)},
      {"CausalConvWithState", {2, 4}, importCausalConvWithState, fromOpset(27)},
      {"RotaryEmbedding", {3, 4}, importRotaryEmbedding, fromOpset(23)},
      {"SwiGLU", 2, importSwiGLU, fromOpset(28)},
      {"TensorScatter", {2, 3}, importTensorScatter, fromOpset(24)},
  });
}
