// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Transforms/GramInputs.h"

#include "halftone/Dialect/ConstantData.h"
#include "halftone/Transforms/SchemeAttribute.h"

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::ConvolutionWindows;

static constexpr llvm::StringLiteral kGramMatrixName = "halftone.gram_matrix";

bool mlir::halftone::hasGramMatrix(const WeightContraction &contraction) {
  auto conv = llvm::dyn_cast<ConvOp>(contraction.op);
  return !conv || (conv.getGroup() == 1 && conv.getLayout() == Layout::ChannelsFirst);
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
    auto known = llvm::find_if(inputs, [&](const GramInput &input) {
      return input.observer == observer && input.windows == windows;
    });
    if (known != inputs.end()) {
      known->layers.push_back(op);
      return;
    }
    inputs.push_back({observer, windows, contraction->reduction, {op}});
  });
  return inputs;
}

ElementsAttr mlir::halftone::getGramMatrix(Operation *layer) {
  return layer->getAttrOfType<ElementsAttr>(kGramMatrixName);
}

void mlir::halftone::setGramMatrix(const GramInput &input, ArrayRef<float> gram) {
  Type element = Float32Type::get(input.layers.front()->getContext());
  auto type = RankedTensorType::get({input.size, input.size}, element);
  ObserveOp observer = input.observer;
  ElementsAttr constant = makeConstant(type, gram, (observer.getTensor() + ".gram").str());
  for (Operation *layer : input.layers)
    layer->setAttr(kGramMatrixName, constant);
}

void mlir::halftone::removeGramMatrix(Operation *layer) { layer->removeAttr(kGramMatrixName); }
