// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_GPU_PASSES_TD
#define HALFTONE_GPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def PlaceOnDevice : Pass<"halftone-place-on-device", "func::FuncOp"> {
  let summary = "Decide which buffers lie in the memory of the device";
  let description = [{
    What a linalg op, or a copy that is not contiguous, reads or writes lies on the device, together with every buffer that may be the same memory, unless the op is shape
    arithmetic (integers, and at most 64 iterations) or a copy, on buffers that nothing else on the device touches. Such ops stay on the host.

    Arguments are copied to the device once, at the start; results are copied back at the end. Loads of the host from arguments and constants
    read the host's original. All other accesses of the host to the device's memory stay what they are (a load, a store, a copy between two
    memory spaces): halftone-convert-to-llvm makes them transfers.

    Requires: bufferized functions whose constants are places in the weights.
    Ensures:  buffers on the device have the memory space `#gpu.address_space<global>`; no linalg op has operands in both.
    Errors:   an observer, or a call, of a buffer on the device.
    Example:  test/GPU/place-on-device.mlir
  }];
  let statistics = [
    Statistic<"numDevice", "device", "Ops that run on the device">,
    Statistic<"numHost", "host", "Ops that stay on the host">
  ];
  let dependentDialects = ["::mlir::gpu::GPUDialect", "::mlir::memref::MemRefDialect"];
}

def OutlineKernels : Pass<"halftone-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "Make a kernel of every linalg op on the device";
  let description = [{
    A thread computes one element of the outputs, with the loop that walks through memory in the smallest steps along the threads of a warp.
    Where that loop is a reduction, a warp computes an element instead: each lane combines every 32nd term, then lanes exchange their results
    by shuffles. Sums of products with at least 8 rows, 8 columns and 16 terms (each side may be several loops, as in a convolution) are computed
    in tiles: through shared memory, with tensor cores for operands of 8 bits, f16 and bf16, and in the order of a CPU for f32. Where
    an elementwise op is the only reader of a reduction's result, the thread that has an element goes on with it, and the result is in no memory. An assertion that does not hold stores its number on the device, and its
    thread ends; the host asserts at the end of the function that none did.

    Requires: buffers placed (halftone-place-on-device).
    Ensures:  no linalg op, and no copy between buffers on the device that are not contiguous, is left on the device's memory: each is a
              `gpu.launch_func` of a kernel in the module `@kernels`, where equal kernels are one.
    Errors:   a kernel that would use memory of the host.
    Example:  test/GPU/outline-kernels.mlir
  }];
  let statistics = [
    Statistic<"numKernels", "kernels", "Kernels">,
    Statistic<"numLaunches", "launches", "Places that launch them">,
    Statistic<"numTiled", "tiled", "Of these, those of tiles">,
    Statistic<"numEpilogues", "epilogues", "Elementwise ops that are part of a reduction's kernel">
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect", "::mlir::gpu::GPUDialect",
    "::mlir::memref::MemRefDialect", "::mlir::nvgpu::NVGPUDialect", "::mlir::scf::SCFDialect", "::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect",
    "::mlir::vector::VectorDialect"
  ];
}

def LowerDeviceKernels : Pass<"halftone-lower-device-kernels", "::mlir::gpu::GPUModuleOp"> {
  let summary = "Lower kernels to the LLVM and NVVM dialects";
  let description = [{
    Functions of `math` are instructions of the device or polynomials; nothing calls libdevice, which is not there when a module is loaded.

    Requires: kernels without structured control flow.
    Ensures:  only the LLVM and NVVM dialects are left in the module. A thread whose `cf.assert` does not hold ends.
    Errors:   an op without a lowering, as a function of `math` that has neither an instruction nor a polynomial.
    Example:  test/GPU/lower-device-kernels.mlir
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect", "::mlir::arith::ArithDialect"];
}

#endif // HALFTONE_GPU_PASSES_TD
