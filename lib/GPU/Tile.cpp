// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Tile.h"

using namespace mlir;
using namespace mlir::halftone;

// Stages as 48 KB of shared memory allow, which every launch may have.
static constexpr Tile tiles[] = {
    // rows, columns, warps along rows, along columns, stages, least rows
    {128, 128, 2, 4, 3, 512},
    {64, 64, 2, 2, 4, 17},
    {16, 64, 1, 4, 4, 0},
};

static constexpr int64_t sharedBytes = int64_t(48) << 10;

static constexpr bool fits(const Tile &tile) {
  return (tile.rows + tile.columns) * tile.stages * Tile::chunks * Tile::chunkBytes <=
             sharedBytes &&
         tile.rows % (tile.warpRows * 16) == 0 && tile.columns % (tile.warpColumns * 16) == 0;
}
static_assert(fits(tiles[0]) && fits(tiles[1]) && fits(tiles[2]), "tiles within the limits");

const Tile &Tile::choose(std::optional<int64_t> rows, std::optional<int64_t> columns) {
  // Where the number of rows is open, there may be few.
  constexpr int64_t likelyRows = 64;
  for (const Tile &tile : tiles)
    if (rows.value_or(likelyRows) >= tile.leastRows &&
        columns.value_or(tile.columns) * 2 > tile.columns)
      return tile;
  return std::end(tiles)[-1];
}

std::optional<TensorInstruction> TensorInstruction::get(Type type, bool isLhsUnsigned,
                                                        bool isRhsUnsigned) {
  auto integer = [](bool isUnsigned) {
    return isUnsigned ? NVVM::MMATypes::u8 : NVVM::MMATypes::s8;
  };
  if (type.isInteger(8))
    return TensorInstruction{32, integer(isLhsUnsigned), integer(isRhsUnsigned)};
  if (type.isF16())
    return TensorInstruction{16, NVVM::MMATypes::f16, NVVM::MMATypes::f16};
  if (type.isBF16())
    return TensorInstruction{16, NVVM::MMATypes::bf16, NVVM::MMATypes::bf16};
  return std::nullopt;
}
