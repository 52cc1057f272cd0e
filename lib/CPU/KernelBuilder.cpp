// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "KernelBuilder.h"

#include "halftone/Analysis/ParameterAxis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

// What turns the codes of one sign into those of the other: q ^ 0x80 = q + 128 modulo 256.
constexpr int signBit = 0x80;
constexpr int32_t signOffset = 128;

bool isHalf(Type type) { return type.isBF16() || type.isF16(); }
bool isFloat(Type type) { return type.isF32() || isHalf(type); }
bool isCode(Type type) { return type.isSignlessInteger(8) || type.isUnsignedInteger(8); }

/// `values` as one for each of `count`, given one or all.
template <typename To, typename From>
std::optional<SmallVector<To>> spread(const std::vector<From> &values, int64_t count) {
  if (values.size() == 1)
    return SmallVector<To>(count, To(values.front()));
  if (int64_t(values.size()) != count)
    return std::nullopt;
  return llvm::to_vector(llvm::map_range(values, [](From value) { return To(value); }));
}

/// i32 arithmetic modulo 2^32, in which zero-point corrections are exact when the result is.
int32_t wrap(int64_t value) { return int32_t(uint32_t(uint64_t(value))); }

} // namespace

//===--- Corrections ---===//

void Correction::scaleBy(EpilogueInput vector) {
  scale = unsigned(inputs.size());
  inputs.push_back(vector);
}

void Correction::add(EpilogueInput vector) {
  terms.push_back({unsigned(inputs.size()), std::nullopt, true, 0});
  inputs.push_back(vector);
}

void Correction::add(EpilogueInput vector, EpilogueInput factor, bool isSigned, int32_t offset) {
  unsigned first = unsigned(inputs.size());
  terms.push_back({first, first + 1, isSigned, offset});
  inputs.append({vector, factor});
}

Value Correction::build(OpBuilder &builder, Location loc, ValueRange arguments) const {
  Type i32 = builder.getI32Type();
  Value sum = arguments.front();
  for (const Term &term : terms) {
    Value value = arguments[term.vector + 1];
    if (term.factor) {
      Value factor = arguments[*term.factor + 1];
      if (factor.getType() != i32)
        factor = term.isSigned ? arith::ExtSIOp::create(builder, loc, i32, factor).getResult()
                               : arith::ExtUIOp::create(builder, loc, i32, factor).getResult();
      if (term.offset) {
        Value offset = arith::ConstantIntOp::create(builder, loc, i32, term.offset);
        factor = arith::AddIOp::create(builder, loc, factor, offset);
      }
      value = arith::MulIOp::create(builder, loc, value, factor);
    }
    sum = arith::AddIOp::create(builder, loc, sum, value);
  }
  return scale ? arith::MulFOp::create(builder, loc, sum, arguments[*scale + 1]) : sum;
}

//===--- Matching ---===//

LogicalResult KernelBuilder::decline(const Twine &reason) const {
  return rewriter.notifyMatchFailure(op, reason);
}

KernelElements mlir::halftone::getElements(Type type) {
  if (type.isBF16())
    return KernelElements::BF16;
  if (type.isF16())
    return KernelElements::F16;
  return type.isF32() ? KernelElements::F32 : KernelElements::U8S8;
}

bool mlir::halftone::areMultiplied(Type activations, KernelElements elements) {
  if (!activations.isF32())
    return elements == getElements(activations);
  return elements != KernelElements::U8S8 && !areHalves(elements);
}

LogicalResult KernelBuilder::matchActivations(Value activations) const {
  Type element = tensorTypeOf(activations).getElementType();
  if (!isFloat(element) && !isCode(element))
    return decline("no kernel takes elements of this type");
  return success();
}

Value KernelBuilder::getHalves(Value value) const {
  auto dequantize = value.getDefiningOp<DequantizeOp>();
  if (!dequantize || !isHalf(tensorTypeOf(dequantize.getInput()).getElementType()) ||
      !tensorTypeOf(value).getElementType().isF32())
    return nullptr;
  ElementsAttr constant = getConstant(dequantize.getScale());
  std::optional<std::vector<float>> scales = constant ? readFloats(constant) : std::nullopt;
  bool isPlain = scales && llvm::all_of(*scales, [](float scale) { return scale == 1; });
  return isPlain ? Value(dequantize.getInput()) : Value();
}

