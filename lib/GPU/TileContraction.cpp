// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TileContraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::halftone;

static bool isInputOf(const LoopNest &nest, Value value) {
  auto argument = llvm::dyn_cast<BlockArgument>(value);
  return argument && argument.getOwner() == nest.body &&
         argument.getArgNumber() < nest.inputs.size();
}

/// An input, as it is or widened to the type of the sum.
static std::optional<WidenedInput> matchWidened(const LoopNest &nest, Value value) {
  Operation *op = value.getDefiningOp();
  bool isUnsigned = llvm::isa_and_nonnull<arith::ExtUIOp>(op);
  if (isUnsigned || llvm::isa_and_nonnull<arith::ExtSIOp, arith::ExtFOp>(op))
    value = op->getOperand(0);
  if (!isInputOf(nest, value))
    return std::nullopt;
  return WidenedInput{llvm::cast<BlockArgument>(value).getArgNumber(), isUnsigned};
}

static std::optional<TileZeroPoint> matchZeroPoint(const LoopNest &nest, Value value) {
  if (value.getParentBlock() != nest.body)
    return TileZeroPoint{std::nullopt, value};
  std::optional<WidenedInput> input = matchWidened(nest, value);
  if (!input)
    return std::nullopt;
  return TileZeroPoint{input, Value()};
}

static std::optional<TileOperand> matchOperand(const LoopNest &nest, Value value) {
  std::optional<TileZeroPoint> zeroPoint;
  if (auto difference = value.getDefiningOp<arith::SubIOp>()) {
    zeroPoint = matchZeroPoint(nest, difference.getRhs());
    if (!zeroPoint)
      return std::nullopt;
    value = difference.getLhs();
  }
  std::optional<WidenedInput> codes = matchWidened(nest, value);
  if (!codes || nest.inputs[codes->input].isScalar())
    return std::nullopt;
  return TileOperand{*codes, zeroPoint};
}

/// The product that is added to the accumulator.
static Operation *matchProduct(const LoopNest &nest) {
  if (!nest.body || nest.outputs.size() != 1)
    return nullptr;
  Operation *sum = nest.body->getTerminator()->getOperand(0).getDefiningOp();
  if (!llvm::isa_and_nonnull<arith::AddIOp, arith::AddFOp>(sum))
    return nullptr;
  BlockArgument accumulator = nest.body->getArguments().back();
  if (!accumulator.hasOneUse() || !llvm::is_contained(sum->getOperands(), accumulator))
    return nullptr;
  Operation *product = sum->getOperand(sum->getOperand(0) == accumulator).getDefiningOp();
  return llvm::isa_and_nonnull<arith::MulIOp, arith::MulFOp>(product) ? product : nullptr;
}

/// Whether the device has code for sums in the type of `output` of products of such elements.
static bool isSupported(Type element, Type output) {
  if (output.isInteger(32))
    return element.isInteger(8);
  return output.isF32() && (element.isF32() || element.isF16() || element.isBF16());
}

/// Sorts the loops by who depends on them; fails where an operand depends on a loop that it has
/// no part in.
static bool sortLoops(const LoopNest &nest, TileContraction &contraction) {
  auto depends = [&](const TileOperand &operand, unsigned loop) {
    return nest.inputs[operand.input].map.isFunctionOfDim(loop);
  };
  for (unsigned loop = 0; loop < nest.getNumLoops(); ++loop) {
    bool inLhs = depends(contraction.lhs, loop), inRhs = depends(contraction.rhs, loop);
    bool inOutput = nest.outputs.front().map.isFunctionOfDim(loop);
    if (nest.isParallel(loop) != inOutput)
      return false;
    if (!inOutput)
      contraction.terms.push_back(loop);
    else if (inLhs && inRhs)
      contraction.batch.push_back(loop);
    else if (inLhs)
      contraction.rows.push_back(loop);
    else if (inRhs)
      contraction.columns.push_back(loop);
    else
      return false;
  }
  return !contraction.rows.empty() && !contraction.columns.empty() && !contraction.terms.empty();
}

static bool isConstantAlongTerms(const LoopNest &nest, const TileContraction &contraction) {
  auto varies = [&](const TileOperand &operand) {
    if (!operand.zeroPoint || !operand.zeroPoint->input)
      return false;
    const LoopAccess &access = nest.inputs[operand.zeroPoint->input->input];
    return llvm::any_of(contraction.terms,
                        [&](unsigned loop) { return access.map.isFunctionOfDim(loop); });
  };
  return !varies(contraction.lhs) && !varies(contraction.rhs);
}

std::optional<TileContraction> mlir::halftone::matchTileContraction(const LoopNest &nest) {
  Operation *product = matchProduct(nest);
  if (!product)
    return std::nullopt;
  std::optional<TileOperand> lhs = matchOperand(nest, product->getOperand(0));
  std::optional<TileOperand> rhs = matchOperand(nest, product->getOperand(1));
  if (!lhs || !rhs)
    return std::nullopt;
  TileContraction contraction;
  contraction.lhs = *lhs;
  contraction.rhs = *rhs;
  contraction.elementType = nest.inputs[lhs->input].getType().getElementType();
  if (contraction.elementType != nest.inputs[rhs->input].getType().getElementType() ||
      !isSupported(contraction.elementType, nest.outputs.front().getType().getElementType()))
    return std::nullopt;
  if (!sortLoops(nest, contraction) || !isConstantAlongTerms(nest, contraction))
    return std::nullopt;
  return contraction;
}
