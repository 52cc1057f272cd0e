// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_BITPACKING_H
#define HALFTONE_NUMERICS_BITPACKING_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace halftone {

/// Packs the low `bits` (1 to 8) of each code into one stream of bits, lowest bit first, so that
/// 4-bit codes are two per byte, the first in the low nibble, as in ONNX. The last byte is filled
/// with zeros.
std::vector<uint8_t> packBits(llvm::ArrayRef<uint8_t> codes, unsigned bits);

/// The first `numCodes` codes of such a stream, sign-extended to 8 bits if `isSigned`.
std::vector<uint8_t> unpackBits(llvm::ArrayRef<uint8_t> packed, unsigned bits, int64_t numCodes,
                                bool isSigned);

} // namespace halftone

#endif // HALFTONE_NUMERICS_BITPACKING_H