FailureOr<Weights> KernelBuilder::matchWeights(Value value, Value zeroPoint,
                                               int64_t numColumns) const {
  ElementsAttr constant = getConstant(value);
  if (!constant)
    return decline("the weights are not constant");
  Weights weights;
  weights.type = tensorTypeOf(value);
  Type element = weights.type.getElementType();
  if (!isFloat(element) && !isCode(element))
    return decline("no kernel takes weights of this type");
  weights.elements = getElements(element);

  std::optional<ArrayRef<char>> raw = getRawBytes(constant);
  bool isUnsigned = element.isUnsignedInteger(8);
  if (raw && !isUnsigned) {
    weights.bytes = *raw;
  } else {
    std::optional<std::vector<char>> copy = copyRawBytes(constant);
    if (!copy)
      return decline("the weights' bytes are missing");
    weights.storage = std::move(*copy);
    weights.bytes = weights.storage;
  }
  if (!zeroPoint)
    return weights;

  ElementsAttr constantZeroPoint = getConstant(zeroPoint);
  if (!constantZeroPoint)
    return decline("the weights' zero point is not constant");
  std::optional<std::vector<int64_t>> values = readIntegers(constantZeroPoint);
  std::optional<SmallVector<int32_t>> all =
      values ? spread<int32_t>(*values, numColumns) : std::nullopt;
  if (!all)
    return decline("the weights' zero point does not have one element per column");
  weights.zeroPoints = std::move(*all);
  if (isUnsigned) {
    for (char &byte : weights.storage)
      byte = char(byte ^ signBit);
    for (int32_t &each : weights.zeroPoints)
      each -= signOffset;
  }
  return weights;
}

FailureOr<Weights> KernelBuilder::matchFloatWeights(Value value, int64_t channelAxis,
                                                    int64_t numColumns) const {
  auto dequantize = value.getDefiningOp<DequantizeOp>();
  Value halves = getHalves(value);
  if (!dequantize || halves)
    return matchWeights(halves ? halves : value, /*zeroPoint=*/nullptr, numColumns);
  for (Value parameter : {dequantize.getScale(), dequantize.getZeroPoint()})
    if (!variesOnlyAlong(parameter, tensorTypeOf(value).getRank(), channelAxis,
                         dequantize.getAxis()))
      return decline("the weights' scale varies along the reduction and cannot leave the sum");
  FailureOr<Weights> weights =
      matchWeights(dequantize.getInput(), dequantize.getZeroPoint(), numColumns);
  if (failed(weights))
    return failure(); // matchWeights has said why.
  if (weights->elements != KernelElements::U8S8)
    return decline("scaled codes that are no integers are decoded by other kernels");
  if (!weights->isSymmetric())
    return decline("codes that floats are multiplied with have a zero point");
  ElementsAttr constant = getConstant(dequantize.getScale());
  std::optional<std::vector<float>> values = constant ? readFloats(constant) : std::nullopt;
  std::optional<SmallVector<float>> scales =
      values ? spread<float>(*values, numColumns) : std::nullopt;
  if (!scales)
    return decline("the weights' scale is not constant");
  weights->elements = KernelElements::F32S8;
  weights->scales = std::move(*scales);
  return weights;
}

//===--- Building ---===//

Value KernelBuilder::toSignless(Value tensor) {
  RankedTensorType type = tensorTypeOf(tensor);
  auto element = llvm::dyn_cast<IntegerType>(type.getElementType());
  if (!element || element.isSignless())
    return tensor;
  Type signless = type.clone(rewriter.getIntegerType(element.getWidth()));
  return UnrealizedConversionCastOp::create(rewriter, loc, signless, tensor).getResult(0);
}

OpFoldResult KernelBuilder::size(Value tensor, int64_t dim) {
  RankedTensorType type = tensorTypeOf(tensor);
  if (!type.isDynamicDim(dim))
    return rewriter.getIndexAttr(type.getDimSize(dim));
  // Of the signless tensor: the conversion of types leaves this op alone then.
  return rewriter.createOrFold<tensor::DimOp>(loc, toSignless(tensor), dim);
}

