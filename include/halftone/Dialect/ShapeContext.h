// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Symbolic dimensions of the tensors of a function, filled in program order by the ops' own inferShapes.
#ifndef HALFTONE_DIALECT_SHAPECONTEXT_H
#define HALFTONE_DIALECT_SHAPECONTEXT_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>

namespace mlir::halftone {

/// A dimension: a constant, a symbol, or arithmetic over them. Simplified, so equal expressions are equal pointers.
using Dim = AffineExpr;

/// What is known of one tensor: its dimensions, and for small integer tensors the value of each element.
struct SymbolicTensor {
  SmallVector<Dim> dims;
  std::optional<SmallVector<AffineExpr>> values;
};

/// Knowledge about the values of one function. Not thread safe. Values must be visited in program order.
class ShapeContext {
public:
  /// Integer tensors with more elements than this carry no values.
  static constexpr int64_t kMaxValues = 64;

  explicit ShapeContext(MLIRContext *context) : context(context) {}

  MLIRContext *getContext() const { return context; }

  /// The knowledge about `value`. A value never set (block argument, op without the interface) gets its static
  /// dimensions and one fresh symbol per dynamic one.
  const SymbolicTensor &get(Value value);
  ArrayRef<Dim> dims(Value value) { return get(value).dims; }
  /// The symbolic elements of a small integer tensor, if all are known (symbolically).
  std::optional<ArrayRef<AffineExpr>> values(Value value);
  /// The elements of `value` as constants; nullopt if one is not a constant.
  std::optional<SmallVector<int64_t>> constantValues(Value value);

  Dim constant(int64_t value) const { return getAffineConstantExpr(value, context); }
  Dim freshSymbol() { return getAffineSymbolExpr(numSymbols++, context); }
  /// The symbol of a named dimension: the same name gives the same symbol.
  Dim namedSymbol(StringRef name);
  static std::optional<int64_t> asConstant(Dim dim);
  Dim simplify(AffineExpr expr) const;

  /// Dimension of two broadcast dimensions; nullopt when they can never agree. Fresh symbol if it cannot be known
  /// which of two different symbols wins.
  std::optional<Dim> broadcast(Dim lhs, Dim rhs);
  /// Broadcasts whole shapes, aligned at the last dimension; nullopt when they can never agree.
  std::optional<SmallVector<Dim>> broadcast(ArrayRef<ArrayRef<Dim>> shapes);

  /// Records the result and refines its type to `elementType` and the constant dimensions. Dimensions already known from
  /// the existing type are kept where `dims` has a symbol. Contradiction: error at the op with expected and actual
  /// type, and failure.
  LogicalResult setResult(OpResult result, Type elementType, ArrayRef<Dim> dims,
                          std::optional<SmallVector<AffineExpr>> values = std::nullopt);
  /// Records block arguments (named dimensions of the model's inputs).
  void setArgument(BlockArgument argument, ArrayRef<Dim> dims);

private:
  MLIRContext *context;
  unsigned numSymbols = 0;
  llvm::DenseMap<Value, SymbolicTensor> known;
  llvm::StringMap<unsigned> names;
};

} // namespace mlir::halftone

#endif // HALFTONE_DIALECT_SHAPECONTEXT_H
