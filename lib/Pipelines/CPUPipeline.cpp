// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Pipelines/CPUPipeline.h"

#include "halftone/CPU/Passes.h"
#include "halftone/Conversion/Passes.h"
#include "halftone/Target/Passes.h"
#include "halftone/Transforms/Passes.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::halftone;

static void addCleanup(OpPassManager &pm) {
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void mlir::halftone::populateLowerToTensorsPipeline(OpPassManager &pm,
                                                    const CPUPipelineOptions &options) {
  // First: later passes drop the signedness of integers.
  pm.addPass(createRecordSignature());
  OpPassManager &functions = pm.nest<func::FuncOp>();
  if (!options.calibration)
    functions.addPass(createDropObservers());
  functions.addPass(createMaterializeBroadcasts());
  if (!options.reference) {
    functions.addPass(createExpandCodebooks());
    // Before SelectKernels, which would make kernels of the two products.
    functions.addPass(createFuseAttention());
    functions.addPass(createDecomposeConvTranspose());
    functions.addPass(createRaiseConvolutions());
    functions.addPass(createLayoutNHWC());
    functions.addPass(createWidenConvolutions({options.target.name}));
    // After LayoutNHWC: kernels compute convolutions in that layout only.
    functions.addPass(createSelectKernels({options.target.name}));
  }
  functions.addPass(createConvertToLinalg());
  addCleanup(functions);
  functions.addPass(createFuseElementwise());
  if (!options.reference) {
    // After FuseElementwise: one generic per chain, which is moved as a whole.
    functions.addPass(createFuseEpilogues());
    // After fusion: the constants and bounds of a chain are in one body.
    functions.addPass(createSimplifyQuantize({options.target.name}));
  }
  addCleanup(functions);
}

void mlir::halftone::populateLowerToLoopsPipeline(OpPassManager &pm,
                                                  const CPUPipelineOptions &options) {
  if (!options.reference) {
    // Right before Bufferize: a cleanup between them would merge equal borders of different
    // tensors.
    pm.addNestedPass<func::FuncOp>(createPlacePadding());
  }
  pm.addPass(createBufferize());
  // Before any cleanup: upstream folds reshapes of constants into new constants on memrefs.
  pm.addPass(createLayoutWeights());
  addCleanup(pm);
  OpPassManager &functions = pm.nest<func::FuncOp>();
  if (options.profile)
    functions.addPass(createRecordWork());
  functions.addPass(createLowerKernels());
  functions.addPass(createParallelizeLoops({/*parallel=*/!options.reference}));
  // After ParallelizeLoops: the scalars of its bodies. Before any cleanup that would hoist them.
  functions.addPass(createApproximateMath());
  addCleanup(functions);
  // After the loops exist: they show which buffers are really used.
  pm.addPass(createPlanArena());
  // After PlanArena, which looks at buffers between loops; before the loops become calls.
  if (options.profile)
    pm.addPass(createMarkRegions());
  // After PlanArena: it sees the tasks' buffers where they are used.
  pm.addPass(createOutlineParallel({/*sequential=*/options.reference}));
  addCleanup(pm);
}

void mlir::halftone::populateLowerLoopsToLLVMPipeline(OpPassManager &pm,
                                                      const CPUPipelineOptions &options) {
  OpPassManager &functions = pm.nest<func::FuncOp>();
  functions.addPass(createConvertVectorToSCFPass());
  functions.addPass(memref::createExpandStridedMetadataPass());
  functions.addPass(createLowerAffinePass());
  functions.addPass(createLoopInvariantCodeMotionPass());
  functions.addPass(createKeepInnerLoops());
  functions.addPass(createSCFToControlFlowPass());
  addCleanup(functions);
  // Upstream's staged lowering of n-D vectors; what it leaves is plain enough for the next pass.
  ConvertVectorToLLVMPassOptions vectors;
  vectors.force32BitVectorIndices = false;
  vectors.x86Vector = options.target.avx2;
  vectors.amx = options.target.amxInt8;
  pm.addPass(createConvertVectorToLLVMPass(vectors));
  pm.addPass(createConvertToLLVM({/*expandBFloat16=*/!options.target.avx512bf16}));
  pm.addPass(createReconcileUnrealizedCastsPass());
  addCleanup(pm);
  pm.addPass(createEmitEntry());
  // After EmitEntry: the wrappers take the context as well.
  pm.addPass(createBindRuntime());
  addCleanup(pm);
}

void mlir::halftone::populateLowerToLLVMPipeline(OpPassManager &pm,
                                                 const CPUPipelineOptions &options) {
  populateLowerToTensorsPipeline(pm, options);
  populateLowerToLoopsPipeline(pm, options);
  populateLowerLoopsToLLVMPipeline(pm, options);
}

namespace {
struct CPUArguments : PassPipelineOptions<CPUArguments> {
  Option<std::string> target{*this, "target", llvm::cl::desc("CPU: LLVM's name, +feature…"),
                             llvm::cl::init("x86-64-v3")};
  Option<bool> reference{*this, "reference", llvm::cl::desc("Lower naively")};
  Option<bool> calibration{*this, "calibration", llvm::cl::desc("Keep the observers")};
  Option<bool> profile{*this, "profile", llvm::cl::desc("Tell which part of the model runs")};
};
} // namespace

using Populate = void (*)(OpPassManager &, const CPUPipelineOptions &);

static void registerPipeline(StringRef name, StringRef description, Populate populate) {
  PassPipelineRegistration<CPUArguments>(
      name, description, [populate](OpPassManager &pm, const CPUArguments &arguments) {
        llvm::Expected<CPUTarget> target = CPUTarget::get(arguments.target);
        if (!target)
          llvm::report_fatal_error(target.takeError(), /*gen_crash_diag=*/false);
        populate(pm, {*target, arguments.reference, arguments.calibration, arguments.profile});
      });
}

void mlir::halftone::registerCPUPipelines() {
  registerPipeline("halftone-lower-to-tensors", "Lower the graph to linalg and kernel ops",
                   populateLowerToTensorsPipeline);
  registerPipeline("halftone-lower-to-loops", "Lower linalg and kernel ops to loops over buffers",
                   populateLowerToLoopsPipeline);
  registerPipeline("halftone-lower-loops-to-llvm", "Lower loops over buffers to the LLVM dialect",
                   populateLowerLoopsToLLVMPipeline);
  registerPipeline("halftone-lower-to-llvm", "Lower the graph to the LLVM dialect",
                   populateLowerToLLVMPipeline);
}
