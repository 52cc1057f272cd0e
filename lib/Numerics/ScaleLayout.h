// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_LIB_NUMERICS_SCALELAYOUT_H
#define HALFTONE_LIB_NUMERICS_SCALELAYOUT_H

#include "halftone/Numerics/Granularity.h"

namespace halftone {

/// Which scale a weight has, by its place in the matrix [reduction, channels] of its contraction.
class ScaleLayout {
public:
  /// Blocks hold one channel, or all of them.
  ScaleLayout(const Granularity &granularity, unsigned channelAxis);

  size_t at(int64_t input, int64_t channel) const {
    return size_t(first[input] + channel * channelStride);
  }
  /// Whether the weights of two inputs have the same scales.
  bool sharesScales(int64_t input, int64_t other) const { return first[input] == first[other]; }

private:
  /// The scale of each input's first channel.
  std::vector<int64_t> first;
  int64_t channelStride;
};

} // namespace halftone

#endif // HALFTONE_LIB_NUMERICS_SCALELAYOUT_H
