// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Transforms/GramInputs.h"

#include "halftone/Dialect/ConstantData.h"
#include "halftone/Transforms/RoundedFile.h"
#include "halftone/Transforms/SchemeAttribute.h"

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::ConvolutionWindows;

static constexpr llvm::StringLiteral kGramMatrixName = "halftone.gram_matrix";
static constexpr llvm::StringLiteral kHeldBackName = "halftone.held_back_gram_matrix";

int64_t mlir::halftone::countGramMatrices(const WeightContraction &contraction) {
  auto conv = llvm::dyn_cast<ConvOp>(contraction.op);
  if (!conv)
    return 1;
  return conv.getLayout() == Layout::ChannelsFirst ? conv.getGroup() : 0;
}

static std::optional<ConvolutionWindows> getWindows(const WeightContraction &contraction) {
  auto conv = llvm::dyn_cast<ConvOp>(contraction.op);
  if (!conv)
    return std::nullopt;
  ConvolutionWindows windows;
  llvm::append_range(windows.kernel, contraction.getWeightsType().getShape().drop_front(2));
  llvm::append_range(windows.strides, conv.getStrides());
  llvm::append_range(windows.dilations, conv.getDilations());
  llvm::append_range(windows.pads, conv.getPads());
  return windows;
}

std::vector<GramInput> mlir::halftone::findGramInputs(Operation *root) {
  std::vector<GramInput> inputs;
  root->walk([&](Operation *op) {
    std::optional<::halftone::Scheme> scheme = getScheme(op);
    std::optional<WeightContraction> contraction = matchWeightContraction(op);
    if (!scheme || !scheme->weights.needsInputs() || !contraction)
      return;
    auto observer = contraction->activations->get().getDefiningOp<ObserveOp>();
    assert(observer && "the inputs of layers that need their Gram matrix are observed");
    std::optional<ConvolutionWindows> windows = getWindows(*contraction);
    int64_t groups = countGramMatrices(*contraction);
    bool holdsBack = scheme->weights.holdsBack();
    auto known = llvm::find_if(inputs, [&](const GramInput &input) {
      return input.observer == observer && input.windows == windows && input.groups == groups &&
             input.holdsBack == holdsBack;
    });
    if (known != inputs.end()) {
      known->layers.push_back(op);
      return;
    }
    inputs.push_back({observer, windows, contraction->reduction, groups, holdsBack, {op}});
  });
  return inputs;
}

ElementsAttr mlir::halftone::getGramMatrix(Operation *layer) {
  return layer->getAttrOfType<ElementsAttr>(kGramMatrixName);
}

FailureOr<std::vector<float>> mlir::halftone::readGramMatrix(const WeightContraction &layer) {
  ElementsAttr gram = getGramMatrix(layer.op);
  SmallVector<int64_t> shape = {layer.reduction, layer.reduction};
  int64_t groups = countGramMatrices(layer);
  if (groups != 1)
    shape.insert(shape.begin(), groups);
  auto type = RankedTensorType::get(shape, Float32Type::get(gram.getContext()));
  if (gram.getType() != type)
    return LogicalResult(layer.op->emitError("the Gram matrix of its inputs is ")
                         << gram.getType() << ", expected " << type);
  if (std::optional<std::vector<float>> elements = readFloats(gram))
    return std::move(*elements);
  return LogicalResult(layer.op->emitError("the Gram matrix of its inputs has no data in memory"));
}

ElementsAttr mlir::halftone::getHeldBackGramMatrix(Operation *layer) {
  return layer->getAttrOfType<ElementsAttr>(kHeldBackName);
}

void mlir::halftone::setGramMatrix(const GramInput &input, ArrayRef<float> gram,
                                   ArrayRef<float> heldBack) {
  SmallVector<int64_t> shape = {input.size, input.size};
  if (input.groups != 1)
    shape.insert(shape.begin(), input.groups);
  auto type = RankedTensorType::get(shape, Float32Type::get(input.layers.front()->getContext()));
  ObserveOp observer = input.observer;
  auto set = [&](StringRef name, ArrayRef<float> matrices, StringRef suffix) {
    ElementsAttr constant = makeConstant(type, matrices, (observer.getTensor() + suffix).str());
    for (Operation *layer : input.layers)
      layer->setAttr(name, constant);
  };
  set(kGramMatrixName, gram, ".gram");
  if (!heldBack.empty())
    set(kHeldBackName, heldBack, ".held_back_gram");
}

void mlir::halftone::removeGramMatrix(Operation *layer) {
  layer->removeAttr(kGramMatrixName);
  layer->removeAttr(kHeldBackName);
}

bool mlir::halftone::isObserved(Operation *layer) {
  return getGramMatrix(layer) || !getRoundedFile(layer).empty();
}
