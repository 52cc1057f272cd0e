// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The whole way from an ONNX file to a module file.
#ifndef HALFTONE_DRIVER_COMPILE_H
#define HALFTONE_DRIVER_COMPILE_H

#include "halftone/Driver/ModelOptions.h"
#include <optional>

namespace halftone {

/// What is written to the output file. All but `onnx` and the last two are text.
enum class EmitStage {
  Import,    ///< `mlir-import`: as the model says it.
  Graph,     ///< `mlir-graph`: shapes inferred, constants folded.
  ONNX,      ///< `onnx`: an ONNX model, with QuantizeLinear and DequantizeLinear around what is
             ///< quantized.
  Quantized, ///< `mlir-quantized`: integer contractions between scales.
  Tensors,   ///< `mlir-tensors`: kernels chosen, everything else is linalg.
  Loops,     ///< `mlir-loops`: values live in memory, loops are explicit.
  LLVM,      ///< `mlir-llvm`: the LLVM dialect.
  PTX,       ///< `ptx`: the kernels of a device.
  LLVMIR,    ///< `llvm`: optimized LLVM IR.
  Object,    ///< `obj`: an ELF object without its weights.
  Module,    ///< `so`: the module file.
};

/// `mlir-import` … `so`; nullopt for other names.
std::optional<EmitStage> parseEmitStage(llvm::StringRef name);
std::vector<llvm::StringRef> emitStageNames();

struct CompileOptions : ModelOptions {
  std::string output;
  /// Preset name or YAML file.
  std::string recipe = "float";
  /// If not empty, the YAML itself; errors call it `recipe`.
  std::string recipeText;
  /// Samples (SampleSource) for static ranges and for weights that are rounded by inputs, or
  /// observations made before for static ranges. Both only where such weights need the samples.
  std::string calibration;
  std::string observations;
  /// What the Gram matrices of inputs, for weights that are rounded by them, may take in memory;
  /// the largest one always has room.
  uint64_t maxRoundingBytes = uint64_t(1) << 30;
  /// A folder where weights that are rounded by their inputs are kept layer by layer, so that
  /// another compilation goes on from there; empty: nowhere.
  std::string checkpoint;
  /// With `checkpoint`: rounds only part i of n of what can be rounded independently, 1 <= i <= n,
  /// and makes no module.
  std::optional<std::pair<int64_t, int64_t>> blocks;
  /// Where to keep the observations of a calibration; empty: nowhere.
  std::string saveObservations;
  /// CPUTarget's name, or `nvptx` for NVIDIA's GPUs, or `nvptx-emulated` for the same kernels in a
  /// form that the emulator of the tests runs.
  std::string target = "native";
  EmitStage emit = EmitStage::Module;
  /// Where to write the report, a page if the name ends in .html, else JSON; empty: nowhere.
  std::string report;
  /// Times of a run for the report: what quant-run --profile=FILE wrote; empty: none.
  std::string reportProfile;
  /// Of EmitStage::ONNX: products with weights of few bits become com.microsoft.MatMulNBits.
  bool matmulNBits = false;
  /// Of EmitStage::ONNX: weights of more bytes in all get a file of their own.
  uint64_t maxInlineBytes = 1500000000;
  /// Naive loops instead of kernels; integers come out the same.
  bool reference = false;
  /// The module tells a session which part of it runs (quant-run --profile).
  bool profile = false;
  /// Print where the time of the compilation went to stdout.
  bool timing = false;
};

/// Compiles. Diagnostics go to stderr as `file: error: node 'name': …`; false if there was an
/// error, and then nothing was written.
bool compile(const CompileOptions &options);

} // namespace halftone

#endif // HALFTONE_DRIVER_COMPILE_H
