// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the graph to the LLVM dialect, for CPUs.
#ifndef HALFTONE_PIPELINES_CPUPIPELINE_H
#define HALFTONE_PIPELINES_CPUPIPELINE_H

#include "halftone/CPU/CPUTarget.h"
#include "mlir/Pass/PassManager.h"

namespace mlir::halftone {

struct CPUPipelineOptions {
  CPUTarget target;
  /// Lower naively: no kernels, no changed layouts, one thread. What the fast way is tested
  /// against.
  bool reference = false;
  /// Keep the observers, which hand their tensors to the session.
  bool calibration = false;
  /// Tell the session which part of the model runs.
  bool profile = false;
};

/// Graph ops on tensors -> `linalg` and kernel ops on tensors.
void populateLowerToTensorsPipeline(OpPassManager &pm, const CPUPipelineOptions &options);

/// `linalg` and kernel ops on tensors -> loops over buffers.
void populateLowerToLoopsPipeline(OpPassManager &pm, const CPUPipelineOptions &options);

/// Loops over buffers -> the LLVM dialect, ready for halftone/Target/EmitModule.h.
void populateLowerLoopsToLLVMPipeline(OpPassManager &pm, const CPUPipelineOptions &options);

/// All three.
void populateLowerToLLVMPipeline(OpPassManager &pm, const CPUPipelineOptions &options);

/// Makes the pipelines available to quant-opt.
void registerCPUPipelines();

} // namespace mlir::halftone

#endif // HALFTONE_PIPELINES_CPUPIPELINE_H
