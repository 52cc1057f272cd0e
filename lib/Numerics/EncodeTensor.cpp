// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/EncodeTensor.h"

#include "halftone/Numerics/BinaryPlanes.h"
#include "halftone/Numerics/Codebook.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

using namespace halftone;
using Members = Granularity::Members;
using Values = llvm::ArrayRef<float>;

Granularity halftone::makeGranularity(llvm::ArrayRef<int64_t> shape, const EncodeOptions &options) {
  switch (options.granularity) {
  case GranularityKind::Tensor:
    return Granularity::perTensor(shape);
  case GranularityKind::Channel:
    return Granularity::perChannel(shape, options.channelAxis);
  case GranularityKind::Group:
    return Granularity::perReductionGroup(shape, options.channelAxis, options.group);
  case GranularityKind::Block:
    return Granularity::perReductionGroup(shape, options.channelAxis, options.group,
                                          options.channels);
  }
  llvm_unreachable("every granularity is listed");
}

static llvm::Error checkFinite(Values values) {
  uint64_t numNonFinite = 0;
  findRange(values, &numNonFinite);
  if (numNonFinite == 0)
    return llvm::Error::success();
  return llvm::createStringError("cannot quantize a tensor with %llu elements that are not finite",
                                 (unsigned long long)numNonFinite);
}

static std::vector<float> gather(Values values, llvm::ArrayRef<int64_t> positions) {
  std::vector<float> part;
  part.reserve(positions.size());
  for (int64_t position : positions)
    part.push_back(values[position]);
  return part;
}

//===--- Scales ---===//

static float findAbsmax(Values values, llvm::ArrayRef<int64_t> positions) {
  float absmax = 0;
  for (int64_t position : positions)
    absmax = std::max(absmax, std::fabs(values[position]));
  return absmax;
}

// Symmetric: a restricted grid has no code below -maxMagnitude.
static uint8_t encodeElement(const Format &format, float value, float scale) {
  float limit = format.maxMagnitude(), quotient = value / scale;
  if (format.restrictedSymmetric)
    quotient = std::clamp(quotient, -limit, limit);
  return uint8_t(format.codec.encode(quotient));
}

static double squaredError(const Format &format, Values values, llvm::ArrayRef<int64_t> positions,
                           float scale) {
  double sum = 0;
  for (int64_t position : positions) {
    float value = values[position];
    float restored = format.codec.decode(encodeElement(format, value, scale)) * scale;
    sum += (double(value) - restored) * (double(value) - restored);
  }
  return sum;
}

// OCP Microscaling: the exponents of the largest element and of the largest number of the format
// are the same, so that at most the top of the range saturates.
static uint32_t encodePowerOfTwo(const ElementCodec &codec, float absmax, float largest) {
  if (absmax == 0)
    return codec.encode(1.0f);
  int exponent = std::ilogb(absmax) - std::ilogb(largest);
  return codec.encode(std::ldexp(1.0f, std::clamp(exponent, -127, 127)));
}

namespace {
// One level of scales while it is chosen; parents are the products of the coarser ones.
struct LevelEncoder {
  const Format &format;
  const ScaleLevel &level;
  Values values;
  // The largest number that the elements and the finer levels make with a scale of 1.
  float largest;

  uint32_t encode(llvm::ArrayRef<int64_t> members, float absmax, float parent) const {
    const ElementCodec &codec = *level.codec;
    if (codec.isPowerOfTwo())
      return encodePowerOfTwo(codec, absmax / parent, largest);
    return encodeNeighbour(codec, members, absmax / largest / parent, parent);
  }

  // Of the scales next to the wanted one the one with the smaller error; never zero, which would
  // lose the block.
  uint32_t encodeNeighbour(const ElementCodec &codec, llvm::ArrayRef<int64_t> members, float wanted,
                           float parent) const {
    uint32_t nearest = codec.encode(wanted), best = nearest;
    double least = std::numeric_limits<double>::infinity();
    for (int step : {0, -1, 1}) {
      int64_t code = int64_t(nearest) + step;
      if (code < 0 || code >= int64_t(codec.numCodes()) || codec.decode(uint32_t(code)) <= 0)
        continue;
      double error = squaredError(format, values, members, codec.decode(uint32_t(code)) * parent);
      if (error < least)
        best = uint32_t(code), least = error;
    }
    return best;
  }
};
} // namespace

static float fitFloatScale(float absmax, float largest) {
  return absmax == 0 ? 1.0f : std::max(absmax / largest, std::numeric_limits<float>::min());
}

