// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_QUANTIZETENSOR_H
#define HALFTONE_NUMERICS_QUANTIZETENSOR_H

#include "halftone/Numerics/AffineGrid.h"
#include "halftone/Numerics/Format.h"
#include "halftone/Numerics/Granularity.h"
#include "halftone/Numerics/RangeEstimator.h"

#include "llvm/Support/Error.h"

#include <vector>

namespace halftone {

/// A tensor in a format of at most 8 bits, one scale per block.
struct QuantizedTensor {
  /// One byte per element: signed integers sign-extended, all other codes zero-extended.
  std::vector<uint8_t> codes;
  std::vector<float> scales;
  /// One per scale; all 0 unless the format is an integer one.
  std::vector<int32_t> zeroPoints;
};

/// The grid that covers `range` with a scale that can be stored; of formats that are no integers
/// only the scale, which maps the largest magnitude to the largest number.
AffineGrid fitStoredGrid(Range range, const Format &format, bool symmetric,
                         const std::optional<ElementCodec> &scaleCodec);

/// One grid per block of an integer format, fitted to the range of the block's elements. An error
/// if an element is not finite.
llvm::Expected<std::vector<AffineGrid>> fitGrids(llvm::ArrayRef<float> values,
                                                 const Granularity &granularity,
                                                 const Format &format, bool symmetric);

/// How scales are chosen.
struct FitOptions {
  /// The range of each block; what lies outside is clipped. MeanSquaredError: shrunk in steps of
  /// 1/64 down to a quarter to where the block's squared error is least, of equal ones the widest;
  /// of a full range beginning with qmin / qmax of it, and with either sign.
  /// The others: that of `estimateRange` for one sample, the block.
  RangeOptions range = {};
  /// What scales are stored as; none: f32. They are rounded before codes are chosen: to a power of
  /// two (fixed-point numbers) up, so that the range fits, otherwise to the nearest.
  std::optional<ElementCodec> scaleCodec = std::nullopt;
};

/// The number of `codec` that a scale becomes, of the same sign; never zero. Above the largest
/// number of a codec with infinity it is that.
float roundScale(float scale, const ElementCodec &codec);

/// One scale and one zero point per block.
struct BlockScales {
  std::vector<float> scales;
  std::vector<int32_t> zeroPoints;
};

/// The scales that `quantizeTensor` uses. An error if an element is not finite.
llvm::Expected<BlockScales> fitScales(llvm::ArrayRef<float> values, const Granularity &granularity,
                                      const Format &format, bool symmetric,
                                      const FitOptions &options = {});

/// Quantizes with one fitted scale per block. Integer formats use `fitGrids`. The others are
/// always symmetric: scale = absmax / the format's largest magnitude (1 for a block of zeros), and
/// code = encode(x / scale). An error if an element is not finite.
llvm::Expected<QuantizedTensor> quantizeTensor(llvm::ArrayRef<float> values,
                                               const Granularity &granularity, const Format &format,
                                               bool symmetric, const FitOptions &options = {});

/// The real numbers that `tensor` stands for: (code - zero point) * scale, or decode(code) * scale.
std::vector<float> dequantizeTensor(const QuantizedTensor &tensor, const Granularity &granularity,
                                    const Format &format);

} // namespace halftone

#endif // HALFTONE_NUMERICS_QUANTIZETENSOR_H
