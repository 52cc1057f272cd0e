// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Conversion/ShapeFacts.h"

#include "halftone/Dialect/HalftoneDialect.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"

using namespace mlir;
using namespace mlir::halftone;

/// Dimensions of the same name are equal; the runtime checks that before a run.
static void nameDims(func::FuncOp function, BlockArgument argument, ShapeContext &shapes) {
  auto names = function.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(),
                                                    HalftoneDialect::kDimNamesAttrName);
  if (!names)
    return;
  SmallVector<Dim> dims;
  ArrayRef<int64_t> shape = cast<RankedTensorType>(argument.getType()).getShape();
  for (auto [size, attribute] : llvm::zip_equal(shape, names)) {
    StringRef name = cast<StringAttr>(attribute).getValue();
    if (!ShapedType::isDynamic(size))
      dims.push_back(shapes.constant(size));
    else
      dims.push_back(name.empty() ? shapes.freshSymbol() : shapes.namedSymbol(name));
  }
  shapes.setArgument(argument, dims);
}

/// The size that an index value stands for, as far as sizes are made from dimensions; null
/// otherwise.
static AffineExpr traceIndex(Value value, ShapeContext &shapes) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return shapes.constant(constant.getSExtValue());
  if (auto dim = value.getDefiningOp<tensor::DimOp>())
    if (std::optional<int64_t> index = dim.getConstantIndex())
      return shapes.dims(dim.getSource())[*index];
  auto combine = [&](Operation *op, auto function) -> AffineExpr {
    AffineExpr lhs = traceIndex(op->getOperand(0), shapes);
    AffineExpr rhs = traceIndex(op->getOperand(1), shapes);
    return lhs && rhs ? function(lhs, rhs) : AffineExpr();
  };
  if (auto add = value.getDefiningOp<arith::AddIOp>())
    return combine(add, [](AffineExpr lhs, AffineExpr rhs) { return lhs + rhs; });
  if (auto sub = value.getDefiningOp<arith::SubIOp>())
    return combine(sub, [](AffineExpr lhs, AffineExpr rhs) { return lhs - rhs; });
  if (auto mul = value.getDefiningOp<arith::MulIOp>())
    return combine(mul, [](AffineExpr lhs, AffineExpr rhs) { return lhs * rhs; });
  return AffineExpr();
}

/// Dimensions of a tensor whose sizes are given as static or index values.
static SmallVector<Dim> traceSizes(ArrayRef<OpFoldResult> sizes, ShapeContext &shapes) {
  SmallVector<Dim> dims;
  for (OpFoldResult size : sizes) {
    std::optional<int64_t> constant = getConstantIntValue(size);
    AffineExpr expr = constant ? shapes.constant(*constant) : traceIndex(cast<Value>(size), shapes);
    dims.push_back(expr ? expr : shapes.freshSymbol());
  }
  return dims;
}

/// Ops that are lowered already, such as kernel ops and what prepares their operands: results have
/// the shape of what they are written to.
static LogicalResult inferLowered(Operation *op, ShapeContext &shapes) {
  auto set = [&](Value result, ArrayRef<Dim> dims) {
    return shapes.setResult(cast<OpResult>(result), getElementTypeOrSelf(result.getType()), dims);
  };
  if (auto empty = dyn_cast<tensor::EmptyOp>(op))
    return set(empty, traceSizes(empty.getMixedSizes(), shapes));
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return set(expand, traceSizes(expand.getMixedOutputShape(), shapes));
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
    if (slice.getSourceType().getRank() == slice.getType().getRank())
      return set(slice, traceSizes(slice.getMixedSizes(), shapes));
    return success();
  }
  if (auto retyped = dyn_cast<tensor::CastOp>(op);
      retyped && isa<RankedTensorType>(retyped.getSource().getType()))
    return set(retyped, llvm::to_vector(shapes.dims(retyped.getSource())));
  if (auto written = dyn_cast<DestinationStyleOpInterface>(op))
    for (OpResult result : op->getResults())
      if (failed(
              set(result, llvm::to_vector(shapes.dims(written.getTiedOpOperand(result)->get())))))
        return failure();
  return success();
}

