// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/KernelTable.h"

#include "halftone/CPU/CPUTarget.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>

using namespace mlir::halftone;

namespace {

// rows * vectors accumulators, `vectors` of the right-hand side and one of the left-hand side in 32
// or 16 registers.
constexpr TileShape tiles32[] = {{4, 6}, {3, 8}, {2, 12}, {1, 12}};
constexpr TileShape tiles16[] = {{2, 6}, {1, 8}};
// Widening needs two more registers.
constexpr TileShape tilesWidened16[] = {{2, 4}, {1, 8}};
// Wide ones for single rows. In tiles of one vector every product needs a load of its own: higher
// ones, though they convert less often, are slower than two vectors.
constexpr TileShape tilesFloatCodes16[] = {{4, 2}, {2, 6}, {1, 6}};
// Decoding takes registers for scales, tables and what is half decoded.
constexpr TileShape tilesDecoded32[] = {{4, 5}, {2, 11}, {1, 12}};
constexpr TileShape tilesDecoded16[] = {{4, 2}, {2, 4}, {1, 6}};
constexpr TileShape amxTiles[] = {{2, 32}, {1, 32}};

bool always(const CPUTarget &) { return true; }
bool hasAvx2(const CPUTarget &target) { return target.avx2; }
bool hasAvx512(const CPUTarget &target) { return target.avx512; }
bool hasAvxVnni(const CPUTarget &target) { return target.avxvnni; }
bool hasAvx512Vnni(const CPUTarget &target) { return target.avx512vnni; }
bool hasAvx512Bf16(const CPUTarget &target) { return target.avx512bf16; }
bool hasAvx512Vbmi(const CPUTarget &target) { return target.avx512 && target.avx512vbmi; }
bool hasNeon(const CPUTarget &target) { return target.neon; }
bool hasDotProd(const CPUTarget &target) { return target.dotprod; }
bool hasI8mm(const CPUTarget &target) { return target.i8mm; }
bool hasAmxInt8(const CPUTarget &target) { return target.amxInt8 && target.avx512vnni; }
bool hasAmxBf16(const CPUTarget &target) { return target.amxBf16 && target.avx512bf16; }

// From the most to the least preferred for each kind of elements.
constexpr KernelRow table[] = {
    {"f32-fma-avx512", KernelElements::F32, DotStep::Fma, 16, 1, "", tiles32, 0, hasAvx512},
    {"f32-fma-avx2", KernelElements::F32, DotStep::Fma, 8, 1, "", tiles16, 0, hasAvx2},
    {"f32-fma-neon", KernelElements::F32, DotStep::Fma, 4, 1, "", tiles32, 0, hasNeon},
    {"f32-generic", KernelElements::F32, DotStep::MultiplyAdd, 4, 1, "", tilesWidened16, 0, always},
    {"bf16-amx", KernelElements::BF16, DotStep::Tiles, 16, 2, "llvm.x86.tdpbf16ps", amxTiles, 0,
     hasAmxBf16},
    {"bf16-dot-avx512", KernelElements::BF16, DotStep::Dot, 16, 2,
     "llvm.x86.avx512bf16.dpbf16ps.512", tiles32, 0, hasAvx512Bf16},
    {"bf16-fma-avx512", KernelElements::BF16, DotStep::Fma, 16, 1, "", tiles32, 2, hasAvx512},
    {"bf16-fma-avx2", KernelElements::BF16, DotStep::Fma, 8, 1, "", tilesFloatCodes16, 2, hasAvx2},
    {"bf16-fma-neon", KernelElements::BF16, DotStep::Fma, 4, 1, "", tiles32, 2, hasNeon},
    {"bf16-generic", KernelElements::BF16, DotStep::MultiplyAdd, 4, 1, "", tilesWidened16, 2,
     always},
    {"f16-fma-avx512", KernelElements::F16, DotStep::Fma, 16, 1, "", tiles32, 1, hasAvx512},
    {"f16-fma-avx2", KernelElements::F16, DotStep::Fma, 8, 1, "", tilesFloatCodes16, 1, hasAvx2},
    {"f16-fma-neon", KernelElements::F16, DotStep::Fma, 4, 1, "", tiles32, 1, hasNeon},
    {"f16-generic", KernelElements::F16, DotStep::MultiplyAdd, 4, 1, "", tilesWidened16, 1, always},
    {"f32s8-fma-avx512", KernelElements::F32S8, DotStep::Fma, 16, 1, "", tiles32, 2, hasAvx512},
    {"f32s8-fma-avx2", KernelElements::F32S8, DotStep::Fma, 8, 1, "", tilesFloatCodes16, 2,
     hasAvx2},
    {"f32s8-fma-neon", KernelElements::F32S8, DotStep::Fma, 4, 1, "", tiles32, 2, hasNeon},
    {"f32s8-generic", KernelElements::F32S8, DotStep::MultiplyAdd, 4, 1, "", tilesWidened16, 2,
     always},
    {"f32codes-fma-avx512vbmi", KernelElements::F32Codes, DotStep::Fma, 16, 1,
     "llvm.x86.avx512.permvar.sf.512", tilesDecoded32, 3, hasAvx512Vbmi, /*isLhsSigned=*/false,
     "llvm.x86.avx512.vpermi2var.ps.512", "llvm.x86.avx512.vpermi2var.qi.512"},
    {"f32codes-fma-avx512", KernelElements::F32Codes, DotStep::Fma, 16, 1,
     "llvm.x86.avx512.permvar.sf.512", tilesDecoded32, 3, hasAvx512, /*isLhsSigned=*/false,
     "llvm.x86.avx512.vpermi2var.ps.512"},
    {"f32codes-fma-avx2", KernelElements::F32Codes, DotStep::Fma, 8, 1, "llvm.x86.avx2.permps",
     tilesDecoded16, 3, hasAvx2},
    {"f32codes-fma-neon", KernelElements::F32Codes, DotStep::Fma, 4, 1, "llvm.aarch64.neon.tbl",
     tilesDecoded32, 3, hasNeon},
    {"f32codes-generic", KernelElements::F32Codes, DotStep::MultiplyAdd, 4, 1, "", tilesDecoded16,
     3, always},
    {"u8s8-amx", KernelElements::U8S8, DotStep::Tiles, 16, 4, "llvm.x86.tdpbusd", amxTiles, 0,
     hasAmxInt8},
    {"u8s8-vnni-avx512", KernelElements::U8S8, DotStep::Dot, 16, 4, "llvm.x86.avx512.vpdpbusd.512",
     tiles32, 0, hasAvx512Vnni},
    {"u8s8-vnni-avx2", KernelElements::U8S8, DotStep::Dot, 8, 4, "llvm.x86.avx512.vpdpbusd.256",
     tiles16, 0, hasAvxVnni},
    {"u8s8-pmaddwd-avx512", KernelElements::U8S8, DotStep::MultiplyPairs, 16, 2,
     "llvm.x86.avx512.pmaddw.d.512", tiles32, 0, hasAvx512},
    {"u8s8-pmaddwd-avx2", KernelElements::U8S8, DotStep::MultiplyPairs, 8, 2,
     "llvm.x86.avx2.pmadd.wd", tilesWidened16, 0, hasAvx2},
    {"u8s8-usdot-neon", KernelElements::U8S8, DotStep::Dot, 4, 4,
     "llvm.aarch64.neon.usdot.v4i32.v16i8", tiles32, 0, hasI8mm},
    {"u8s8-sdot-neon", KernelElements::U8S8, DotStep::Dot, 4, 4,
     "llvm.aarch64.neon.sdot.v4i32.v16i8", tiles32, 0, hasDotProd, /*isLhsSigned=*/true},
    {"u8s8-generic", KernelElements::U8S8, DotStep::MultiplyAdd, 4, 1, "", tilesWidened16, 0,
     always},
};

// Guesses for what only the run time knows.
constexpr int64_t usualRows = 128;
constexpr int64_t usualColumns = 128;
// A decoder runs on many rows once and then on single ones.
constexpr int64_t singleRows = 16;
// Fewer rows, or fewer words of each, leave most of a tile empty.
constexpr int64_t minTileRows = 16;
constexpr int64_t minTileWords = 8, maxTileWords = 16;

template <typename Predicate>
const KernelRow &chooseRow(const CPUTarget &target, KernelElements elements, Predicate suits) {
  const KernelRow *row = llvm::find_if(table, [&](const KernelRow &candidate) {
    return candidate.elements == elements && candidate.isAvailable(target) && suits(candidate);
  });
  assert(row != std::end(table) && "the generic rows suit every contraction");
  return *row;
}

/// Cycles of one step over k for a tile, in units of half a cycle: two multiplications or
/// conversions and two loads each cycle, and the latency of the accumulation.
int64_t stepCost(const KernelRow &row, int64_t rows, int64_t vectors) {
  constexpr int64_t latency = 8;
  return std::max({(rows + row.rhsConversions) * vectors, rows + vectors, latency});
}

int64_t panelCost(const KernelRow &row, int64_t vectors, int64_t rows) {
  int64_t tileRows = chooseTileRows(row, vectors, rows);
  int64_t cost = rows / tileRows * stepCost(row, tileRows, vectors);
  return rows % tileRows ? cost + stepCost(row, rows % tileRows, vectors) : cost;
}

int64_t panelCost(const KernelRow &row, int64_t vectors, std::optional<int64_t> rows) {
  if (rows)
    return panelCost(row, vectors, *rows);
  return panelCost(row, vectors, usualRows) + singleRows * panelCost(row, vectors, 1);
}

} // namespace

