// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Encoders as ONNX Runtime's transformer optimizer fuses them: one product for queries, keys and
// values, in floats or in integers, and the embeddings before.
#include "ContribAttention.h"
#include "QuantizationBuilder.h"

#include <cmath>

using namespace mlir;
using namespace mlir::halftone;

float halftone::readAttentionScale(NodeImporter &node, Value query) {
  float scale = node.getFloat("scale", 0.0f);
  return scale != 0 ? scale : 1.0f / std::sqrt(float(node.requireStaticDim(query, 3)));
}

void halftone::refuseOperands(NodeImporter &node,
                              ArrayRef<std::pair<unsigned, StringRef>> operands) {
  for (auto [index, name] : operands)
    if (!node.hasFailed() && node.getOperand(index))
      node.emitError() << "input '" << name << "' is not supported; export the model without it";
}

//===--- Masks ---===//

/// Keys before the ends of each batch, and behind the starts if there are any: [B, 1, 1, T].
static Value buildAllowedRange(NodeImporter &node, Value ends, const AttentionParts &parts) {
  ShapeContext &shapes = node.getShapes();
  AffineExpr count = shapes.dims(ends)[0], batches = shapes.dims(parts.query)[0];
  bool hasStarts = count == batches * 2;
  if (!hasStarts && count != batches && ShapeContext::asConstant(count) &&
      ShapeContext::asConstant(batches)) {
    node.emitError() << "a mask of type " << ends.getType() << " is not supported: expected one "
                     << "number of keys, or an end and a start, for each batch";
    return nullptr;
  }
  Value keys = buildIota(node, buildSize(node, parts.key, 2)), starts;
  ends = node.castToI64(ends);
  if (hasStarts) {
    Value half = node.createDims(parts.query, 0, 1);
    starts = node.create<SliceOp>(ends, half, node.createDims(ends, 0, 1),
                                  node.createInts(int64_t(1)), ArrayRef<int64_t>(0));
    ends = node.create<SliceOp>(ends, node.createInts(int64_t(0)), half,
                                node.createInts(int64_t(1)), ArrayRef<int64_t>(0));
  }
  Value allowed = node.create<LessOp>(keys, buildReshape(node, ends, {-1, 1, 1, 1}));
  if (!starts)
    return allowed;
  Value isBehind = node.create<GreaterOrEqualOp>(keys, buildReshape(node, starts, {-1, 1, 1, 1}));
  return node.create<AndOp>(allowed, isBehind);
}

Value halftone::buildKeyMask(NodeImporter &node, Value mask, const AttentionParts &parts,
                             double forbidden) {
  if (!mask || node.hasFailed())
    return nullptr;
  Value allowed;
  Type flag = node.getBuilder().getI1Type();
  switch (NodeImporter::getRank(mask)) {
  case 1:
    allowed = buildAllowedRange(node, mask, parts);
    break;
  case 2:
    allowed = buildUnsqueeze(node, node.castTo(mask, flag), {1, 2});
    break;
  case 3:
    allowed = buildUnsqueeze(node, node.castTo(mask, flag), 1);
    break;
  default:
    node.emitError() << "a mask of type " << mask.getType()
                     << " is not supported: expected [B], [2 * B], [B, T] or [B, S, T]";
    return nullptr;
  }
  if (node.hasFailed())
    return nullptr;
  Type type = NodeImporter::getElementType(parts.query);
  return node.create<WhereOp>(allowed, node.createScalar(type, 0),
                              node.createScalar(type, forbidden));
}

//===--- Attention, QAttention ---===//

namespace {
/// The operands that both ops have, wherever they have them.
struct PackedAttention {
  Value projected; // [B, S, queries + keys + values]
  Value mask, past, bias;
};
} // namespace

/// The sizes of queries, keys and values in the last dimension; empty after an error.
static SmallVector<int64_t> readHiddenSizes(NodeImporter &node, Value projected) {
  std::optional<SmallVector<int64_t>> given = node.getInts("qkv_hidden_sizes");
  int64_t all = node.requireStaticDim(projected, 2);
  SmallVector<int64_t> sizes = given && !given->empty() ? *given : SmallVector<int64_t>(3, all / 3);
  bool fits = sizes.size() == 3 &&
              llvm::all_of(sizes, [&](int64_t size) { return size > 0 && size <= all; }) &&
              sizes[0] + sizes[1] + sizes[2] == all;
  if (!node.hasFailed() && !fits)
    node.emitError() << "the product of input and weights has " << all
                     << " columns, which are not those of queries, keys and values";
  return node.hasFailed() ? SmallVector<int64_t>() : sizes;
}

