// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the graph to the LLVM dialect, for a device and the CPU beside it.
#ifndef HALFTONE_PIPELINES_GPUPIPELINE_H
#define HALFTONE_PIPELINES_GPUPIPELINE_H

#include "halftone/CPU/CPUTarget.h"
#include "mlir/Pass/PassManager.h"

namespace mlir::halftone {

struct GPUPipelineOptions {
  /// Of what runs on the host: shape arithmetic, control flow, launches.
  CPUTarget host;
};

/// Graph ops on tensors -> `linalg` on tensors.
void populateDeviceLowerToTensorsPipeline(OpPassManager &pm, const GPUPipelineOptions &options);

/// `linalg` on tensors -> launches, and kernels of loops over buffers.
void populateDeviceLowerToKernelsPipeline(OpPassManager &pm, const GPUPipelineOptions &options);

/// Kernels -> the LLVM and NVVM dialects, the host's part -> the LLVM dialect.
void populateDeviceLowerToLLVMPipeline(OpPassManager &pm, const GPUPipelineOptions &options);

/// Makes the pipelines available to quant-opt.
void registerGPUPipelines();

} // namespace mlir::halftone

#endif // HALFTONE_PIPELINES_GPUPIPELINE_H