static EncodedScales encodeLevel(const LevelEncoder &encoder, const Granularity &granularity,
                                 Values parents) {
  EncodedScales result{granularity, {}, {}};
  Members members = granularity.getMembers();
  for (size_t block = 0; block != members.size(); ++block) {
    float absmax = findAbsmax(encoder.values, members[block]);
    if (!encoder.level.codec) {
      result.values.push_back(fitFloatScale(absmax, encoder.largest));
      continue;
    }
    float parent = members[block].empty() ? 1.0f : parents[members[block].front()];
    uint32_t code = encoder.encode(members[block], absmax, parent);
    result.codes.push_back(uint8_t(code));
    result.values.push_back(encoder.level.codec->decode(code));
  }
  return result;
}

// The product of a level's scales and what `products` has of the coarser ones, for each element.
static void multiply(const EncodedScales &level, llvm::MutableArrayRef<float> products) {
  level.granularity.forEachRun([&](const Granularity::Run &run) {
    for (int64_t i = 0; i != run.numElements; ++i)
      products[run.firstElement + i] *= level.values[run.firstScale + (run.sharesScale ? 0 : i)];
  });
}

static EncodedTensor encodeLevels(Values values, llvm::ArrayRef<int64_t> shape,
                                  const Format &format, const EncodeOptions &options) {
  EncodedTensor result;
  std::vector<float> products(values.size(), 1.0f);
  std::vector<EncodedScales> coarsestFirst;
  for (size_t i = format.scales.size(); i-- > 0;) {
    const ScaleLevel &level = format.scales[i];
    float largest = format.maxMagnitude();
    for (const ScaleLevel &finer : format.scales.take_front(i))
      largest *= finer.codec ? finer.codec->maxValue() : 1.0f;
    Granularity granularity =
        level.group != 0 ? Granularity::perReductionGroup(shape, options.channelAxis, level.group)
                         : makeGranularity(shape, options);
    coarsestFirst.push_back(encodeLevel({format, level, values, largest}, granularity, products));
    multiply(coarsestFirst.back(), products);
  }
  result.scales.assign(coarsestFirst.rbegin(), coarsestFirst.rend());
  result.zeroPoints.assign(result.scales.front().values.size(), 0);
  for (size_t i = 0; i != values.size(); ++i)
    result.codes.push_back(encodeElement(format, values[i], products[i]));
  return result;
}

static llvm::Expected<EncodedTensor> encodeScaled(Values values, llvm::ArrayRef<int64_t> shape,
                                                  const Format &format,
                                                  const EncodeOptions &options) {
  if (!format.hasFreeScales())
    return encodeLevels(values, shape, format, options);
  Granularity granularity = makeGranularity(shape, options);
  llvm::Expected<QuantizedTensor> quantized =
      quantizeTensor(values, granularity, format, options.symmetric, options.fit);
  if (!quantized)
    return quantized.takeError();
  EncodedTensor result;
  result.codes = std::move(quantized->codes);
  for (uint8_t &code : result.codes)
    code &= uint8_t(format.codec.numCodes() - 1);
  result.zeroPoints = std::move(quantized->zeroPoints);
  result.scales.push_back({granularity, std::move(quantized->scales), {}, options.fit.scaleCodec});
  return result;
}

//===--- Codebooks, planes, storage types ---===//

static EncodedTensor encodeCodebooks(Values values, const Granularity &granularity,
                                     const Format &format) {
  EncodedTensor result;
  result.blocks = granularity;
  result.codes.resize(values.size());
  Members members = granularity.getMembers();
  for (size_t block = 0; block != members.size(); ++block) {
    std::vector<float> codebook =
        fitCodebook(gather(values, members[block]), format.codec.numCodes());
    for (int64_t position : members[block])
      result.codes[position] = findNearest(codebook, values[position]);
    result.values.insert(result.values.end(), codebook.begin(), codebook.end());
  }
  return result;
}

static EncodedTensor encodePlanes(Values values, const Granularity &granularity,
                                  const Format &format, bool withOffset) {
  EncodedTensor result;
  result.blocks = granularity;
  Members members = granularity.getMembers();
  size_t numPlanes = format.packedBits, numBlocks = members.size();
  result.codes.resize(numPlanes * values.size());
  result.values.resize(numPlanes * numBlocks);
  for (size_t block = 0; block != numBlocks; ++block) {
    BinaryPlanes planes =
        fitAlternating(gather(values, members[block]), unsigned(numPlanes), withOffset);
    result.offsets.push_back(planes.offset);
    for (size_t plane = 0; plane != numPlanes; ++plane) {
      result.values[plane * numBlocks + block] = planes.scales[plane];
      for (auto [index, position] : llvm::enumerate(members[block]))
        result.codes[plane * values.size() + position] = planes.codes[index] >> plane & 1;
    }
  }
  return result;
}