static LogicalResult buildPackedAttention(NodeImporter &node, const PackedAttention &packed) {
  int64_t heads = node.requireInt("num_heads");
  bool isCausal = node.getFlag("unidirectional", false);
  float forbidden = node.getFloat("mask_filter_value", -10000.0f);
  node.expectInt("do_rotary", 0, 0);
  node.expectInt("past_present_share_buffer", 0, 0);
  if (!node.hasFailed() && (heads <= 0 || NodeImporter::getRank(packed.projected) != 3))
    return node.emitError() << "expects an input [B, S, hidden] and a positive 'num_heads'";
  SmallVector<int64_t> sizes = readHiddenSizes(node, packed.projected);
  if (node.hasFailed())
    return failure();
  auto part = [&](int64_t start, int64_t size) {
    return splitHeads(node, buildSlice(node, packed.projected, 2, start, start + size), heads);
  };
  AttentionParts parts;
  parts.query = part(0, sizes[0]);
  parts.key = part(sizes[0], sizes[1]);
  parts.value = part(sizes[0] + sizes[1], sizes[2]);
  AttentionWindow window{-1, isCausal ? 0 : -1, nullptr};
  if (packed.past) { // [2, B, heads, T, D]
    auto pick = [&](double index) {
      Value position = node.createScalar(node.getBuilder().getI64Type(), index);
      return node.create<GatherOp>(packed.past, position, /*axis=*/int64_t(0));
    };
    parts.key = buildConcat(node, {pick(0), parts.key}, 2);
    parts.value = buildConcat(node, {pick(1), parts.value}, 2);
    window.offset = buildSize(node, packed.past, 3);
  }
  parts.scale = readAttentionScale(node, parts.query);
  parts.bias = addBias(node, buildKeyMask(node, packed.mask, parts, forbidden), packed.bias);
  parts.bias = addBias(node, parts.bias, buildWindowBias(node, parts, window));
  AttentionSteps steps = buildAttention(node, parts);
  Value present;
  if (node.wantsResult(1) && !node.hasFailed())
    present = buildConcat(
        node, {buildUnsqueeze(node, parts.key, 0), buildUnsqueeze(node, parts.value, 0)}, 0);
  return node.setResults({joinHeads(node, steps.output), present});
}

static Value addBiasVector(NodeImporter &node, Value value, Value bias) {
  return bias ? node.create<AddOp>(value, bias) : value;
}

static LogicalResult importPackedAttention(NodeImporter &node) {
  Value product = node.create<MatMulOp>(node.getOperand(0), node.getOperand(1));
  refuseOperands(node, {{6, "past_sequence_length"}});
  return buildPackedAttention(node, {addBiasVector(node, product, node.getOperand(2)),
                                     node.getOperand(3), node.getOperand(4), node.getOperand(5)});
}

/// The product is one of exact integers; everything behind it is in floats.
static LogicalResult importQAttention(NodeImporter &node) {
  Quantized input{node.getOperand(0), node.getOperand(3), node.getOperand(6)};
  Quantized weights{node.getOperand(1), node.getOperand(4), node.getOperand(7)};
  Value sum = buildIntegerProduct(node, input, weights);
  Value product = buildScaledSum(node, sum, input.scale, weights.scale);
  return buildPackedAttention(node, {addBiasVector(node, product, node.getOperand(2)),
                                     node.getOperand(5), node.getOperand(8), Value()});
}

//===--- EmbedLayerNormalization ---===//

/// The sum of the embeddings of words, positions and segments, normalized.
static LogicalResult importEmbedLayerNormalization(NodeImporter &node) {
  Value words = node.getOperand(0), segments = node.getOperand(1), mask = node.getOperand(7);
  Value wordTable = node.getOperand(2), positionTable = node.getOperand(3);
  Value segmentTable = node.getOperand(4), positions = node.getOperand(8);
  Value gamma = node.getOperand(5), beta = node.getOperand(6);
  APFloat epsilon(node.getFloat("epsilon", 1e-12f));
  node.expectInt("mask_index_type", 0, 0);
  if (NodeImporter::getRank(words) != 2 || !wordTable || !positionTable || !gamma || !beta ||
      bool(segments) != bool(segmentTable))
    return node.emitError() << "expects words [B, S], tables of words and positions, segments with "
                               "their table, and both factors of the normalization";
  auto pick = [&](Value table, Value indices) {
    return node.create<GatherOp>(table, indices, /*axis=*/int64_t(0));
  };
  if (!positions)
    positions = buildUnsqueeze(node, buildIota(node, buildSize(node, words, 1)), 0);
  Value sum = node.create<AddOp>(pick(wordTable, words), pick(positionTable, positions));
  if (segments)
    sum = node.create<AddOp>(sum, pick(segmentTable, segments));
  Value result = node.create<LayerNormOp>(sum, gamma, beta, /*axis=*/int64_t(2), epsilon,
                                          /*rms=*/false);
  // How many words of each batch count.
  Value lengths;
  Type i32 = node.getBuilder().getI32Type();
  if (mask)
    lengths = buildReduce(node, node.castTo(mask, i32), ReduceKind::Sum, 1, /*keepdims=*/false);
  else if (node.wantsResult(1))
    lengths = buildFilled(node, node.createDims(words, 0, 1), i32, 0);
  return node.setResults({result, lengths, sum});
}

void halftone::addContribPackedAttentionOps(OpTable &table) {
  table.add({
      {"Attention",
       {2, 7},
       importPackedAttention,
       kContribOpset,
       kContribDomain,
       limitedTo(
           "masks of 1 to 3 dimensions; no `do_rotary`, `past_sequence_length`, shared buffers")},
      {"EmbedLayerNormalization",
       {1, 9},
       importEmbedLayerNormalization,
       kContribOpset,
       kContribDomain,
       limitedTo("`mask_index_type` 0")},
      {"QAttention",
       {5, 9},
       importQAttention,
       kContribOpset,
       kContribDomain,
       limitedTo("masks of 1 to 3 dimensions; no `do_rotary`, shared buffers")},
  });
}
