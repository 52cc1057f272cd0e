// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Dialect/ShapeContext.h"

#include "DimPolynomial.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Threading.h"

using namespace mlir;
using namespace mlir::halftone;

// The elements of a resource, which has no iterator over APInt.
static std::optional<SmallVector<int64_t>> resourceElements(Attribute attribute) {
  if (auto wide = dyn_cast<DenseI64ResourceElementsAttr>(attribute))
    if (auto values = wide.tryGetAsArrayRef())
      return llvm::to_vector(*values);
  if (auto narrow = dyn_cast<DenseI32ResourceElementsAttr>(attribute))
    if (auto values = narrow.tryGetAsArrayRef())
      return SmallVector<int64_t>(values->begin(), values->end());
  return std::nullopt;
}

std::optional<SmallVector<int64_t>> mlir::halftone::smallIntegerElements(Attribute attribute) {
  auto elements = dyn_cast_or_null<ElementsAttr>(attribute);
  if (!elements || !isa<IntegerType>(elements.getElementType()) ||
      elements.getNumElements() > ShapeContext::kMaxValues)
    return std::nullopt;
  if (isa<DenseResourceElementsAttr>(attribute))
    return resourceElements(attribute);
  Type element = elements.getElementType();
  bool isUnsigned = element.isUnsignedInteger() || element.isInteger(1);
  auto values = elements.tryGetValues<APInt>();
  if (!values)
    return std::nullopt;
  SmallVector<int64_t> result;
  for (const APInt &value : *values) {
    if (isUnsigned ? !value.isIntN(63) : !value.isSignedIntN(64))
      return std::nullopt;
    result.push_back(isUnsigned ? int64_t(value.getZExtValue()) : value.getSExtValue());
  }
  return result;
}

LogicalResult mlir::halftone::verifyShapes(Operation *op) {
  ShapeContext shapes(op->getContext(), ShapeContext::Mode::Check);
  return cast<SymbolicShapeOpInterface>(op).inferShapes(shapes);
}

const SymbolicTensor &ShapeContext::get(Value value) {
  std::unique_ptr<SymbolicTensor> &entry = known[value];
  if (entry)
    return *entry;
  auto tensor = std::make_unique<SymbolicTensor>();
  if (auto type = dyn_cast<ShapedType>(value.getType()); type && type.hasRank())
    for (int64_t size : type.getShape())
      tensor->dims.push_back(ShapedType::isDynamic(size) ? freshSymbol() : constant(size));
  if (auto op = value.getDefiningOp<ConstantOp>())
    if (std::optional<SmallVector<int64_t>> elements = smallIntegerElements(op.getValue()))
      tensor->values = llvm::map_to_vector(*elements, [&](int64_t v) { return constant(v); });
  entry = std::move(tensor);
  return *entry;
}

std::optional<ArrayRef<AffineExpr>> ShapeContext::values(Value value) {
  const SymbolicTensor &tensor = get(value);
  if (!tensor.values)
    return std::nullopt;
  return ArrayRef<AffineExpr>(*tensor.values);
}

std::optional<SmallVector<int64_t>> ShapeContext::constantValues(Value value) {
  std::optional<ArrayRef<AffineExpr>> symbolic = values(value);
  if (!symbolic)
    return std::nullopt;
  SmallVector<int64_t> result;
  for (AffineExpr expr : *symbolic) {
    std::optional<int64_t> element = asConstant(expr);
    if (!element)
      return std::nullopt;
    result.push_back(*element);
  }
  return result;
}

Dim ShapeContext::namedSymbol(StringRef name) {
  auto [entry, isNew] = names.try_emplace(name);
  if (isNew)
    entry->second = freshSymbol();
  return entry->second;
}

std::optional<int64_t> ShapeContext::asConstant(Dim dim) {
  if (auto value = dyn_cast<AffineConstantExpr>(dim))
    return value.getValue();
  return std::nullopt;
}

Dim ShapeContext::simplify(AffineExpr expr) const {
  std::optional<DimPolynomial> polynomial = DimPolynomial::fromExpr(expr);
  return polynomial ? polynomial->toExpr(context) : expr;
}

std::optional<Dim> ShapeContext::product(ArrayRef<Dim> dims) const {
  DimPolynomial result = DimPolynomial::constant(1);
  for (Dim dim : dims) {
    std::optional<DimPolynomial> factor = DimPolynomial::fromExpr(dim);
    std::optional<DimPolynomial> next = factor ? result.multiply(*factor) : std::nullopt;
    if (!next)
      return std::nullopt;
    result = *next;
  }
  return result.toExpr(context);
}

