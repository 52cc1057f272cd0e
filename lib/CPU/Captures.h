// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a region that becomes a function uses of its surroundings.
#ifndef HALFTONE_CPU_CAPTURES_H
#define HALFTONE_CPU_CAPTURES_H

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::halftone {

/// Values from outside a region as fields: a buffer of static shape is one pointer, anything else
/// has the type that it will have in LLVM. Constants are no fields, they are repeated inside.
/// Places in the arena and the weights are fields: with them, what equal layers do is one function.
class Captures {
public:
  Captures(Location loc, const LLVMTypeConverter &converter) : loc(loc), converter(converter) {}

  /// Fails, without an error, on a value whose type no function takes; that is `refused`.
  LogicalResult collect(ValueRange values);

  ArrayRef<Type> getFields() const { return fields; }
  /// The values of the fields, made where `at` is.
  SmallVector<Value> pack(OpBuilder &at) const;
  /// Maps each value to what `field` gives for the number of its field.
  void unpack(OpBuilder &at, IRMapping &mapping, llvm::function_ref<Value(unsigned)> field) const;

  Value refused;

private:
  Value castTo(OpBuilder &at, Value value, Type type) const;

  Location loc;
  const LLVMTypeConverter &converter;
  SmallVector<Value> captured;
  SmallVector<Type> fields;
  SmallVector<Operation *> recomputed;
};

/// Moves memory on the stack to the start of `block`: it is taken once per call of the function.
void hoistStackMemory(Block &block);

} // namespace mlir::halftone

#endif // HALFTONE_CPU_CAPTURES_H
