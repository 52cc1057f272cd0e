// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Activations, softmax and the like.
#include "Builders.h"

using namespace mlir;
using namespace mlir::halftone;

template <typename OpT>
static LogicalResult importWithAlpha(NodeImporter &node, float defaultAlpha) {
  APFloat alpha(node.getFloat("alpha", defaultAlpha));
  return node.setResults({node.create<OpT>(node.getOperand(0), alpha)});
}

static LogicalResult importLeakyRelu(NodeImporter &node) {
  return importWithAlpha<LeakyReluOp>(node, 0.01f);
}
static LogicalResult importElu(NodeImporter &node) { return importWithAlpha<EluOp>(node, 1.0f); }
static LogicalResult importCelu(NodeImporter &node) { return importWithAlpha<CeluOp>(node, 1.0f); }
static LogicalResult importThresholdedRelu(NodeImporter &node) {
  return importWithAlpha<ThresholdedReluOp>(node, 1.0f);
}

// Until opset 6 the slope was one value, or one per channel.
static LogicalResult importPReluPerChannel(NodeImporter &node) {
  Value input = node.getOperand(0), slope = node.getOperand(1);
  int64_t spatial = NodeImporter::getRank(input) - 2;
  bool perChannel =
      NodeImporter::getRank(slope) == 1 && NodeImporter::getType(slope).getDimSize(0) != 1;
  Value aligned = perChannel ? node.appendUnitDims(slope, spatial) : slope;
  return node.setResults({node.create<PReluOp>(input, aligned)});
}

static LogicalResult importSelu(NodeImporter &node) {
  APFloat alpha(node.getFloat("alpha", 1.67326319217681884765625f));
  APFloat gamma(node.getFloat("gamma", 1.05070102214813232421875f));
  return node.setResults({node.create<SeluOp>(node.getOperand(0), alpha, gamma)});
}

static LogicalResult importHardSigmoid(NodeImporter &node) {
  APFloat alpha(node.getFloat("alpha", 0.2f)), beta(node.getFloat("beta", 0.5f));
  return node.setResults({node.create<HardSigmoidOp>(node.getOperand(0), alpha, beta)});
}

static LogicalResult importShrink(NodeImporter &node) {
  APFloat lambd(node.getFloat("lambd", 0.5f)), bias(node.getFloat("bias", 0.0f));
  return node.setResults({node.create<ShrinkOp>(node.getOperand(0), lambd, bias)});
}

static LogicalResult importGelu(NodeImporter &node) {
  StringRef approximate = node.getString("approximate", "none");
  if (approximate != "none" && approximate != "tanh")
    return node.emitError() << "attribute 'approximate' is '" << approximate
                            << "', expected 'none' or 'tanh'";
  return node.setResults({node.create<GeluOp>(node.getOperand(0), approximate == "tanh")});
}

// x * sigmoid(alpha * x)
static LogicalResult importSwish(NodeImporter &node) {
  Value input = node.getOperand(0);
  float alpha = node.getFloat("alpha", 1.0f);
  Value scaled =
      alpha == 1.0f ? input : node.create<MulOp>(input, node.createScalarLike(input, alpha));
  return node.setResults({node.create<MulOp>(input, node.create<SigmoidOp>(scaled))});
}

/// Until opset 12 softmax and hardmax saw the input as a matrix, cut at `axis`. `buildAlongAxis`
/// works along one axis.
static LogicalResult
importFlattened(NodeImporter &node,
                llvm::function_ref<Value(NodeImporter &, Value, int64_t)> buildAlongAxis) {
  Value input = node.getOperand(0);
  int64_t rank = NodeImporter::getRank(input);
  int64_t axis = node.normalizeAxis(node.getInt("axis", 1), rank);
  if (axis == rank - 1)
    return node.setResults({buildAlongAxis(node, input, axis)});
  Value matrix = node.create<FlattenOp>(input, axis);
  Value result = buildAlongAxis(node, matrix, 1);
  return node.setResults({node.create<ReshapeOp>(result, node.createShape(input))});
}

static LogicalResult
importAlongAxis(NodeImporter &node,
                llvm::function_ref<Value(NodeImporter &, Value, int64_t)> buildAlongAxis) {
  Value input = node.getOperand(0);
  int64_t axis = node.normalizeAxis(node.getInt("axis", -1), NodeImporter::getRank(input));
  return node.setResults({buildAlongAxis(node, input, axis)});
}

template <bool log> static Value buildSoftmax(NodeImporter &node, Value input, int64_t axis) {
  return node.create<SoftmaxOp>(input, axis, log);
}

/// One at the first largest element along `axis`, else zero.
static Value buildHardmax(NodeImporter &node, Value input, int64_t axis) {
  Value largest = node.create<ArgReduceOp>(input, axis, /*keepdims=*/false, /*minimum=*/false);
  Value depth = node.createDims(input, axis, axis + 1);
  Type elementType = NodeImporter::getElementType(input);
  Value values = node.castTo(node.createFloats({0.0f, 1.0f}), elementType);
  return node.create<OneHotOp>(largest, depth, values, axis);
}

template <Value (*buildAlongAxis)(NodeImporter &, Value, int64_t)>
static LogicalResult importOldSoftmax(NodeImporter &node) {
  return importFlattened(node, buildAlongAxis);
}
template <Value (*buildAlongAxis)(NodeImporter &, Value, int64_t)>
static LogicalResult importNewSoftmax(NodeImporter &node) {
  return importAlongAxis(node, buildAlongAxis);
}

void halftone::addActivationOps(OpTable &table) {
  table.add({
      {"Celu", 1, importCelu, fromOpset(12)},
      {"Elu", 1, importElu},
      {"Gelu", 1, importGelu, fromOpset(20)},
      {"HardSigmoid", 1, importHardSigmoid},
      {"HardSwish", 1, importUnary<HardSwishOp>, fromOpset(14)},
      {"Hardmax", 1, importOldSoftmax<buildHardmax>, untilOpset(12)},
      {"Hardmax", 1, importNewSoftmax<buildHardmax>, fromOpset(13)},
      {"LeakyRelu", 1, importLeakyRelu},
      {"LogSoftmax", 1, importOldSoftmax<buildSoftmax<true>>, untilOpset(12)},
      {"LogSoftmax", 1, importNewSoftmax<buildSoftmax<true>>, fromOpset(13)},
      {"Mish", 1, importUnary<MishOp>, fromOpset(18)},
      {"PRelu", 2, importPReluPerChannel, untilOpset(6)},
      {"PRelu", 2, importBinary<PReluOp>, fromOpset(7)},
      {"Relu", 1, importUnary<ReluOp>},
      {"Selu", 1, importSelu},
      {"Shrink", 1, importShrink, fromOpset(9)},
      {"Sigmoid", 1, importUnary<SigmoidOp>},
      {"Softmax", 1, importOldSoftmax<buildSoftmax<false>>, untilOpset(12)},
      {"Softmax", 1, importNewSoftmax<buildSoftmax<false>>, fromOpset(13)},
      {"Softplus", 1, importUnary<SoftplusOp>, always()},
      {"Softsign", 1, importUnary<SoftsignOp>, always()},
      {"Swish", 1, importSwish, fromOpset(24)},
      {"Tanh", 1, importUnary<TanhOp>},
      {"ThresholdedRelu", 1, importThresholdedRelu, fromOpset(10)},
  });
}
