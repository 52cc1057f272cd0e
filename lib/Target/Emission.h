// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The steps behind EmitModule.h.
#ifndef HALFTONE_LIB_TARGET_EMISSION_H
#define HALFTONE_LIB_TARGET_EMISSION_H

#include "halftone/Target/EmitModule.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>

namespace mlir::halftone {

/// Hidden symbol of the first byte of the weights section.
inline constexpr llvm::StringLiteral weightsSymbol = "halftone_weights_data";

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(const EmitOptions &options);

/// Translates the module and adds the tables of the module file. Null after reporting an error.
std::unique_ptr<llvm::Module> translateModule(ModuleOp module, const EmitOptions &options,
                                              llvm::ArrayRef<DeviceImage> images,
                                              llvm::TargetMachine &machine,
                                              llvm::LLVMContext &context);

/// The features of `target` that the code of `module` may use: AMX only where a kernel uses tiles.
uint64_t findRequiredFeatures(ModuleOp module, const CPUTarget &target);

/// Adds the exported symbol `halftone_module`. `images` are of the module's kernels.
llvm::Error addModuleDescriptor(ModuleOp module, const EmitOptions &options,
                                llvm::ArrayRef<DeviceImage> images, llvm::Module &llvmModule);

/// The names of the kernels, in the order of the numbers that launches give them.
llvm::SmallVector<StringRef> listKernels(ModuleOp module);

/// Compiles the kernels of the module, if it has any, for each device of the options.
llvm::Expected<std::vector<DeviceImage>> generateDeviceImages(ModuleOp module,
                                                              const EmitOptions &options);

/// Makes optimized kernels of NVPTX a shared library for the CPU. For each kernel it exports a
/// function of that name that takes the addresses of the arguments and is called once per thread;
/// intrinsics are calls of functions `halftone_simt_…`, which it does not define.
llvm::Expected<std::string> emulateKernels(llvm::Module &kernels, const EmitOptions &options);

/// Runs the linker, `ld.lld` being the first argument.
llvm::Error runLinker(llvm::ArrayRef<const char *> arguments);

void optimize(llvm::Module &module, llvm::TargetMachine &machine, unsigned level);

/// Machine code of the module as an ELF object.
llvm::Error generateObject(llvm::Module &module, llvm::TargetMachine &machine,
                           llvm::raw_pwrite_stream &output);

/// Writes an ELF object with the weights of `module`, one after the other without holding them all.
llvm::Error writeWeightsObject(ModuleOp module, const llvm::Triple &triple, llvm::StringRef path);

/// Links objects into a shared library. `object` is the content of objects.front().
llvm::Error linkSharedLibrary(const llvm::Triple &triple, llvm::ArrayRef<std::string> objects,
                              llvm::StringRef object, llvm::StringRef outputPath);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_TARGET_EMISSION_H
