// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs a compiled model on files, compares, times and describes it.
#include "Version.h"
#include "quant-run/Benchmark.h"
#include "quant-run/Compare.h"
#include "quant-run/Info.h"
#include "quant-run/Profile.h"
#include "quant-run/Samples.h"
#include "quant-run/TensorFiles.h"

#include "halftone/IO/FileError.h"
#include "halftone/IO/Npy.h"
#include "halftone/IO/Npz.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/WithColor.h"

using namespace halftone;
using namespace llvm;

namespace {

/// The command line. The options live as long as this object, in `main`.
struct CommandLine {
  cl::OptionCategory category{"quant-run options"};
  cl::opt<std::string> module{cl::Positional, cl::desc("OUT.so"), cl::Required, cl::cat(category)};
  cl::list<std::string> inputs{
      "inputs",
      cl::desc("Input tensors; may be repeated, and may name several files:\n"
               "- an .npz, whose keys are input names\n"
               "- .npy or ONNX .pb files, by the number in a name like input_0.pb,\n"
               "  by the name in the .pb, or in order\n"
               "- a folder with files input_0.pb, input_1.pb ..."),
      cl::value_desc("FILE"), cl::cat(category)};
  cl::opt<std::string> outputs{"outputs",
                               cl::desc("Write the outputs to this .npz (keys are output names),\n"
                                        "or to this .npy when there is one output"),
                               cl::value_desc("FILE"), cl::cat(category)};
  cl::opt<int> threads{"threads", cl::desc("Threads of a run; 0, the default: one per CPU"),
                       cl::init(0), cl::value_desc("N"), cl::cat(category)};
  cl::opt<int64_t> benchmark{"benchmark",
                             cl::desc("Time N runs on the same inputs, after a tenth as many\n"
                                      "(at least 3) that are not counted"),
                             cl::init(0), cl::value_desc("N"), cl::cat(category)};
  cl::opt<std::string> profile{
      "profile",
      cl::desc("Print where the time goes, by ONNX nodes, and with a FILE write it\n"
               "as JSON; of the median of --benchmark runs (10 unless told).\n"
               "Needs a module of quant-compile --profile"),
      cl::ValueOptional, cl::value_desc("FILE"), cl::cat(category)};
  cl::opt<std::string> trace{
      "trace",
      cl::desc("Profile, and write the regions of the median run as a trace for\n"
               "Perfetto or chrome://tracing"),
      cl::value_desc("FILE"), cl::cat(category)};
  cl::list<std::string> compare{
      "compare",
      cl::desc("Compare the outputs with these: .npz, output_0.pb ..., a folder.\n"
               "Exit code 1 when an element is off by more than\n"
               "atol + rtol * |reference|"),
      cl::value_desc("FILE"), cl::cat(category)};
  cl::opt<double> rtol{"rtol", cl::desc("Relative tolerance of --compare; default 1e-4"),
                       cl::init(1e-4), cl::value_desc("X"), cl::cat(category)};
  cl::opt<double> atol{"atol", cl::desc("Absolute tolerance of --compare; default 1e-5"),
                       cl::init(1e-5), cl::value_desc("X"), cl::cat(category)};
  cl::opt<bool> samples{"samples",
                        cl::desc("Run every sample of --inputs: an .npz whose arrays carry one\n"
                                 "leading axis, samples, or a folder of .npz, one per sample.\n"
                                 "Outputs are stacked along a new leading axis"),
                        cl::cat(category)};
  cl::opt<std::string> entry{"entry", cl::desc("Entry to run; default: the only one"),
                             cl::value_desc("NAME"), cl::cat(category)};
  cl::opt<bool> verify{"verify-weights",
                       cl::desc("Check the hash of the weights also when they are large"),
                       cl::cat(category)};
  cl::opt<bool> info{"info",
                     cl::desc("Print what the module says about itself and the memory it\n"
                              "needs, with --inputs as measured in one run"),
                     cl::cat(category)};
  cl::opt<bool> json{"json", cl::desc("Print one JSON object"), cl::cat(category)};

