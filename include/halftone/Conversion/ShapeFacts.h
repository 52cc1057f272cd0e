// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What shape inference knows about a function, as its lowering asks for it.
#ifndef HALFTONE_CONVERSION_SHAPEFACTS_H
#define HALFTONE_CONVERSION_SHAPEFACTS_H

#include "halftone/Dialect/ShapeContext.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include <functional>

namespace mlir::halftone {

/// The symbolic shapes of the values of a function. Each symbol is *anchored* at the first
/// dimension, in program order, that equals it, so that any dimension made of symbols anchored
/// before an op can be computed there.
class ShapeFacts {
public:
  /// Gives the converted value of an original one; null if there is none yet.
  using Remap = std::function<Value(Value)>;

  /// Infers the shapes of `function`. Fails, with an error at the op, where they contradict each
  /// other.
  static FailureOr<ShapeFacts> compute(func::FuncOp function);

  /// Whether the two dimensions are equal in every run.
  bool areEqual(Value lhs, int64_t lhsDim, Value rhs, int64_t rhsDim) const;

  /// The dimensions of `value`, simplified.
  ArrayRef<Dim> dims(Value value) const { return shapes->dims(value); }

  /// The elements of a small integer tensor, if they are constants.
  std::optional<SmallVector<int64_t>> constants(Value value) const {
    return shapes->constantValues(value);
  }

  /// The symbolic elements of a small integer tensor.
  std::optional<ArrayRef<AffineExpr>> values(Value value) const { return shapes->values(value); }

  /// Whether `expr` is made of dimensions of values before `user`.
  bool isKnownBefore(Operation *user, AffineExpr expr) const;

  /// Computes `expr` before `user` from dimensions of earlier values; null if one of its symbols is
  /// known only after it.
  OpFoldResult materialize(OpBuilder &builder, Operation *user, AffineExpr expr,
                           const Remap &remap) const;

  ShapeContext &context() const { return *shapes; }

private:
  struct Anchor {
    Value value;
    int64_t dim;
    /// Position of the op that makes the value; 0 for arguments.
    unsigned order;
  };
  /// Infers the ops of a block and of the regions in it, counting them.
  LogicalResult visit(Block &block, unsigned &order);
  void anchor(Value value, unsigned order);
  /// Where `symbol` can be read before `user`; null if nowhere.
  const Anchor *findAnchor(Operation *user, unsigned symbol) const;

  std::unique_ptr<ShapeContext> shapes;
  /// In regions next to each other a symbol has several.
  llvm::DenseMap<unsigned, SmallVector<Anchor, 1>> anchors;
  llvm::DenseMap<Operation *, unsigned> orders;
};

} // namespace mlir::halftone

#endif // HALFTONE_CONVERSION_SHAPEFACTS_H
