// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention as ONNX Runtime's tools export language models.
#include "ContribAttention.h"

using namespace mlir;
using namespace mlir::halftone;

//===--- MultiHeadAttention ---===//

static LogicalResult importMultiHeadAttention(NodeImporter &node) {
  Value query = node.getOperand(0), key = node.getOperand(1), value = node.getOperand(2);
  Value bias = node.getOperand(3), mask = node.getOperand(4), scores = node.getOperand(5);
  Value pastKey = node.getOperand(6), pastValue = node.getOperand(7);
  int64_t heads = node.requireInt("num_heads");
  bool isCausal = node.getFlag("unidirectional", false);
  float forbidden = node.getFloat("mask_filter_value", -10000.0f);
  refuseOperands(node, {{8, "past_sequence_length"}, {9, "cache_indirection"}});
  if (node.hasFailed())
    return failure();
  if (!key || !value || NodeImporter::getRank(query) != 3 || heads <= 0 ||
      bool(pastKey) != bool(pastValue))
    return node.emitError() << "is only supported for separate queries [B, S, hidden], keys and "
                               "values";
  if (bias) {
    int64_t hidden = node.requireStaticDim(query, 2);
    query = node.create<AddOp>(query, buildSlice(node, bias, 0, 0, hidden));
    int64_t all = node.requireStaticDim(bias, 0);
    if (NodeImporter::getRank(key) == 3) {
      key = node.create<AddOp>(key, buildSlice(node, bias, 0, hidden, 2 * hidden));
      value = node.create<AddOp>(value, buildSlice(node, bias, 0, 2 * hidden, all));
    }
  }
  AttentionParts parts;
  parts.query = splitHeads(node, query, heads);
  // Keys of another sequence may come split already.
  bool isSplit = !node.hasFailed() && NodeImporter::getRank(key) == 4;
  parts.key = isSplit ? key : splitHeads(node, key, heads);
  parts.value = isSplit ? value : splitHeads(node, value, heads);
  AttentionWindow window{-1, isCausal ? 0 : -1, nullptr};
  if (pastKey) {
    parts.key = buildConcat(node, {pastKey, parts.key}, 2);
    parts.value = buildConcat(node, {pastValue, parts.value}, 2);
    window.offset = buildSize(node, pastKey, 2);
  }
  parts.scale = readAttentionScale(node, parts.query);
  parts.bias = addBias(node, buildKeyMask(node, mask, parts, forbidden), scores);
  parts.bias = addBias(node, parts.bias, buildWindowBias(node, parts, window));
  AttentionSteps steps = buildAttention(node, parts);
  return node.setResults({joinHeads(node, steps.output), parts.key, parts.value});
}

//===--- GroupQueryAttention ---===//

namespace {
/// What a node of grouped queries holds beside its tensors.
struct GroupedHeads {
  int64_t heads, shared;
};
} // namespace

/// Queries, keys and values may come in one tensor.
static void splitPacked(NodeImporter &node, const GroupedHeads &heads, Value &query, Value &key,
                        Value &value) {
  int64_t hidden = node.requireStaticDim(query, 2);
  if (!node.hasFailed() && (heads.heads > hidden || heads.shared > hidden))
    node.emitError() << "has more heads than the " << hidden << " columns of its packed input";
  if (node.hasFailed())
    return;
  int64_t size = hidden / (heads.heads + 2 * heads.shared);
  int64_t first = heads.heads * size, second = first + heads.shared * size;
  Value packed = query;
  query = buildSlice(node, packed, 2, 0, first);
  key = buildSlice(node, packed, 2, first, second);
  value = buildSlice(node, packed, 2, second, second + heads.shared * size);
}

/// The angles at the positions behind `past` cached keys: [B or 1, S, D / 2].
static Rotation buildPositions(NodeImporter &node, Value query, Value past, bool interleaved) {
  Value cos = node.getOperand(7), sin = node.getOperand(8), positions = node.getOperand(9);
  if (!node.hasFailed() && (!cos || !sin))
    node.emitError() << "attribute 'do_rotary' needs 'cos_cache' and 'sin_cache'";
  if (node.hasFailed())
    return {};
  if (!positions) {
    Value steps = buildIota(node, buildSize(node, query, 2));
    positions = buildUnsqueeze(node, past ? node.create<AddOp>(steps, past) : steps, 0);
  }
  auto pick = [&](Value table) {
    return node.create<GatherOp>(table, positions, /*axis=*/int64_t(0));
  };
  int64_t dims = 2 * node.requireStaticDim(cos, 1);
  return {pick(cos), pick(sin), dims, interleaved};
}