const KernelRow *mlir::halftone::findKernelRow(llvm::StringRef name) {
  const KernelRow *row =
      llvm::find_if(table, [&](const KernelRow &candidate) { return candidate.name == name; });
  return row == std::end(table) ? nullptr : row;
}

const KernelRow &mlir::halftone::chooseContractRow(const CPUTarget &target, KernelElements elements,
                                                   const ContractionShape &shape) {
  return chooseRow(target, elements, [&](const KernelRow &row) {
    if (row.step != DotStep::Tiles)
      return true;
    return shape.rows.value_or(usualRows) >= minTileRows && chooseTileDepth(row, shape.depth) != 0;
  });
}

const KernelRow &mlir::halftone::chooseDepthwiseRow(const CPUTarget &target,
                                                    KernelElements elements) {
  // Interleaving the rows of a window is for bytes; halves become floats.
  return chooseRow(target, elements, [](const KernelRow &row) {
    return row.step != DotStep::Tiles && (row.isInteger() || row.kr == 1);
  });
}

int64_t mlir::halftone::choosePanelColumns(const KernelRow &row, const ContractionShape &shape) {
  int64_t vectors = llvm::divideCeil(shape.columns.value_or(usualColumns), row.lanes);
  int64_t best = 0, bestCost = 0;
  for (const TileShape &tile : row.tiles) {
    int64_t cost = vectors / tile.vectors * panelCost(row, tile.vectors, shape.rows);
    if (int64_t rest = vectors % tile.vectors)
      cost += panelCost(row, rest, shape.rows);
    if (!best || cost < bestCost) {
      best = tile.vectors;
      bestCost = cost;
    }
  }
  return std::min(best, vectors) * row.lanes;
}

int64_t mlir::halftone::chooseTileRows(const KernelRow &row, int64_t vectors,
                                       std::optional<int64_t> rows) {
  const TileShape *shape =
      llvm::find_if(row.tiles, [&](const TileShape &tile) { return tile.vectors <= vectors; });
  assert(shape != row.tiles.end() && "the last shape has one vector");
  if (!rows || row.step == DotStep::Tiles)
    return shape->rows;
  int64_t count = llvm::divideCeil(*rows, shape->rows);
  return std::max<int64_t>(1, llvm::divideCeil(*rows, std::max<int64_t>(count, 1)));
}

int64_t mlir::halftone::chooseTileDepth(const KernelRow &row, std::optional<int64_t> depth) {
  if (!depth || *depth % row.kr != 0)
    return 0;
  int64_t words = *depth / row.kr;
  for (int64_t step = std::min(maxTileWords, words); step >= std::min(minTileWords, words); --step)
    if (words % step == 0)
      return step * row.kr;
  return 0;
}
