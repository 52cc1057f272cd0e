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
                                              llvm::TargetMachine &machine,
                                              llvm::LLVMContext &context);

/// The features of `target` that the code of `module` may use: AMX only where a kernel uses tiles.
uint64_t findRequiredFeatures(ModuleOp module, const CPUTarget &target);

/// Adds the exported symbol `halftone_module`.
llvm::Error addModuleDescriptor(ModuleOp module, const EmitOptions &options,
                                llvm::Module &llvmModule);

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