  bool isProfiling() const { return profile.getNumOccurrences() > 0 || !trace.empty(); }
};

/// What a run has to say, printed as text at once or as one JSON object at the end.
struct Report {
  json::Object object;
  bool hasMismatch = false;
};

} // namespace

/// Repeats an option for each of the files that follow it: a shell turns `--inputs DIR/*.pb` into
/// `--inputs a.pb b.pb`.
static std::vector<std::string> repeatFileOptions(ArrayRef<char *> arguments) {
  std::vector<std::string> result;
  StringRef option;
  size_t numFiles = 0;
  for (StringRef argument : arguments) {
    if (argument.starts_with("-")) {
      StringRef name = argument.drop_while([](char c) { return c == '-'; });
      option = name == "inputs" || name == "compare" ? argument : "";
      numFiles = 0;
    } else if (!option.empty() && numFiles++ > 0) {
      if (isTensorFile(argument))
        result.push_back(option.str());
      else
        option = "";
    }
    result.push_back(argument.str());
  }
  return result;
}

static std::vector<std::string> files(const cl::list<std::string> &option) {
  return {option.begin(), option.end()};
}

static void printTiming(const Timing &timing) {
  outs() << format("median %.4f ms, min %.4f ms, p90 %.4f ms, mean %.4f ms", timing.median,
                   timing.minimum, timing.percentile90, timing.mean)
         << " (" << timing.runs << " runs, " << timing.threads << " threads)\n";
}

static void printDifference(const Difference &difference) {
  outs() << difference.name << ": "
         << format("max abs error %.4g, max rel error %.4g, SQNR %.2f dB", difference.maxAbsolute,
                   difference.maxRelative, difference.sqnr)
         << ", " << difference.mismatches << " of " << difference.elements
         << " elements beyond tolerance\n";
}

static Error writeOutputs(const CommandLine &options, const halftone_entry &entry,
                          std::vector<Array> &outputs) {
  if (options.outputs.empty())
    return Error::success();
  if (StringRef(options.outputs).ends_with(".npy")) {
    if (outputs.size() != 1)
      return createStringError("an .npy file holds one array, the model has " +
                               Twine(outputs.size()) + " outputs: write an .npz");
    return writeNpy(options.outputs, outputs.front());
  }
  if (!StringRef(options.outputs).ends_with(".npz"))
    return createStringError("'" + options.outputs + "': expected a name ending in .npz or .npy");
  NamedArrays arrays;
  for (auto [index, output] : enumerate(outputs))
    arrays.insert_or_assign(entry.outputs[index].name, std::move(output));
  return writeNpz(options.outputs, arrays);
}

static Error compareOutputs(const CommandLine &options, const halftone_entry &entry,
                            ArrayRef<Array> outputs, Report &report) {
  if (options.compare.empty())
    return Error::success();
  ArrayRef<halftone_tensor_info> table(entry.outputs, entry.num_outputs);
  Expected<NamedArrays> references = readTensorFiles(files(options.compare), table, "output");
  if (!references)
    return references.takeError();
  if (references->empty())
    return createStringError("'" + *options.compare.begin() + "' has none of the model's outputs");
  json::Array differences;
  for (auto [info, output] : zip_equal(table, outputs)) {
    auto reference = references->find(StringRef(info.name));
    if (reference == references->end())
      continue;
    Expected<Difference> difference =
        compareArrays(info.name, output, reference->second, Tolerance{options.rtol, options.atol});
    if (!difference)
      return difference.takeError();
    report.hasMismatch |= difference->mismatches > 0;
    if (!options.json)
      printDifference(*difference);
    differences.push_back(toJson(*difference));
  }
  report.object["comparison"] = std::move(differences);
  return Error::success();
}

