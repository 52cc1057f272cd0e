// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Conversion/BooleanMemory.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::halftone;

Type mlir::halftone::getMemoryType(Type type) {
  return type.isInteger(1) ? IntegerType::get(type.getContext(), 8) : type;
}

Value mlir::halftone::encodeStored(OpBuilder &builder, Location loc, Value value) {
  if (!value.getType().isInteger(1))
    return value;
  return LLVM::ZExtOp::create(builder, loc, builder.getI8Type(), value);
}

Value mlir::halftone::decodeStored(OpBuilder &builder, Location loc, Value stored, Type type) {
  if (!type.isInteger(1))
    return stored;
  Value zero = LLVM::ConstantOp::create(builder, loc, stored.getType(), 0);
  return LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::ne, stored, zero);
}

namespace {

struct LoadBooleanPattern : ConvertOpToLLVMPattern<memref::LoadOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(memref::LoadOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Type type = op.getType();
    if (!type.isInteger(1))
      return rewriter.notifyMatchFailure(op, "not a boolean");
    Location loc = op.getLoc();
    Value address = getStridedElementPtr(rewriter, loc, op.getMemRefType(), adaptor.getMemref(),
                                         adaptor.getIndices());
    Value byte = LLVM::LoadOp::create(rewriter, loc, getMemoryType(type), address);
    rewriter.replaceOp(op, decodeStored(rewriter, loc, byte, type));
    return success();
  }
};

struct StoreBooleanPattern : ConvertOpToLLVMPattern<memref::StoreOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(memref::StoreOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    if (!op.getValueToStore().getType().isInteger(1))
      return rewriter.notifyMatchFailure(op, "not a boolean");
    Value address = getStridedElementPtr(rewriter, op.getLoc(), op.getMemRefType(),
                                         adaptor.getMemref(), adaptor.getIndices());
    Value byte = encodeStored(rewriter, op.getLoc(), adaptor.getValue());
    rewriter.replaceOpWithNewOp<LLVM::StoreOp>(op, byte, address);
    return success();
  }
};

} // namespace

void mlir::halftone::populateBooleanMemoryPatterns(const LLVMTypeConverter &converter,
                                                   RewritePatternSet &patterns,
                                                   PatternBenefit benefit) {
  patterns.add<LoadBooleanPattern, StoreBooleanPattern>(converter, benefit);
}
