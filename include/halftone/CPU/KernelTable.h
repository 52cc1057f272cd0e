// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The instruction table: what the emitter knows about a way to compute dot products, as data.
#ifndef HALFTONE_CPU_KERNELTABLE_H
#define HALFTONE_CPU_KERNELTABLE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>

namespace mlir::halftone {

struct CPUTarget;

/// How one step accumulates `kr` products into every lane.
enum class DotStep {
  MultiplyAdd,   ///< widen, multiply, add: any CPU
  Fma,           ///< one rounding; f32 only
  MultiplyPairs, ///< pmaddwd on operands widened to i16, then an addition; exact
  Dot,           ///< vpdpbusd, usdot, sdot, vdpbf16ps: `kr` products, no saturation
  Tiles          ///< tdpbusd, tdpbf16ps: the same products on AMX tiles of 16 rows
};

/// A register tile: `rows` of the left-hand side times `vectors` registers of columns.
struct TileShape {
  int64_t vectors;
  int64_t rows;
};

/// Element types of the operands: f32 x f32 -> f32, the same of bf16 or f16, u8 x s8 -> i32, or f32
/// x s8 -> f32, in which the codes become floats in registers; and f32 x codes that a decoder makes
/// numbers of, scales included. Left-hand sides of other signs are offset by 128 before the kernel.
enum class KernelElements { F32, BF16, F16, U8S8, F32S8, F32Codes };

/// Whether both operands are floats of 16 bits.
inline bool areHalves(KernelElements elements) {
  return elements == KernelElements::BF16 || elements == KernelElements::F16;
}

struct KernelRow {
  llvm::StringLiteral name;
  KernelElements elements;
  DotStep step;
  /// Accumulators in one vector register.
  int64_t lanes;
  /// Products that one lane takes at a time.
  int64_t kr;
  /// LLVM's name of the instruction, or empty: for codes, of the one that looks numbers up in
  /// registers.
  llvm::StringLiteral intrinsic;
  /// Tiles that fit the registers, from most to fewest vectors.
  llvm::ArrayRef<TileShape> tiles;
  /// Instructions that make floats of the codes of one register: what low tiles repeat too often.
  int64_t rhsConversions;
  bool (*isAvailable)(const CPUTarget &target);
  /// Of integers: the instruction takes s8 on the left as well. The emitter makes it from u8 by
  /// subtracting 128, for which the sums have to be corrected.
  bool isLhsSigned = false;
  /// For codes: LLVM's name of the instruction that looks numbers up in two registers at a time, or
  /// empty.
  llvm::StringLiteral pairIntrinsic = "";
  /// The same for bytes, or empty.
  llvm::StringLiteral bytePairIntrinsic = "";

  /// Whether sums are integers.
  bool isInteger() const { return elements == KernelElements::U8S8; }
  /// What the left-hand side is in the instruction more than in memory.
  int32_t lhsOffset() const { return isLhsSigned ? -128 : 0; }
  /// Whether both sides are 16-bit floats that a step widens to f32, one k at a time.
  bool widensHalves() const { return areHalves(elements) && kr == 1; }
  /// Bytes of an element of the left-hand side, and of the packed right-hand side.
  int64_t lhsBytes() const { return isInteger() ? 1 : areHalves(elements) ? 2 : 4; }
  int64_t rhsBytes() const {
    return elements == KernelElements::F32 || areHalves(elements) ? lhsBytes() : 1;
  }
};

/// The row called `name`, or null.
const KernelRow *findKernelRow(llvm::StringRef name);

/// What is known of a contraction when its kernel is chosen; nullopt where only the run time knows.
struct ContractionShape {
  std::optional<int64_t> rows;
  std::optional<int64_t> columns;
  std::optional<int64_t> depth;
};

/// The best row for these operands on `target`.
const KernelRow &chooseContractRow(const CPUTarget &target, KernelElements elements,
                                   const ContractionShape &shape);
/// The same for a depthwise convolution, which has no use for tiles.
const KernelRow &chooseDepthwiseRow(const CPUTarget &target, KernelElements elements);

/// The number of columns of a panel (a multiple of the row's lanes) with the least estimated time.
int64_t choosePanelColumns(const KernelRow &row, const ContractionShape &shape);

/// Rows of the register tile for panels of `vectors` registers: as many as the registers hold, or
/// fewer when that cuts `rows` into equal tiles.
int64_t chooseTileRows(const KernelRow &row, int64_t vectors, std::optional<int64_t> rows);

/// The k consumed by one tile instruction of `row`: the largest multiple of `kr` up to 64 bytes
/// that divides `depth`, or 0 if tiles do not pay for this depth.
int64_t chooseTileDepth(const KernelRow &row, std::optional<int64_t> depth);

} // namespace mlir::halftone

#endif // HALFTONE_CPU_KERNELTABLE_H
