// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/Format.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <cassert>

using namespace halftone;

// The code book of QLoRA (arXiv 2305.14314, appendix E): quantiles of the standard normal
// distribution, scaled to [-1, 1], with an exact zero.
static constexpr float nf4Values[] = {-1.0f,
                                      -0.6961928009986877f,
                                      -0.5250730514526367f,
                                      -0.39491748809814453f,
                                      -0.28444138169288635f,
                                      -0.18477343022823334f,
                                      -0.09105003625154495f,
                                      0.0f,
                                      0.07958029955625534f,
                                      0.16093020141124725f,
                                      0.24611230194568634f,
                                      0.33791524171829224f,
                                      0.44070982933044434f,
                                      0.5626170039176941f,
                                      0.7229568362236023f,
                                      1.0f};

namespace {
using Codec = ElementCodec;
using Special = ElementCodec::Special;
using Coding = Format::Coding;

constexpr float halfOrOne[] = {0.5f, 1.0f};

// Two's complement without the lowest code has the numbers of sign and magnitude.
Format sharedExponents(llvm::StringLiteral name, unsigned bits) {
  static const ScaleLevel levels[] = {{Codec::lookup(halfOrOne), 2}, {Codec::powerOfTwo(), 16}};
  Format format{name, Codec::signedInteger(bits), bits, /*restrictedSymmetric=*/true};
  format.scales = levels;
  return format;
}

Format microscaling(llvm::StringLiteral name, Codec codec) {
  static const ScaleLevel levels[] = {{Codec::powerOfTwo(), 32}};
  Format format{name, codec, codec.bits, /*restrictedSymmetric=*/true};
  format.scales = levels;
  return format;
}

Format perVectorScaled(llvm::StringLiteral name, unsigned bits, llvm::ArrayRef<ScaleLevel> levels) {
  Format format{name, Codec::signedInteger(bits), bits, /*restrictedSymmetric=*/true};
  format.scales = levels;
  return format;
}

Format scaled(llvm::StringLiteral name, Codec codec, bool restrictedSymmetric = false) {
  static const ScaleLevel levels[] = {{std::nullopt, 0}};
  Format format{name, codec, codec.bits, restrictedSymmetric};
  format.scales = levels;
  return format;
}

Format plain(llvm::StringLiteral name, Codec codec) {
  Format format{name, codec, codec.bits};
  format.coding = Coding::Plain;
  format.granularity = GranularityKind::Tensor;
  return format;
}

Format codebook(llvm::StringLiteral name, unsigned bits) {
  Format format{name, Codec::unsignedInteger(bits), bits};
  format.coding = Coding::Codebook;
  format.granularity = GranularityKind::Tensor;
  return format;
}

Format binaryPlanes(llvm::StringLiteral name, unsigned planes) {
  Format format{name, Codec::unsignedInteger(1), planes};
  format.coding = Coding::BinaryPlanes;
  format.granularity = GranularityKind::Group;
  format.group = 128;
  return format;
}

Format grouped(Format format, int64_t group) {
  format.granularity = GranularityKind::Group;
  format.group = group;
  return format;
}
} // namespace

