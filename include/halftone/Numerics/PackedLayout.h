// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_PACKEDLAYOUT_H
#define HALFTONE_NUMERICS_PACKEDLAYOUT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace halftone {

/// How a kernel wants the right-hand side [K, N] of a contraction in memory:
///
///   [ceil(N / nr)][K rounded up to a multiple of kAlign, / kr][nr][kr]
///
/// that is panels of `nr` columns, each read from start to end, in which `kr` consecutive
/// elements along K lie next to each other. What the matrix does not fill is zero.
///
///   f32, FMA                  nr 48, kr 1
///   int8, VNNI                nr 32, kr 4
///   int8, AVX2 vpmaddwd       nr 16, kr 2, widened to 16 bits
///   int8, AMX                 nr 16, kr 4, kAlign 64
///   bf16, dot product         nr 32, kr 2
struct PackingSpec {
  int64_t nr = 1;
  int64_t kr = 1;
  /// A multiple of kr; less than kr counts as kr.
  int64_t kAlign = 1;
  /// Bytes of an element before and after packing: 1, 2 or 4. An integer element may grow.
  unsigned sourceBytes = 1;
  unsigned elementBytes = 1;
  /// Whether an element that grows is sign-extended or zero-extended.
  bool isSigned = true;

  int64_t getReductionAlignment() const { return kAlign < kr ? kr : kAlign; }

  /// A text for names and attributes, for example "bits8-nr32-kr4", "bits8-nr16-kr4-k64" or,
  /// widened, "s8to16-nr16-kr2".
  std::string str() const;
  /// The spec that `str` writes as `text`.
  static llvm::Expected<PackingSpec> parse(llvm::StringRef text);

  bool operator==(const PackingSpec &other) const;
};

/// One dimension of a reduction: elements `stride` apart, followed by zeros up to `paddedSize`.
struct ReductionDim {
  int64_t size;
  int64_t stride;
  int64_t paddedSize;
};

/// A weight tensor in memory seen as a matrix [K, N]. K consists of dimensions, the innermost
/// last. Strides count elements.
struct WeightView {
  const void *data = nullptr;
  int64_t numColumns = 0;
  int64_t columnStride = 1;
  llvm::SmallVector<ReductionDim, 3> reduction;

  /// W [K, N] at the given strides.
  static WeightView matrix(const void *data, int64_t reduction, int64_t columns,
                           int64_t reductionStride, int64_t columnStride);
  /// W [O, I, KH, KW], row-major, for channels-last convolution: column o, reduction order
  /// (kh, kw, i) with I padded to a multiple of `kr`.
  static WeightView convolution(const void *data, int64_t outputs, int64_t inputs,
                                int64_t kernelHeight, int64_t kernelWidth, int64_t kr);
  /// W [C, 1, KH, KW], row-major, for channels-last depthwise convolution: column c, reduction
  /// order (kh, kw). One panel with nr >= C is [KH][KW][nr].
  static WeightView depthwise(const void *data, int64_t channels, int64_t kernelHeight,
                              int64_t kernelWidth);

  /// K with the padding of its dimensions.
  int64_t getPaddedReduction() const;
};

/// The size of the reduction of a packed panel.
int64_t getPackedReduction(const PackingSpec &spec, const WeightView &view);
int64_t getNumPanels(const PackingSpec &spec, const WeightView &view);
int64_t getPanelBytes(const PackingSpec &spec, const WeightView &view);
int64_t getPackedBytes(const PackingSpec &spec, const WeightView &view);

/// Packs the panels [begin, end) into `packed`, which has as many bytes as they do. Panels do not
/// depend on each other, so a large weight can be packed piece by piece or by several threads.
void packPanels(const PackingSpec &spec, const WeightView &view, int64_t begin, int64_t end,
                llvm::MutableArrayRef<uint8_t> packed);
/// Packs all panels.
std::vector<uint8_t> pack(const PackingSpec &spec, const WeightView &view);

/// The sum over K of each column of 8-bit codes, in i32: what the zero point of the other factor
/// is multiplied with.
std::vector<int32_t> sumColumns(const WeightView &view, bool isSigned);

} // namespace halftone

#endif // HALFTONE_NUMERICS_PACKEDLAYOUT_H
