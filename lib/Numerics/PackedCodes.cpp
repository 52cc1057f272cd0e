// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/PackedCodes.h"

#include "llvm/Support/MathExtras.h"

#include <cassert>

using namespace halftone;

llvm::SmallVector<CodeField, 3> halftone::getCodeFields(unsigned bits) {
  assert(bits >= 1 && bits <= 8 && "codes are bytes");
  llvm::SmallVector<CodeField, 3> fields;
  unsigned shift = 0;
  for (unsigned width : {8u, 4u, 2u, 1u})
    if (bits & width) {
      fields.push_back({width, shift});
      shift += width;
    }
  return fields;
}

int64_t halftone::getCodeRows(unsigned bits) { return getCodeFields(bits).back().rowsPerByte(); }

int64_t halftone::getCodeStepBytes(unsigned bits, int64_t nr) {
  return nr * getCodeRows(bits) * bits / 8;
}

// One step: from a byte for each code, [nr][kr], to fields.
static uint8_t *packStep(llvm::ArrayRef<CodeField> fields, int64_t nr, int64_t kr,
                         const uint8_t *codes, uint8_t *out) {
  for (const CodeField &field : fields) {
    int64_t perByte = field.rowsPerByte();
    auto mask = llvm::maskTrailingOnes<unsigned>(field.width);
    for (int64_t first = 0; first != kr; first += perByte)
      for (int64_t column = 0; column != nr; ++column) {
        unsigned byte = 0;
        for (int64_t row = 0; row != perByte; ++row) {
          unsigned code = codes[column * kr + first + row];
          byte |= (code >> field.shift & mask) << unsigned(row * field.width);
        }
        *out++ = uint8_t(byte);
      }
  }
  return out;
}

int64_t halftone::getPackedRowBytes(unsigned bits, int64_t rowSize) {
  return getCodeStepBytes(bits, int64_t(llvm::divideCeil(rowSize, getCodeRows(bits))));
}

std::vector<uint8_t> halftone::packRows(unsigned bits, int64_t rowSize,
                                        llvm::ArrayRef<uint8_t> codes) {
  assert(int64_t(codes.size()) % rowSize == 0 && "whole rows");
  llvm::SmallVector<CodeField, 3> fields = getCodeFields(bits);
  int64_t kr = getCodeRows(bits), nr = int64_t(llvm::divideCeil(rowSize, kr));
  int64_t numRows = int64_t(codes.size()) / rowSize;
  std::vector<uint8_t> packed(numRows * getCodeStepBytes(bits, nr)), step(nr * kr);
  uint8_t *out = packed.data();
  for (int64_t row = 0; row != numRows; ++row) {
    for (int64_t i = 0; i != rowSize; ++i) // packStep wants [nr][kr].
      step[i % nr * kr + i / nr] = codes[row * rowSize + i];
    out = packStep(fields, nr, kr, step.data(), out);
  }
  return packed;
}

int64_t halftone::getStreamBytes(unsigned bits, int64_t numCodes) {
  return std::max<int64_t>(8, int64_t(llvm::divideCeil(numCodes * int64_t(bits), 8)));
}

std::vector<uint8_t> halftone::packStream(unsigned bits, llvm::ArrayRef<uint8_t> codes) {
  std::vector<uint8_t> packed(getStreamBytes(bits, int64_t(codes.size())));
  for (auto [index, code] : llvm::enumerate(codes)) {
    size_t position = index * bits;
    unsigned word = (code & llvm::maskTrailingOnes<unsigned>(bits)) << (position % 8);
    packed[position / 8] |= uint8_t(word);
    if (word > 255)
      packed[position / 8 + 1] |= uint8_t(word >> 8);
  }
  return packed;
}

std::vector<uint8_t> halftone::packCodes(unsigned bits, int64_t nr, const WeightView &view) {
  PackingSpec spec;
  spec.nr = nr;
  spec.kr = spec.kAlign = getCodeRows(bits);
  std::vector<uint8_t> codes = pack(spec, view);
  llvm::SmallVector<CodeField, 3> fields = getCodeFields(bits);
  int64_t stepCodes = nr * spec.kr, numSteps = int64_t(codes.size()) / stepCodes;
  // Steps shrink, so they fit where they were, once read.
  uint8_t *out = codes.data();
  std::vector<uint8_t> step(stepCodes);
  for (int64_t index = 0; index != numSteps; ++index) {
    std::copy_n(codes.data() + index * stepCodes, stepCodes, step.data());
    out = packStep(fields, nr, spec.kr, step.data(), out);
  }
  codes.resize(out - codes.data());
  return codes;
}