static Expected<std::vector<Array>> readInputs(const CommandLine &options,
                                               const halftone_entry &entry) {
  Expected<NamedArrays> arrays =
      readTensorFiles(files(options.inputs),
                      ArrayRef<halftone_tensor_info>(entry.inputs, entry.num_inputs), "input");
  if (!arrays)
    return arrays.takeError();
  return bindInputs(entry, *arrays);
}

static Error writeJson(StringRef path, json::Object object) {
  Expected<AtomicFile> file = AtomicFile::create(path);
  if (!file)
    return file.takeError();
  if (Error error = file->write(formatv("{0:2}", json::Value(std::move(object))).str() + "\n"))
    return error;
  return file->commit();
}

/// Prints the profile and writes the files that were asked for.
static Error profileRuns(const CommandLine &options, const Model &model, Session &session,
                         Profiler &profiler, uint32_t index, ArrayRef<Array> inputs,
                         Report &report) {
  constexpr int64_t defaultRuns = 10;
  Expected<Profile> profile =
      measureProfile(model, session, profiler, index, inputs,
                     options.benchmark > 0 ? options.benchmark : defaultRuns);
  if (!profile)
    return profile.takeError();
  if (options.json)
    report.object["profile"] = toJson(model, *profile);
  else
    printProfile(outs(), model, *profile);
  if (!options.profile.empty())
    if (Error error = writeJson(options.profile, toJson(model, *profile)))
      return error;
  return options.trace.empty() ? Error::success()
                               : writeJson(options.trace, toTrace(model, *profile));
}

static Expected<std::vector<Array>> runOnce(const CommandLine &options, const Model &model,
                                            Session &session, Profiler &profiler, uint32_t index,
                                            const halftone_entry &entry, Report &report) {
  Expected<std::vector<Array>> inputs = readInputs(options, entry);
  if (!inputs)
    return inputs.takeError();
  Expected<std::vector<Array>> outputs = session.run(index, *inputs);
  if (outputs && options.isProfiling()) {
    if (Error error = profileRuns(options, model, session, profiler, index, *inputs, report))
      return std::move(error);
    return outputs;
  }
  if (!outputs || options.benchmark == 0)
    return outputs;
  Expected<Timing> timing =
      measureRuns(session, index, *inputs, entry.num_outputs, options.benchmark);
  if (!timing)
    return timing.takeError();
  if (!options.json)
    printTiming(*timing);
  for (auto &[key, value] : toJson(*timing))
    report.object[key] = std::move(value);
  return outputs;
}

static Expected<std::vector<Array>> runAll(const CommandLine &options, const Model &model,
                                           Session &session, Profiler &profiler, uint32_t index,
                                           const halftone_entry &entry, Report &report) {
  if (!options.samples)
    return runOnce(options, model, session, profiler, index, entry, report);
  if (options.inputs.size() != 1)
    return createStringError("--samples needs one --inputs, an .npz or a folder of .npz");
  return runSamples(session, index, entry, *options.inputs.begin());
}

static void describeOutputs(const CommandLine &options, const halftone_entry &entry,
                            ArrayRef<Array> outputs, Report &report) {
  json::Array list;
  const bool isSilent =
      options.json || options.benchmark > 0 || options.isProfiling() || !options.compare.empty();
  for (auto [index, output] : enumerate(outputs)) {
    // The report outlives the module.
    std::string name = entry.outputs[index].name;
    if (!isSilent)
      outs() << name << ": " << output.type() << "\n";
    list.push_back(json::Object{{"name", name},
                                {"type", halftone_dtype_name(output.dtype())},
                                {"shape", json::Array(output.dims())}});
  }
  report.object["entry"] = std::string(entry.name);
  report.object["outputs"] = std::move(list);
}