Value KernelBuilder::makeEmpty(RankedTensorType type,
                               llvm::function_ref<OpFoldResult(int64_t)> sizeOf) {
  SmallVector<OpFoldResult> sizes;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    sizes.push_back(type.isDynamicDim(dim) ? sizeOf(dim)
                                           : rewriter.getIndexAttr(type.getDimSize(dim)));
  return tensor::EmptyOp::create(rewriter, loc, sizes, type.getElementType());
}

/// Kernels take u8. An elementwise exclusive or makes it from s8; it fuses into what quantized the
/// activations.
static Value offsetSign(KernelBuilder &builder, Value codes) {
  RewriterBase &rewriter = builder.rewriter;
  RankedTensorType type = tensorTypeOf(codes);
  Value init = builder.makeEmpty(type, [&](int64_t dim) { return builder.size(codes, dim); });
  AffineMap identity = rewriter.getMultiDimIdentityMap(unsigned(type.getRank()));
  SmallVector<utils::IteratorType> iterators(type.getRank(), utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      rewriter, builder.loc, type, codes, init, {identity, identity}, iterators,
      [](OpBuilder &nested, Location loc, ValueRange arguments) {
        Value sign = arith::ConstantIntOp::create(nested, loc, nested.getI8Type(), -signOffset);
        Value flipped = arith::XOrIOp::create(nested, loc, arguments[0], sign);
        linalg::YieldOp::create(nested, loc, flipped);
      });
  return generic.getResult(0);
}

Activations KernelBuilder::prepareActivations(Value tensor, Value zeroPoint) {
  Activations activations;
  activations.tensor = toSignless(tensor);
  if (!zeroPoint)
    return activations;
  if (tensorTypeOf(tensor).getElementType().isSignlessInteger(8)) {
    activations.tensor = offsetSign(*this, activations.tensor);
    activations.isSigned = true;
    activations.offset = signOffset;
  }
  ElementsAttr constant = getConstant(zeroPoint);
  std::optional<std::vector<int64_t>> values = constant ? readIntegers(constant) : std::nullopt;
  if (values && values->size() == 1)
    activations.constantZeroPoint = int32_t(values->front()) + activations.offset;
  else
    activations.zeroPoint = toSignless(zeroPoint);
  return activations;
}

Value KernelBuilder::makePacked(const Weights &weights, const ::halftone::WeightView &view,
                                const KernelRow &row, ArrayRef<int64_t> shape, int64_t nr) {
  ::halftone::PackingSpec spec;
  spec.nr = nr;
  spec.kr = row.kr;
  spec.kAlign = row.kr;
  spec.sourceBytes = spec.elementBytes = unsigned(row.rhsBytes());
  std::vector<uint8_t> packed = ::halftone::pack(spec, view);
  Type element = isCode(weights.type.getElementType()) ? Type(rewriter.getI8Type())
                                                       : weights.type.getElementType();
  auto type = RankedTensorType::get(shape, element);
  ArrayRef<char> bytes(reinterpret_cast<const char *>(packed.data()), packed.size());
  return ConstantOp::create(rewriter, loc, makeConstant(type, bytes, "packed"));
}

template <typename T>
EpilogueInput KernelBuilder::makePerColumn(ArrayRef<T> elements, StringRef name,
                                           int64_t outputRank) {
  Type element = std::is_same_v<T, float> ? Type(rewriter.getF32Type()) : rewriter.getI32Type();
  auto type = RankedTensorType::get({int64_t(elements.size())}, element);
  Value vector = ConstantOp::create(rewriter, loc, makeConstant(type, elements, name));
  return {vector, AffineMap::get(unsigned(outputRank), 0,
                                 rewriter.getAffineDimExpr(unsigned(outputRank - 1)))};
}

