// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/Format.h"

#include "llvm/ADT/STLExtras.h"

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

llvm::ArrayRef<Format> halftone::allFormats() {
  using Codec = ElementCodec;
  using Special = ElementCodec::Special;
  // name, codec, packed bits, restricted symmetric range
  static const Format formats[] = {
      {"int8", Codec::signedInteger(8), 8, true},
      {"int7", Codec::signedInteger(7), 7, true},
      {"int6", Codec::signedInteger(6), 6, true},
      {"int5", Codec::signedInteger(5), 5, true},
      {"int4", Codec::signedInteger(4), 4, true},
      {"int3", Codec::signedInteger(3), 3, true},
      // Three of four codes would be too much of a loss.
      {"int2", Codec::signedInteger(2), 2, false},
      {"uint8", Codec::unsignedInteger(8), 8, false},
      {"uint7", Codec::unsignedInteger(7), 7, false},
      {"uint6", Codec::unsignedInteger(6), 6, false},
      {"uint5", Codec::unsignedInteger(5), 5, false},
      {"uint4", Codec::unsignedInteger(4), 4, false},
      {"uint3", Codec::unsignedInteger(3), 3, false},
      {"uint2", Codec::unsignedInteger(2), 2, false},
      {"fp8_e4m3", Codec::floating(4, 3, 7, Special::AllOnesNaN), 8, false},
      {"fp8_e5m2", Codec::floating(5, 2, 15, Special::IEEE), 8, false},
      {"fp6_e2m3", Codec::floating(2, 3, 1, Special::None), 6, false},
      {"fp6_e3m2", Codec::floating(3, 2, 3, Special::None), 6, false},
      {"fp4_e2m1", Codec::floating(2, 1, 1, Special::None), 4, false},
      {"nf4", Codec::lookup(nf4Values), 4, false},
      {"f16", Codec::floating(5, 10, 15, Special::IEEE, /*saturates=*/false), 16, false},
      {"bf16", Codec::floating(8, 7, 127, Special::IEEE, /*saturates=*/false), 16, false},
  };
  return formats;
}

const Format *halftone::findFormat(llvm::StringRef name) {
  llvm::ArrayRef<Format> formats = allFormats();
  const Format *format =
      llvm::find_if(formats, [&](const Format &candidate) { return candidate.name == name; });
  return format == formats.end() ? nullptr : format;
}

int32_t Format::qmin() const {
  assert(isInteger() && "only integer formats have a range of codes");
  return int32_t(codec.minValue());
}

int32_t Format::qmax() const {
  assert(isInteger() && "only integer formats have a range of codes");
  return int32_t(codec.maxValue());
}