static Error runModel(const CommandLine &options, const Model &model, Report &report) {
  Expected<uint32_t> index = model.findEntry(options.entry);
  if (!index)
    return index.takeError();
  const halftone_entry &entry = model.entries()[*index];
  if (options.isProfiling())
    if (Error error = checkProfilable(options.module, model))
      return error;
  Profiler profiler;
  SessionOptions sessionOptions;
  sessionOptions.threads = options.threads;
  if (options.isProfiling()) {
    sessionOptions.profiler = Profiler::record;
    sessionOptions.profilerUser = &profiler;
  }
  Expected<Session> session = Session::create(model, std::move(sessionOptions));
  if (!session)
    return session.takeError();
  report.object["threads"] = session->stats().threads;
  Expected<std::vector<Array>> outputs =
      runAll(options, model, *session, profiler, *index, entry, report);
  if (!outputs)
    return outputs.takeError();
  describeOutputs(options, entry, *outputs, report);
  if (Error error = compareOutputs(options, entry, *outputs, report))
    return error;
  return writeOutputs(options, entry, *outputs);
}

/// Runs once on the inputs, if there are any, to see how much memory that takes.
static Expected<MeasuredMemory> measureMemory(const CommandLine &options, const Model &model) {
  if (options.inputs.empty())
    return MeasuredMemory();
  Expected<uint32_t> index = model.findEntry(options.entry);
  if (!index)
    return index.takeError();
  Expected<std::vector<Array>> inputs = readInputs(options, model.entries()[*index]);
  if (!inputs)
    return inputs.takeError();
  SessionOptions sessionOptions;
  sessionOptions.threads = options.threads;
  Expected<Session> session = Session::create(model, std::move(sessionOptions));
  if (!session)
    return session.takeError();
  Expected<std::vector<Array>> outputs = session->run(*index, *inputs);
  if (!outputs)
    return outputs.takeError();
  return session->stats().dynamic_peak_bytes;
}

static Error describe(const CommandLine &options, const Model &model, Report &report) {
  Expected<MeasuredMemory> memory = measureMemory(options, model);
  if (!memory)
    return memory.takeError();
  if (options.json)
    report.object = describeModel(options.module, model, *memory);
  else
    printModel(outs(), options.module, model, *memory);
  return Error::success();
}

static Error checkOptions(const CommandLine &options) {
  if (options.benchmark < 0)
    return createStringError("--benchmark needs a positive number of runs");
  if (options.benchmark > 0 && options.samples)
    return createStringError("--benchmark times runs on one input, not on --samples");
  if (options.isProfiling() && options.samples)
    return createStringError("--profile times runs on one input, not on --samples");
  if (options.rtol < 0 || options.atol < 0)
    return createStringError("tolerances are not negative");
  return Error::success();
}

static Error execute(const CommandLine &options, Report &report) {
  if (Error error = checkOptions(options))
    return error;
  // A module can be described without the device that runs it.
  bool runs = !options.info || !options.inputs.empty();
  Expected<Model> model =
      Model::load(options.module,
                  options.verify ? HALFTONE_VERIFY_WEIGHTS_ALWAYS : HALFTONE_VERIFY_WEIGHTS_SMALL,
                  runs ? 0 : HALFTONE_NO_DEVICE);
  if (!model)
    return model.takeError();
  return options.info ? describe(options, *model, report) : runModel(options, *model, report);
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  // LLVM's libraries register options of their own, one of them called threads.
  cl::ResetCommandLineParser();
  CommandLine options;
  cl::HideUnrelatedOptions(options.category);
  std::vector<std::string> repeated = repeatFileOptions(ArrayRef(argv, argc));
  std::vector<const char *> arguments;
  arguments.reserve(repeated.size());
  for (const std::string &argument : repeated)
    arguments.push_back(argument.c_str());
  cl::SetVersionPrinter(::halftone::printVersion);
  cl::ParseCommandLineOptions(static_cast<int>(arguments.size()), arguments.data(),
                              "Runs a compiled model on tensors from files\n");
  Report report;
  if (Error error = execute(options, report)) {
    WithColor::error(errs(), "quant-run") << toString(std::move(error)) << "\n";
    return 1;
  }
  if (options.json)
    outs() << formatv("{0:2}", json::Value(std::move(report.object))) << "\n";
  return report.hasMismatch ? 1 : 0;
}
