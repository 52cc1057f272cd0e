// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// quant-compile: ONNX model and recipe in, module file out.
#include "ModelArguments.h"
#include "Part.h"
#include "ProgressLine.h"
#include "Version.h"
#include "halftone/Driver/Compile.h"
#include "halftone/Driver/SearchBudget.h"
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
  cl::opt<std::string> output{"o", cl::value_desc("file"), cl::desc("Output file"),
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
  cl::opt<std::string> checkpoint{
      "checkpoint", cl::value_desc("folder"), cl::cat(category),
      cl::desc("Keep weights that are rounded by inputs, layer by layer, and take those that are "
               "there: a run that was killed goes on, and gives the same bytes")};
  cl::opt<std::string> blocks{
      "blocks", cl::value_desc("i/n"), cl::cat(category),
      cl::desc("Round only part i of n (from 1) into the --checkpoint, and make no module; a run "
               "without it merges the parts")};
  cl::opt<std::string> saveObservations{"save-observations", cl::value_desc("file"),
                                        cl::cat(category),
                                        cl::desc("Keep what calibration has observed")};
  const std::string candidatesHelp = "With --budget: what each layer can have (default: " +
                                     llvm::join(halftone::defaultCandidates(), ",") + ")";
  cl::list<std::string> budget{
      "budget", cl::value_desc("size=1.2MB|accuracy=30dB|latency=1.5ms"), cl::cat(category),
      cl::desc("Instead of --recipe: choose a scheme for each layer so that the weights take so "
               "many bytes at most, or a run so much time on this machine, and the error is least, "
               "or the outputs are so good on --samples and the bytes are fewest (repeatable)")};
  cl::list<std::string> candidates{"candidates", cl::CommaSeparated,
                                   cl::value_desc("preset|file.yaml,..."), cl::cat(category),
                                   cl::desc(candidatesHelp)};
  cl::opt<std::string> samples{"samples", cl::value_desc("data.npz|folder"), cl::cat(category),
                               cl::desc("With --budget: where the outputs are compared with those "
                                        "of the float model")};
  cl::opt<std::string> writeRecipe{"write-recipe", cl::value_desc("file.yaml"), cl::cat(category),
                                   cl::desc("With --budget: keep the recipe that was chosen")};
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

static bool fillCheckpoint(const Arguments &arguments, CompileOptions &options) {
  options.checkpoint = arguments.checkpoint;
  if (!arguments.blocks.empty()) {
    options.blocks = halftone::parsePart(arguments.blocks);
    if (!options.blocks)
      return fail("--blocks '" + arguments.blocks + "': expected i/n with i from 1 to n");
    if (!arguments.output.empty())
      return fail("--blocks makes no module: leave out -o, or --blocks");
  } else if (arguments.output.empty()) {
    return fail("-o FILE is missing: where to write what is compiled");
  }
  return true;
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
  return fillCheckpoint(arguments, options) && arguments.common.fill("quant-compile", options);
}

static bool checkBudget(const Arguments &arguments) {
  bool hasBudget = !arguments.budget.empty();
  if (!hasBudget && (!arguments.candidates.empty() || !arguments.samples.empty() ||
                     !arguments.writeRecipe.empty()))
    return fail("--candidates, --samples and --write-recipe are for --budget");
  if (hasBudget && arguments.recipe.getNumOccurrences() > 0)
    return fail("--budget chooses a recipe; give one of --budget and --recipe");
  bool isTimed = llvm::any_of(
      arguments.budget, [](llvm::StringRef budget) { return budget.starts_with("latency="); });
  if (isTimed && (arguments.target != "native" || arguments.reference))
    return fail("--budget latency= is measured with kernels for this machine; leave out --target "
                "and --reference");
  if (hasBudget && arguments.samples.empty())
    return fail("--budget needs --samples DATA.npz, on which errors are measured");
  return true;
}

/// Makes the recipe that `options` compile with.
static bool searchBudget(const Arguments &arguments, halftone::ProgressLine &line,
                         CompileOptions &options) {
  halftone::SearchBudgetOptions search;
  static_cast<halftone::ModelOptions &>(search) = options;
  search.budgets.assign(arguments.budget.begin(), arguments.budget.end());
  search.candidates.assign(arguments.candidates.begin(), arguments.candidates.end());
  search.samples = arguments.samples;
  search.calibration = arguments.calibration;
  search.observations = arguments.observations;
  search.writeRecipe = arguments.writeRecipe;
  std::optional<halftone::FoundRecipe> found = halftone::searchBudget(search);
  line.clear();
  if (!found)
    return false;
  llvm::outs() << found->table;
  options.recipe = search.writeRecipe.empty() ? "budget" : search.writeRecipe;
  options.recipeText = found->text;
  return true;
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
      "data.npz\n"
      "  quant-compile model.onnx -o small.so --budget size=1.2MB --samples data.npz\n");
  CompileOptions options;
  if (!fillOptions(arguments, options) || !checkBudget(arguments))
    return 1;
  halftone::ProgressLine line(!arguments.common.quiet);
  options.progress = [&](const halftone::Progress &progress) {
    line.show(progress.phase, progress.done, progress.total);
  };
  if (!arguments.budget.empty() && !searchBudget(arguments, line, options))
    return 1;
  return halftone::compile(options) ? 0 : 1;
}
