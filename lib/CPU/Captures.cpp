// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Captures.h"

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::halftone;

/// A buffer that its pointer describes completely.
static bool isStaticBuffer(Type type) {
  auto buffer = llvm::dyn_cast<MemRefType>(type);
  SmallVector<int64_t> strides;
  int64_t offset;
  return buffer && buffer.hasStaticShape() &&
         succeeded(buffer.getStridesAndOffset(strides, offset)) && !ShapedType::isDynamic(offset) &&
         ShapedType::isStaticShape(strides);
}

LogicalResult Captures::collect(ValueRange values) {
  for (Value value : values) {
    if (Operation *op = value.getDefiningOp(); op && op->hasTrait<OpTrait::ConstantLike>()) {
      recomputed.push_back(op);
      continue;
    }
    Type field = isStaticBuffer(value.getType()) ? LLVM::LLVMPointerType::get(value.getContext())
                                                 : converter.convertType(value.getType());
    if (!field) {
      refused = value;
      return failure();
    }
    captured.push_back(value);
    fields.push_back(field);
  }
  return success();
}

Value Captures::castTo(OpBuilder &at, Value value, Type type) const {
  if (value.getType() == type)
    return value;
  return UnrealizedConversionCastOp::create(at, loc, type, value).getResult(0);
}

SmallVector<Value> Captures::pack(OpBuilder &at) const {
  return llvm::map_to_vector(captured, [&](Value value) -> Value {
    Value converted = castTo(at, value, converter.convertType(value.getType()));
    if (!isStaticBuffer(value.getType()))
      return converted;
    return MemRefDescriptor(converted).alignedPtr(at, loc);
  });
}

void Captures::unpack(OpBuilder &at, IRMapping &mapping,
                      llvm::function_ref<Value(unsigned)> field) const {
  for (Operation *op : recomputed)
    if (!mapping.contains(op->getResult(0)))
      at.clone(*op, mapping);
  for (auto [i, value] : llvm::enumerate(captured)) {
    Value given = field(unsigned(i));
    if (isStaticBuffer(value.getType()))
      given = MemRefDescriptor::fromStaticShape(at, loc, converter,
                                                llvm::cast<MemRefType>(value.getType()), given);
    mapping.map(value, castTo(at, given, value.getType()));
  }
}

void mlir::halftone::hoistStackMemory(Block &block) {
  SmallVector<memref::AllocaOp> onStack;
  block.walk([&](memref::AllocaOp alloca) {
    if (alloca->getNumOperands() == 0)
      onStack.push_back(alloca);
  });
  for (memref::AllocaOp alloca : onStack)
    alloca->moveBefore(&block, block.begin());
}