std::optional<Dim> ShapeContext::divideExactly(Dim lhs, Dim rhs) const {
  std::optional<DimPolynomial> dividend = DimPolynomial::fromExpr(lhs);
  std::optional<DimPolynomial> divisor = DimPolynomial::fromExpr(rhs);
  if (!dividend || !divisor)
    return std::nullopt;
  std::optional<DimPolynomial> quotient = dividend->divideExactly(*divisor);
  if (!quotient)
    return std::nullopt;
  return quotient->toExpr(context);
}

Dim ShapeContext::opaqueSymbol(Opaque function, Dim lhs, Dim rhs) {
  // Both functions are commutative.
  if (compareStructure(rhs, lhs) < 0)
    std::swap(lhs, rhs);
  Dim &symbol = opaques[{function, lhs.getAsOpaquePointer(), rhs.getAsOpaquePointer()}];
  if (symbol)
    return symbol;
  symbol = freshSymbol();
  bool nonNegative = function == Opaque::Minimum ? isNonNegative(lhs) && isNonNegative(rhs)
                                                 : isNonNegative(lhs) || isNonNegative(rhs);
  if (!nonNegative)
    signedSymbols.insert(cast<AffineSymbolExpr>(symbol).getPosition());
  return symbol;
}

SmallVector<Dim> ShapeContext::broadcastOperands(Dim dim) const {
  auto found = broadcastSets.find(dim);
  return found == broadcastSets.end() ? SmallVector<Dim>{dim} : found->second;
}

Dim ShapeContext::broadcastSymbol(Dim lhs, Dim rhs) {
  SmallVector<Dim> operands = broadcastOperands(lhs);
  llvm::append_range(operands, broadcastOperands(rhs));
  llvm::sort(operands, [](Dim a, Dim b) { return compareStructure(a, b) < 0; });
  operands.erase(std::unique(operands.begin(), operands.end()), operands.end());
  std::vector<const void *> key;
  for (Dim operand : operands)
    key.push_back(operand.getAsOpaquePointer());
  Dim &symbol = broadcasts[key];
  if (!symbol) {
    symbol = freshSymbol();
    broadcastSets[symbol] = operands;
  }
  return symbol;
}

Dim ShapeContext::minimum(Dim lhs, Dim rhs) {
  if (isNonNegative(rhs - lhs))
    return lhs;
  return isNonNegative(lhs - rhs) ? rhs : opaqueSymbol(Opaque::Minimum, lhs, rhs);
}

Dim ShapeContext::maximum(Dim lhs, Dim rhs) {
  if (isNonNegative(lhs - rhs))
    return lhs;
  return isNonNegative(rhs - lhs) ? rhs : opaqueSymbol(Opaque::Maximum, lhs, rhs);
}

bool ShapeContext::isNonNegative(AffineExpr expr) const {
  std::optional<DimPolynomial> polynomial = DimPolynomial::fromExpr(expr);
  if (!polynomial)
    return false;
  auto isFactorNonNegative = [&](AffineExpr factor) {
    if (auto symbol = dyn_cast<AffineSymbolExpr>(factor))
      return !signedSymbols.contains(symbol.getPosition());
    auto binary = dyn_cast<AffineBinaryOpExpr>(factor);
    if (!binary || binary.getKind() == AffineExprKind::Add)
      return false;
    std::optional<int64_t> divisor = asConstant(binary.getRHS());
    bool isModulo = binary.getKind() == AffineExprKind::Mod && divisor && *divisor > 0;
    return isModulo || (isNonNegative(binary.getLHS()) && isNonNegative(binary.getRHS()));
  };
  return llvm::all_of(polynomial->getTerms(), [&](const auto &term) {
    return term.second >= 0 && llvm::all_of(term.first, isFactorNonNegative);
  });
}

bool ShapeContext::isDifferent(AffineExpr lhs, AffineExpr rhs) const {
  return lhs != rhs && (isNonNegative(lhs - rhs - 1) || isNonNegative(rhs - lhs - 1));
}

std::optional<Dim> ShapeContext::broadcast(Dim lhs, Dim rhs) {
  if (lhs == rhs)
    return lhs;
  std::optional<int64_t> lhsSize = asConstant(lhs), rhsSize = asConstant(rhs);
  if (lhsSize == 1)
    return rhs;
  if (rhsSize == 1)
    return lhs;
  if (lhsSize && rhsSize)
    return std::nullopt;
  // A known size other than 1 wins: the other is 1 or the same.
  if (lhsSize)
    return lhs;
  if (rhsSize)
    return rhs;
  return broadcastSymbol(lhs, rhs);
}

std::optional<SmallVector<Dim>> ShapeContext::broadcast(ArrayRef<ArrayRef<Dim>> shapes) {
  size_t rank = 0;
  for (ArrayRef<Dim> shape : shapes)
    rank = std::max(rank, shape.size());
  SmallVector<Dim> result(rank, constant(1));
  for (ArrayRef<Dim> shape : shapes) {
    for (auto [index, dim] : llvm::enumerate(shape)) {
      Dim &known = result[rank - shape.size() + index];
      std::optional<Dim> merged = broadcast(known, dim);
      if (!merged)
        return std::nullopt;
      known = *merged;
    }
  }
  return result;
}

