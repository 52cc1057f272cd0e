// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/ModuleAttributes.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/Target/Passes.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/GPUCommon/GPUCommonPass.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

#include "LoweringPatterns.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_CONVERTTOLLVM
#include "halftone/Target/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

/// Numbers the observed tensors and writes their names on the module.
static void numberObservers(ModuleOp module) {
  Builder builder(module.getContext());
  SmallVector<Attribute> names;
  module.walk([&](ObserveOp op) {
    op->setAttr("id", builder.getI64IntegerAttr(names.size()));
    names.push_back(op.getTensorAttr());
  });
  if (!names.empty())
    module->setAttr(attributes::observePoints, builder.getArrayAttr(names));
}

/// What loops hand on to the jumps that they become is an attribute of these that LLVM reads.
static void placeLoopAnnotations(ModuleOp module) {
  constexpr llvm::StringLiteral name = "llvm.loop_annotation";
  module.walk([&](LLVM::BrOp jump) {
    if (auto annotation = jump->getAttrOfType<LLVM::LoopAnnotationAttr>(name)) {
      jump->removeAttr(name);
      jump.setLoopAnnotationAttr(annotation);
    }
  });
}

static void populatePatterns(const LLVMTypeConverter &converter, RewritePatternSet &patterns) {
  populateMemoryPatterns(converter, patterns);
  populateLaunchPatterns(converter, patterns);
  populateReportPatterns(converter, patterns);
  populateRoundingPatterns(converter, patterns);
  // Of upstream's expansions those that LLVM has no intrinsic for.
  arith::populateCeilFloorDivExpandOpsPatterns(patterns);
  arith::populateArithToLLVMConversionPatterns(converter, patterns);
  cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
  index::populateIndexToLLVMConversionPatterns(converter, patterns);
  populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns);
  populateFuncToLLVMConversionPatterns(converter, patterns);
  populateMathToLLVMConversionPatterns(converter, patterns);
  populateVectorToLLVMConversionPatterns(converter, patterns);
  ub::populateUBToLLVMConversionPatterns(converter, patterns);
  // What has neither an approximation nor an intrinsic is a call of the C library's function.
  populateMathToLibmConversionPatterns(patterns, /*benefit=*/0);
}

namespace {

struct ConvertToLLVM : halftone::impl::ConvertToLLVMBase<ConvertToLLVM> {
  using ConvertToLLVMBase::ConvertToLLVMBase;

  void runOnOperation() override {
    numberObservers(getOperation());
    numberLaunches(getOperation());

    LowerToLLVMOptions options(&getContext());
    options.allocLowering = LowerToLLVMOptions::AllocLowering::None;
    LLVMTypeConverter converter(&getContext(), options);
    // To the host, an address on a device is a number like any other.
    populateGpuMemorySpaceAttributeConversions(converter, [](gpu::AddressSpace) { return 0u; });
    RewritePatternSet patterns(&getContext());
    populatePatterns(converter, patterns);
    if (expandBFloat16)
      arith::populateExpandBFloat16Patterns(patterns);

    LLVMConversionTarget target(getContext());
    target.addLegalOp<ModuleOp>();
    // Kernels are another program, lowered before.
    target.addLegalOp<gpu::GPUModuleOp>();
    target.markOpRecursivelyLegal<gpu::GPUModuleOp>();
    if (failed(applyFullConversion(getOperation(), target, std::move(patterns))))
      return signalPassFailure();
    placeLoopAnnotations(getOperation());
  }
};

} // namespace
