// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Normalizations, and dropout, which is none of its own in inference.
#include "Builders.h"

#include "halftone/Dialect/ConstantData.h"
#include <cmath>

using namespace mlir;
using namespace mlir::halftone;

namespace {
/// x * scale + shift, one of each per channel.
struct ChannelAffine {
  Value scale, shift;
};
} // namespace

/// The floats of a constant f32 vector.
static std::optional<std::vector<float>> readConstantFloats(Value value) {
  ElementsAttr elements = getConstant(value);
  if (!elements || !elements.getElementType().isF32())
    return std::nullopt;
  return readFloats(elements);
}

/// (x - mean) / sqrt(variance + epsilon) * scale + bias with everything but x put together.
static ChannelAffine combineConstants(NodeImporter &node, ArrayRef<std::vector<float>> vectors,
                                      float epsilon) {
  size_t channels = vectors[0].size();
  SmallVector<float> scale(channels), shift(channels);
  for (size_t i = 0; i < channels; ++i) {
    double factor = double(vectors[0][i]) / std::sqrt(double(vectors[3][i]) + double(epsilon));
    scale[i] = float(factor);
    shift[i] = float(double(vectors[1][i]) - double(vectors[2][i]) * factor);
  }
  auto type = RankedTensorType::get(int64_t(channels), node.getBuilder().getF32Type());
  return {node.createConstant(makeConstant(type, ArrayRef<float>(scale), "scale")),
          node.createConstant(makeConstant(type, ArrayRef<float>(shift), "shift"))};
}

static ChannelAffine combineByOps(NodeImporter &node, ArrayRef<Value> vectors, float epsilon) {
  Value variance = node.create<AddOp>(vectors[3], node.createScalarLike(vectors[3], epsilon));
  Value scale = node.create<DivOp>(vectors[0], node.create<SqrtOp>(variance));
  Value shift = node.create<SubOp>(vectors[1], node.create<MulOp>(vectors[2], scale));
  return {scale, shift};
}

/// Until opset 6 a flag said that the node is not one of training.
static void expectInference(NodeImporter &node) {
  if (node.getOpset() < 7)
    node.expectInt("is_test", 0, 1);
}

/// Normalizes by the batch itself, and moves the running statistics towards it.
static LogicalResult buildBatchStatistics(NodeImporter &node, ArrayRef<Value> operands,
                                          float epsilon, float momentum) {
  Value input = operands[0];
  int64_t rank = NodeImporter::getRank(input);
  SmallVector<int64_t> axes = {0};
  llvm::append_range(axes, llvm::seq<int64_t>(2, rank));
  auto buildMean = [&](Value value) {
    return node.create<ReduceOp>(value, ReduceKind::Mean, axes, /*keepdims=*/false);
  };
  Value mean = buildMean(input);
  Value centered = node.create<SubOp>(input, node.appendUnitDims(mean, rank - 2));
  Value variance = buildMean(node.create<MulOp>(centered, centered));
  ChannelAffine affine = combineByOps(node, {operands[1], operands[2], mean, variance}, epsilon);
  Value scaled = node.create<MulOp>(input, node.appendUnitDims(affine.scale, rank - 2));
  Value result = node.create<AddOp>(scaled, node.appendUnitDims(affine.shift, rank - 2));
  auto move = [&](Value running, Value current) -> Value {
    Value kept = node.create<MulOp>(running, node.createScalarLike(running, momentum));
    return node.create<AddOp>(
        kept, node.create<MulOp>(current, node.createScalarLike(current, 1 - double(momentum))));
  };
  return node.setResults({result, move(operands[3], mean), move(operands[4], variance)});
}

static LogicalResult importBatchNormalization(NodeImporter &node) {
  SmallVector<Value> operands = node.getOperands();
  float epsilon = node.getFloat("epsilon", 1e-5f);
  float momentum = node.getFloat("momentum", 0.9f);
  bool isTraining = node.getFlag("training_mode", false);
  node.expectInt("spatial", 1, 1);
  expectInference(node);
  Value input = operands.front();
  if (NodeImporter::getRank(input) < 2 && !node.hasFailed())
    return node.emitError() << "expects [N, C, spatial…], but its input is " << input.getType();
  if (isTraining)
    return buildBatchStatistics(node, operands, epsilon, momentum);
  ArrayRef<Value> vectors = ArrayRef<Value>(operands).drop_front();
  std::vector<std::vector<float>> constants;
  for (Value vector : vectors)
    if (std::optional<std::vector<float>> floats = readConstantFloats(vector))
      constants.push_back(std::move(*floats));
  bool agree = constants.size() == 4 && llvm::all_of(constants, [&](const auto &floats) {
                 return floats.size() == constants[0].size();
               });
  if (node.hasFailed())
    return failure();
  ChannelAffine affine =
      agree ? combineConstants(node, constants, epsilon) : combineByOps(node, vectors, epsilon);
  int64_t spatial = NodeImporter::getRank(input) - 2;
  Value scaled = node.create<MulOp>(input, node.appendUnitDims(affine.scale, spatial));
  return node.setResults({node.create<AddOp>(scaled, node.appendUnitDims(affine.shift, spatial))});
}

