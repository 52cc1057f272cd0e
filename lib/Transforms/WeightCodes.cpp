// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "WeightCodes.h"

#include "halftone/Dialect/ConstantData.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/Transforms/SchemeAttribute.h"

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::EncodedScales;
using ::halftone::EncodedTensor;
using ::halftone::EncodeOptions;
using ::halftone::Format;
using ::halftone::GranularityKind;
using Codec = ::halftone::ElementCodec;

EncodeOptions mlir::halftone::getEncodeOptions(const ::halftone::WeightScheme &scheme,
                                               int64_t channelAxis) {
  EncodeOptions options;
  options.granularity = scheme.granularity == "tensor"    ? GranularityKind::Tensor
                        : scheme.granularity == "channel" ? GranularityKind::Channel
                        : scheme.granularity == "block"   ? GranularityKind::Block
                                                          : GranularityKind::Group;
  options.group = scheme.group;
  options.channels = scheme.channels;
  options.channelAxis = unsigned(channelAxis);
  options.symmetric = scheme.symmetric;
  options.fit.range = llvm::cantFail(::halftone::parseRangeEstimator(scheme.range));
  options.fit.scaleCodec = ::halftone::findScaleCodec(scheme.scales);
  return options;
}

namespace {
class WeightBuilder {
public:
  WeightBuilder(OpBuilder &b, Location loc, RankedTensorType type, const EncodedTensor &encoded,
                const Format &format, const EncodeOptions &options, StringRef name)
      : b(b), loc(loc), type(type), encoded(encoded), format(format), options(options), name(name) {
  }

  Value build();

private:
  template <typename T>
  Value constant(ArrayRef<int64_t> shape, Type element, ArrayRef<T> values, StringRef part) {
    auto tensor = RankedTensorType::get(shape, element);
    return ConstantOp::create(b, loc, makeConstant(tensor, values, (name + part).str()));
  }
  Value floats(ArrayRef<int64_t> shape, ArrayRef<float> values, StringRef part) {
    return constant(shape, b.getF32Type(), values, part);
  }
  /// Scales that are floats.
  Value floatScales(ArrayRef<int64_t> shape, const EncodedScales &level, StringRef part);
  Value zero(Type element);
  /// The numbers of codes before they are scaled, and the zero point that goes with them.
  Value numbersOf(ArrayRef<int64_t> shape, const Codec &codec, ArrayRef<uint8_t> codes,
                  StringRef part);
  Value dequantize(Value codes, Value scale, Value zeroPoint, ArrayRef<int64_t> blocks);

  Value buildScaled();
  /// The scales of the levels from `index` on, multiplied.
  Value buildScales(size_t index);
  Value buildZeroPoints(Type element, ArrayRef<int64_t> scaleShape);
  Value buildPlain();
  Value buildCodebook();
  Value buildPlanes();

  OpBuilder &b;
  Location loc;
  RankedTensorType type;
  const EncodedTensor &encoded;
  const Format &format;
  const EncodeOptions &options;
  StringRef name;
};
} // namespace

Value WeightBuilder::build() {
  switch (format.coding) {
  case Format::Coding::Scaled:
    return buildScaled();
  case Format::Coding::Plain:
    return buildPlain();
  case Format::Coding::Codebook:
    return buildCodebook();
  case Format::Coding::BinaryPlanes:
    return buildPlanes();
  }
  llvm_unreachable("every coding is listed");
}

// Code 0 is zero in every type but that of powers of two, which have none and ignore it.
Value WeightBuilder::zero(Type element) {
  std::vector<char> bytes(getStorageBits(element) / 8, 0);
  return constant({}, element, ArrayRef<char>(bytes), "");
}

Value WeightBuilder::numbersOf(ArrayRef<int64_t> shape, const Codec &codec, ArrayRef<uint8_t> codes,
                               StringRef part) {
  if (codec.hasStandardType())
    return constant(shape, getCodeType(b.getContext(), codec), codes, part);
  std::vector<float> numbers;
  numbers.reserve(codec.numCodes());
  for (uint32_t code = 0; code != codec.numCodes(); ++code)
    numbers.push_back(codec.decode(code));
  // Sign and magnitude: integers that two's complement has as well, and there are instructions for.
  // The sign of zero is lost.
  Codec integer = Codec::signedInteger(codec.bits);
  if (llvm::all_of(numbers,
                   [&](float each) { return integer.decode(integer.encode(each)) == each; })) {
    std::vector<uint8_t> integers;
    integers.reserve(codes.size());
    for (uint8_t code : codes)
      integers.push_back(uint8_t(integer.encode(numbers[code])));
    return constant(shape, getCodeType(b.getContext(), integer), ArrayRef<uint8_t>(integers), part);
  }
  Value constants = constant(shape, getCodeType(b.getContext(), codec), codes, part);
  Value table = floats({int64_t(numbers.size())}, numbers, ".table");
  return LookupOp::create(b, loc, RankedTensorType::get(shape, b.getF32Type()), constants, table,
                          /*blocks=*/DenseI64ArrayAttr());
}

Value WeightBuilder::dequantize(Value codes, Value scale, Value zeroPoint,
                                ArrayRef<int64_t> blocks) {
  auto codesType = llvm::cast<RankedTensorType>(codes.getType());
  return DequantizeOp::create(b, loc, codesType.clone(b.getF32Type()), codes, scale, zeroPoint,
                              /*axis=*/0, b.getDenseI64ArrayAttr(blocks));
}

//===--- Scales ---===//