llvm::ArrayRef<Format> halftone::allFormats() {
  static const ScaleLevel vsq4Levels[] = {{Codec::unsignedInteger(4), 16}, {std::nullopt, 0}};
  static const ScaleLevel vsq8Levels[] = {{Codec::unsignedInteger(8), 16}, {std::nullopt, 0}};
  static const Format formats[] = {
      scaled("int8", Codec::signedInteger(8), /*restrictedSymmetric=*/true),
      scaled("int7", Codec::signedInteger(7), /*restrictedSymmetric=*/true),
      scaled("int6", Codec::signedInteger(6), /*restrictedSymmetric=*/true),
      scaled("int5", Codec::signedInteger(5), /*restrictedSymmetric=*/true),
      scaled("int4", Codec::signedInteger(4), /*restrictedSymmetric=*/true),
      scaled("int3", Codec::signedInteger(3), /*restrictedSymmetric=*/true),
      // Three of four codes would be too much of a loss.
      scaled("int2", Codec::signedInteger(2)),
      scaled("uint8", Codec::unsignedInteger(8)),
      scaled("uint7", Codec::unsignedInteger(7)),
      scaled("uint6", Codec::unsignedInteger(6)),
      scaled("uint5", Codec::unsignedInteger(5)),
      scaled("uint4", Codec::unsignedInteger(4)),
      scaled("uint3", Codec::unsignedInteger(3)),
      scaled("uint2", Codec::unsignedInteger(2)),
      scaled("sm8", Codec::signMagnitude(8)),
      scaled("sm4", Codec::signMagnitude(4)),
      scaled("sm2", Codec::signMagnitude(2)),
      scaled("fp8_e4m3", Codec::floating(4, 3, 7, Special::AllOnesNaN)),
      scaled("fp8_e5m2", Codec::floating(5, 2, 15, Special::IEEE)),
      scaled("fp6_e2m3", Codec::floating(2, 3, 1, Special::None)),
      scaled("fp6_e3m2", Codec::floating(3, 2, 3, Special::None)),
      scaled("fp4_e2m1", Codec::floating(2, 1, 1, Special::None)),
      grouped(scaled("nf4", Codec::lookup(nf4Values)), 64),
      plain("f16", Codec::floating(5, 10, 15, Special::IEEE, /*saturates=*/false)),
      plain("bf16", Codec::floating(8, 7, 127, Special::IEEE, /*saturates=*/false)),
      microscaling("mxfp8", Codec::floating(4, 3, 7, Special::AllOnesNaN)),
      microscaling("mxfp8_e5m2", Codec::floating(5, 2, 15, Special::IEEE)),
      microscaling("mxfp6", Codec::floating(2, 3, 1, Special::None)),
      microscaling("mxfp6_e3m2", Codec::floating(3, 2, 3, Special::None)),
      microscaling("mxfp4", Codec::floating(2, 1, 1, Special::None)),
      microscaling("mxint8", Codec::signedInteger(8)),
      sharedExponents("mx9", 8),
      sharedExponents("mx6", 5),
      sharedExponents("mx4", 3),
      perVectorScaled("vsq4", 4, vsq4Levels),
      perVectorScaled("vsq8", 8, vsq8Levels),
      codebook("kmeans2", 2),
      codebook("kmeans3", 3),
      codebook("kmeans4", 4),
      codebook("kmeans5", 5),
      codebook("kmeans6", 6),
      codebook("kmeans7", 7),
      codebook("kmeans8", 8),
      binaryPlanes("bcq1", 1),
      binaryPlanes("bcq2", 2),
      binaryPlanes("bcq3", 3),
      binaryPlanes("bcq4", 4),
  };
  return formats;
}

const Format *halftone::findFormat(llvm::StringRef name) {
  llvm::ArrayRef<Format> formats = allFormats();
  const Format *format =
      llvm::find_if(formats, [&](const Format &candidate) { return candidate.name == name; });
  return format == formats.end() ? nullptr : format;
}

Format Format::withFullRange() const {
  Format format = *this;
  format.fullRange = true;
  format.restrictedSymmetric = false;
  return format;
}

int32_t Format::qmin() const {
  assert(isInteger() && "only integer formats have a range of codes");
  return int32_t(codec.minValue());
}

int32_t Format::qmax() const {
  assert(isInteger() && "only integer formats have a range of codes");
  return int32_t(codec.maxValue());
}

float Format::maxMagnitude() const {
  // Only tables may reach further below zero than above, but for the code that integers leave out.
  bool isTable = codec.kind == ElementCodec::Kind::Table;
  return isTable ? std::max(codec.maxValue(), -codec.minValue()) : codec.maxValue();
}

double halftone::effectiveBits(const Format &format, int64_t blockSize, bool asymmetric) {
  assert(blockSize > 0 && "a block has elements");
  double bits = format.packedBits;
  switch (format.coding) {
  case Format::Coding::Scaled:
    for (const ScaleLevel &level : format.scales)
      bits += double(level.bits()) / double(level.group != 0 ? level.group : blockSize);
    return bits + (asymmetric ? double(format.packedBits) / double(blockSize) : 0);
  case Format::Coding::Plain:
    return bits;
  case Format::Coding::Codebook:
    return bits + 32.0 * double(format.codec.numCodes()) / double(blockSize);
  case Format::Coding::BinaryPlanes:
    return bits + 32.0 * (format.packedBits + (asymmetric ? 1 : 0)) / double(blockSize);
  }
  llvm_unreachable("every coding is listed");
}