static LogicalResult importInstanceNormalization(NodeImporter &node) {
  APFloat epsilon(node.getFloat("epsilon", 1e-5f));
  return node.setResults({node.create<InstanceNormOp>(node.getOperand(0), node.getOperand(1),
                                                      node.getOperand(2), epsilon)});
}

/// Instance normalization of [N, groups, the rest]. Until opset 20 scale and bias were per group,
/// since then they are per channel.
static LogicalResult importGroupNormalization(NodeImporter &node) {
  Value input = node.getOperand(0), scale = node.getOperand(1), bias = node.getOperand(2);
  APFloat epsilon(node.getFloat("epsilon", 1e-5f));
  int64_t groups = node.requireInt("num_groups");
  node.expectInt("stash_type", 1, 1);
  if (!node.hasFailed() && (groups <= 0 || NodeImporter::getRank(input) < 2))
    return node.emitError() << "expects [N, C, spatial…] and at least one group";
  if (node.hasFailed())
    return failure();
  bool perGroup = node.getOpset() < 21;
  auto makeVector = [&](float value) {
    auto type = RankedTensorType::get(groups, node.getBuilder().getF32Type());
    Value vector = node.createConstant(DenseElementsAttr::get(type, value));
    return node.castTo(vector, NodeImporter::getElementType(input));
  };
  Value grouped = node.create<ReshapeOp>(input, node.createInts({0, groups, -1}));
  Value normalized = node.create<InstanceNormOp>(grouped, perGroup ? scale : makeVector(1.0f),
                                                 perGroup ? bias : makeVector(0.0f), epsilon);
  Value result = node.create<ReshapeOp>(normalized, node.createShape(input));
  if (!perGroup) {
    int64_t spatial = NodeImporter::getRank(input) - 2;
    result = node.create<MulOp>(result, node.appendUnitDims(scale, spatial));
    result = node.create<AddOp>(result, node.appendUnitDims(bias, spatial));
  }
  return node.setResults({result});
}

static Value buildMean(NodeImporter &node, Value value, ArrayRef<int64_t> axes) {
  return node.create<ReduceOp>(value, ReduceKind::Mean, axes, /*keepdims=*/true);
}

static LogicalResult importLayerNormalization(NodeImporter &node) {
  Value input = node.getOperand(0), scale = node.getOperand(1), bias = node.getOperand(2);
  int64_t rank = NodeImporter::getRank(input);
  int64_t axis = node.normalizeAxis(node.getInt("axis", -1), rank);
  float epsilon = node.getFloat("epsilon", 1e-5f);
  node.expectInt("stash_type", 1, 1);
  Value result = node.create<LayerNormOp>(input, scale, bias, axis, APFloat(epsilon));
  Value mean, inverse;
  if (node.wantsResult(1) || node.wantsResult(2)) {
    SmallVector<int64_t> axes = llvm::to_vector(llvm::seq(axis, rank));
    mean = buildMean(node, input, axes);
    Value centered = node.create<SubOp>(input, mean);
    Value variance = buildMean(node, node.create<MulOp>(centered, centered), axes);
    Value shifted = node.create<AddOp>(variance, node.createScalarLike(input, epsilon));
    inverse = node.create<ReciprocalOp>(node.create<SqrtOp>(shifted));
  }
  return node.setResults({result, mean, inverse});
}

static LogicalResult importRMSNormalization(NodeImporter &node) {
  Value input = node.getOperand(0);
  int64_t axis = node.normalizeAxis(node.getInt("axis", -1), NodeImporter::getRank(input));
  APFloat epsilon(node.getFloat("epsilon", 1e-5f));
  node.expectInt("stash_type", 1, 1);
  return node.setResults(
      {node.create<LayerNormOp>(input, node.getOperand(1), Value(), axis, epsilon, /*rms=*/true)});
}

// x / norm, and 0 where the norm is.
static LogicalResult importLpNormalization(NodeImporter &node) {
  Value input = node.getOperand(0);
  int64_t axis = node.normalizeAxis(node.getInt("axis", -1), NodeImporter::getRank(input));
  int64_t order = node.getInt("p", 2);
  if (!node.hasFailed() && order != 1 && order != 2)
    return node.emitError() << "attribute 'p' is " << order << ", expected 1 or 2";
  ReduceKind kind = order == 1 ? ReduceKind::L1 : ReduceKind::L2;
  Value norm = node.create<ReduceOp>(input, kind, axis, /*keepdims=*/true);
  Value zero = node.createScalarLike(input, 0);
  Value isZero = node.create<EqualOp>(norm, zero);
  Value quotient = node.create<DivOp>(input, norm);
  return node.setResults({node.create<WhereOp>(isZero, zero, quotient)});
}

