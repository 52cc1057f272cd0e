// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops with the Elementwise trait: one linalg.generic, operands broadcast by its maps.
#include "ElementwiseLoop.h"

#include "halftone/Dialect/ConstantData.h"

using namespace mlir;
using namespace mlir::halftone;

//===--- The loop ---===//

std::optional<TypedAttr> mlir::halftone::getUniformElement(Value original) {
  ElementsAttr elements = getConstant(original);
  if (!elements)
    return std::nullopt;
  Type type = getSignlessType(elements.getElementType());
  bool isOne = elements.isSplat() || elements.getNumElements() == 1;
  if (!isOne || !hasElementAttribute(elements.getElementType()))
    return std::nullopt;
  if (isa<FloatType>(type)) {
    if (auto dense = dyn_cast<DenseElementsAttr>(elements))
      return FloatAttr::get(type, *dense.value_begin<APFloat>());
    if (auto floats = readFloats(elements); floats && !type.isF64())
      return FloatAttr::get(type, floats->front());
    return std::nullopt;
  }
  if (auto integers = readIntegers(elements))
    return IntegerAttr::get(type, APInt(type.getIntOrFloatBitWidth(), integers->front(),
                                        /*isSigned=*/true, /*implicitTrunc=*/true));
  return std::nullopt;
}

bool mlir::halftone::hasElementAttribute(Type type) {
  return isa<IntegerType, Float16Type, BFloat16Type, Float32Type, Float64Type>(type);
}

void ElementwiseLoop::addOperand(Value original, Value converted, AffineMap map) {
  if (std::optional<TypedAttr> uniform = getUniformElement(original)) {
    Value constant = arith::ConstantOp::create(b, *uniform);
    arguments.push_back(constant);
    return;
  }
  arguments.push_back(std::nullopt);
  inputs.push_back(converted);
  maps.push_back(map);
}

Value ElementwiseLoop::build(ArrayRef<OpFoldResult> sizes, Type type) {
  return b.elementwise(sizes, type, inputs, maps,
                       [&](OpBuilder &builder, Location, ValueRange args) {
                         SmallVector<Value> scalars;
                         unsigned next = 0;
                         for (std::optional<Value> argument : arguments)
                           scalars.push_back(argument ? *argument : args[next++]);
                         return buildElementwiseScalar(b.getOp(), builder, scalars);
                       });
}

//===--- Broadcasting ---===//

namespace {

/// Size of dimension `dim` of the result: that of an operand which is not broadcast there. Other
/// such operands are checked against it.
OpFoldResult broadcastSize(Lowering &b, OpResult result, int64_t dim, ValueRange originals,
                           ValueRange operands) {
  int64_t rank = cast<RankedTensorType>(result.getType()).getRank();
  Value chosenOriginal, chosen;
  int64_t chosenDim = 0;
  OpFoldResult size = b.getIndexAttr(1);
  for (auto [original, operand] : llvm::zip_equal(originals, operands)) {
    auto type = tensorType(operand);
    int64_t own = dim - (rank - type.getRank());
    if (own < 0 || type.getDimSize(own) == 1)
      continue;
    OpFoldResult ownSize = b.size(operand, own);
    if (!chosen) {
      chosenOriginal = original, chosen = operand, chosenDim = own, size = ownSize;
      continue;
    }
    if (!b.getFacts().areEqual(chosenOriginal, chosenDim, original, own))
      b.checkEqual(b.index(size), b.index(ownSize), "operands of different sizes");
    if (isa<Attribute>(ownSize))
      size = ownSize;
  }
  return size;
}

class ElementwisePattern : public OpTraitConversionPattern<Elementwise> {
public:
  ElementwisePattern(const TypeConverter &converter, MLIRContext *context, const ShapeFacts &facts)
      : OpTraitConversionPattern(converter, context), facts(facts) {}

  LogicalResult matchAndRewrite(Operation *op, ArrayRef<Value> operands,
                                ConversionPatternRewriter &rewriter) const override {
    if (!hasElementwiseScalar(op))
      return rewriter.notifyMatchFailure(op, "no arithmetic on these element types");
    OpResult result = op->getResult(0);
    auto type = cast<RankedTensorType>(getTypeConverter()->convertType(result.getType()));
    Lowering b(op, rewriter, facts);
    Sizes sizes;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      sizes.push_back(broadcastSize(b, result, dim, op->getOperands(), operands));

    ElementwiseLoop loop(b);
    for (auto [original, operand] : llvm::zip_equal(op->getOperands(), operands))
      loop.addOperand(original, operand, b.broadcastMap(tensorType(operand), type.getShape()));
    rewriter.replaceOp(op, b.castTo(loop.build(sizes, type.getElementType()), type));
    return success();
  }

private:
  const ShapeFacts &facts;
};

} // namespace

void mlir::halftone::populateElementwisePatterns(const TypeConverter &converter,
                                                 const ShapeFacts &facts,
                                                 RewritePatternSet &patterns) {
  patterns.add<ElementwisePattern>(converter, patterns.getContext(), facts);
}
