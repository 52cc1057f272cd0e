// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the operands of a product in shared memory to sums in registers.
#ifndef HALFTONE_LIB_GPU_TILEPRODUCT_H
#define HALFTONE_LIB_GPU_TILEPRODUCT_H

#include "Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace mlir::halftone {

/// An element of a block's part of the output.
struct TilePlace {
  Value row, column;
};

/// Emits what each thread multiplies. The sums of a thread are a list of values: an element of the
/// output each, then sums of codes over the columns and rows of its elements, where asked for.
class TileProduct {
public:
  /// `shared` are the buffers of both operands: stages x rows x terms, chunks swizzled.
  TileProduct(OpBuilder &builder, Location loc, const Tile &tile,
              std::optional<TensorInstruction> instruction, ArrayRef<Value> shared, Value thread);

  /// Σ over terms of the right operand, for each column; of tensor instructions only.
  void addColumnSums();
  void addRowSums();

  /// What the thread's elements of the output are.
  ArrayRef<TilePlace> getPlaces() const { return places; }
  /// Zeros for the sums of codes.
  SmallVector<Value> emitNeutralSums() const;
  /// Numbers of the sums that belong to an element's column and row.
  size_t getColumnSum(size_t element) const;
  size_t getRowSum(size_t element) const;

  /// Adds the products of the terms in `stage`.
  SmallVector<Value> emitStep(Value stage, ValueRange sums);

private:
  using Fragment = SmallVector<Value>; // registers

  Value constant(int64_t value) const;
  Value add(Value value, int64_t number);
  void placeFragments();
  void placeElements();
  SmallVector<Fragment> loadFragments(unsigned side, Value stage, int64_t chunk);
  Value loadChunk(unsigned side, Value stage, Value row, Value chunk);
  void multiply(MutableArrayRef<Value> sums, const Fragment &lhs, const Fragment &rhs,
                std::array<NVVM::MMATypes, 2> types);
  void emitInstructions(Value stage, MutableArrayRef<Value> sums);
  void emitPlainSums(Value stage, MutableArrayRef<Value> sums);
  Fragment getOnes(int64_t registers);

  OpBuilder &builder;
  Location loc;
  const Tile &tile;
  std::optional<TensorInstruction> instruction;
  ArrayRef<Value> shared;
  Value thread;
  int64_t rowParts, columnParts; // of a thread: fragments, or elements
  Value lane, warpRow, warpColumn;
  SmallVector<TilePlace> places;
  bool hasColumnSums = false, hasRowSums = false;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_GPU_TILEPRODUCT_H
