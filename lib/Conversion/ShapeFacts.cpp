// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Conversion/ShapeFacts.h"

#include "halftone/Dialect/HalftoneDialect.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::halftone;

FailureOr<ShapeFacts> ShapeFacts::compute(func::FuncOp function) {
  ShapeFacts facts;
  facts.shapes = std::make_unique<ShapeContext>(function.getContext());
  if (function.isExternal())
    return facts;
  for (BlockArgument argument : function.getArguments())
    if (isa<RankedTensorType>(argument.getType()))
      facts.anchor(argument, 0);
  unsigned order = 0;
  for (Operation &op : function.getBody().front()) {
    facts.orders[&op] = ++order;
    if (auto inferable = dyn_cast<SymbolicShapeOpInterface>(op))
      if (failed(inferable.inferShapes(*facts.shapes)))
        return failure();
    for (Value result : op.getResults())
      if (isa<RankedTensorType>(result.getType()))
        facts.anchor(result, order);
  }
  return facts;
}

void ShapeFacts::anchor(Value value, unsigned order) {
  for (auto [index, dim] : llvm::enumerate(shapes->dims(value)))
    if (auto symbol = dyn_cast<AffineSymbolExpr>(dim))
      anchors.try_emplace(symbol.getPosition(), Anchor{value, static_cast<int64_t>(index), order});
}

bool ShapeFacts::areEqual(Value lhs, int64_t lhsDim, Value rhs, int64_t rhsDim) const {
  return dims(lhs)[lhsDim] == dims(rhs)[rhsDim];
}

OpFoldResult ShapeFacts::materialize(OpBuilder &builder, Operation *user, AffineExpr expr,
                                     const Remap &remap) const {
  if (std::optional<int64_t> constant = ShapeContext::asConstant(expr))
    return builder.getIndexAttr(*constant);
  unsigned userOrder = orders.lookup(user);
  SmallVector<unsigned> symbols;
  expr.walk([&](AffineExpr part) {
    if (auto symbol = dyn_cast<AffineSymbolExpr>(part))
      if (!llvm::is_contained(symbols, symbol.getPosition()))
        symbols.push_back(symbol.getPosition());
  });
  // Nothing is built before it is certain that every symbol is known here.
  for (unsigned symbol : symbols) {
    auto anchor = anchors.find(symbol);
    if (anchor == anchors.end() || anchor->second.order >= userOrder ||
        !remap(anchor->second.value))
      return OpFoldResult();
  }
  SmallVector<Value> symbolValues;
  SmallVector<AffineExpr> replacements;
  for (unsigned symbol : symbols) {
    Anchor anchor = anchors.find(symbol)->second;
    if (replacements.size() <= symbol)
      replacements.resize(symbol + 1, builder.getAffineConstantExpr(0));
    replacements[symbol] = builder.getAffineSymbolExpr(symbolValues.size());
    symbolValues.push_back(
        builder.createOrFold<tensor::DimOp>(user->getLoc(), remap(anchor.value), anchor.dim));
  }
  AffineExpr dense = expr.replaceSymbols(replacements);
  return affine::expandAffineExpr(builder, user->getLoc(), dense, {}, symbolValues);
}
