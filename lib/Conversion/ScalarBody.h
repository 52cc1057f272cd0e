// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the entries of the tables of scalar arithmetic work with.
#ifndef HALFTONE_LIB_CONVERSION_SCALARBODY_H
#define HALFTONE_LIB_CONVERSION_SCALARBODY_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/StringRef.h"

namespace mlir::halftone {

/// One elementwise op while its scalar arithmetic is built. f16 and bf16 operands are already
/// widened to f32.
struct ScalarBody {
  Operation *op;
  ImplicitLocOpBuilder b;
  SmallVector<Value> in;
  /// Original element type of the operands that are computed with: it says what is signed.
  Type source;

  Value x() const { return in[0]; }
  Value y() const { return in[1]; }
  bool isFloat() const { return isa<FloatType>(source); }
  /// i1 counts as unsigned.
  bool isUnsigned() const { return source.isUnsignedInteger() || source.isInteger(1); }

  /// `value` in the type of `like`.
  Value constant(double value, Value like);
  Value constant(double value) { return constant(value, x()); }

  Value compare(Value lhs, Value rhs, arith::CmpFPredicate ofFloats, arith::CmpIPredicate ofSigned,
                arith::CmpIPredicate ofUnsigned);
  Value isLess(Value lhs, Value rhs);
  Value isGreater(Value lhs, Value rhs);
  Value isEqual(Value lhs, Value rhs);
  Value select(Value condition, Value ifTrue, Value ifFalse) {
    return arith::SelectOp::create(b, condition, ifTrue, ifFalse);
  }

  Value add(Value lhs, Value rhs) { return choose<arith::AddFOp, arith::AddIOp>(lhs, rhs); }
  Value sub(Value lhs, Value rhs) { return choose<arith::SubFOp, arith::SubIOp>(lhs, rhs); }
  Value mul(Value lhs, Value rhs) { return choose<arith::MulFOp, arith::MulIOp>(lhs, rhs); }

  template <typename OfFloats, typename OfSigned, typename OfUnsigned = OfSigned>
  Value choose(Value lhs, Value rhs) {
    if (isFloat())
      return OfFloats::create(b, lhs, rhs);
    if (isUnsigned())
      return OfUnsigned::create(b, lhs, rhs);
    return OfSigned::create(b, lhs, rhs);
  }
};

/// How the op called `halftone.<name>` computes one element.
struct ScalarEntry {
  StringLiteral name;
  Value (*build)(ScalarBody &body);
};

ArrayRef<ScalarEntry> unaryScalarEntries();
ArrayRef<ScalarEntry> activationScalarEntries();
ArrayRef<ScalarEntry> binaryScalarEntries();

/// Integer division and remainder that no operands trap: x / 0 is x, x mod 0 is 0, and the quotient
/// of the lowest value and -1 wraps.
Value buildIntegerQuotient(ScalarBody &body, Value lhs, Value rhs);
Value buildIntegerRemainder(ScalarBody &body, Value lhs, Value rhs);
/// base^exponent of integers by squaring; wraps.
Value buildIntegerPower(ScalarBody &body, Value base, Value exponent, bool signedExponent);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_CONVERSION_SCALARBODY_H
