// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DRIVER_MODELTASK_H
#define HALFTONE_LIB_DRIVER_MODELTASK_H

#include "Diagnostics.h"
#include "TemporaryFile.h"
#include "Timing.h"
#include "halftone/Calibration/Calibrate.h"
#include "halftone/Driver/ModelOptions.h"
#include "halftone/Transforms/Recipe.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"

namespace mlir::halftone {

inline constexpr llvm::StringLiteral kCompilerVersion = "halftone " HALFTONE_VERSION;

/// What is done with a model, step by step. Each step prints its own error and returns false.
class ModelTask {
protected:
  /// Both live as long as the task.
  explicit ModelTask(const ::halftone::ModelOptions &options);

  bool fail(const llvm::Twine &message);
  bool fail(llvm::Error error) { return fail(llvm::toString(std::move(error))); }

  /// Runs `step` as a phase: announced before, its time recorded after.
  bool phase(StringRef name, llvm::function_ref<bool()> step);
  bool runPasses(ModuleOp target, llvm::function_ref<void(PassManager &)> populate);

  /// Reads the model into `module` and its hash into `sourceHash`.
  bool importModel();
  /// Infers shapes and folds what is known, which every step after it expects.
  bool simplify();
  /// Writes on the layers of the simplified model how they will be quantized.
  bool assignSchemes(std::shared_ptr<const ::halftone::Recipe> recipe);
  /// Runs the simplified model on samples and adds what the inputs of its contractions were. Takes
  /// threads and progress of `calibration` from the task.
  bool observe(::halftone::CalibrationOptions calibration, ::halftone::Observations &observations);
  /// Observes all of `samples` and saves what was seen at `path`.
  bool calibrateInto(StringRef samples, StringRef path);
  /// A file that lives as long as the task: halftone-NAME and so on (TemporaryFile).
  bool createTemporary(StringRef name, StringRef suffix, std::string &path);
  /// Quantizes a copy of the model whose layers have their schemes already.
  bool quantizeAssigned(ModuleOp copy, std::shared_ptr<const ::halftone::Recipe> recipe,
                        StringRef observations);
  /// Compiles a quantized copy of the model to a library at `path`, and frees its weights.
  /// `withProfile`: it tells which part of it runs (Profiler).
  bool compileCopy(OwningOpRef<ModuleOp> copy, StringRef path, bool withProfile = false);
  /// Compiles a program for this machine to a library at `path`.
  bool compileNative(OwningOpRef<ModuleOp> program, bool withObservers, StringRef path,
                     bool withProfile = false);
  /// Lowers a program with observers for this machine and calls `run` with the library made of it.
  bool runObserver(OwningOpRef<ModuleOp> program,
                   llvm::function_ref<llvm::Error(StringRef path)> run);

  const ::halftone::ModelOptions &modelOptions;
  MLIRContext context;
  DiagnosticPrinter printer;
  Timing timing;
  OwningOpRef<ModuleOp> module;
  std::string sourceHash;

private:
  std::vector<TemporaryFile> temporaries;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_MODELTASK_H