/// The cache holds exactly the keys before the queries, as exported models pass it: its length says
/// what `seqlens_k` and `total_sequence_length` say too. (Buffers of a fixed length are shared
/// between past and present only by the generation loop of ONNX Runtime itself.)
static LogicalResult importGroupQueryAttention(NodeImporter &node) {
  Value query = node.getOperand(0), key = node.getOperand(1), value = node.getOperand(2);
  Value pastKey = node.getOperand(3), pastValue = node.getOperand(4);
  node.getOperand(5), node.getOperand(6); // seqlens_k, total_sequence_length
  GroupedHeads heads{node.requireInt("num_heads"), node.requireInt("kv_num_heads")};
  bool rotates = node.getFlag("do_rotary", false);
  bool interleaved = node.getFlag("rotary_interleaved", false);
  int64_t windowSize = node.getInt("local_window_size", -1);
  node.expectInt("smooth_softmax", 0, 0);
  node.expectInt("causal", 1, 1);
  node.expectInt("qk_output", 0, 0);
  AttentionParts parts;
  parts.softcap = node.getFloat("softcap", 0.0f);
  refuseOperands(node, {{11, "head_sink"},
                        {12, "k_scale"},
                        {13, "v_scale"},
                        {14, "q_norm_weight"},
                        {15, "k_norm_weight"}});
  if (node.hasFailed())
    return failure();
  if (heads.heads <= 0 || heads.shared <= 0 || NodeImporter::getRank(query) != 3 ||
      bool(key) != bool(value) || bool(pastKey) != bool(pastValue))
    return node.emitError() << "expects queries [B, S, hidden], and keys with values";
  if (!key)
    splitPacked(node, heads, query, key, value);
  parts.query = splitHeads(node, query, heads.heads);
  parts.key = splitHeads(node, key, heads.shared);
  parts.value = splitHeads(node, value, heads.shared);
  Value past = pastKey ? buildSize(node, pastKey, 2) : Value();
  if (rotates) {
    Rotation rotation = buildPositions(node, parts.query, past, interleaved);
    parts.query = buildRotation(node, parts.query, rotation);
    parts.key = buildRotation(node, parts.key, rotation);
  }
  if (pastKey) {
    parts.key = buildConcat(node, {pastKey, parts.key}, 2);
    parts.value = buildConcat(node, {pastValue, parts.value}, 2);
  }
  parts.scale = readAttentionScale(node, parts.query);
  AttentionWindow window{windowSize > 0 ? windowSize - 1 : -1, 0, past};
  parts.bias = addBias(node, buildWindowBias(node, parts, window), node.getOperand(10));
  AttentionSteps steps = buildAttention(node, parts);
  return node.setResults({joinHeads(node, steps.output), parts.key, parts.value});
}

//===--- RotaryEmbedding ---===//

/// Positions are one per token, or the first one of all batches.
static LogicalResult importContribRotaryEmbedding(NodeImporter &node) {
  Value input = node.getOperand(0), positions = node.castToI64(node.getOperand(1));
  Value cos = node.getOperand(2), sin = node.getOperand(3);
  int64_t heads = node.getInt("num_heads", 0), dims = node.getInt("rotary_embedding_dim", 0);
  bool interleaved = node.getFlag("interleaved", false);
  node.expectInt("is_packed_batching", 0, 0);
  node.ignoreAttr("scale"); // ONNX Runtime does not read it either.
  int64_t rank = NodeImporter::getRank(input);
  if (node.hasFailed())
    return failure();
  if (rank != 3 && rank != 4)
    return node.emitError() << "expects [B, heads, S, D] or [B, S, hidden]";
  if (rank == 3 && heads <= 0) {
    // The caches tell how large a head is.
    int64_t size = 2 * node.requireStaticDim(cos, 1);
    heads = size > 0 ? node.requireStaticDim(input, 2) / size : 0;
  }
  Value perHead = rank == 4 ? input : splitHeads(node, input, std::max<int64_t>(heads, 1));
  if (NodeImporter::getRank(positions) < 2) {
    Value steps = buildIota(node, buildSize(node, perHead, 2));
    Value shape =
        buildConcat(node, {node.createDims(perHead, 0, 1), node.createDims(perHead, 2, 3)}, 0);
    positions = node.create<ExpandOp>(node.create<AddOp>(steps, positions), shape);
  }
  auto pick = [&](Value table) {
    return node.create<GatherOp>(table, positions, /*axis=*/int64_t(0));
  };
  Value result = buildRotation(node, perHead, {pick(cos), pick(sin), dims, interleaved});
  return node.setResults({rank == 4 ? result : joinHeads(node, result)});
}

void halftone::addContribAttentionOps(OpTable &table) {
  table.add({
      {"GroupQueryAttention",
       {1, 16},
       importGroupQueryAttention,
       kContribOpset,
       kContribDomain,
       limitedTo("the cache holds exactly the keys before the queries; no `smooth_softmax`, "
                 "`head_sink`, quantized cache or norms")},
      {"MultiHeadAttention",
       {1, 10},
       importMultiHeadAttention,
       kContribOpset,
       kContribDomain,
       limitedTo(
           "separate queries, keys and values; no `past_sequence_length`, `cache_indirection`")},
      {"RotaryEmbedding", 4, importContribRotaryEmbedding, kContribOpset, kContribDomain,
       limitedTo("no `is_packed_batching`")},
  });
}
