// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_FORMAT_H
#define HALFTONE_NUMERICS_FORMAT_H

#include "halftone/Numerics/ElementCodec.h"

#include "llvm/ADT/StringRef.h"

namespace halftone {

/// A number format that recipes can name. Everything that depends on a format reads it here.
struct Format {
  llvm::StringLiteral name;
  ElementCodec codec;
  /// Bits of one element in a packed tensor.
  unsigned packedBits;
  /// Symmetric grids leave the lowest code out, so that the grid has as many steps below zero as
  /// above and -x has a code whenever x has: [-127, 127] instead of [-128, 127].
  bool restrictedSymmetric;

  bool isInteger() const { return codec.kind == ElementCodec::Kind::Integer; }
  /// The codes of an integer format, as numbers.
  int32_t qmin() const;
  int32_t qmax() const;
  /// The lowest code that a symmetric grid uses.
  int32_t symmetricQmin() const { return restrictedSymmetric ? -qmax() : qmin(); }
  /// The magnitude that absmax scaling maps the largest input to.
  float maxMagnitude() const { return codec.maxValue(); }
};

/// All formats, in a fixed order.
llvm::ArrayRef<Format> allFormats();

/// The format called `name`, or null.
const Format *findFormat(llvm::StringRef name);

} // namespace halftone

#endif // HALFTONE_NUMERICS_FORMAT_H
