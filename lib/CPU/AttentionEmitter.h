// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loops and vector instructions of `halftone.attention` on memrefs.
//
// A unit of work is a block of query tokens of the heads that share one head of keys. It goes
// through blocks of keys, each transposed and scaled once; what of the scores exists at a time is a
// few rows of one block. m and l are the largest score of a row so far and the sum of e^(s - m);
// the output holds the sums of e^(s - m) * value, and is divided by l at the end. With a new m both
// are multiplied by e^(old m - new m).
#ifndef HALFTONE_LIB_CPU_ATTENTIONEMITTER_H
#define HALFTONE_LIB_CPU_ATTENTIONEMITTER_H

#include "IndexMath.h"
#include "halftone/CPU/KernelTable.h"
#include "halftone/Dialect/HalftoneDialect.h"

namespace mlir::halftone {

/// `width` (a power of two) consecutive elements from `offset` on.
struct Chunk {
  int64_t offset;
  int64_t width;
};

/// Cuts `size` elements into vectors of `lanes`, and the rest into ever smaller ones: no element is
/// masked.
SmallVector<Chunk> cutIntoChunks(int64_t size, int64_t lanes);

/// What is known of an attention, and how it is cut.
struct AttentionPlan {
  AttentionPlan(AttentionOp op, const KernelRow &row);

  /// Vectors of columns that go with tiles of `rows` rows.
  int64_t tileVectors(int64_t rows) const;
  int64_t tileColumns(int64_t rows) const { return tileVectors(rows) * kernel.lanes; }

  const KernelRow &kernel;
  int64_t keyHeads, group, headSize, valueSize;
  std::optional<int64_t> queries, keys;
  /// Rows of the register tiles, descending to 1.
  SmallVector<int64_t> heights;
  /// Keys of a block, query tokens of a unit.
  int64_t keyBlock, tokenBlock;
  /// Places in the scratch memory: transposed keys [headSize][keyBlock], scores
  /// [heights[0]][keyBlock], the factors e^(old m - new m) of a tile, m and l [group][tokenBlock].
  int64_t scores, factors, maxima, sums, scratchSize;
};

/// What the parts of the emission share.
class AttentionTiles {
public:
  AttentionTiles(IndexMath &math, AttentionOp op, const AttentionPlan &plan, Value scratch);

  /// Place of a unit, and of a head in it.
  struct Head {
    Value batch, keyHead, head;
    /// First token of the unit, and where its states are.
    Value firstToken, firstState;
  };
  struct Keys {
    Value first, count;
  };

  void clearStates(const Head &head, Value tokens);
  void transposeKeys(const Head &head, const Keys &keys);
  void emitTile(const Head &head, const Keys &keys, Value token, int64_t rows);
  /// The last step. `keys`: the number of all keys.
  void divide(const Head &head, Value tokens, Value keys);

private:
  using Part = AttentionOp::Part;

  VectorType vectorOf(int64_t width);
  Value splat(double value, int64_t width);
  Value number(double value);
  Value toVector(Value scalar, int64_t width);
  Value larger(Value lhs, Value rhs);
  Value largest(Value vector);
  Value sumUp(Value vector);
  Value fma(Value lhs, Value rhs, Value sum);
  SmallVector<Value> place(Part part, Value batch, Value head, Value token, Value element);
  Value loadScratch(Value index, int64_t width);
  void storeScratch(Value value, Value index);
  Value stateOf(const Head &head, Value token);
  Value testEmpty(Value sum, Value keys);

  void transposeSquare(const Head &head, const Keys &keys, Value key, Chunk chunk, bool isLast);
  /// `lanes` of the mask from key `column` of the block on; `lane` (null: all) says which exist.
  Value loadMask(const Head &head, const Keys &keys, Value token, Value column, Value lane);
  bool variesByToken();
  /// The columns of a block up to the last that the mask leaves to one of the rows.
  Value countLiveColumns(const Head &head, const Keys &keys, Value token, int64_t rows);
  Value isMaskedOut(const Head &head, const Keys &keys, Value token, int64_t rows, Value column,
                    Value columns);
  void emitScores(const Head &head, const Keys &keys, Value live, Value token, int64_t rows);
  void emitScoreTile(const Head &head, const Keys &keys, Value token, int64_t rows, Value column,
                     Value columns);
  SmallVector<Value> multiplyKeys(const Head &head, Value token, int64_t rows, Value column);
  void emitSoftmax(const Head &head, Value live, Value token, int64_t rows);
  void emitSums(const Head &head, const Keys &keys, Value live, Value token, int64_t rows);
  void emitSumTile(const Head &head, const Keys &keys, Value live, Value token, int64_t rows,
                   ArrayRef<Chunk> chunks);
  Value laneMask(Value count, int64_t vector);

  IndexMath &math;
  OpBuilder &builder;
  AttentionOp op;
  const AttentionPlan &plan;
  Value scratch;
};

/// Emits `op` with the row of the table that it names. Fails, with an error, on an unknown row.
LogicalResult lowerAttention(OpBuilder &builder, AttentionOp op);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_CPU_ATTENTIONEMITTER_H
