// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ColumnProduct.h"

#include "halftone/Dialect/ConstantData.h"
#include "halftone/Dialect/HalftoneDialect.h"

using namespace mlir;
using namespace mlir::halftone;

Value mlir::halftone::gatherColumns(OpBuilder &b, Location loc, Value input, Value indices) {
  auto type = llvm::cast<RankedTensorType>(input.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = llvm::cast<RankedTensorType>(indices.getType()).getDimSize(0);
  return GatherOp::create(b, loc, type.clone(shape), input, indices, type.getRank() - 1);
}

Value mlir::halftone::buildColumnIndices(OpBuilder &b, Location loc, ArrayRef<int64_t> columns,
                                         StringRef name) {
  auto type = RankedTensorType::get({int64_t(columns.size())}, b.getI64Type());
  return ConstantOp::create(b, loc, makeConstant(type, columns, name));
}

void mlir::halftone::addColumnProduct(OpBuilder &b, Operation *product, Value columns, Value rows) {
  Location loc = product->getLoc();
  Value output = product->getResult(0);
  Value part = MatMulOp::create(b, loc, output.getType(), columns, rows);
  Value sum = AddOp::create(b, loc, output.getType(), output, part);
  output.replaceAllUsesExcept(sum, sum.getDefiningOp());
}
