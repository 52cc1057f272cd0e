// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_FORMAT_H
#define HALFTONE_NUMERICS_FORMAT_H

#include "halftone/Numerics/ElementCodec.h"

#include "llvm/ADT/StringRef.h"

#include <optional>

namespace halftone {

/// One level of scales above the elements.
struct ScaleLevel {
  /// What the scales are stored as; none: f32.
  std::optional<ElementCodec> codec;
  /// How many elements along the reduction share a scale; 0: as the granularity says.
  int64_t group = 0;

  unsigned bits() const { return codec ? codec->bits : 32; }
};

/// Which elements share a scale, a codebook or the scales of binary planes.
enum class GranularityKind { Tensor, Channel, Group, Block };

/// A number format that recipes can name. Everything that depends on a format reads it here.
struct Format {
  /// How codes become numbers.
  enum class Coding {
    /// The number of the code, less the zero point, times the product of its scales.
    Scaled,
    /// The number of the code as it is: storage types.
    Plain,
    /// The entry of a codebook fitted to the tensor; `codec` is the index.
    Codebook,
    /// A sum of `packedBits` binary planes, each with its scale, and an offset.
    BinaryPlanes,
  };

  llvm::StringLiteral name;
  ElementCodec codec;
  /// Bits of one element in a packed tensor.
  unsigned packedBits;
  /// Symmetric grids leave the lowest code out, so that the grid has as many steps below zero as
  /// above and -x has a code whenever x has: [-127, 127] instead of [-128, 127].
  bool restrictedSymmetric = false;
  /// Of signed integers: symmetric grids use the lowest code, and a block's scale has the sign that
  /// puts its largest magnitude there, as llama.cpp's Q4_0 does.
  bool fullRange = false;
  Coding coding = Coding::Scaled;
  /// From the finest to the coarsest. The scale of an element is the product of one of each.
  llvm::ArrayRef<ScaleLevel> scales = {};
  /// Where a recipe does not say.
  GranularityKind granularity = GranularityKind::Channel;
  int64_t group = 0;

  /// The same with `fullRange`.
  Format withFullRange() const;
  bool isInteger() const {
    return coding == Coding::Scaled && codec.kind == ElementCodec::Kind::Integer;
  }
  /// Whether there is one level of f32 scales, so that granularity and zero points can be chosen.
  bool hasFreeScales() const { return scales.size() == 1 && !scales.front().codec; }
  /// Whether values are only rounded: nothing has to be known of their range.
  bool hasNoScale() const { return coding == Coding::Plain; }
  /// Whether the blocks are part of the format.
  bool hasFixedGroups() const { return !scales.empty() && scales.front().group != 0; }
  /// The codes of an integer format, as numbers.
  int32_t qmin() const;
  int32_t qmax() const;
  /// The lowest code that a symmetric grid uses.
  int32_t symmetricQmin() const { return restrictedSymmetric ? -qmax() : qmin(); }
  /// The magnitude that absmax scaling maps the largest input to.
  float maxMagnitude() const;
};

/// All formats, in a fixed order.
llvm::ArrayRef<Format> allFormats();

/// The format called `name`, or null.
const Format *findFormat(llvm::StringRef name);

/// Bits that a weight takes in `format` when `blockSize` elements share what the granularity gives
/// (a scale, a codebook, the scales of planes): those of its code and its part of the rest.
/// `asymmetric` adds a zero point, or the offset of binary planes.
double effectiveBits(const Format &format, int64_t blockSize, bool asymmetric = false);

} // namespace halftone

#endif // HALFTONE_NUMERICS_FORMAT_H
