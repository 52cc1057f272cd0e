// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// quant-compile: ONNX model and recipe in, module file out.
#include "ModelArguments.h"
#include "ProgressLine.h"
#include "Version.h"
#include "halftone/Driver/Compile.h"
#include "halftone/Transforms/Recipe.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

namespace cl = llvm::cl;
using halftone::CompileOptions;

namespace {
/// The command line; a local of main, so that nothing is registered in libraries.
struct Arguments {
  // LLVM keeps no copy of a description.
  const std::string recipeHelp = "What to quantize and how (default: float). Presets: " +
                                 llvm::join(halftone::Recipe::presets(), ", ");
  const std::string emitHelp =
      "Stop after a stage and write it: " + llvm::join(halftone::emitStageNames(), ", ") +
      " (default: so)";

  cl::OptionCategory category{"quant-compile options"};
  cl::opt<std::string> model{cl::Positional, cl::Required, cl::desc("MODEL.onnx"),
                             cl::cat(category)};
  cl::opt<std::string> output{"o", cl::Required, cl::value_desc("file"), cl::desc("Output file"),
                              cl::cat(category)};
  cl::opt<std::string> recipe{"recipe", cl::init("float"), cl::value_desc("preset|file.yaml"),
                              cl::desc(recipeHelp), cl::cat(category)};
  cl::opt<std::string> calibration{
      "calibration", cl::value_desc("data.npz|folder"), cl::cat(category),
      cl::desc("Samples for static ranges and rounding by inputs: arrays by input name with "
               "one leading axis of samples, or a folder of "
               ".npz files, one per sample")};
  cl::opt<std::string> observations{
      "observations", cl::value_desc("file"), cl::cat(category),
      cl::desc("Use these observations, of quant-calibrate or an "
               "earlier --save-observations, instead of calibrating")};
  cl::opt<uint64_t> roundingMemory{
      "rounding-memory", cl::init(CompileOptions().maxRoundingBytes >> 20), cl::value_desc("MiB"),
      cl::cat(category),
      cl::desc("What one run over the data may keep of the inputs for which weights are rounded "
               "(default: 1024); less means more runs")};
  cl::opt<std::string> saveObservations{"save-observations", cl::value_desc("file"),
                                        cl::cat(category),
                                        cl::desc("Keep what calibration has observed")};
  halftone::ModelArguments common{category};
  cl::opt<std::string> target{"target", cl::init("native"), cl::value_desc("cpu"),
                              cl::cat(category),
                              cl::desc("What to compile for: nvptx (NVIDIA GPUs), or a CPU: native "
                                       "(default), x86-64-v3, x86-64-v4, or any of "
                                       "LLVM's names of 64-bit x86 and Arm CPUs, +feature")};
  cl::opt<std::string> emit{"emit", cl::init("so"), cl::value_desc("stage"), cl::cat(category),
                            cl::desc(emitHelp)};
  cl::opt<bool> matmulNBits{
      "onnx-matmul-nbits", cl::cat(category),
      cl::desc("With --emit=onnx: write products with weights of 2, 4 or 8 bits in groups as ONNX "
               "Runtime's MatMulNBits")};
  cl::opt<uint64_t> maxInlineBytes{
      "onnx-inline-bytes", cl::init(CompileOptions().maxInlineBytes), cl::value_desc("n"),
      cl::cat(category),
      cl::desc("With --emit=onnx: more weights than this go into a file of their own, OUT.data "
               "(default: 1500000000)")};
  cl::opt<std::string> report{"report", cl::value_desc("file.html|file.json"), cl::cat(category),
                              cl::desc("Write what was done to each layer: a page with pictures if "
                                       "the name ends in .html, else JSON")};
  cl::opt<std::string> reportProfile{
      "report-profile", cl::value_desc("file.json"), cl::cat(category),
      cl::desc("Times for the report, of quant-run --profile=file.json")};
  cl::opt<bool> reference{"reference", cl::cat(category),
                          cl::desc("Naive loops instead of kernels; integers come out the same")};
  cl::opt<bool> profile{"profile", cl::cat(category),
                        cl::desc("Make a module that quant-run --profile can look into")};
  cl::opt<bool> timing{"timing", cl::cat(category),
                       cl::desc("Print where the time of the compilation went")};
};
} // namespace

static bool fail(const llvm::Twine &message) {
  llvm::errs() << "quant-compile: error: " << message << "\n";
  return false;
}

static bool fillOptions(const Arguments &arguments, CompileOptions &options) {
  options.model = arguments.model;
  options.output = arguments.output;
  options.recipe = arguments.recipe;
  options.calibration = arguments.calibration;
  options.observations = arguments.observations;
  options.maxRoundingBytes = arguments.roundingMemory << 20;
  options.saveObservations = arguments.saveObservations;
  options.target = arguments.target;
  options.report = arguments.report;
  options.reportProfile = arguments.reportProfile;
  options.matmulNBits = arguments.matmulNBits;
  options.maxInlineBytes = arguments.maxInlineBytes;
  options.reference = arguments.reference;
  options.profile = arguments.profile;
  options.timing = arguments.timing;
  std::optional<halftone::EmitStage> stage = halftone::parseEmitStage(arguments.emit);
  if (!stage)
    return fail("--emit '" + arguments.emit +
                "': expected one of: " + llvm::join(halftone::emitStageNames(), ", "));
  options.emit = *stage;
  return arguments.common.fill("quant-compile", options);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  Arguments arguments;
  cl::HideUnrelatedOptions(arguments.category);
  cl::SetVersionPrinter(::halftone::printVersion);
  cl::ParseCommandLineOptions(
      argc, argv,
      "Compiles an ONNX model, quantized as a recipe says, to a shared library.\n\n"
      "  quant-compile model.onnx -o model.so\n"
      "  quant-compile model.onnx -o model.so --recipe w8a8-static --calibration data.npz\n"
      "  quant-compile model.onnx -o int8.onnx --emit=onnx --recipe w8a8-static --calibration "
      "data.npz\n");
  CompileOptions options;
  if (!fillOptions(arguments, options))
    return 1;
  halftone::ProgressLine line(!arguments.common.quiet);
  options.progress = [&](const halftone::Progress &progress) {
    line.show(progress.phase, progress.done, progress.total);
  };
  return halftone::compile(options) ? 0 : 1;
}
