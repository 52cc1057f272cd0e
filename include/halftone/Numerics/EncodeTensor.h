// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_ENCODETENSOR_H
#define HALFTONE_NUMERICS_ENCODETENSOR_H

#include "halftone/Numerics/Format.h"
#include "halftone/Numerics/Granularity.h"
#include "halftone/Numerics/QuantizeTensor.h"

#include "llvm/Support/Error.h"

#include <optional>
#include <vector>

namespace halftone {

/// The scales of one level.
struct EncodedScales {
  /// Of the tensor's elements, not of the finer level's scales.
  Granularity granularity;
  /// One per block: what the level contributes to the product.
  std::vector<float> values;
  /// The codes of the values; empty where they are stored as floats.
  std::vector<uint8_t> codes;
  /// Where the format leaves the choice: what the values are stored as if not as f32.
  std::optional<ElementCodec> stored = std::nullopt;
};

/// A tensor in any format. Bytes hold a code each, in the low bits.
struct EncodedTensor {
  /// The elements' codes; of binary planes one plane after the other, 1 for plus; of plain formats
  /// two little-endian bytes per element.
  std::vector<uint8_t> codes;
  /// From the finest to the coarsest level of `Format::scales`.
  std::vector<EncodedScales> scales;
  /// One per scale of the finest level: 0 unless the grid is asymmetric.
  std::vector<int32_t> zeroPoints;
  /// The blocks of codebooks and planes.
  std::optional<Granularity> blocks;
  /// Codebooks, one after the other; the scales of planes, [planes, blocks].
  std::vector<float> values;
  /// Of binary planes, one per block.
  std::vector<float> offsets;
};

/// How a tensor of weights is cut.
struct EncodeOptions {
  GranularityKind granularity = GranularityKind::Channel;
  /// Group and block: elements along the reduction.
  int64_t group = 0;
  /// The dimension of output channels.
  unsigned channelAxis = 0;
  bool symmetric = true;
  /// How scales are chosen and stored; formats with one level of f32 scales.
  FitOptions fit = {};
  /// Block: channels that share scales.
  int64_t channels = 1;
};

/// The blocks that `options` describes.
Granularity makeGranularity(llvm::ArrayRef<int64_t> shape, const EncodeOptions &options);

/// Encodes a tensor, each number as near as the format allows (codebooks and planes: a local
/// optimum, the same on every machine). An error if an element is not finite.
llvm::Expected<EncodedTensor> encodeTensor(llvm::ArrayRef<float> values,
                                           llvm::ArrayRef<int64_t> shape, const Format &format,
                                           const EncodeOptions &options);

/// The bytes of everything that is stored of `tensor`, each kind of code packed.
uint64_t countStoredBytes(const EncodedTensor &tensor, const Format &format);

/// The numbers that `tensor` stands for, by the operations of the compiled code in its order.
std::vector<float> decodeTensor(const EncodedTensor &tensor, const Format &format);

} // namespace halftone

#endif // HALFTONE_NUMERICS_ENCODETENSOR_H
