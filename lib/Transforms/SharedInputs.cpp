// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SharedInputs.h"

#include "ChannelScaling.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Transforms/SchemeAttribute.h"

using namespace mlir;
using namespace mlir::halftone;

int64_t SharedInput::getNumChannels() const {
  const WeightContraction &layer = layers.front();
  RankedTensorType type = layer.getWeightsType();
  return type.getDimSize(type.getRank() + getWeightsInputAxis(layer));
}

SmallVector<WeightContraction> SharedInput::getQuantized() const {
  return llvm::filter_to_vector(
      layers, [](const WeightContraction &layer) { return getScheme(layer.op).has_value(); });
}

int64_t mlir::halftone::getWeightsInputAxis(const WeightContraction &layer) {
  int64_t rank = layer.getWeightsType().getRank();
  return llvm::isa<ConvOp>(layer.op) ? 1 - rank : -rank;
}

/// Whether each input channel meets weights of its own.
static bool hasOwnChannels(const WeightContraction &layer) {
  auto conv = llvm::dyn_cast<ConvOp>(layer.op);
  return !conv || conv.getGroup() == 1;
}

std::vector<SharedInput> mlir::halftone::findSharedInputs(Operation *root) {
  std::vector<SharedInput> inputs;
  llvm::DenseMap<Value, size_t> known;
  root->walk([&](Operation *op) {
    std::optional<WeightContraction> layer = matchWeightContraction(op);
    if (!layer || !hasOwnChannels(*layer))
      return;
    Value value = layer->activations->get();
    int64_t axis = layer->getInputAxis();
    auto [entry, isNew] = known.try_emplace(value, inputs.size());
    if (isNew)
      inputs.push_back({value, axis, {}});
    SharedInput &input = inputs[entry->second];
    if (input.axis == axis) // Otherwise it is one of the value's other users.
      input.layers.push_back(*layer);
  });
  return inputs;
}

/// Divides the value by constants of its producer; false if it has none, or other users.
static FailureOr<bool> foldDivision(const SharedInput &input, ArrayRef<float> factors) {
  bool isOnlyInput = llvm::all_of(input.value.getUses(), [&](OpOperand &use) {
    return llvm::any_of(input.layers,
                        [&](const WeightContraction &layer) { return layer.activations == &use; });
  });
  if (!isOnlyInput)
    return false;
  std::optional<SmallVector<ScaledOperand>> divisors = findDivisors(input.value, input.axis);
  if (!divisors)
    return false;
  for (const ScaledOperand &divisor : *divisors)
    if (failed(divideConstant(divisor, factors)))
      return failure();
  return true;
}

static void insertMultiplication(const SharedInput &input, ArrayRef<float> factors) {
  OpBuilder b(input.value.getContext());
  b.setInsertionPointAfterValue(input.value);
  SmallVector<float> reciprocals =
      llvm::map_to_vector(factors, [](float factor) { return 1 / factor; });
  SmallVector<int64_t> shape(-input.axis, 1);
  shape.front() = int64_t(factors.size());
  Location loc = input.layers.front().op->getLoc();
  auto type = RankedTensorType::get(shape, b.getF32Type());
  Value constant =
      ConstantOp::create(b, loc, makeConstant(type, ArrayRef<float>(reciprocals), "smoothing"));
  Value product = MulOp::create(b, loc, input.value.getType(), input.value, constant);
  for (const WeightContraction &layer : input.layers)
    layer.activations->set(product);
}

FailureOr<Division> mlir::halftone::divideInput(const SharedInput &input, ArrayRef<float> factors) {
  for (const WeightContraction &layer : input.layers)
    if (failed(divideConstant({layer.weights, getWeightsInputAxis(layer), /*isInverse=*/true},
                              factors)))
      return failure();
  FailureOr<bool> isFolded = foldDivision(input, factors);
  if (failed(isFolded))
    return failure();
  if (*isFolded)
    return Division::Folded;
  insertMultiplication(input, factors);
  return Division::Multiplied;
}
