// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Pipelines/GPUPipeline.h"

#include "halftone/CPU/Passes.h"
#include "halftone/GPU/Passes.h"
#include "halftone/Pipelines/CPUPipeline.h"
#include "halftone/Target/Passes.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::halftone;

static void addCleanup(OpPassManager &pm) {
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

/// The kernel ops and layouts of the fast way are those of a CPU.
static CPUPipelineOptions getHostOptions(const GPUPipelineOptions &options) {
  CPUPipelineOptions host;
  host.target = options.host;
  host.reference = true;
  return host;
}

void mlir::halftone::populateDeviceLowerToTensorsPipeline(OpPassManager &pm,
                                                          const GPUPipelineOptions &options) {
  populateLowerToTensorsPipeline(pm, getHostOptions(options));
}

void mlir::halftone::populateDeviceLowerToKernelsPipeline(OpPassManager &pm,
                                                          const GPUPipelineOptions &) {
  pm.addPass(createBufferize());
  // Before any cleanup: upstream folds reshapes of constants into new constants on memrefs.
  pm.addPass(createLayoutWeights());
  addCleanup(pm);
  // After LayoutWeights: constants lie on both sides.
  pm.addNestedPass<func::FuncOp>(createPlaceOnDevice());
  // Before OutlineKernels: the bodies of kernels are those of linalg ops.
  pm.addNestedPass<func::FuncOp>(createApproximateMath());
  pm.addPass(createOutlineKernels());
  // What stays on the host.
  pm.addNestedPass<func::FuncOp>(createParallelizeLoops({/*parallel=*/false}));
  addCleanup(pm);
  pm.addPass(createPlanArena());
}

static void populateLowerKernels(OpPassManager &kernels) {
  kernels.addPass(createConvertVectorToSCFPass());
  kernels.addPass(memref::createExpandStridedMetadataPass());
  kernels.addPass(createLowerAffinePass());
  kernels.addPass(createLoopInvariantCodeMotionPass());
  kernels.addPass(createSCFToControlFlowPass());
  addCleanup(kernels);
  kernels.addPass(createLowerDeviceKernels());
  kernels.addPass(createReconcileUnrealizedCastsPass());
  addCleanup(kernels);
}

void mlir::halftone::populateDeviceLowerToLLVMPipeline(OpPassManager &pm,
                                                       const GPUPipelineOptions &options) {
  populateLowerKernels(pm.nest<gpu::GPUModuleOp>());
  populateLowerLoopsToLLVMPipeline(pm, getHostOptions(options));
}

namespace {
struct GPUArguments : PassPipelineOptions<GPUArguments> {
  Option<std::string> host{*this, "host", llvm::cl::desc("CPU: LLVM's name, +feature…"),
                           llvm::cl::init("x86-64-v3")};
};
} // namespace

using Populate = void (*)(OpPassManager &, const GPUPipelineOptions &);

static void registerPipeline(StringRef name, StringRef description, Populate populate) {
  PassPipelineRegistration<GPUArguments>(
      name, description, [populate](OpPassManager &pm, const GPUArguments &arguments) {
        llvm::Expected<CPUTarget> host = CPUTarget::get(arguments.host);
        if (!host)
          llvm::report_fatal_error(host.takeError(), /*gen_crash_diag=*/false);
        populate(pm, {*host});
      });
}

void mlir::halftone::registerGPUPipelines() {
  registerPipeline("halftone-device-lower-to-tensors", "Lower the graph to linalg for a device",
                   populateDeviceLowerToTensorsPipeline);
  registerPipeline("halftone-device-lower-to-kernels", "Lower linalg to kernels and launches",
                   populateDeviceLowerToKernelsPipeline);
  registerPipeline("halftone-device-lower-to-llvm",
                   "Lower kernels and launches to the LLVM and NVVM dialects",
                   populateDeviceLowerToLLVMPipeline);
}