static llvm::Expected<EncodedTensor> encodePlain(Values values, const Format &format) {
  EncodedTensor result;
  for (float value : values) {
    uint32_t code = format.codec.encode(value);
    if (!format.codec.isFinite(code))
      return llvm::createStringError("%g is beyond the largest number of %s, %g", double(value),
                                     format.name.data(), double(format.codec.maxValue()));
    result.codes.push_back(uint8_t(code));
    result.codes.push_back(uint8_t(code >> 8));
  }
  return result;
}

llvm::Expected<EncodedTensor> halftone::encodeTensor(Values values, llvm::ArrayRef<int64_t> shape,
                                                     const Format &format,
                                                     const EncodeOptions &options) {
  if (llvm::Error error = checkFinite(values))
    return error;
  switch (format.coding) {
  case Format::Coding::Scaled:
    return encodeScaled(values, shape, format, options);
  case Format::Coding::Plain:
    return encodePlain(values, format);
  case Format::Coding::Codebook:
    return encodeCodebooks(values, makeGranularity(shape, options), format);
  case Format::Coding::BinaryPlanes:
    return encodePlanes(values, makeGranularity(shape, options), format, !options.symmetric);
  }
  llvm_unreachable("every coding is listed");
}

static uint64_t packedBytes(uint64_t count, unsigned bits) { return (count * bits + 7) / 8; }

uint64_t halftone::countStoredBytes(const EncodedTensor &tensor, const Format &format) {
  bool isPlain = format.coding == Format::Coding::Plain;
  uint64_t bytes =
      isPlain ? tensor.codes.size() : packedBytes(tensor.codes.size(), format.codec.bits);
  for (auto [level, scales] : llvm::zip(format.scales, tensor.scales))
    bytes += packedBytes(scales.values.size(), scales.stored ? scales.stored->bits : level.bits());
  if (!llvm::all_equal(tensor.zeroPoints))
    bytes += packedBytes(tensor.zeroPoints.size(), format.codec.bits);
  bytes += tensor.values.size() * sizeof(float);
  if (!llvm::all_equal(tensor.offsets))
    bytes += tensor.offsets.size() * sizeof(float);
  return bytes;
}

//===--- Decoding ---===//

// In place, as the tensors that are decoded are the largest there are.
static std::vector<float> decodeScaled(const EncodedTensor &tensor, const Format &format) {
  std::vector<float> numbers(tensor.codes.size(), 1.0f);
  for (const EncodedScales &level : llvm::reverse(tensor.scales))
    multiply(level, numbers);
  std::vector<float> zeroPoints;
  if (llvm::any_of(tensor.zeroPoints, [](int32_t zeroPoint) { return zeroPoint != 0; })) {
    zeroPoints.resize(numbers.size(), 1.0f);
    multiply({tensor.scales.front().granularity,
              {tensor.zeroPoints.begin(), tensor.zeroPoints.end()},
              {}},
             zeroPoints);
  }
  for (size_t i = 0; i != numbers.size(); ++i)
    numbers[i] *=
        format.codec.decode(tensor.codes[i]) - (zeroPoints.empty() ? 0.0f : zeroPoints[i]);
  return numbers;
}

static std::vector<float> decodePlanes(const EncodedTensor &tensor, const Format &format) {
  Members members = tensor.blocks->getMembers();
  size_t numPlanes = format.packedBits, numValues = tensor.codes.size() / numPlanes;
  std::vector<float> result(numValues);
  for (size_t block = 0; block != members.size(); ++block)
    for (int64_t position : members[block]) {
      result[position] = tensor.offsets[block];
      for (size_t plane = 0; plane != numPlanes; ++plane) {
        float scale = tensor.values[plane * members.size() + block];
        result[position] += tensor.codes[plane * numValues + position] ? scale : -scale;
      }
    }
  return result;
}

std::vector<float> halftone::decodeTensor(const EncodedTensor &tensor, const Format &format) {
  std::vector<float> result;
  switch (format.coding) {
  case Format::Coding::Scaled:
    return decodeScaled(tensor, format);
  case Format::Coding::Plain:
    for (size_t i = 0; i != tensor.codes.size(); i += 2)
      result.push_back(format.codec.decode(tensor.codes[i] | uint32_t(tensor.codes[i + 1]) << 8));
    return result;
  case Format::Coding::Codebook: {
    result.resize(tensor.codes.size());
    Members members = tensor.blocks->getMembers();
    for (size_t block = 0; block != members.size(); ++block)
      for (int64_t position : members[block])
        result[position] = tensor.values[block * format.codec.numCodes() + tensor.codes[position]];
    return result;
  }
  case Format::Coding::BinaryPlanes:
    return decodePlanes(tensor, format);
  }
  llvm_unreachable("every coding is listed");
}
