// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// quant-calibrate: ONNX model and samples in, observations file out.
#include "ModelArguments.h"
#include "Part.h"
#include "ProgressLine.h"
#include "Version.h"
#include "halftone/Driver/CalibrateModel.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

namespace cl = llvm::cl;
using halftone::CalibrateModelOptions;
using halftone::ObservationsSummary;

namespace {
/// The command line; a local of main, so that nothing is registered in libraries.
struct Arguments {
  cl::OptionCategory category{"quant-calibrate options"};
  cl::list<std::string> files{cl::Positional, cl::OneOrMore, cl::cat(category),
                              cl::desc("MODEL.onnx | --merge FILES...")};
  cl::opt<std::string> output{"o", cl::Required, cl::value_desc("file"),
                              cl::desc("Observations file"), cl::cat(category)};
  cl::opt<std::string> data{"data", cl::value_desc("data.npz|folder"), cl::cat(category),
                            cl::desc("Samples: arrays by input name with one leading axis of "
                                     "samples, or a folder of .npz files, one per sample")};
  cl::opt<std::string> shard{
      "shard", cl::value_desc("i/n"), cl::cat(category),
      cl::desc("Only the i-th of n equal parts of the data, from 1/n to n/n")};
  cl::opt<uint64_t> firstSample{
      "first-sample", cl::value_desc("n"), cl::cat(category),
      cl::desc("Number of the data's first sample (default: 0). Samples are told apart by their "
               "numbers: give a data set in several files the numbers that it has as a whole")};
  cl::opt<bool> resume{"resume", cl::cat(category),
                       cl::desc("Add to the file if it exists; the samples that it has are not "
                                "run again")};
  cl::opt<bool> merge{"merge", cl::cat(category),
                      cl::desc("Merge observations files of one model and different samples: the "
                               "bytes that one run on all samples writes")};
  halftone::ModelArguments common{category};
};
} // namespace

static bool fail(const llvm::Twine &message) {
  llvm::errs() << "quant-calibrate: error: " << message << "\n";
  return false;
}

static bool parseShard(llvm::StringRef text, halftone::SampleSelection &samples) {
  std::optional<std::pair<int64_t, int64_t>> part = halftone::parsePart(text);
  if (!part)
    return fail("--shard '" + text + "': expected i/n with i from 1 to n");
  samples.shard = part->first - 1;
  samples.numShards = part->second;
  return true;
}

static bool fillOptions(const Arguments &arguments, CalibrateModelOptions &options) {
  if (arguments.files.size() != 1)
    return fail("expected one model, not " + llvm::Twine(arguments.files.size()) +
                " files; --merge merges observations");
  if (arguments.data.empty())
    return fail("no samples to run the model on: give --data DATA.npz or a folder");
  if (arguments.firstSample > INT64_MAX / 2)
    return fail("--first-sample is too large");
  options.model = arguments.files.front();
  options.output = arguments.output;
  options.samples.data = arguments.data;
  options.samples.firstNumber = arguments.firstSample;
  options.resume = arguments.resume;
  if (!arguments.shard.empty() && !parseShard(arguments.shard, options.samples))
    return false;
  return arguments.common.fill("quant-calibrate", options);
}

/// What is of a model makes no sense for files of observations.
static bool checkMerge(const Arguments &arguments) {
  bool hasModelOptions = !arguments.data.empty() || !arguments.shard.empty() || arguments.resume ||
                         arguments.firstSample.getNumOccurrences() > 0 ||
                         !arguments.common.dims.empty();
  return !hasModelOptions || fail("--merge takes observations files and -o, nothing else");
}

static void print(llvm::StringRef output, const ObservationsSummary &summary) {
  llvm::outs() << output << ": " << summary.numSamples << " samples, " << summary.numTensors
               << " tensors\n";
}

static int merge(const Arguments &arguments) {
  if (!checkMerge(arguments))
    return 1;
  std::vector<std::string> files(arguments.files.begin(), arguments.files.end());
  std::optional<ObservationsSummary> summary = halftone::mergeObservations(files, arguments.output);
  if (!summary)
    return 1;
  print(arguments.output, *summary);
  return 0;
}

static int calibrate(const Arguments &arguments) {
  CalibrateModelOptions options;
  if (!fillOptions(arguments, options))
    return 1;
  halftone::ProgressLine line(!arguments.common.quiet);
  options.progress = [&](const halftone::Progress &progress) {
    line.show(progress.phase, progress.done, progress.total);
  };
  std::optional<ObservationsSummary> summary = halftone::calibrateModel(options);
  if (!summary)
    return 1;
  line.clear();
  // Not of `arguments`: the linker resets the options of the process.
  print(options.output, *summary);
  if (options.resume)
    llvm::outs() << summary->numAdded << " samples were new\n";
  if (options.resume && summary->numAdded == 0)
    llvm::outs() << "nothing was run: the file has these sample numbers; other samples need other "
                    "numbers (--first-sample)\n";
  return 0;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  Arguments arguments;
  cl::HideUnrelatedOptions(arguments.category);
  cl::SetVersionPrinter(::halftone::printVersion);
  cl::ParseCommandLineOptions(
      argc, argv,
      "Observes a model on samples, for static recipes.\n\n"
      "  quant-calibrate model.onnx --data samples.npz -o all.obs\n"
      "  quant-compile model.onnx -o model.so --recipe w8a8-static --observations all.obs\n\n"
      "By several processes or machines, with the same result to the bit:\n\n"
      "  quant-calibrate model.onnx --data samples.npz --shard 1/2 -o a.obs\n"
      "  quant-calibrate model.onnx --data samples.npz --shard 2/2 -o b.obs\n"
      "  quant-calibrate --merge a.obs b.obs -o all.obs\n");
  return arguments.merge ? merge(arguments) : calibrate(arguments);
}
