// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ChannelScaling.h"

#include "halftone/Analysis/NodeName.h"
#include "halftone/Analysis/WeightContraction.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Numerics/ChannelScales.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::halftone;

static RankedTensorType tensorType(Value value) {
  return llvm::cast<RankedTensorType>(value.getType());
}

/// The size of the dimension; 1 where broadcasting adds it.
static int64_t sizeAt(Value value, int64_t axis) {
  RankedTensorType type = tensorType(value);
  return type.getRank() + axis < 0 ? 1 : type.getDimSize(type.getRank() + axis);
}

namespace {
/// Walks from a tensor to the constants that give its channels their size.
class DivisorSearch {
public:
  explicit DivisorSearch(int64_t size) : size(size) {}

  /// Whether dividing what was `found` divides `value`.
  bool divide(Value value, int64_t axis) {
    Operation *op = value.getDefiningOp();
    if (!op || sizeAt(value, axis) != size || !tensorType(value).getElementType().isF32())
      return false;
    return llvm::TypeSwitch<Operation *, bool>(op)
        .Case<MulOp>([&](MulOp mul) { return divideProduct(mul, axis); })
        .Case<DivOp>([&](DivOp div) {
          OpOperand &numerator = div->getOpOperand(0), &denominator = div->getOpOperand(1);
          return divideOperand(numerator, axis) || divideConstantOperand(denominator, axis, true);
        })
        .Case<AddOp, SubOp>([&](Operation *sum) {
          return divideTerm(sum->getOpOperand(0), axis) && divideTerm(sum->getOpOperand(1), axis);
        })
        .Case<LayerNormOp>([&](LayerNormOp norm) { return divideNorm(norm, axis); })
        .Case<InstanceNormOp>([&](InstanceNormOp norm) {
          return axis == 1 - tensorType(value).getRank() &&
                 divideConstantOperand(norm.getScaleMutable(), -1) &&
                 divideConstantOperand(norm.getBiasMutable(), -1);
        })
        // f(x / s) = f(x) / s for s > 0.
        .Case<ReluOp, LeakyReluOp, AbsOp, NegOp>(
            [&](Operation *unary) { return divideVariable(unary->getOpOperand(0), axis); })
        .Case<MaxPoolOp, AveragePoolOp>([&](auto pool) {
          return axis == channelAxis(pool) && divideVariable(pool->getOpOperand(0), axis);
        })
        .Case<TransposeOp>([&](TransposeOp transpose) {
          int64_t rank = tensorType(value).getRank();
          int64_t source = transpose.getPermutation()[rank + axis];
          return divideVariable(transpose->getOpOperand(0), source - rank);
        })
        .Case<ReshapeOp>([&](ReshapeOp reshape) { // The rows stay rows.
          return axis == -1 && divideVariable(reshape->getOpOperand(0), -1);
        })
        .Case<MatMulOp, ConvOp>([&](Operation *op) { return divideContraction(op, axis); })
        .Default([](Operation *) { return false; });
  }

  SmallVector<ScaledOperand> found;

private:
  template <typename Pool> static int64_t channelAxis(Pool pool) {
    return pool.getLayout() == Layout::ChannelsFirst ? 1 - tensorType(pool.getOutput()).getRank()
                                                     : -1;
  }

  /// A constant that varies along the channels only.
  bool divideConstantOperand(OpOperand &operand, int64_t axis, bool isInverse = false) {
    RankedTensorType type = tensorType(operand.get());
    bool isUsable = getConstant(operand.get()) && type.getElementType().isF32() &&
                    type.getNumElements() == sizeAt(operand.get(), axis);
    if (isUsable)
      found.push_back({&operand, axis, isInverse});
    return isUsable;
  }

  /// A tensor that nothing else uses: others would see it divided.
  bool divideVariable(OpOperand &operand, int64_t axis) {
    return operand.get().hasOneUse() && divide(operand.get(), axis);
  }

  /// One side of a product, whichever.
  bool divideOperand(OpOperand &operand, int64_t axis) {
    size_t before = found.size();
    if (divideConstantOperand(operand, axis) || divideVariable(operand, axis))
      return true;
    found.truncate(before);
    return false;
  }

  bool divideProduct(MulOp mul, int64_t axis) {
    OpOperand &lhs = mul->getOpOperand(0), &rhs = mul->getOpOperand(1);
    return divideConstantOperand(lhs, axis) || divideConstantOperand(rhs, axis) ||
           divideOperand(lhs, axis) || divideOperand(rhs, axis);
  }

  /// A constant that has no number for each channel gets them, if the other term has all channels.
  bool divideTerm(OpOperand &operand, int64_t axis) {
    return divideConstantOperand(operand, axis) || divideVariable(operand, axis);
  }

  bool divideNorm(LayerNormOp norm, int64_t axis) {
    if (!divideConstantOperand(norm.getScaleMutable(), axis))
      return false;
    return !norm.getBias() || divideConstantOperand(norm->getOpOperand(2), axis);
  }

  /// The columns of a product, or the filters of a convolution.
  bool divideContraction(Operation *op, int64_t axis) {
    std::optional<WeightContraction> match = matchWeightContraction(op);
    if (!match || axis != match->getInputAxis() || !match->weights->get().hasOneUse())
      return false;
    int64_t rank = match->getWeightsType().getRank();
    found.push_back({match->weights, match->channelAxis - rank});
    return true;
  }

  int64_t size;
};
} // namespace

std::optional<SmallVector<ScaledOperand>> mlir::halftone::findDivisors(Value value, int64_t axis) {
  // Two sizes that only the run time knows need not be equal.
  if (ShapedType::isDynamic(sizeAt(value, axis)))
    return std::nullopt;
  DivisorSearch search(sizeAt(value, axis));
  if (!search.divide(value, axis))
    return std::nullopt;
  return std::move(search.found);
}

/// The elements with a number for each channel.
static std::vector<float> broadcastTo(std::vector<float> values, size_t count) {
  if (values.size() == 1)
    values.resize(count, values.front());
  return values;
}

LogicalResult mlir::halftone::divideConstant(const ScaledOperand &scaled, ArrayRef<float> factors) {
  Operation *owner = scaled.operand->getOwner();
  Value before = scaled.operand->get();
  ElementsAttr constant = getConstant(before);
  std::optional<std::vector<float>> values = readFloats(constant);
  if (!values)
    return owner->emitError("a constant of it has no data in memory");
  SmallVector<int64_t> shape = llvm::to_vector(tensorType(before).getShape());
  if (sizeAt(before, scaled.axis) == 1 && factors.size() != 1) {
    int64_t missing = -scaled.axis - int64_t(shape.size());
    shape.insert(shape.begin(), std::max<int64_t>(missing, 0), 1);
    shape[int64_t(shape.size()) + scaled.axis] = int64_t(factors.size());
    values = broadcastTo(std::move(*values), factors.size());
  }
  size_t axis = size_t(int64_t(shape.size()) + scaled.axis);
  if (scaled.isInverse)
    ::halftone::multiplyChannels(*values, shape, axis, factors);
  else
    ::halftone::divideChannels(*values, shape, axis, factors);
  releasePages(constant);
  OpBuilder b(owner->getContext());
  b.setInsertionPointAfterValue(before);
  auto type = RankedTensorType::get(shape, b.getF32Type());
  std::string name = getNodeName(owner->getLoc()).str() + ".scaled";
  auto op =
      ConstantOp::create(b, before.getLoc(), makeConstant(type, ArrayRef<float>(*values), name));
  scaled.operand->set(op);
  if (before.use_empty())
    before.getDefiningOp()->erase();
  return success();
}
