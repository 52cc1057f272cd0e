// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LoweringPatterns.h"

#include "halftone/CPU/RuntimeCalls.h"
#include "halftone/Conversion/BooleanMemory.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/runtime.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::halftone;

// Preferred to upstream's patterns of the same ops.
static constexpr unsigned ownBenefit = 10;

namespace {

/// Buffers on a device have a memory space, those of the host none.
bool isOnDevice(MemRefType type) { return type.getMemorySpace() != Attribute(); }

/// arena_view and weights_view: a constant distance from a pointer of the context.
template <typename ViewOp> struct ViewPattern : ConvertOpToLLVMPattern<ViewOp> {
  ViewPattern(const LLVMTypeConverter &converter, RuntimeFunction base, RuntimeFunction deviceBase)
      : ConvertOpToLLVMPattern<ViewOp>(converter), base(base), deviceBase(deviceBase) {}

  LogicalResult matchAndRewrite(ViewOp op, typename ViewOp::Adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    auto type = llvm::cast<MemRefType>(op.getOutput().getType());
    Value start = callRuntime(rewriter, loc, isOnDevice(type) ? deviceBase : base).getResult();
    Value place = LLVM::GEPOp::create(
        rewriter, loc, start.getType(), rewriter.getI8Type(), start,
        ArrayRef<LLVM::GEPArg>{makeOffset(rewriter, loc, int64_t(op.getOffset()))},
        LLVM::GEPNoWrapFlags::inbounds);
    rewriter.replaceOp(op, {MemRefDescriptor::fromStaticShape(
                               rewriter, loc, *this->getTypeConverter(), type, place)});
    return success();
  }

private:
  /// Constants in a GEP have 29 bits with the sign: a quarter of a gigabyte.
  static LLVM::GEPArg makeOffset(OpBuilder &builder, Location loc, int64_t bytes) {
    if (llvm::isInt<LLVM::kGEPConstantBitWidth>(bytes))
      return int32_t(bytes);
    Value offset = LLVM::ConstantOp::create(builder, loc, builder.getI64Type(), bytes);
    return offset;
  }

  RuntimeFunction base, deviceBase;
};

struct AllocPattern : ConvertOpToLLVMPattern<memref::AllocOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(memref::AllocOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    if (!isConvertibleAndHasIdentityMaps(op.getType()))
      return rewriter.notifyMatchFailure(op, "only contiguous buffers can be allocated");
    Location loc = op.getLoc();
    SmallVector<Value> sizes, strides;
    Value bytes;
    getMemRefDescriptorSizes(loc, op.getType(), adaptor.getDynamicSizes(), rewriter, sizes, strides,
                             bytes);
    RuntimeFunction function =
        isOnDevice(op.getType()) ? RuntimeFunction::DeviceAlloc : RuntimeFunction::Alloc;
    Value memory = callRuntime(rewriter, loc, function, bytes).getResult();
    rewriter.replaceOp(
        op, {createMemRefDescriptor(loc, op.getType(), memory, memory, sizes, strides, rewriter)});
    return success();
  }
};

struct DeallocPattern : ConvertOpToLLVMPattern<memref::DeallocOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(memref::DeallocOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    MemRefDescriptor buffer(adaptor.getMemref());
    bool onDevice = isOnDevice(llvm::cast<MemRefType>(op.getMemref().getType()));
    callRuntime(rewriter, op.getLoc(),
                onDevice ? RuntimeFunction::DeviceRelease : RuntimeFunction::Release,
                buffer.allocatedPtr(rewriter, op.getLoc()));
    rewriter.eraseOp(op);
    return success();
  }
};

void copyOnDevice(OpBuilder &builder, Location loc, Value target, Value source, Value bytes,
                  halftone_copy_direction direction) {
  Value number = LLVM::ConstantOp::create(builder, loc, builder.getI64Type(), int64_t(direction));
  callRuntime(builder, loc, RuntimeFunction::DeviceCopy, {target, source, bytes, number});
}

/// Copies between contiguous memory; upstream would call a function of its own runner library for
/// other copies, which are loops before this pass.
struct CopyPattern : ConvertOpToLLVMPattern<memref::CopyOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(memref::CopyOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    auto sourceType = llvm::dyn_cast<MemRefType>(op.getSource().getType());
    auto targetType = llvm::dyn_cast<MemRefType>(op.getTarget().getType());
    if (!isContiguous(sourceType) || !isContiguous(targetType))
      return rewriter.notifyMatchFailure(op, "strided copies are loops by now");
    Location loc = op.getLoc();
    MemRefDescriptor source(adaptor.getSource()), target(adaptor.getTarget());
    Value bytes = getSizeInBytes(loc, sourceType.getElementType(), rewriter);
    for (int64_t i = 0; i < sourceType.getRank(); ++i)
      bytes =
          LLVM::MulOp::create(rewriter, loc, bytes, getSize(rewriter, loc, sourceType, source, i));
    Value to = target.bufferPtr(rewriter, loc, *getTypeConverter(), targetType);
    Value from = source.bufferPtr(rewriter, loc, *getTypeConverter(), sourceType);
    if (isOnDevice(sourceType) || isOnDevice(targetType))
      copyOnDevice(rewriter, loc, to, from, bytes, getDirection(sourceType, targetType));
    else
      LLVM::MemcpyOp::create(rewriter, loc, to, from, bytes, /*isVolatile=*/false);
    rewriter.eraseOp(op);
    return success();
  }

