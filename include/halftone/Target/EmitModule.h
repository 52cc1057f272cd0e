// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the LLVM dialect to files.
#ifndef HALFTONE_TARGET_EMITMODULE_H
#define HALFTONE_TARGET_EMITMODULE_H

#include "halftone/CPU/CPUTarget.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"
#include <functional>
#include <string>
#include <vector>

namespace mlir::halftone {

/// What a module file says about itself.
struct ModuleProvenance {
  std::string recipe;
  std::string sourceHash;
  std::string compilerVersion;
};

/// The constant weights of a node, for the module's table: see halftone_layer.
struct ModuleLayer {
  std::string node;
  std::string format;
  std::string granularity;
  int64_t group = 0;
  int64_t numWeights = 0;
  int64_t bytes = 0;
  int64_t moduleBytes = 0;
};

/// A kind of device that kernels are compiled for.
struct DeviceTarget {
  std::string chip;     ///< LLVM's name.
  std::string features; ///< LLVM's, as "+ptx80".
  unsigned major = 0;   ///< Compute capability.
  unsigned minor = 0;
  bool isExact = false; ///< The code runs on that compute capability only.
};

/// The code of all kernels for one kind of device, as the module file has it.
struct DeviceImage {
  DeviceTarget target;
  std::string data;
};

struct EmitOptions {
  CPUTarget target;
  /// For programs with kernels, the best first.
  std::vector<DeviceTarget> devices;
  /// Instead of for `devices`, compile kernels for a program that runs each of their threads as a
  /// fiber of the CPU: the emulator of the tests.
  bool emulateDevice = false;
  ModuleProvenance provenance;
  std::vector<ModuleLayer> layers;
  /// 0 to 3, as of clang's -O.
  unsigned optimizationLevel = 3;
  /// Told the seconds that each step has taken.
  std::function<void(llvm::StringRef step, double seconds)> onStep;
};

/// Makes `context` able to translate modules to LLVM IR. Call it before loading any.
void registerTranslations(DialectRegistry &registry);

/// Each of these takes a module in the LLVM dialect as halftone-bind-runtime leaves it. They report
/// errors at the module.

/// Writes optimized LLVM IR as text.
LogicalResult emitLLVMIR(ModuleOp module, const EmitOptions &options, llvm::raw_ostream &output);

/// Writes the PTX of the kernels for the first of `devices`.
LogicalResult emitPTX(ModuleOp module, const EmitOptions &options, llvm::raw_pwrite_stream &output);

/// Writes an ELF object that refers to the weights by an undefined symbol.
LogicalResult emitObject(ModuleOp module, const EmitOptions &options,
                         llvm::raw_pwrite_stream &output);

/// Writes a complete module file to `path`, which is replaced in one step when all went well.
LogicalResult emitSharedLibrary(ModuleOp module, const EmitOptions &options, StringRef path);

} // namespace mlir::halftone

#endif // HALFTONE_TARGET_EMITMODULE_H
