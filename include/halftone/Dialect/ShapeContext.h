// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Symbolic dimensions of the tensors of a function, filled in program order by the ops' own
// inferShapes.
#ifndef HALFTONE_DIALECT_SHAPECONTEXT_H
#define HALFTONE_DIALECT_SHAPECONTEXT_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace mlir::halftone {

/// A dimension: a constant, a symbol, or arithmetic over them. Simplified, so equal expressions are
/// equal pointers.
using Dim = AffineExpr;

/// What is known of one tensor: its dimensions, and for small integer tensors the value of each
/// element.
struct SymbolicTensor {
  SmallVector<Dim> dims;
  std::optional<SmallVector<AffineExpr>> values;
};

/// Knowledge about the values of one function. Not thread safe. Values must be visited in program
/// order.
class ShapeContext {
public:
  /// Integer tensors with more elements than this carry no values.
  static constexpr int64_t kMaxValues = 64;
  /// A tensor of more elements than this is refused: its size in bytes must fit in 63 bits.
  static constexpr int64_t kMaxElements = int64_t(1) << 56;

  /// Whether setResult refines the types of the IR or only compares with them (the ops' verifiers).
  enum class Mode { Refine, Check };

  explicit ShapeContext(MLIRContext *context, Mode mode = Mode::Refine)
      : context(context), mode(mode) {}

  MLIRContext *getContext() const { return context; }
  Mode getMode() const { return mode; }

  /// What infers ops without the interface, such as those that are lowered already.
  using InferOther = std::function<LogicalResult(Operation *, ShapeContext &)>;
  void setInferOther(InferOther infer) { inferOther = std::move(infer); }
  /// Infers one op, whatever it is; what nobody can infer keeps what its types say.
  LogicalResult infer(Operation *op);
  /// Infers the ops of a region in program order.
  LogicalResult infer(Region &region);
  /// Runs `assumed` without changing types or reporting errors: to see what an assumption leads to.
  LogicalResult attempt(llvm::function_ref<LogicalResult()> assumed);

  /// The knowledge about `value`. A value never set (block argument, op without the interface) gets
  /// its static dimensions and one fresh symbol per dynamic one. The reference stays valid.
  const SymbolicTensor &get(Value value);
  ArrayRef<Dim> dims(Value value) { return get(value).dims; }
  /// The symbolic elements of a small integer tensor, if all are known (symbolically).
  std::optional<ArrayRef<AffineExpr>> values(Value value);
  /// The elements of `value` as constants; nullopt if one is not a constant.
  std::optional<SmallVector<int64_t>> constantValues(Value value);

  Dim constant(int64_t value) const { return getAffineConstantExpr(value, context); }
  /// A new symbol that stands for a number >= 0.
  Dim freshSymbol() { return getAffineSymbolExpr(numSymbols++, context); }
  /// The symbol of a named dimension: the same name gives the same symbol.
  Dim namedSymbol(StringRef name);
  static std::optional<int64_t> asConstant(Dim dim);
  Dim simplify(AffineExpr expr) const;

  /// The product of `dims`, 1 for none; nullopt if its constant factor does not fit in 63 bits.
  std::optional<Dim> product(ArrayRef<Dim> dims) const;
  /// `lhs / rhs` if the division is exact for all values of the symbols.
  std::optional<Dim> divideExactly(Dim lhs, Dim rhs) const;
  /// The smaller or larger one; the same operands give the same symbol where it cannot be known
  /// which one it is.
  Dim minimum(Dim lhs, Dim rhs);
  Dim maximum(Dim lhs, Dim rhs);
  /// Whether `expr` is provably >= 0, given that dimensions are.
  bool isNonNegative(AffineExpr expr) const;
  /// Whether the two can never be equal.
  bool isDifferent(AffineExpr lhs, AffineExpr rhs) const;

  /// Dimension of two broadcast dimensions; nullopt when they can never agree. The same pair gives
  /// the same symbol if it cannot be known which of two different symbols wins.
  std::optional<Dim> broadcast(Dim lhs, Dim rhs);
  /// Broadcasts whole shapes, aligned at the last dimension; nullopt when they can never agree.
  std::optional<SmallVector<Dim>> broadcast(ArrayRef<ArrayRef<Dim>> shapes);

  /// Records the result and refines its type to `elementType` and the constant dimensions.
  /// Dimensions already known from the existing type are kept where `dims` has a symbol.
  /// Contradiction: error at the op with expected and actual type, and failure.
  LogicalResult setResult(OpResult result, Type elementType, ArrayRef<Dim> dims,
                          std::optional<SmallVector<AffineExpr>> values = std::nullopt);
  /// Records block arguments (named dimensions of the model's inputs).
  void setArgument(BlockArgument argument, ArrayRef<Dim> dims,
                   std::optional<SmallVector<AffineExpr>> values = std::nullopt);
  /// The same, and gives the argument the constant ones as its type; only in Mode::Refine.
  void refineArgument(BlockArgument argument, ArrayRef<Dim> dims);

private:
  enum class Opaque { Minimum, Maximum };
  /// The symbol that stands for a function of two dimensions that affine expressions cannot say.
  Dim opaqueSymbol(Opaque function, Dim lhs, Dim rhs);
  /// The symbol of the set of all dimensions that were broadcast together: the order and
  /// repetitions do not matter.
  Dim broadcastSymbol(Dim lhs, Dim rhs);
  SmallVector<Dim> broadcastOperands(Dim dim) const;

  MLIRContext *context;
  Mode mode;
  InferOther inferOther;
  unsigned numSymbols = 0;
  llvm::DenseMap<Value, std::unique_ptr<SymbolicTensor>> known;
  llvm::StringMap<Dim> names;
  std::map<std::tuple<Opaque, const void *, const void *>, Dim> opaques;
  std::map<std::vector<const void *>, Dim> broadcasts;
  /// The operands of each symbol made by broadcastSymbol.
  llvm::DenseMap<Dim, SmallVector<Dim>> broadcastSets;
  /// Symbols made by opaqueSymbol that may be negative.
  llvm::DenseSet<unsigned> signedSymbols;
};

/// The elements of a small integer constant; nullopt for floats, large tensors and values beyond
/// int64.
std::optional<SmallVector<int64_t>> smallIntegerElements(Attribute elements);

/// Checks the element types and dimensions of `op` against what it infers, without changing it: the
/// verifier of every op with the SymbolicShapeOpInterface.
LogicalResult verifyShapes(Operation *op);

} // namespace mlir::halftone

#endif // HALFTONE_DIALECT_SHAPECONTEXT_H
