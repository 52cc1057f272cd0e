// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ShapeInference.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::halftone;

LogicalResult mlir::halftone::expectRankedOperands(Operation *op) {
  for (auto [index, type] : llvm::enumerate(op->getOperandTypes()))
    if (!isa<RankedTensorType>(type))
      return op->emitOpError("expects ranked tensors, but operand #") << index << " is " << type;
  return success();
}

static bool isInDomain(Type element, ElementDomain domain) {
  bool isBool = element.isInteger(1);
  switch (domain) {
  case ElementDomain::Any:
    return isa<IntegerType, FloatType>(element);
  case ElementDomain::Number:
    return isa<FloatType>(element) || (isa<IntegerType>(element) && !isBool);
  case ElementDomain::Float:
    return isa<FloatType>(element);
  case ElementDomain::Logical:
    return isa<IntegerType>(element);
  case ElementDomain::Integer:
    return isa<IntegerType>(element) && !isBool;
  }
  llvm_unreachable("all domains are handled");
}

static StringRef elementTypesOf(ElementDomain domain) {
  switch (domain) {
  case ElementDomain::Any:
    return "integers or floats";
  case ElementDomain::Number:
    return "floats or integers other than i1";
  case ElementDomain::Float:
    return "floats";
  case ElementDomain::Logical:
    return "i1 or integers";
  case ElementDomain::Integer:
    return "integers other than i1";
  }
  llvm_unreachable("all domains are handled");
}

LogicalResult mlir::halftone::expectDomain(Operation *op, StringRef name, Value value,
                                           ElementDomain domain) {
  if (isInDomain(elementOf(value), domain))
    return success();
  InFlightDiagnostic diag = op->emitOpError("expects the elements of `")
                            << name << "` to be " << elementTypesOf(domain);
  diag.attachNote() << "`" << name << "` is " << value.getType();
  return diag;
}

LogicalResult mlir::halftone::expectSameElement(Operation *op, StringRef lhsName, Value lhs,
                                                StringRef rhsName, Value rhs) {
  if (elementOf(lhs) == elementOf(rhs))
    return success();
  InFlightDiagnostic diag = op->emitOpError("expects `")
                            << lhsName << "` and `" << rhsName << "` to have one element type";
  diag.attachNote() << "`" << lhsName << "` is " << lhs.getType();
  diag.attachNote() << "`" << rhsName << "` is " << rhs.getType();
  return diag;
}

LogicalResult mlir::halftone::expectRank(Operation *op, StringRef name, Value value, int64_t rank) {
  if (rankOf(value) == rank)
    return success();
  InFlightDiagnostic diag = op->emitOpError("expects `")
                            << name << "` to have " << rank << " dimensions";
  diag.attachNote() << "`" << name << "` is " << value.getType();
  return diag;
}

LogicalResult mlir::halftone::expectIndices(Operation *op, StringRef name, Value value,
                                            int64_t rank) {
  if (failed(expectDomain(op, name, value, ElementDomain::Integer)))
    return failure();
  return rank < 0 ? success() : expectRank(op, name, value, rank);
}

LogicalResult mlir::halftone::expectElementCount(Operation *op, ShapeContext &shapes,
                                                 StringRef name, Value value, int64_t count) {
  std::optional<Dim> actual = shapes.product(shapes.dims(value));
  if (actual && !shapes.isDifferent(*actual, shapes.constant(count)))
    return success();
  InFlightDiagnostic diag = op->emitOpError("expects `") << name << "` to have " << count
                                                         << (count == 1 ? " element" : " elements");
  diag.attachNote() << "`" << name << "` is " << value.getType();
  return diag;
}

LogicalResult mlir::halftone::expectAxis(Operation *op, StringRef name, int64_t axis,
                                         int64_t rank) {
  if (axis >= 0 && axis < rank)
    return success();
  InFlightDiagnostic diag = op->emitOpError("expects `") << name << "` in [0, " << rank << ")";
  diag.attachNote() << "`" << name << "` is " << axis;
  return diag;
}

LogicalResult mlir::halftone::expectAxes(Operation *op, ArrayRef<int64_t> axes, int64_t rank) {
  for (auto [index, axis] : llvm::enumerate(axes)) {
    if (failed(expectAxis(op, "axes", axis, rank)))
      return failure();
    if (index > 0 && axes[index - 1] >= axis) {
      InFlightDiagnostic diag = op->emitOpError("expects `axes` to be sorted and unique");
      diag.attachNote() << axis << " follows " << axes[index - 1];
      return diag;
    }
  }
  return success();
}

