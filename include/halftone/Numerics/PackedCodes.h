// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_PACKEDCODES_H
#define HALFTONE_NUMERICS_PACKEDCODES_H

#include "halftone/Numerics/PackedLayout.h"

namespace halftone {

/// How a kernel wants codes of 1 to 8 bits of a right-hand side [K, N] in memory:
///
///   [ceil(N / nr)][ceil(K / kr)][nr * kr * bits / 8]
///
/// A code is cut into fields of 8, 4, 2 and 1 bits, the widest in its lowest bits. In one step of
/// `kr` rows the fields follow each other. A field of `width` bits is [kr * width / 8][nr] bytes:
/// 8 / width rows of one column share a byte, the first in its lowest bits. So one load gives
/// neighbouring columns, whatever the number of columns of a panel is, and rows follow by shifts.
struct CodeField {
  unsigned width;
  /// Where the field begins in the code.
  unsigned shift;
  /// Rows that share a byte.
  int64_t rowsPerByte() const { return 8 / width; }
};

llvm::SmallVector<CodeField, 3> getCodeFields(unsigned bits);

/// kr: rows that share bytes.
int64_t getCodeRows(unsigned bits);

/// Bytes of one step.
int64_t getCodeStepBytes(unsigned bits, int64_t nr);

/// Rows of codes that are read one by one, as those of an embedding: each a step whose columns are
/// as many as it takes, so that the code at s * columns + c is that of row s and column c.
int64_t getPackedRowBytes(unsigned bits, int64_t rowSize);
/// Packs rows of `rowSize` codes, one in the low bits of each byte; what fills a row up is zero.
std::vector<uint8_t> packRows(unsigned bits, int64_t rowSize, llvm::ArrayRef<uint8_t> codes);

/// Codes of less than 8 bits that follow each other as one stream, the first in the lowest bits of
/// the first byte; at least 8 bytes, which one load reads.
int64_t getStreamBytes(unsigned bits, int64_t numCodes);
/// Packs codes as a stream, one in the low bits of each byte.
std::vector<uint8_t> packStream(unsigned bits, llvm::ArrayRef<uint8_t> codes);

/// Packs codes, one in the low bits of each byte that `view` reads.
std::vector<uint8_t> packCodes(unsigned bits, int64_t nr, const WeightView &view);

} // namespace halftone

#endif // HALFTONE_NUMERICS_PACKEDCODES_H