static LogicalResult importMeanVarianceNormalization(NodeImporter &node) {
  Value input = node.getOperand(0);
  SmallVector<int64_t> axes = node.getInts("axes").value_or(SmallVector<int64_t>{0, 2, 3});
  axes = node.normalizeAxes(axes, NodeImporter::getRank(input));
  Value centered = node.create<SubOp>(input, buildMean(node, input, axes));
  Value variance = buildMean(node, node.create<MulOp>(centered, centered), axes);
  Value deviation =
      node.create<AddOp>(node.create<SqrtOp>(variance), node.createScalarLike(input, 1e-9));
  return node.setResults({node.create<DivOp>(centered, deviation)});
}

/// x / (bias + alpha * mean of the squares of `size` neighbouring channels)^beta. The mean is an
/// average pool over [N, 1, C, the rest] that counts the padding.
static LogicalResult importLRN(NodeImporter &node) {
  Value input = node.getOperand(0);
  int64_t size = node.requireInt("size");
  float alpha = node.getFloat("alpha", 1e-4f), beta = node.getFloat("beta", 0.75f);
  float bias = node.getFloat("bias", 1.0f);
  if (!node.hasFailed() && (size <= 0 || NodeImporter::getRank(input) < 2))
    return node.emitError() << "expects [N, C, spatial…] and a positive 'size'";
  if (node.hasFailed())
    return failure();
  Value squares = node.create<MulOp>(input, input);
  // 0 keeps the batch; then [N, C, the rest] gains a channel dimension of its own.
  Value dims = node.create<ConcatOp>(
      ValueRange({node.createDims(input, 0, 2), node.createInts(-1)}), /*axis=*/0);
  Value planes = node.create<UnsqueezeOp>(node.create<ReshapeOp>(squares, dims), 1);
  Value mean = node.create<AveragePoolOp>(
      planes, ArrayRef<int64_t>({size, 1}), ArrayRef<int64_t>({1, 1}), ArrayRef<int64_t>({1, 1}),
      ArrayRef<int64_t>({(size - 1) / 2, 0, size / 2, 0}), /*ceil_mode=*/false,
      /*count_include_pad=*/true);
  Value back = node.create<ReshapeOp>(mean, node.createShape(input));
  Value scaled = node.create<MulOp>(back, node.createScalarLike(input, alpha));
  Value base = node.create<AddOp>(scaled, node.createScalarLike(input, bias));
  Value divisor = node.create<PowOp>(base, node.createScalarLike(input, beta));
  return node.setResults({node.create<DivOp>(input, divisor)});
}

/// The identity in inference; the mask is true everywhere.
static LogicalResult importDropout(NodeImporter &node) {
  Value input = node.getOperand(0), ratio = node.getOperand(1);
  node.ignoreAttr("ratio");
  node.ignoreAttr("seed");
  expectInference(node);
  if (std::optional<SmallVector<int64_t>> training = node.getConstantOperand(2, "training_mode"))
    if (llvm::any_of(*training, [](int64_t value) { return value != 0; })) {
      // Only one that drops nothing does not depend on random numbers.
      std::optional<SmallVector<float>> ratios;
      if (ratio)
        ratios = node.getConstantFloatOperand(1, "ratio");
      if (!node.hasFailed() && (!ratios || ratios->size() != 1 || ratios->front() != 0))
        return node.emitError()
               << "dropout in training mode is not supported; export the model for inference";
    }
  Value mask;
  // Before opset 10 the mask had the input's type and an unspecified value.
  if (node.wantsResult(1) && node.getOpset() >= 10) {
    auto type = RankedTensorType::get(1, node.getBuilder().getI1Type());
    mask = node.create<ConstantOfShapeOp>(node.createShape(input),
                                          ElementsAttr(DenseElementsAttr::get(type, true)));
  }
  return node.setResults({input, mask});
}

void halftone::addNormalizationOps(OpTable &table) {
  table.add({
      {"BatchNormalization", 5, importBatchNormalization},
      {"Dropout",
       {1, 3},
       importDropout,
       fromOpset(kOldestOpset),
       kOnnxDomain,
       limitedTo("dropping nothing")},
      {"GroupNormalization", 3, importGroupNormalization, fromOpset(18)},
      {"InstanceNormalization", 3, importInstanceNormalization},
      {"LRN", 1, importLRN, always()},
      {"LayerNormalization", {2, 3}, importLayerNormalization, fromOpset(17)},
      {"LpNormalization", 1, importLpNormalization},
      {"MeanVarianceNormalization", 1, importMeanVarianceNormalization, fromOpset(9)},
      {"RMSNormalization", 2, importRMSNormalization, fromOpset(23)},
      // What ONNX Runtime called it before opset 23, in the same domain.
      {"SimplifiedLayerNormalization", 2, importRMSNormalization},
  });
}
