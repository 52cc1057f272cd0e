// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Index arithmetic that folds while it is built.
#ifndef HALFTONE_CPU_INDEXMATH_H
#define HALFTONE_CPU_INDEXMATH_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Builders.h"

namespace mlir::halftone {

/// A builder at one location. Every result is a constant when the operands are.
class IndexMath {
public:
  IndexMath(OpBuilder &builder, Location loc) : builder(builder), loc(loc) {}

  Value constant(int64_t value) { return arith::ConstantIndexOp::create(builder, loc, value); }
  Value get(OpFoldResult value) { return getValueOrCreateConstantIndexOp(builder, loc, value); }

  Value add(Value lhs, Value rhs) { return builder.createOrFold<arith::AddIOp>(loc, lhs, rhs); }
  Value add(Value lhs, int64_t rhs) { return rhs ? add(lhs, constant(rhs)) : lhs; }
  Value sub(Value lhs, Value rhs) { return builder.createOrFold<arith::SubIOp>(loc, lhs, rhs); }
  Value mul(Value lhs, Value rhs) { return builder.createOrFold<arith::MulIOp>(loc, lhs, rhs); }
  Value mul(Value lhs, int64_t rhs) { return rhs == 1 ? lhs : mul(lhs, constant(rhs)); }
  Value div(Value lhs, Value rhs) { return builder.createOrFold<arith::DivUIOp>(loc, lhs, rhs); }
  Value div(Value lhs, int64_t rhs) { return rhs == 1 ? lhs : div(lhs, constant(rhs)); }
  Value rem(Value lhs, Value rhs) { return builder.createOrFold<arith::RemUIOp>(loc, lhs, rhs); }
  Value rem(Value lhs, int64_t rhs) { return rem(lhs, constant(rhs)); }
  Value min(Value lhs, Value rhs) { return builder.createOrFold<arith::MinUIOp>(loc, lhs, rhs); }
  Value ceilDiv(Value lhs, int64_t rhs) { return rhs == 1 ? lhs : div(add(lhs, rhs - 1), rhs); }

  /// for (i = begin; i < end; i += step) body(i), and no loop where that is known to be one
  /// iteration.
  void loop(Value begin, Value end, int64_t step, llvm::function_ref<void(Value)> body);

  /// `body` applied `count` times, to an index from 0 on and what it has given before.
  SmallVector<Value> carry(OpFoldResult count, SmallVector<Value> values,
                           llvm::function_ref<SmallVector<Value>(Value, SmallVector<Value>)> body);

  OpBuilder &builder;
  Location loc;
};

} // namespace mlir::halftone

#endif // HALFTONE_CPU_INDEXMATH_H
