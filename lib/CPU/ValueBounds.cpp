// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ValueBounds.h"

#include "halftone/Dialect/ConstantData.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace mlir::halftone;

// Room for every rounding of the f32 operations that the bound is about.
static constexpr double largestBound = 0x1p120;

// Larger constants are weights, which no scalar body reads.
static constexpr int64_t maxElements = 1 << 20;

/// The operand of the op around a body whose elements `argument` takes; null for the accumulators
/// of kernels and the results of generics.
static Value findTensor(BlockArgument argument) {
  Operation *parent = argument.getOwner()->getParentOp();
  if (auto generic = llvm::dyn_cast<linalg::GenericOp>(parent)) {
    OpOperand *operand = generic.getMatchingOpOperand(argument);
    return generic.isDpsInput(operand) ? operand->get() : Value();
  }
  unsigned number = argument.getArgNumber();
  return llvm::TypeSwitch<Operation *, Value>(parent)
      .Case<ContractOp, DepthwiseOp>(
          [&](auto kernel) { return number ? kernel.getEpilogueInputs()[number - 1] : Value(); })
      .Default([](Operation *) { return Value(); });
}

static double boundOfInteger(Value integer, bool isUnsigned) {
  if (auto extension = integer.getDefiningOp<arith::ExtUIOp>())
    return boundOfInteger(extension.getIn(), /*isUnsigned=*/true);
  auto extension = integer.getDefiningOp<arith::ExtSIOp>();
  if (extension && !isUnsigned)
    return boundOfInteger(extension.getIn(), /*isUnsigned=*/false);
  unsigned width = integer.getType().getIntOrFloatBitWidth();
  return std::ldexp(1.0, int(isUnsigned ? width : width - 1));
}

std::optional<double> ValueBounds::getTensorBound(Value tensor) {
  while (Operation *op = tensor.getDefiningOp()) {
    if (!llvm::isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(op))
      break;
    tensor = op->getOperand(0);
  }
  ElementsAttr elements = getConstant(tensor);
  if (!elements || elements.getNumElements() > maxElements)
    return std::nullopt;
  std::optional<std::vector<float>> values = readFloats(elements);
  if (!values)
    return std::nullopt;
  double bound = 0;
  for (float value : *values) {
    if (!std::isfinite(value))
      return std::nullopt;
    bound = std::max(bound, double(std::fabs(value)));
  }
  return bound;
}

std::optional<double> ValueBounds::computeBound(Operation *op) {
  auto combine = [&](Value lhs, Value rhs, auto function) -> std::optional<double> {
    std::optional<double> left = getBound(lhs), right = getBound(rhs);
    if (!left || !right)
      return std::nullopt;
    return function(*left, *right);
  };
  auto larger = [](double a, double b) { return std::max(a, b); };
  return llvm::TypeSwitch<Operation *, std::optional<double>>(op)
      .Case([&](arith::SIToFPOp cast) { return boundOfInteger(cast.getIn(), false); })
      .Case([&](arith::UIToFPOp cast) { return boundOfInteger(cast.getIn(), true); })
      .Case<arith::AddFOp, arith::SubFOp>(
          [&](auto sum) { return combine(sum.getLhs(), sum.getRhs(), std::plus<double>()); })
      .Case([&](arith::MulFOp product) {
        return combine(product.getLhs(), product.getRhs(), std::multiplies<double>());
      })
      .Case<arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp, arith::MinNumFOp>(
          [&](auto choice) { return combine(choice.getLhs(), choice.getRhs(), larger); })
      .Case([&](arith::SelectOp choice) {
        return combine(choice.getTrueValue(), choice.getFalseValue(), larger);
      })
      .Case<arith::NegFOp, mlir::math::AbsFOp>(
          [&](auto same) { return getBound(same.getOperand()); })
      .Default([](Operation *) { return std::nullopt; });
}

std::optional<double> ValueBounds::computeBound(Value value) {
  if (!value.getType().isF32())
    return std::nullopt;
  llvm::APFloat constant(0.0f);
  if (matchPattern(value, m_ConstantFloat(&constant)))
    return constant.isFinite() ? std::optional(std::fabs(constant.convertToDouble()))
                               : std::nullopt;
  if (Operation *op = value.getDefiningOp())
    return computeBound(op);
  Value tensor = findTensor(llvm::cast<BlockArgument>(value));
  return tensor ? getTensorBound(tensor) : std::nullopt;
}

std::optional<double> ValueBounds::getBound(Value value) {
  auto known = bounds.find(value);
  if (known != bounds.end())
    return known->second;
  std::optional<double> bound = computeBound(value);
  if (bound && !(*bound < largestBound))
    bound = std::nullopt;
  bounds[value] = bound;
  return bound;
}
