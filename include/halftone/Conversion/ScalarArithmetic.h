// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The arithmetic of one element: what the body of an elementwise loop or the epilogue of a kernel
// computes.
#ifndef HALFTONE_CONVERSION_SCALARARITHMETIC_H
#define HALFTONE_CONVERSION_SCALARARITHMETIC_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/Operation.h"

namespace mlir::halftone {

/// The type a value of element type `type` has after conversion: integers lose their sign. Integers
/// and floats narrower than 8 bits, and floats of 8, are held in an i8: integers extended by their
/// sign, floats as their code.
Type getSignlessType(Type type);

/// Whether elements of `type` (original or converted) can be computed with: i1, integers of 8 bits
/// and more, f16, bf16, f32, f64.
bool hasArithmetic(Type type);

/// Whether elements of `type` can at least be stored, moved and converted: those with arithmetic,
/// integers of 2 to 7 bits, floats of 4, 6 and 8.
bool hasStorage(Type type);

/// Whether `op` can be computed element by element with buildElementwiseScalar: the ops with the
/// Elementwise trait, `quantize` and `dequantize`, on element types that have arithmetic; for
/// conversions and choices storage is enough.
bool hasElementwiseScalar(Operation *op);

/// Computes one element of the result of `op` from one element of each operand, in operand order.
/// `scalars` and the result have the converted (signless) element types; `op` itself has the
/// original ones and says what is signed. f16 and bf16 are evaluated in f32 and rounded once.
/// Requires hasElementwiseScalar.
Value buildElementwiseScalar(Operation *op, OpBuilder &builder, ValueRange scalars);

/// Converts one element; the types are the original ones and say what is signed. `saturate` is that
/// of `halftone.cast`.
Value buildCastScalar(OpBuilder &builder, Location loc, Value scalar, Type from, Type to,
                      bool saturate = true);

/// bf16 of an f32, or a vector of it, by integers. x86's instruction for it (VCVTNEPS2BF16), which
/// arith.truncf becomes, makes zero of denormals, as those of bf16 products do; no other CPU does.
Value buildRoundToBFloat(OpBuilder &builder, Location loc, Value value);

/// clamp(roundeven(value / scale) + zeroPoint) in f32, NaN gives the zero point. `codeType` is the
/// original type of the codes.
Value buildQuantizeScalar(OpBuilder &builder, Location loc, Value value, Value scale,
                          Value zeroPoint, Type codeType);

/// (code - zeroPoint) * scale, the difference in i32. `codeType` is the original type of both.
Value buildDequantizeScalar(OpBuilder &builder, Location loc, Value code, Value scale,
                            Value zeroPoint, Type codeType);

} // namespace mlir::halftone

#endif // HALFTONE_CONVERSION_SCALARARITHMETIC_H
