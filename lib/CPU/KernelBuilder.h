// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the selection of all kernels shares: operands without signs, packed weights, what is left to
// do to a sum of products of codes.
#ifndef HALFTONE_CPU_KERNELBUILDER_H
#define HALFTONE_CPU_KERNELBUILDER_H

#include "halftone/CPU/CPUTarget.h"
#include "halftone/CPU/KernelTable.h"
#include "halftone/Conversion/ShapeFacts.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/Numerics/PackedLayout.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::halftone {

inline RankedTensorType tensorTypeOf(Value value) {
  return llvm::cast<RankedTensorType>(value.getType());
}

/// An operand of an epilogue and how the output indexes it.
struct EpilogueInput {
  Value tensor;
  AffineMap map;
};

/// The epilogue that makes the product of the values out of that of the codes. Of integers:
/// acc + sum of vector * factor, all in i32. Of floats with codes: acc * scale.
class Correction {
public:
  /// Multiplies by `scale`, an f32 tensor.
  void scaleBy(EpilogueInput scale);
  /// Adds `vector`, an i32 tensor; multiplied with `factor`, i32 or i8, where given. An i8 factor
  /// is extended as `isSigned` says, and `offset` is added to it.
  void add(EpilogueInput vector);
  void add(EpilogueInput vector, EpilogueInput factor, bool isSigned = true, int32_t offset = 0);

  ArrayRef<EpilogueInput> getInputs() const { return inputs; }
  Value build(OpBuilder &builder, Location loc, ValueRange arguments) const;

private:
  struct Term {
    unsigned vector;
    std::optional<unsigned> factor;
    bool isSigned;
    int32_t offset;
  };
  SmallVector<EpilogueInput> inputs;
  SmallVector<Term> terms;
  std::optional<unsigned> scale;
};

/// Weights in memory, 8-bit ones as s8 whatever they were.
struct Weights {
  RankedTensorType type;
  KernelElements elements;
  ArrayRef<char> bytes;
  /// Per output column: zero point less what making the codes signed subtracted. All 0 for floats.
  SmallVector<int32_t> zeroPoints;
  /// Per output column, of codes that floats are multiplied with; else empty.
  SmallVector<float> scales;
  /// Where `bytes` points when they had to be changed.
  std::vector<char> storage;

  bool isSymmetric() const {
    return llvm::all_of(zeroPoints, [](int32_t zeroPoint) { return zeroPoint == 0; });
  }
};

/// The left-hand side as a kernel takes it: f32, or u8 without a sign in its type.
struct Activations {
  Value tensor;
  /// For integers: the zero point as an operand (converted to signless), its sign, what to add to
  /// it, and its value where that is constant (with the addition).
  Value zeroPoint;
  bool isSigned = false;
  int32_t offset = 0;
  std::optional<int32_t> constantZeroPoint;
};

/// What makes numbers of the codes of a kernel's right-hand side.
struct Decoder {
  DecoderAttr attribute;
  SmallVector<Value> inputs;
};

/// Of a kernel both of whose operands are of this type, or 8-bit codes.
KernelElements getElements(Type type);
/// Whether activations of this type are what kernels of `elements` multiply.
bool areMultiplied(Type activations, KernelElements elements);

class KernelBuilder {
public:
  KernelBuilder(RewriterBase &rewriter, Operation *op, const CPUTarget &target,
                const ShapeFacts &facts)
      : rewriter(rewriter), op(op), loc(op->getLoc()), target(target), facts(facts) {}

  // Matching: creates nothing.
  /// f32, i8 or ui8 weights that are constant; `zeroPoint` (null for floats) has one element or one
  /// per column.
  FailureOr<Weights> matchWeights(Value weights, Value zeroPoint, int64_t numColumns) const;
  /// f32 weights that are constant, or constant 8-bit codes dequantized around zero with one scale
  /// for all or for each column, which is an index of dimension `channelAxis`.
  FailureOr<Weights> matchFloatWeights(Value weights, int64_t channelAxis,
                                       int64_t numColumns) const;
  LogicalResult matchActivations(Value activations) const;
  /// The bf16 or f16 tensor whose values `value` (f32) has, else null.
  Value getHalves(Value value) const;
  LogicalResult decline(const Twine &reason) const;

  // Building.
  Activations prepareActivations(Value activations, Value zeroPoint);
  /// The same value, ui8 as i8.
  Value toSignless(Value tensor);
  Value makePacked(const Weights &weights, const ::halftone::WeightView &view, const KernelRow &row,
                   ArrayRef<int64_t> shape, int64_t nr);
  template <typename T>
  EpilogueInput makePerColumn(ArrayRef<T> elements, StringRef name, int64_t outputRank);
  /// The corrections for zero points and the signs that `row` takes, given the sums of the columns
  /// of the weights; `numTaps` is K. `rowSums` (or null) makes the sums of the rows of the
  /// left-hand side when the weights need them.
  Correction makeCorrection(const KernelRow &row, const Activations &activations,
                            const Weights &weights, ArrayRef<int32_t> columnSums, int64_t numTaps,
                            int64_t outputRank, llvm::function_ref<Value()> makeRowSums);
  /// The same for float activations: the scales, if there are any.
  Correction makeScaling(const Weights &weights, int64_t outputRank);
  template <typename KernelOp>
  KernelOp makeKernel(Value lhs, Value rhs, Value init, PackingAttr packing, WindowAttr window,
                      const Correction &correction, const Decoder &decoder = {});
  OpFoldResult size(Value tensor, int64_t dim);
  Value makeEmpty(RankedTensorType type, llvm::function_ref<OpFoldResult(int64_t)> sizeOf);

  RewriterBase &rewriter;
  Operation *op;
  Location loc;
  const CPUTarget &target;
  const ShapeFacts &facts;
  /// What the selection made. The pass replaces all ops at the end, so that `facts` still know
  /// every value.
  Value replacement;
};

LogicalResult selectMatmul(KernelBuilder &builder, MatMulOp op);
/// Of an op that `decodesRows`.
LogicalResult selectRows(KernelBuilder &builder);
/// Whether `op` makes numbers of rows of codes that are gathered.
bool decodesRows(Operation *op);
LogicalResult selectMatmulInteger(KernelBuilder &builder, MatMulIntegerOp op);
LogicalResult selectConv(KernelBuilder &builder, ConvOp op);
LogicalResult selectConvInteger(KernelBuilder &builder, ConvIntegerOp op);

} // namespace mlir::halftone

#endif // HALFTONE_CPU_KERNELBUILDER_H