FailureOr<ShapeFacts> ShapeFacts::compute(func::FuncOp function) {
  ShapeFacts facts;
  // The types stay as they are: what is refined here must agree with the function's own type.
  facts.shapes = std::make_unique<ShapeContext>(function.getContext(), ShapeContext::Mode::Check);
  if (function.isExternal())
    return facts;
  for (BlockArgument argument : function.getArguments()) {
    if (!isa<RankedTensorType>(argument.getType()))
      continue;
    nameDims(function, argument, *facts.shapes);
    facts.anchor(argument, 0);
  }
  facts.shapes->setInferOther(inferLowered);
  unsigned order = 0;
  if (failed(facts.visit(function.getBody().front(), order)))
    return failure();
  return facts;
}

LogicalResult ShapeFacts::visit(Block &block, unsigned &order) {
  for (Operation &op : block) {
    orders[&op] = ++order;
    if (failed(shapes->infer(&op)))
      return failure();
    if (isa<IfOp, LoopOp>(op)) {
      for (Region &region : op.getRegions()) {
        for (Value argument : region.getArguments())
          anchor(argument, order);
        if (failed(visit(region.front(), order)))
          return failure();
      }
      // The results come after what is inside.
      ++order;
    }
    for (Value result : op.getResults())
      if (isa<RankedTensorType>(result.getType()))
        anchor(result, order);
  }
  return success();
}

void ShapeFacts::anchor(Value value, unsigned order) {
  for (auto [index, dim] : llvm::enumerate(shapes->dims(value))) {
    auto symbol = dyn_cast<AffineSymbolExpr>(dim);
    if (!symbol)
      continue;
    // One that is visible wherever this one is serves as well.
    SmallVector<Anchor, 1> &known = anchors[symbol.getPosition()];
    bool isKnown = llvm::any_of(known, [&](Anchor anchor) {
      return anchor.value.getParentRegion()->isAncestor(value.getParentRegion());
    });
    if (!isKnown)
      known.push_back({value, static_cast<int64_t>(index), order});
  }
}

const ShapeFacts::Anchor *ShapeFacts::findAnchor(Operation *user, unsigned symbol) const {
  auto known = anchors.find(symbol);
  if (known == anchors.end())
    return nullptr;
  unsigned userOrder = orders.lookup(user);
  for (const Anchor &anchor : known->second) {
    Value value = anchor.value;
    if (anchor.order < userOrder && value.getParentRegion()->isAncestor(user->getParentRegion()))
      return &anchor;
  }
  return nullptr;
}

bool ShapeFacts::areEqual(Value lhs, int64_t lhsDim, Value rhs, int64_t rhsDim) const {
  return dims(lhs)[lhsDim] == dims(rhs)[rhsDim];
}

static SmallVector<unsigned> collectSymbols(AffineExpr expr) {
  SmallVector<unsigned> symbols;
  expr.walk([&](AffineExpr part) {
    if (auto symbol = dyn_cast<AffineSymbolExpr>(part))
      if (!llvm::is_contained(symbols, symbol.getPosition()))
        symbols.push_back(symbol.getPosition());
  });
  return symbols;
}

bool ShapeFacts::isKnownBefore(Operation *user, AffineExpr expr) const {
  return llvm::all_of(collectSymbols(expr),
                      [&](unsigned symbol) { return findAnchor(user, symbol) != nullptr; });
}

OpFoldResult ShapeFacts::materialize(OpBuilder &builder, Operation *user, AffineExpr expr,
                                     const Remap &remap) const {
  if (std::optional<int64_t> constant = ShapeContext::asConstant(expr))
    return builder.getIndexAttr(*constant);
  if (!isKnownBefore(user, expr))
    return OpFoldResult();
  SmallVector<unsigned> symbols = collectSymbols(expr);
  SmallVector<Value> symbolValues;
  SmallVector<AffineExpr> replacements;
  for (unsigned symbol : symbols) {
    const Anchor &anchor = *findAnchor(user, symbol);
    if (replacements.size() <= symbol)
      replacements.resize(symbol + 1, builder.getAffineConstantExpr(0));
    replacements[symbol] = builder.getAffineSymbolExpr(symbolValues.size());
    symbolValues.push_back(
        builder.createOrFold<tensor::DimOp>(user->getLoc(), remap(anchor.value), anchor.dim));
  }
  AffineExpr dense = expr.replaceSymbols(replacements);
  return affine::expandAffineExpr(builder, user->getLoc(), dense, {}, symbolValues);
}
