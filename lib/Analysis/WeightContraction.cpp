// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Analysis/WeightContraction.h"

#include "halftone/Dialect/ConstantData.h"

using namespace mlir;
using namespace mlir::halftone;

ElementsAttr WeightContraction::getWeights() const { return getConstant(weights->get()); }

RankedTensorType WeightContraction::getWeightsType() const {
  return llvm::cast<RankedTensorType>(weights->get().getType());
}

int64_t WeightContraction::getInputAxis() const {
  auto conv = llvm::dyn_cast<ConvOp>(op);
  bool isSecond = conv && conv.getLayout() == Layout::ChannelsFirst;
  return isSecond ? 1 - getWeightsType().getRank() : -1;
}

std::optional<WeightContraction> mlir::halftone::matchEmbedding(Operation *op) {
  auto gather = llvm::dyn_cast<GatherOp>(op);
  if (!gather || gather.getAxis() != 0 || !getConstant(gather.getInput()))
    return std::nullopt;
  auto type = llvm::cast<RankedTensorType>(gather.getInput().getType());
  if (!type.getElementType().isF32() || type.getRank() != 2 || type.getNumElements() == 0)
    return std::nullopt;
  return WeightContraction{op, &op->getOpOperand(1), &op->getOpOperand(0), /*channelAxis=*/0,
                           type.getDimSize(1)};
}

std::optional<WeightContraction> mlir::halftone::matchWeightContraction(Operation *op) {
  if (!llvm::isa<MatMulOp, ConvOp>(op))
    return std::nullopt;
  OpOperand &weights = op->getOpOperand(1);
  auto type = llvm::cast<RankedTensorType>(weights.get().getType());
  if (!type.getElementType().isF32() || !type.hasStaticShape() || type.getNumElements() == 0 ||
      !getConstant(weights.get()))
    return std::nullopt;
  WeightContraction match{op, &op->getOpOperand(0), &weights, 0, 0};
  if (llvm::isa<ConvOp>(op)) {
    match.channelAxis = 0;
    match.reduction = type.getNumElements() / type.getDimSize(0);
    return match;
  }
  auto lhs = llvm::cast<RankedTensorType>(match.activations->get().getType());
  if (type.getRank() != 2 || lhs.getRank() < 2)
    return std::nullopt;
  match.channelAxis = 1;
  match.reduction = type.getDimSize(0);
  return match;
}
