// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Pipelines/Register.h"

#include "halftone/CPU/Bufferization.h"
#include "halftone/CPU/Passes.h"
#include "halftone/Conversion/Passes.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/GPU/Passes.h"
#include "halftone/Pipelines/CPUPipeline.h"
#include "halftone/Pipelines/GPUPipeline.h"
#include "halftone/Pipelines/GraphPipeline.h"
#include "halftone/Target/EmitModule.h"
#include "halftone/Target/Passes.h"
#include "halftone/Transforms/Passes.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"

void mlir::halftone::registerAllDialects(DialectRegistry &registry) {
  ::mlir::registerAllDialects(registry);
  registerAllExtensions(registry);
  registry.insert<HalftoneDialect>();
  registerBufferization(registry);
  registerTranslations(registry);
}

void mlir::halftone::registerAllPasses() {
  ::mlir::registerAllPasses();
  registerHalftoneTransformsPasses();
  registerHalftoneConversionPasses();
  registerHalftoneCPUPasses();
  registerHalftoneGPUPasses();
  registerHalftoneTargetPasses();
  registerGraphPipelines();
  registerCPUPipelines();
  registerGPUPipelines();
}