/// A tensor with one element, or one per row ([…, M, 1]), read by an output of `rank` dimensions.
static AffineMap makeZeroPointMap(Value zeroPoint, int64_t rank) {
  MLIRContext *context = zeroPoint.getContext();
  RankedTensorType type = tensorTypeOf(zeroPoint);
  SmallVector<AffineExpr> exprs;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    int64_t outputDim = rank - type.getRank() + dim;
    bool isOne = type.getDimSize(dim) == 1 || outputDim < 0;
    exprs.push_back(isOne ? getAffineConstantExpr(0, context)
                          : getAffineDimExpr(unsigned(outputDim), context));
  }
  return AffineMap::get(unsigned(rank), 0, exprs, context);
}

Correction KernelBuilder::makeCorrection(const KernelRow &row, const Activations &activations,
                                         const Weights &weights, ArrayRef<int32_t> columnSums,
                                         int64_t numTaps, int64_t outputRank,
                                         llvm::function_ref<Value()> makeRowSums) {
  Correction correction;
  auto perColumn = [&](ArrayRef<int32_t> elements) {
    return makePerColumn(elements, "correction", outputRank);
  };
  // Per unit of the activations' zero point: K * zr - colsum.
  SmallVector<int32_t> perZeroPoint, constants, negated;
  for (auto [sum, zeroPoint] : llvm::zip_equal(columnSums, weights.zeroPoints)) {
    perZeroPoint.push_back(wrap(numTaps * zeroPoint - int64_t(sum)));
    constants.push_back(wrap(int64_t(perZeroPoint.back()) *
                             (activations.constantZeroPoint.value_or(0) + row.lhsOffset())));
    negated.push_back(-zeroPoint);
  }
  if (!activations.constantZeroPoint)
    correction.add(perColumn(perZeroPoint),
                   {activations.zeroPoint, makeZeroPointMap(activations.zeroPoint, outputRank)},
                   activations.isSigned, activations.offset + row.lhsOffset());
  else if (llvm::any_of(constants, [](int32_t value) { return value != 0; }))
    correction.add(perColumn(constants));
  if (!weights.isSymmetric()) {
    AffineMap perRow = AffineMap::getMultiDimIdentityMap(unsigned(outputRank), op->getContext())
                           .dropResult(unsigned(outputRank - 1));
    correction.add(perColumn(negated), {makeRowSums(), perRow}, /*isSigned=*/true,
                   wrap(numTaps * row.lhsOffset()));
  }
  return correction;
}

Correction KernelBuilder::makeScaling(const Weights &weights, int64_t outputRank) {
  Correction correction;
  if (!weights.scales.empty())
    correction.scaleBy(makePerColumn(ArrayRef<float>(weights.scales), "scales", outputRank));
  return correction;
}

template <typename KernelOp>
KernelOp KernelBuilder::makeKernel(Value lhs, Value rhs, Value init, PackingAttr packing,
                                   WindowAttr window, const Correction &correction,
                                   const Decoder &decoder) {
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  bool sumsFloats = isFloat(tensorTypeOf(lhs).getElementType());
  Type accumulator = sumsFloats ? Type(rewriter.getF32Type()) : Type(rewriter.getI32Type());
  SmallVector<Type> types{accumulator};
  for (const EpilogueInput &input : correction.getInputs()) {
    inputs.push_back(input.tensor);
    maps.push_back(input.map);
    types.push_back(tensorTypeOf(input.tensor).getElementType());
  }
  auto kernel = KernelOp::create(rewriter, loc, TypeRange{init.getType()}, lhs, rhs, decoder.inputs,
                                 inputs, init, packing, window,
                                 rewriter.getAffineMapArrayAttr(maps), decoder.attribute);
  OpBuilder::InsertionGuard guard(rewriter);
  Block *block = rewriter.createBlock(&kernel.getEpilogue(), {}, types,
                                      SmallVector<Location>(types.size(), loc));
  Value result = correction.build(rewriter, loc, block->getArguments());
  if (Type element = tensorTypeOf(init).getElementType(); isHalf(element))
    result = arith::TruncFOp::create(rewriter, loc, element, result);
  YieldOp::create(rewriter, loc, result);
  return kernel;
}

template ContractOp KernelBuilder::makeKernel(Value, Value, Value, PackingAttr, WindowAttr,
                                              const Correction &, const Decoder &);
template DepthwiseOp KernelBuilder::makeKernel(Value, Value, Value, PackingAttr, WindowAttr,
                                               const Correction &, const Decoder &);