Value WeightBuilder::floatScales(ArrayRef<int64_t> shape, const EncodedScales &level,
                                 StringRef part) {
  if (!level.stored)
    return floats(shape, level.values, part);
  std::vector<uint8_t> bytes;
  bytes.reserve(level.values.size() * (level.stored->bits + 7) / 8);
  for (float value : level.values) {
    uint32_t code = level.stored->encode(value);
    for (unsigned bit = 0; bit < level.stored->bits; bit += 8)
      bytes.push_back(uint8_t(code >> bit));
  }
  Type element = getCodeType(b.getContext(), *level.stored);
  Value stored = constant(shape, element, ArrayRef<uint8_t>(bytes), part);
  auto result = RankedTensorType::get(shape, b.getF32Type());
  return CastOp::create(b, loc, result, stored, b.getF32Type());
}

Value WeightBuilder::buildScales(size_t index) {
  const EncodedScales &level = encoded.scales[index];
  SmallVector<int64_t> shape = level.granularity.getScaleShape();
  std::string part = ".scales" + (index == 0 ? std::string() : std::to_string(index));
  if (level.codes.empty())
    return floatScales(shape, level, part);
  Value numbers = numbersOf(shape, *format.scales[index].codec, level.codes, part);
  Value none = zero(llvm::cast<RankedTensorType>(numbers.getType()).getElementType());
  if (index + 1 == encoded.scales.size()) {
    auto result = RankedTensorType::get(shape, b.getF32Type());
    return DequantizeOp::create(b, loc, result, numbers, floats({}, {1.0f}, ""), none,
                                /*axis=*/int64_t(0));
  }
  return dequantize(numbers, buildScales(index + 1), none,
                    level.granularity.getBlocksIn(encoded.scales[index + 1].granularity));
}

/// One if they are all the same.
Value WeightBuilder::buildZeroPoints(Type element, ArrayRef<int64_t> scaleShape) {
  if (!llvm::isa<IntegerType>(element))
    return zero(element);
  ArrayRef<int32_t> zeroPoints = encoded.zeroPoints;
  bool isUniform = llvm::all_equal(zeroPoints);
  uint8_t mask = uint8_t((1u << element.getIntOrFloatBitWidth()) - 1);
  std::vector<uint8_t> bytes;
  for (int32_t zeroPoint : isUniform ? zeroPoints.take_front() : zeroPoints)
    bytes.push_back(uint8_t(zeroPoint) & mask);
  return constant(isUniform ? ArrayRef<int64_t>() : scaleShape, element, ArrayRef<uint8_t>(bytes),
                  ".zero_points");
}

Value WeightBuilder::buildScaled() {
  Value numbers = numbersOf(type.getShape(), format.codec, encoded.codes, ".codes");
  Type element = llvm::cast<RankedTensorType>(numbers.getType()).getElementType();
  const EncodedScales &finest = encoded.scales.front();
  bool hasBlocks = options.granularity == GranularityKind::Group ||
                   options.granularity == GranularityKind::Block;
  if (!format.hasFreeScales() || hasBlocks) {
    Value zeroPoints = buildZeroPoints(element, finest.granularity.getScaleShape());
    return dequantize(numbers, buildScales(0), zeroPoints, finest.granularity.getBlocks());
  }
  // One scale, or one per channel.
  SmallVector<int64_t> shape;
  if (options.granularity == GranularityKind::Channel)
    shape.push_back(type.getDimSize(options.channelAxis));
  Value scales = floatScales(shape, finest, ".scales");
  Value zeroPoints = buildZeroPoints(element, shape);
  return DequantizeOp::create(b, loc, type, numbers, scales, zeroPoints,
                              int64_t(options.channelAxis));
}

//===--- Storage types, codebooks, planes ---===//

Value WeightBuilder::buildPlain() {
  Type element = getCodeType(b.getContext(), format.codec);
  Value codes = constant(type.getShape(), element, ArrayRef<uint8_t>(encoded.codes), ".codes");
  return DequantizeOp::create(b, loc, type, codes, floats({}, {1.0f}, ""), zero(element),
                              /*axis=*/int64_t(0));
}

Value WeightBuilder::buildCodebook() {
  Value codes = constant(type.getShape(), getCodeType(b.getContext(), format.codec),
                         ArrayRef<uint8_t>(encoded.codes), ".codes");
  SmallVector<int64_t> shape;
  DenseI64ArrayAttr blocks;
  if (options.granularity != GranularityKind::Tensor) {
    shape = encoded.blocks->getScaleShape();
    blocks = b.getDenseI64ArrayAttr(encoded.blocks->getBlocks());
  }
  shape.push_back(format.codec.numCodes());
  return LookupOp::create(b, loc, type, codes, floats(shape, encoded.values, ".codebooks"), blocks);
}

Value WeightBuilder::buildPlanes() {
  SmallVector<int64_t> grid = encoded.blocks->getScaleShape();
  auto withPlanes = [&](ArrayRef<int64_t> shape) {
    SmallVector<int64_t> result = {int64_t(format.packedBits)};
    llvm::append_range(result, shape);
    return result;
  };
  Value planes = constant(withPlanes(type.getShape()), b.getI1Type(),
                          ArrayRef<uint8_t>(encoded.codes), ".planes");
  Value scales = floats(withPlanes(grid), encoded.values, ".scales");
  Value offset = floats(grid, encoded.offsets, ".offset");
  return BinaryDecodeOp::create(b, loc, type, planes, scales, offset, encoded.blocks->getBlocks());
}

Value mlir::halftone::buildDecoding(OpBuilder &b, Location loc, RankedTensorType type,
                                    const EncodedTensor &encoded, const Format &format,
                                    const EncodeOptions &options, StringRef name) {
  return WeightBuilder(b, loc, type, encoded, format, options, name).build();
}