private:
  static halftone_copy_direction getDirection(MemRefType source, MemRefType target) {
    if (!isOnDevice(source))
      return HALFTONE_COPY_TO_DEVICE;
    return isOnDevice(target) ? HALFTONE_COPY_ON_DEVICE : HALFTONE_COPY_FROM_DEVICE;
  }

  static bool isContiguous(MemRefType type) {
    return type && type.areTrailingDimsContiguous(type.getRank());
  }

  static Value getSize(OpBuilder &builder, Location loc, MemRefType type,
                       MemRefDescriptor descriptor, int64_t dim) {
    if (type.isDynamicDim(dim))
      return descriptor.size(builder, loc, dim);
    return LLVM::ConstantOp::create(builder, loc, builder.getI64Type(), type.getDimSize(dim));
  }
};

/// Elements that the host reads and writes on the device, one by one.
struct LoadFromDevicePattern : ConvertOpToLLVMPattern<memref::LoadOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(memref::LoadOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    if (!isOnDevice(op.getMemRefType()))
      return rewriter.notifyMatchFailure(op, "memory of the host");
    Location loc = op.getLoc();
    Type type = getTypeConverter()->convertType(op.getType());
    Type stored = getMemoryType(type);
    Value address = getStridedElementPtr(rewriter, loc, op.getMemRefType(), adaptor.getMemref(),
                                         adaptor.getIndices());
    StackCells cells(rewriter, op);
    Value cell = cells.allocate(stored);
    copyOnDevice(rewriter, loc, cell, address,
                 getSizeInBytes(loc, op.getMemRefType().getElementType(), rewriter),
                 HALFTONE_COPY_FROM_DEVICE);
    Value value = LLVM::LoadOp::create(rewriter, loc, stored, cell);
    cells.end();
    rewriter.replaceOp(op, decodeStored(rewriter, loc, value, type));
    return success();
  }
};

struct StoreToDevicePattern : ConvertOpToLLVMPattern<memref::StoreOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(memref::StoreOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    if (!isOnDevice(op.getMemRefType()))
      return rewriter.notifyMatchFailure(op, "memory of the host");
    Location loc = op.getLoc();
    Value value = encodeStored(rewriter, loc, adaptor.getValue());
    Value address = getStridedElementPtr(rewriter, loc, op.getMemRefType(), adaptor.getMemref(),
                                         adaptor.getIndices());
    StackCells cells(rewriter, op);
    Value cell = cells.keep(value);
    copyOnDevice(rewriter, loc, address, cell,
                 getSizeInBytes(loc, op.getMemRefType().getElementType(), rewriter),
                 HALFTONE_COPY_TO_DEVICE);
    cells.end();
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

Value StackCells::allocate(Type type) {
  Location loc = op->getLoc();
  OpBuilder::InsertPoint here = builder.saveInsertionPoint();
  Operation *function = op->getParentWithTrait<OpTrait::AutomaticAllocationScope>();
  builder.setInsertionPointToStart(&function->getRegion(0).front());
  Value one = LLVM::ConstantOp::create(builder, loc, builder.getI64Type(), 1);
  Value cell = LLVM::AllocaOp::create(builder, loc,
                                      LLVM::LLVMPointerType::get(builder.getContext()), type, one);
  builder.restoreInsertionPoint(here);
  LLVM::LifetimeStartOp::create(builder, loc, cell);
  return cells.emplace_back(cell);
}

Value StackCells::keep(Value value) {
  Value cell = allocate(value.getType());
  LLVM::StoreOp::create(builder, op->getLoc(), value, cell);
  return cell;
}

void StackCells::end() {
  for (Value cell : cells)
    LLVM::LifetimeEndOp::create(builder, op->getLoc(), cell);
  cells.clear();
}

void mlir::halftone::populateMemoryPatterns(const LLVMTypeConverter &converter,
                                            RewritePatternSet &patterns) {
  patterns.add<ViewPattern<WeightsViewOp>>(converter, RuntimeFunction::Weights,
                                           RuntimeFunction::DeviceWeights);
  patterns.add<ViewPattern<ArenaViewOp>>(converter, RuntimeFunction::Arena,
                                         RuntimeFunction::DeviceArena);
  patterns.add<AllocPattern, DeallocPattern, CopyPattern>(converter, ownBenefit);
  populateBooleanMemoryPatterns(converter, patterns, ownBenefit);
  patterns.add<LoadFromDevicePattern, StoreToDevicePattern>(converter, ownBenefit + 1);
}
