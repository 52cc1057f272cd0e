// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/BitPacking.h"

#include "llvm/Support/MathExtras.h"

#include <cassert>

using namespace halftone;

std::vector<uint8_t> halftone::packBits(llvm::ArrayRef<uint8_t> codes, unsigned bits) {
  assert(bits >= 1 && bits <= 8 && "codes are bytes");
  std::vector<uint8_t> packed;
  packed.reserve(llvm::divideCeil(codes.size() * bits, 8));
  uint32_t pending = 0;
  unsigned numPending = 0;
  for (uint8_t code : codes) {
    pending |= (code & llvm::maskTrailingOnes<uint32_t>(bits)) << numPending;
    numPending += bits;
    if (numPending >= 8) {
      packed.push_back(uint8_t(pending));
      pending >>= 8;
      numPending -= 8;
    }
  }
  if (numPending != 0)
    packed.push_back(uint8_t(pending));
  return packed;
}

std::vector<uint8_t> halftone::unpackBits(llvm::ArrayRef<uint8_t> packed, unsigned bits,
                                          int64_t numCodes, bool isSigned) {
  assert(bits >= 1 && bits <= 8 && "codes are bytes");
  assert(packed.size() * 8 >= uint64_t(numCodes) * bits && "the stream holds all codes");
  std::vector<uint8_t> codes;
  codes.reserve(numCodes);
  for (int64_t i = 0; i != numCodes; ++i) {
    uint64_t position = uint64_t(i) * bits;
    uint32_t window = packed[position / 8];
    if (position % 8 + bits > 8)
      window |= uint32_t(packed[position / 8 + 1]) << 8;
    uint32_t code = (window >> (position % 8)) & llvm::maskTrailingOnes<uint32_t>(bits);
    codes.push_back(uint8_t(isSigned ? llvm::SignExtend32(code, bits) : code));
  }
  return codes;
}
