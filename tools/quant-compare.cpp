// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// quant-compare: ONNX model, recipe and samples in, table of the layers out.
#include "ModelArguments.h"
#include "ProgressLine.h"
#include "Version.h"
#include "halftone/Driver/CompareModel.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

namespace cl = llvm::cl;
using halftone::CompareModelOptions;

namespace {
/// The command line; a local of main, so that nothing is registered in libraries.
struct Arguments {
  cl::OptionCategory category{"quant-compare options"};
  cl::opt<std::string> model{cl::Positional, cl::Required, cl::desc("MODEL.onnx"),
                             cl::cat(category)};
  cl::opt<std::string> recipe{"recipe", cl::Required, cl::value_desc("preset|file.yaml"),
                              cl::desc("What to quantize and how, as quant-compile has it"),
                              cl::cat(category)};
  cl::opt<std::string> calibration{"calibration", cl::value_desc("data.npz|folder"),
                                   cl::cat(category),
                                   cl::desc("Samples for static ranges and rounding by inputs")};
  cl::opt<std::string> observations{
      "observations", cl::value_desc("file"), cl::cat(category),
      cl::desc("Use these observations, of quant-calibrate, for static ranges")};
  cl::opt<std::string> inputs{
      "inputs", cl::Required, cl::value_desc("data.npz|folder"), cl::cat(category),
      cl::desc("Samples to compare on: arrays by input name with one leading axis of samples, or "
               "a folder of .npz files, one per sample")};
  cl::opt<int64_t> samples{"samples", cl::init(0), cl::value_desc("n"), cl::cat(category),
                           cl::desc("Only the first n of them (default: all)")};
  cl::opt<std::string> layers{"layers", cl::value_desc("name|/regex/"), cl::cat(category),
                              cl::desc("Only these of the layers that the recipe quantizes")};
  cl::opt<std::string> html{"html", cl::value_desc("file"), cl::cat(category),
                            cl::desc("Write the table as a page whose columns sort by a click")};
  cl::opt<std::string> json{"json", cl::value_desc("file"), cl::cat(category),
                            cl::desc("Write all numbers to this file, too")};
  halftone::ModelArguments common{category};
};
} // namespace

static bool fail(const llvm::Twine &message) {
  llvm::errs() << "quant-compare: error: " << message << "\n";
  return false;
}

static bool fillOptions(const Arguments &arguments, CompareModelOptions &options) {
  options.model = arguments.model;
  options.recipe = arguments.recipe;
  options.calibration = arguments.calibration;
  options.observations = arguments.observations;
  options.inputs = arguments.inputs;
  options.numSamples = arguments.samples;
  options.layers = arguments.layers;
  options.json = arguments.json;
  options.html = arguments.html;
  if (arguments.samples.getNumOccurrences() > 0 && options.numSamples < 1)
    return fail("--samples must be at least 1");
  return arguments.common.fill("quant-compare", options);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  Arguments arguments;
  cl::HideUnrelatedOptions(arguments.category);
  cl::SetVersionPrinter(::halftone::printVersion);
  cl::ParseCommandLineOptions(
      argc, argv,
      "Says which layers of a quantized model its error comes from.\n\n"
      "  quant-compare model.onnx --recipe w8a8-static --calibration data.npz --inputs samples.npz "
      "--samples 100\n");
  CompareModelOptions options;
  if (!fillOptions(arguments, options))
    return 1;
  halftone::ProgressLine line(!arguments.common.quiet);
  options.progress = [&](const halftone::Progress &progress) {
    line.show(progress.phase, progress.done, progress.total);
  };
  std::optional<std::string> table = halftone::compareModel(options);
  line.clear();
  if (!table)
    return 1;
  llvm::outs() << *table;
  return 0;
}
