// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention without softmax: a state that every token updates and reads.
#include "Compose.h"
#include "LoopBuilder.h"

#include <cmath>

using namespace mlir;
using namespace mlir::halftone;

namespace {
struct LinearRule {
  int64_t heads, shared; // of queries; of keys and values
  bool gates, corrects;
  float scale;
};

/// One token: [B, heads, D] each, decay [B, shared, D or 1] and rate [B, shared or 1, 1] or null.
struct Token {
  Value query, key, value, decay, rate;
};

struct Step {
  Value state, output; // [B, shared, D, D'], [B, heads * D']
};
} // namespace

/// [B, T, heads * D] by tokens: [T, B, heads, D].
static Value splitTokens(NodeImporter &node, Value value, int64_t heads) {
  Value wide = node.castTo(value, node.getBuilder().getF32Type());
  return buildTranspose(node, buildReshape(node, wide, {0, 0, heads, -1}), {1, 0, 2, 3});
}

static Step buildStep(NodeImporter &node, const LinearRule &rule, const Token &token, Value state) {
  if (token.decay)
    state = node.create<MulOp>(state, buildUnsqueeze(node, node.create<ExpOp>(token.decay), 3));
  Value written = token.value;
  if (token.rate) {
    Value known = node.create<MatMulOp>(buildUnsqueeze(node, token.key, 2), state);
    Value error = node.create<SubOp>(written, node.create<SqueezeOp>(known, ArrayRef<int64_t>(2)));
    written = node.create<MulOp>(error, token.rate);
  }
  Value product =
      node.create<MulOp>(buildUnsqueeze(node, token.key, 3), buildUnsqueeze(node, written, 2));
  state = node.create<AddOp>(state, product);
  // Query heads that share a state read it together.
  Value grouped = buildReshape(node, token.query, {0, rule.shared, rule.heads / rule.shared, -1});
  Value read = buildScale(node, node.create<MatMulOp>(grouped, state), rule.scale);
  return {state, buildReshape(node, read, {0, -1})};
}

static std::optional<LinearRule> readRule(NodeImporter &node) {
  StringRef name = node.getString("update_rule", "gated_delta");
  LinearRule rule{node.requireInt("q_num_heads"), node.requireInt("kv_num_heads"),
                  name == "gated" || name == "gated_delta",
                  name == "delta" || name == "gated_delta", node.getFloat("scale", 0.0f)};
  node.ignoreAttr("chunk_size"); // How to compute it, not what.
  if (!node.hasFailed() && name != "linear" && !rule.gates && !rule.corrects)
    node.emitError() << "attribute 'update_rule' is '" << name
                     << "', expected linear, gated, delta or gated_delta";
  if (!node.hasFailed() && (rule.heads <= 0 || rule.shared <= 0 || rule.heads % rule.shared != 0))
    node.emitError() << "the number of query heads (" << rule.heads
                     << ") is not a multiple of that of key and value heads (" << rule.shared
                     << ")";
  bool hasDecay = node.getOperand(4) != nullptr, hasRate = node.getOperand(5) != nullptr;
  if (!node.hasFailed() && (hasDecay != rule.gates || hasRate != rule.corrects))
    node.emitError() << "rule '" << name << "' and the inputs 'decay' and 'beta' do not fit";
  return node.hasFailed() ? std::nullopt : std::optional(rule);
}

/// The state before the first token: the given one, or zeros.
static Value buildInit(NodeImporter &node, Value key, Value value) {
  Type f32 = node.getBuilder().getF32Type();
  if (Value past = node.getOperand(3))
    return node.castTo(past, f32);
  // [T, B, heads, D] and [T, B, heads, D'].
  Value shape = buildConcat(node, {node.createDims(key, 1, 4), node.createDims(value, 3, 4)}, 0);
  return buildFilled(node, shape, f32, 0);
}

static LogicalResult importLinearAttention(NodeImporter &node) {
  Value query = node.getOperand(0);
  std::optional<LinearRule> rule = readRule(node);
  if (!rule)
    return failure();
  for (unsigned i : {0, 1, 2})
    if (NodeImporter::getRank(node.getOperand(i)) != 3)
      return node.emitError() << "expects queries, keys and values [B, T, heads * D]";
  LoopParts parts;
  parts.scanInputs = {splitTokens(node, query, rule->heads),
                      splitTokens(node, node.getOperand(1), rule->shared),
                      splitTokens(node, node.getOperand(2), rule->shared)};
  if (rule->gates)
    parts.scanInputs.push_back(splitTokens(node, node.getOperand(4), rule->shared));
  if (rule->corrects) {
    int64_t rates = node.requireStaticDim(node.getOperand(5), 2);
    parts.scanInputs.push_back(splitTokens(node, node.getOperand(5), rates));
  }
  if (node.hasFailed())
    return failure();
  if (rule->scale == 0)
    rule->scale = 1.0f / std::sqrt(float(node.requireStaticDim(parts.scanInputs[0], 3)));
  parts.inits = {buildInit(node, parts.scanInputs[1], parts.scanInputs[2])};
  parts.numStacked = 1;
  if (node.hasFailed())
    return failure();
  SmallVector<Value> results = buildLoop(node, parts, [&](Block::BlockArgListType arguments) {
    // The iteration, the state, then one slice of each scanned input.
    Token token{arguments[2], arguments[3], arguments[4], rule->gates ? arguments[5] : Value(),
                rule->corrects ? Value(arguments.back()) : Value()};
    Step step = buildStep(node, *rule, token, arguments[1]);
    return SmallVector<Value>{step.state, step.output};
  });
  if (node.hasFailed())
    return failure();
  Type type = NodeImporter::getElementType(query);
  Value past = node.getOperand(3);
  Value output = node.castTo(buildTranspose(node, results[1], {1, 0, 2}), type);
  return node.setResults(
      {output, node.castTo(results[0], past ? NodeImporter::getElementType(past) : type)});
}

void halftone::addLinearAttentionOps(OpTable &table) {
  table.add({{"LinearAttention", {3, 6}, importLinearAttention, fromOpset(27)}});
}
