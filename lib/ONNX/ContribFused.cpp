// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops of ONNX Runtime's domain that fuse several standard ones.
#include "AttentionBuilder.h"
#include "Builders.h"
#include "Contrib.h"
#include "Convolution.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::halftone;

//===--- Normalizations ---===//

/// Normalizes input + skip + bias, and returns the sum as well.
template <bool rms> static LogicalResult importSkipNorm(NodeImporter &node) {
  Value input = node.getOperand(0), skip = node.getOperand(1), gamma = node.getOperand(2);
  Value beta = rms ? Value() : node.getOperand(3), bias = node.getOperand(rms ? 3 : 4);
  APFloat epsilon(node.getFloat("epsilon", 1e-12f));
  Value sum = node.create<AddOp>(input, skip);
  if (bias)
    sum = node.create<AddOp>(sum, bias);
  int64_t axis = NodeImporter::getRank(input) - 1;
  Value result = node.create<LayerNormOp>(sum, gamma, beta, axis, epsilon, rms);
  return node.setResults({result, Value(), Value(), sum});
}

//===--- Activations ---===//

template <bool tanh> static LogicalResult importBiasGelu(NodeImporter &node) {
  Value input = node.getOperand(0);
  if (Value bias = node.getOperand(1))
    input = node.create<AddOp>(input, bias);
  return node.setResults({node.create<GeluOp>(input, tanh)});
}

// x * sigmoid(alpha * x)
static LogicalResult importQuickGelu(NodeImporter &node) {
  Value input = node.getOperand(0);
  Value scaled = buildScale(node, input, node.getFloat("alpha", 1.702f));
  return node.setResults({node.create<MulOp>(input, node.create<SigmoidOp>(scaled))});
}

//===--- Contractions ---===//

// alpha * A' * B'
static LogicalResult importFusedMatMul(NodeImporter &node) {
  Value lhs = node.getOperand(0), rhs = node.getOperand(1);
  node.expectInt("transBatchA", 0, 0);
  node.expectInt("transBatchB", 0, 0);
  // A vector is its own transpose.
  if (node.getFlag("transA", false) && NodeImporter::getRank(lhs) > 1)
    lhs = buildMatrixTranspose(node, lhs);
  if (node.getFlag("transB", false) && NodeImporter::getRank(rhs) > 1)
    rhs = buildMatrixTranspose(node, rhs);
  Value product = node.create<MatMulOp>(lhs, rhs);
  return node.setResults({buildScale(node, product, node.getFloat("alpha", 1.0f))});
}

static Value buildActivation(NodeImporter &node, Value value, ArrayRef<float> parameters) {
  StringRef name = node.getString("activation", "");
  auto parameter = [&](size_t i, float fallback) {
    return APFloat(i < parameters.size() ? parameters[i] : fallback);
  };
  if (name.empty() || node.hasFailed())
    return value;
  if (name == "Relu")
    return node.create<ReluOp>(value);
  if (name == "Tanh")
    return node.create<TanhOp>(value);
  if (name == "Sigmoid")
    return node.create<SigmoidOp>(value);
  if (name == "LeakyRelu")
    return node.create<LeakyReluOp>(value, parameter(0, 0.01f));
  if (name == "HardSigmoid")
    return node.create<HardSigmoidOp>(value, parameter(0, 0.2f), parameter(1, 0.5f));
  if (name == "Clip" && parameters.size() == 2)
    return node.create<ClipOp>(value, node.createScalarLike(value, parameters[0]),
                               node.createScalarLike(value, parameters[1]));
  node.emitError() << "attribute 'activation' is '" << name << "' with " << parameters.size()
                   << " parameters, which is not supported";
  return nullptr;
}

/// A convolution, the sum with another tensor, and an activation.
static LogicalResult importFusedConv(NodeImporter &node) {
  Value result = buildConvolution(node, node.getOperand(0), node.getOperand(1), node.getOperand(2));
  if (Value addend = node.getOperand(3); addend && !node.hasFailed())
    result = node.create<AddOp>(result, addend);
  SmallVector<float> parameters =
      node.getFloats("activation_params").value_or(SmallVector<float>());
  return node.setResults({buildActivation(node, result, parameters)});
}

/// A Gemm and an activation, whose parameters have names of their own.
static LogicalResult importFusedGemm(NodeImporter &node) {
  SmallVector<float> parameters;
  for (StringRef name : {"activation_alpha", "activation_beta"})
    if (node.hasAttr(name))
      parameters.push_back(node.getFloat(name, 0));
  node.ignoreAttr("activation_gamma"); // Of activations that are refused.
  return node.setResults({buildActivation(node, buildGemm(node), parameters)});
}

/// A convolution of [N, H, W, C] with a filter [O, H, W, C / group].
static LogicalResult importNhwcConv(NodeImporter &node) {
  Value input = node.getOperand(0), filter = node.getOperand(1);
  if (NodeImporter::getRank(input) != 4 || NodeImporter::getRank(filter) != 4)
    return node.emitError() << "is only supported with two spatial dimensions";
  SmallVector<int64_t> toFirst = {0, 3, 1, 2}, toLast = {0, 2, 3, 1};
  Value result = buildConvolution(node, buildTranspose(node, input, toFirst),
                                  buildTranspose(node, filter, toFirst), node.getOperand(2));
  return node.setResults({buildTranspose(node, result, toLast)});
}

void halftone::addContribFusedOps(OpTable &table) {
  table.add({
      {"BiasGelu", 2, importBiasGelu<false>, kContribOpset, kContribDomain},
      {"FastGelu", {1, 2}, importBiasGelu<true>, kContribOpset, kContribDomain},
      {"FusedConv",
       {2, 4},
       importFusedConv,
       kContribOpset,
       kContribDomain,
       limitedTo("Relu, Tanh, Sigmoid, LeakyRelu, HardSigmoid, Clip")},
      {"FusedGemm",
       {2, 3},
       importFusedGemm,
       kContribOpset,
       kContribDomain,
       limitedTo("Relu, Tanh, Sigmoid, LeakyRelu, HardSigmoid")},
      {"FusedMatMul", 2, importFusedMatMul, kContribOpset, kContribDomain,
       limitedTo("no `transBatchA`, `transBatchB`")},
      {"Gelu", 1, importBiasGelu<false>, kContribOpset, kContribDomain},
      {"NhwcConv",
       {2, 3},
       importNhwcConv,
       kContribOpset,
       kContribDomain,
       limitedTo("two spatial dimensions")},
      {"QuickGelu", 1, importQuickGelu, kContribOpset, kContribDomain},
      {"SkipLayerNormalization", {3, 5}, importSkipNorm<false>, kContribOpset, kContribDomain},
      {"SkipSimplifiedLayerNormalization",
       {3, 4},
       importSkipNorm<true>,
       kContribOpset,
       kContribDomain},
      // What FusedMatMul was called before.
      {"TransposeMatMul", 2, importFusedMatMul, kContribOpset, kContribDomain},
  });
}