LogicalResult mlir::halftone::expectAmounts(Operation *op, StringRef name,
                                            ArrayRef<int64_t> amounts, int64_t count, int64_t low) {
  constexpr int64_t kHigh = std::numeric_limits<int32_t>::max();
  if (int64_t(amounts.size()) != count) {
    InFlightDiagnostic diag = op->emitOpError("expects ") << count << " `" << name << "`";
    diag.attachNote() << "there are " << amounts.size();
    return diag;
  }
  for (int64_t amount : amounts) {
    if (amount >= low && amount <= kHigh)
      continue;
    InFlightDiagnostic diag = op->emitOpError("expects `")
                              << name << "` in [" << low << ", " << kHigh << "]";
    diag.attachNote() << "one is " << amount;
    return diag;
  }
  return success();
}

std::string mlir::halftone::describe(AffineExpr expr) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << expr;
  return text;
}

std::string mlir::halftone::describe(ArrayRef<AffineExpr> exprs) {
  SmallVector<std::string> texts =
      llvm::map_to_vector(exprs, [](AffineExpr expr) { return expr ? describe(expr) : "-1"; });
  return "[" + llvm::join(texts, ", ") + "]";
}

FailureOr<SmallVector<Dim>> mlir::halftone::broadcastOperands(Operation *op, ShapeContext &shapes,
                                                              ValueRange operands) {
  SmallVector<ArrayRef<Dim>> dims;
  for (Value operand : operands)
    dims.push_back(shapes.dims(operand));
  if (std::optional<SmallVector<Dim>> result = shapes.broadcast(dims))
    return *result;
  InFlightDiagnostic diag = op->emitOpError("expects operands that broadcast: aligned at the last "
                                            "dimension, equal or 1");
  for (auto [index, operand] : llvm::enumerate(operands))
    diag.attachNote() << "operand #" << index << " is " << operand.getType();
  return diag;
}

std::optional<SmallVector<int64_t>> mlir::halftone::smallShape(ArrayRef<Dim> dims) {
  SmallVector<int64_t> shape;
  int64_t numElements = 1;
  for (Dim dim : dims) {
    std::optional<int64_t> size = ShapeContext::asConstant(dim);
    if (!size || *size < 0 || llvm::MulOverflow(numElements, *size, numElements) ||
        numElements > ShapeContext::kMaxValues)
      return std::nullopt;
    shape.push_back(*size);
  }
  return shape;
}

int64_t mlir::halftone::rowMajorPosition(ArrayRef<int64_t> index, ArrayRef<int64_t> shape) {
  int64_t position = 0;
  for (auto [i, size] : llvm::zip_equal(index, shape))
    position = position * size + i;
  return position;
}

int64_t mlir::halftone::broadcastPosition(ArrayRef<int64_t> index, ArrayRef<int64_t> shape) {
  int64_t position = 0;
  for (auto [i, size] : llvm::zip_equal(index.take_back(shape.size()), shape))
    position = position * size + (size == 1 ? 0 : i);
  return position;
}

Values mlir::halftone::makeValues(ArrayRef<Dim> dims,
                                  llvm::function_ref<AffineExpr(ArrayRef<int64_t>)> element) {
  std::optional<SmallVector<int64_t>> shape = smallShape(dims);
  if (!shape)
    return std::nullopt;
  SmallVector<AffineExpr> values;
  SmallVector<int64_t> index(shape->size(), 0);
  int64_t numElements = llvm::product_of(*shape);
  for (int64_t count = 0; count < numElements; ++count) {
    AffineExpr value = element(index);
    if (!value)
      return std::nullopt;
    values.push_back(value);
    for (int64_t axis = int64_t(index.size()) - 1; axis >= 0; --axis) {
      if (++index[axis] < (*shape)[axis])
        break;
      index[axis] = 0;
    }
  }
  return values;
}

Values mlir::halftone::mapValues(ShapeContext &shapes, Value value, ArrayRef<Dim> dims,
                                 llvm::function_ref<SmallVector<int64_t>(ArrayRef<int64_t>)> map) {
  const SymbolicTensor &tensor = shapes.get(value);
  std::optional<SmallVector<int64_t>> shape = smallShape(tensor.dims);
  if (!tensor.values || !shape)
    return std::nullopt;
  return makeValues(dims, [&](ArrayRef<int64_t> index) {
    return (*tensor.values)[rowMajorPosition(map(index), *shape)];
  });
}

Values mlir::halftone::sameValues(ShapeContext &shapes, Value value) {
  return shapes.get(value).values;
}
