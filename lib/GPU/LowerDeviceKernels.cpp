// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Conversion/BooleanMemory.h"
#include "halftone/GPU/Passes.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/GPUCommon/GPUCommonPass.h"
#include "mlir/Conversion/GPUToNVVM/GPUToNVVMPass.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/NVGPUToNVVM/NVGPUToNVVM.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_LOWERDEVICEKERNELS
#include "halftone/GPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

// Those of f32 that LLVM's code generator has instructions for.
static bool hasInstruction(StringRef name) {
  static constexpr StringLiteral known[] = {
      "math.absf",  "math.absi",      "math.ceil",  "math.copysign", "math.ctlz",  "math.ctpop",
      "math.cttz",  "math.floor",     "math.fma",   "math.isfinite", "math.isinf", "math.isnan",
      "math.round", "math.roundeven", "math.rsqrt", "math.sqrt",     "math.trunc"};
  return llvm::is_contained(known, name);
}

/// What is left of an angle after whole turns, found in f64: upstream's polynomials subtract
/// quarter turns in f32, which is wrong from the hundreds on.
static void reduceAngles(gpu::GPUModuleOp module) {
  constexpr double turn = 6.283185307179586;
  module.walk([](Operation *op) {
    if (!llvm::isa<math::SinOp, math::CosOp>(op) || !op->getResult(0).getType().isF32())
      return;
    OpBuilder builder(op);
    Location loc = op->getLoc();
    auto number = [&](double value) -> Value {
      return arith::ConstantOp::create(builder, loc, builder.getF64FloatAttr(value));
    };
    Value angle = arith::ExtFOp::create(builder, loc, builder.getF64Type(), op->getOperand(0));
    Value quotient = arith::MulFOp::create(builder, loc, angle, number(1 / turn));
    Value turns = math::RoundEvenOp::create(builder, loc, quotient);
    Value whole = arith::MulFOp::create(builder, loc, turns, number(turn));
    Value rest = arith::SubFOp::create(builder, loc, angle, whole);
    op->setOperand(0, arith::TruncFOp::create(builder, loc, builder.getF32Type(), rest));
  });
}

/// Whether there is code for `op`. The device's remainder of floats is wrong where their quotient
/// is not exact.
static bool hasCode(Operation *op) {
  if (llvm::isa<arith::RemFOp>(op))
    return false;
  return !llvm::isa_and_nonnull<math::MathDialect>(op->getDialect()) ||
         hasInstruction(op->getName().getStringRef());
}

/// Replaces functions by polynomials; fails at those that have none. Upstream's powf and asinh are
/// for positive arguments, its sinh has no digits near zero.
static LogicalResult expandMath(gpu::GPUModuleOp module) {
  RewritePatternSet expand(module.getContext()), approximate(module.getContext());
  math::populateExpansionPatterns(expand,
                                  {"tan", "cosh", "acosh", "atanh", "fpowi", "exp2f", "rsqrt"});
  auto isMissing = [](StringRef name) { return !hasInstruction(name); };
  populateMathF32ExpansionPatterns(expand, isMissing);
  populateMathPolynomialApproximationPatterns(approximate, isMissing);
  if (failed(applyPatternsGreedily(module, std::move(expand))))
    return failure();
  // After tan has become sin and cos.
  reduceAngles(module);
  if (failed(applyPatternsGreedily(module, std::move(approximate))))
    return failure();
  WalkResult result = module.walk([](Operation *op) {
    if (hasCode(op))
      return WalkResult::advance();
    op->emitOpError("has no code for the device");
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

/// A thread ends where its assertion does not hold; it has stored the number of the assertion.
static void endFailingThreads(gpu::GPUModuleOp module) {
  SmallVector<cf::AssertOp> asserts;
  module.walk([&](cf::AssertOp op) { asserts.push_back(op); });
  for (cf::AssertOp op : asserts) {
    IRRewriter rewriter(op.getContext());
    rewriter.setInsertionPoint(op);
    Block *before = op->getBlock();
    Block *after = rewriter.splitBlock(before, std::next(op->getIterator()));
    Block *exit = rewriter.createBlock(before->getParent(), before->getParent()->end());
    gpu::ReturnOp::create(rewriter, op.getLoc());
    rewriter.setInsertionPoint(op);
    rewriter.replaceOpWithNewOp<cf::CondBranchOp>(op, op.getArg(), after, exit);
  }
}

static void populatePatterns(const LLVMTypeConverter &converter, RewritePatternSet &patterns) {
  arith::populateCeilFloorDivExpandOpsPatterns(patterns);
  arith::populateExpandBFloat16Patterns(patterns);
  arith::populateArithToLLVMConversionPatterns(converter, patterns);
  cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
  index::populateIndexToLLVMConversionPatterns(converter, patterns);
  populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns);
  populateMathToLLVMConversionPatterns(converter, patterns);
  populateNVGPUToNVVMConversionPatterns(converter, patterns);
  // Before upstream's patterns of the same ops.
  populateBooleanMemoryPatterns(converter, patterns, /*benefit=*/2);
  populateVectorToLLVMConversionPatterns(converter, patterns);
  ub::populateUBToLLVMConversionPatterns(converter, patterns);
  // Behind the others: some of them call libdevice.
  populateGpuToNVVMConversionPatterns(converter, patterns, /*benefit=*/0);
}

namespace {

struct LowerDeviceKernels : halftone::impl::LowerDeviceKernelsBase<LowerDeviceKernels> {
  void runOnOperation() override {
    gpu::GPUModuleOp module = getOperation();
    if (failed(expandMath(module)))
      return signalPassFailure();
    endFailingThreads(module);

    LowerToLLVMOptions options(&getContext());
    LLVMTypeConverter converter(&getContext(), options);
    configureGpuToNVVMTypeConverter(converter);
    // Nobody looks at the tokens of copies: groups of them are counted.
    converter.addConversion([](nvgpu::DeviceAsyncTokenType type) -> Type {
      return IntegerType::get(type.getContext(), 32);
    });
    RewritePatternSet patterns(&getContext());
    populatePatterns(converter, patterns);
    LLVMConversionTarget target(getContext());
    target.addLegalDialect<NVVM::NVVMDialect>();
    target.addIllegalDialect<arith::ArithDialect, cf::ControlFlowDialect, gpu::GPUDialect,
                             math::MathDialect, nvgpu::NVGPUDialect>();
    target.addLegalOp<gpu::GPUModuleOp>();
    if (failed(applyPartialConversion(module, target, std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
