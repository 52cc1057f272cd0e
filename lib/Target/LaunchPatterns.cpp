// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LoweringPatterns.h"

#include "halftone/CPU/RuntimeCalls.h"
#include "halftone/runtime.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// A launch: its shape and the addresses of its arguments on the stack, and a call of the runtime.
struct LaunchPattern : ConvertOpToLLVMPattern<gpu::LaunchFuncOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(gpu::LaunchFuncOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    auto number = op->getAttrOfType<IntegerAttr>("number");
    if (!number)
      return rewriter.notifyMatchFailure(op, "expects a numbered kernel");
    Location loc = op.getLoc();
    Value kernel = LLVM::ConstantOp::create(rewriter, loc, number);
    StackCells cells(rewriter, op);
    Value shape = createShape(op, adaptor, cells, rewriter);
    Value arguments = createArguments(op, adaptor, cells, rewriter);
    callRuntime(rewriter, loc, RuntimeFunction::Launch, {kernel, shape, arguments});
    cells.end();
    rewriter.eraseOp(op);
    return success();
  }

private:
  /// An array on the stack with the given values.
  static Value createArray(Operation *op, Type type, ValueRange values, StackCells &cells,
                           ConversionPatternRewriter &rewriter) {
    Location loc = op->getLoc();
    auto pointer = LLVM::LLVMPointerType::get(rewriter.getContext());
    Value array = cells.allocate(LLVM::LLVMArrayType::get(type, values.size()));
    for (auto [i, value] : llvm::enumerate(values)) {
      Value place = LLVM::GEPOp::create(rewriter, loc, pointer, type, array,
                                        ArrayRef<LLVM::GEPArg>{int32_t(i)});
      LLVM::StoreOp::create(rewriter, loc, value, place);
    }
    return array;
  }

  /// A halftone_launch_shape.
  static Value createShape(gpu::LaunchFuncOp op, OpAdaptor adaptor, StackCells &cells,
                           ConversionPatternRewriter &rewriter) {
    static_assert(sizeof(halftone_launch_shape) == 7 * sizeof(int64_t), "seven numbers");
    Type i64 = rewriter.getI64Type();
    Value shared = LLVM::ConstantOp::create(rewriter, op.getLoc(), i64, 0);
    if (Value dynamic = adaptor.getDynamicSharedMemorySize())
      shared = LLVM::ZExtOp::create(rewriter, op.getLoc(), i64, dynamic);
    return createArray(op, i64,
                       {adaptor.getGridSizeX(), adaptor.getGridSizeY(), adaptor.getGridSizeZ(),
                        adaptor.getBlockSizeX(), adaptor.getBlockSizeY(), adaptor.getBlockSizeZ(),
                        shared},
                       cells, rewriter);
  }

  /// The addresses of the values, buffers spread as over the parameters of a function.
  Value createArguments(gpu::LaunchFuncOp op, OpAdaptor adaptor, StackCells &cells,
                        ConversionPatternRewriter &rewriter) const {
    SmallVector<Value> values, places;
    for (auto [operand, converted] :
         llvm::zip_equal(op.getKernelOperands(), adaptor.getKernelOperands())) {
      if (auto type = llvm::dyn_cast<MemRefType>(operand.getType()))
        MemRefDescriptor::unpack(rewriter, op.getLoc(), converted, type, values);
      else
        values.push_back(converted);
    }
    for (Value value : values)
      places.push_back(cells.keep(value));
    return createArray(op, LLVM::LLVMPointerType::get(rewriter.getContext()), places, cells,
                       rewriter);
  }
};

} // namespace

void mlir::halftone::populateLaunchPatterns(const LLVMTypeConverter &converter,
                                            RewritePatternSet &patterns) {
  patterns.add<LaunchPattern>(converter);
}

void mlir::halftone::numberLaunches(ModuleOp module) {
  DenseMap<Attribute, int64_t> numbers;
  for (auto kernels : module.getOps<gpu::GPUModuleOp>()) {
    // Named in the table of the module file in this order.
    for (auto function : kernels.getOps<LLVM::LLVMFuncOp>())
      if (!function.isExternal())
        numbers.try_emplace(
            SymbolRefAttr::get(kernels.getSymNameAttr(), FlatSymbolRefAttr::get(function)),
            int64_t(numbers.size()));
  }
  Builder builder(module.getContext());
  module.walk([&](gpu::LaunchFuncOp op) {
    if (auto known = numbers.find(op.getKernel()); known != numbers.end())
      op->setAttr("number", builder.getI64IntegerAttr(known->second));
  });
}
