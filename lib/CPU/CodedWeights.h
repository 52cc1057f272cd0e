// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constant weights that are codes: what a decoder needs to make numbers of them.
#ifndef HALFTONE_CPU_CODEDWEIGHTS_H
#define HALFTONE_CPU_CODEDWEIGHTS_H

#include "KernelBuilder.h"

namespace mlir::halftone {

/// A constant seen as a matrix; strides are in elements.
struct ConstantMatrix {
  Type element;
  int64_t rows = 1, columns = 1, columnStride = 0;
  /// What the rows consist of, padding included.
  SmallVector<::halftone::ReductionDim, 3> reduction;
  ArrayRef<char> bytes;
  /// Where `bytes` points when the attribute does not hold them.
  std::vector<char> storage;
};

/// A scale, zero point, table, plane or offset: a matrix of one number for each `group` rows and
/// `block` columns of the codes, all of them where that is 0. An element of a table is a table.
struct CodeParameter {
  StringRef role;
  ConstantMatrix values;
  int64_t group = 0, block = 0;
};

/// [K, N] codes; a code has as many bits as `codes.element`. K counts through dimensions of
/// `sizes`, the last one fastest, each with as much padding as its blocks need to be whole ones.
struct CodedWeights {
  ConstantMatrix codes;
  SmallVector<CodeParameter> parameters;
  SmallVector<int64_t> sizes, padded;
  /// Whether the codes are floats of which some stand for an infinity or a NaN, and none is one.
  bool isFinite = false;
};

/// The weights [K, N] that `value` computes from constant codes: `dequantize`, with scales that may
/// be dequantized themselves, `lookup` or `binary_decode`, and transposes of these.
FailureOr<CodedWeights> matchCodedWeights(const KernelBuilder &builder, Value value);

/// The same of a filter [N, K…].
FailureOr<CodedWeights> matchCodedFilter(const KernelBuilder &builder, Value value);

/// The matrix of `rows` rows that `value` decodes some rows of, whose numbers are `indices`: all
/// that makes them is gathered row by row.
FailureOr<CodedWeights> matchCodedRows(const KernelBuilder &builder, Value value, Value indices,
                                       int64_t rows);

/// How a right-hand side of codes lies in memory.
struct CodeLayout {
  /// Columns of a panel, or k of a row along k.
  int64_t nr;
  bool isAlongK = false;
  /// Tables are stored byte by byte.
  bool hasTableBytes = false;
  /// Rows that are decoded one by one.
  bool areRows = false;
};

/// Panels of columns, or lanes along k where these save more than they cost: with tables or planes
/// for each column, or tables too large for registers, and so many k that whole rows share them.
CodeLayout chooseCodeLayout(const CodedWeights &weights, const KernelRow &row,
                            const ContractionShape &shape);

/// The layout of rows that are decoded one by one. Declines rows that whole registers would make
/// much longer.
FailureOr<CodeLayout> chooseRowLayout(const KernelBuilder &builder, const CodedWeights &weights,
                                      const KernelRow &row);

/// The codes as a right-hand side, or as rows.
Value packCodes(KernelBuilder &builder, const CodedWeights &weights, CodeLayout layout);
Decoder makeDecoder(KernelBuilder &builder, const CodedWeights &weights, CodeLayout layout);

/// The numbers as [ceil(N / nr)][rows][nr], decoded when the program runs: those of an index of
/// `sizes` in row sum(index * strides).
Value makeDecodedPanels(KernelBuilder &builder, const CodedWeights &weights, int64_t nr,
                        int64_t rows, ArrayRef<int64_t> strides);

} // namespace mlir::halftone

#endif // HALFTONE_CPU_CODEDWEIGHTS_H