// The inferred type with what the present type knows better; reports a contradiction.
static FailureOr<RankedTensorType> mergeTypes(OpResult result, Type elementType,
                                              MutableArrayRef<Dim> dims) {
  SmallVector<int64_t> shape;
  for (Dim dim : dims)
    shape.push_back(ShapeContext::asConstant(dim).value_or(ShapedType::kDynamic));
  auto inferred = RankedTensorType::get(shape, elementType);
  auto present = dyn_cast<RankedTensorType>(result.getType());
  if (!present)
    return inferred;
  bool agrees = present.getElementType() == elementType &&
                present.getRank() == inferred.getRank() &&
                succeeded(verifyCompatibleShape(present, inferred));
  if (!agrees) {
    InFlightDiagnostic diag = result.getOwner()->emitOpError("has a result of the wrong type");
    diag.attachNote() << "expected " << inferred;
    diag.attachNote() << "actual " << present;
    return failure();
  }
  for (auto [index, size] : llvm::enumerate(present.getShape())) {
    if (ShapedType::isDynamic(size) || !ShapedType::isDynamic(shape[index]))
      continue;
    shape[index] = size;
    dims[index] = getAffineConstantExpr(size, present.getContext());
  }
  return RankedTensorType::get(shape, elementType, present.getEncoding());
}

// A negative dimension or a product beyond all memory comes from hostile attributes or operands.
static LogicalResult checkSizes(Operation *op, ArrayRef<Dim> dims) {
  int64_t numElements = 1;
  for (Dim dim : dims) {
    std::optional<int64_t> size = ShapeContext::asConstant(dim);
    if (!size)
      continue;
    if (*size < 0)
      return op->emitOpError("infers a negative dimension: ") << *size;
    if (llvm::MulOverflow(numElements, std::max<int64_t>(*size, 1), numElements) ||
        numElements > ShapeContext::kMaxElements)
      return op->emitOpError("infers a result of too many elements").attachNote()
             << "at most " << ShapeContext::kMaxElements << " elements are supported";
  }
  return success();
}

LogicalResult ShapeContext::setResult(OpResult result, Type elementType, ArrayRef<Dim> dims,
                                      std::optional<SmallVector<AffineExpr>> values) {
  auto tensor = std::make_unique<SymbolicTensor>();
  for (Dim dim : dims)
    tensor->dims.push_back(simplify(dim));
  if (failed(checkSizes(result.getOwner(), tensor->dims)))
    return failure();
  FailureOr<RankedTensorType> type = mergeTypes(result, elementType, tensor->dims);
  if (failed(type))
    return failure();
  if (values && values->size() <= size_t(kMaxValues))
    tensor->values = llvm::map_to_vector(*values, [&](AffineExpr v) { return simplify(v); });
  if (mode == Mode::Refine)
    result.setType(*type);
  known[result] = std::move(tensor);
  return success();
}

void ShapeContext::setArgument(BlockArgument argument, ArrayRef<Dim> dims,
                               std::optional<SmallVector<AffineExpr>> values) {
  auto tensor = std::make_unique<SymbolicTensor>();
  tensor->dims = llvm::to_vector(dims);
  tensor->values = std::move(values);
  known[argument] = std::move(tensor);
}

void ShapeContext::refineArgument(BlockArgument argument, ArrayRef<Dim> dims) {
  setArgument(argument, dims);
  if (mode != Mode::Refine)
    return;
  auto type = cast<RankedTensorType>(argument.getType());
  SmallVector<int64_t> shape;
  for (auto [dim, size] : llvm::zip_equal(dims, type.getShape()))
    shape.push_back(asConstant(dim).value_or(size));
  argument.setType(type.clone(shape));
}

LogicalResult ShapeContext::infer(Operation *op) {
  if (auto interface = dyn_cast<SymbolicShapeOpInterface>(op))
    return interface.inferShapes(*this);
  return inferOther ? inferOther(op, *this) : success();
}

LogicalResult ShapeContext::infer(Region &region) {
  for (Operation &op : region.front())
    if (failed(infer(&op)))
      return failure();
  return success();
}

LogicalResult ShapeContext::attempt(llvm::function_ref<LogicalResult()> assumed) {
  // Other threads may report errors meanwhile.
  uint64_t thread = llvm::get_threadid();
  ScopedDiagnosticHandler silence(
      context, [=](Diagnostic &) { return success(llvm::get_threadid() == thread); });
  Mode before = std::exchange(mode, Mode::Check);
  LogicalResult result = assumed();
  mode = before;
  return result;
}
