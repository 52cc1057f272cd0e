// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Driver/Compile.h"

#include "Diagnostics.h"
#include "Report.h"
#include "SourceHash.h"
#include "Timing.h"
#include "halftone/Calibration/Calibrate.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/IO/FileError.h"
#include "halftone/ONNX/Export.h"
#include "halftone/ONNX/Import.h"
#include "halftone/Pipelines/CPUPipeline.h"
#include "halftone/Pipelines/GraphPipeline.h"
#include "halftone/Pipelines/Register.h"
#include "halftone/Target/EmitModule.h"
#include "halftone/Transforms/Recipe.h"
#include "mlir/IR/AsmState.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include <chrono>

using namespace halftone;
using mlir::failed;
using mlir::LogicalResult;
using mlir::ModuleOp;
using mlir::OwningOpRef;
using mlir::PassManager;

static constexpr llvm::StringLiteral kVersion = "halftone " HALFTONE_VERSION;

static constexpr std::pair<llvm::StringLiteral, EmitStage> kStages[] = {
    {"mlir-import", EmitStage::Import},
    {"mlir-graph", EmitStage::Graph},
    {"onnx", EmitStage::ONNX},
    {"mlir-quantized", EmitStage::Quantized},
    {"mlir-tensors", EmitStage::Tensors},
    {"mlir-loops", EmitStage::Loops},
    {"mlir-llvm", EmitStage::LLVM},
    {"llvm", EmitStage::LLVMIR},
    {"obj", EmitStage::Object},
    {"so", EmitStage::Module}};

std::optional<EmitStage> halftone::parseEmitStage(llvm::StringRef name) {
  for (const auto &[stageName, stage] : kStages)
    if (stageName == name)
      return stage;
  return std::nullopt;
}

std::vector<llvm::StringRef> halftone::emitStageNames() {
  std::vector<llvm::StringRef> names;
  for (const auto &[name, stage] : kStages)
    names.push_back(name);
  return names;
}

namespace {
/// One compilation: each step reports its own error and returns false.
class Compilation {
public:
  explicit Compilation(const CompileOptions &options)
      : options(options), context(makeRegistry()), printer(&context, options.model) {
    // A model is described by its own names, not by pages of IR.
    context.printOpOnDiagnostic(false);
  }

  bool run();

private:
  static mlir::DialectRegistry makeRegistry() {
    mlir::DialectRegistry registry;
    mlir::halftone::registerAllDialects(registry);
    return registry;
  }

  bool prepare();
  bool openOutputs();
  bool importModel();
  bool observe();
  bool calibrateInto(llvm::StringRef observationsPath);
  bool quantize();
  bool lowerAndEmit();
  bool finish(LogicalResult (*emit)(ModuleOp, const mlir::halftone::EmitOptions &,
                                    llvm::raw_pwrite_stream &));
  bool writeText(ModuleOp stage);
  bool writeONNX();
  bool writeReport();

  bool fail(const llvm::Twine &message) {
    llvm::errs() << options.model << ": error: " << message << "\n";
    return false;
  }
  bool fail(llvm::Error error) { return fail(llvm::toString(std::move(error))); }

  /// Runs `step` as a phase: announced before, its time recorded after.
  bool phase(llvm::StringRef name, llvm::function_ref<bool()> step);
  bool runPasses(ModuleOp target, llvm::function_ref<void(PassManager &)> populate);
  bool stopsAt(EmitStage stage) const { return options.emit == stage; }
  mlir::halftone::CPUPipelineOptions pipelineOptions() const;
  mlir::halftone::EmitOptions emitOptions();

  const CompileOptions &options;
  mlir::MLIRContext context;
  mlir::halftone::DiagnosticPrinter printer;
  mlir::halftone::Report report;
  mlir::halftone::Timing timing;
  std::shared_ptr<const Recipe> recipe;
  mlir::halftone::CPUTarget target;
  OwningOpRef<ModuleOp> module;
  std::string sourceHash;
  std::string observationsPath;
  std::optional<AtomicFile> reportFile;
  /// Temporary files, removed at the end.
  std::vector<std::unique_ptr<llvm::FileRemover>> temporaries;
};
} // namespace

bool Compilation::phase(llvm::StringRef name, llvm::function_ref<bool()> step) {
  if (options.progress)
    options.progress({name, 0, 0});
  auto start = std::chrono::steady_clock::now();
  bool succeeded = step();
  std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  timing.endPhase(name, seconds.count());
  return succeeded;
}

bool Compilation::runPasses(ModuleOp target, llvm::function_ref<void(PassManager &)> populate) {
  PassManager passes(&context);
  timing.observe(passes);
  populate(passes);
  if (succeeded(passes.run(target)))
    return true;
  return printer.getNumErrors() > 0 ? false : fail("a pass failed without saying why");
}

mlir::halftone::CPUPipelineOptions Compilation::pipelineOptions() const {
  mlir::halftone::CPUPipelineOptions pipeline;
  pipeline.target = target;
  pipeline.reference = options.reference;
  pipeline.profile = options.profile;
  return pipeline;
}

mlir::halftone::EmitOptions Compilation::emitOptions() {
  mlir::halftone::EmitOptions emit;
  emit.target = target;
  emit.provenance = {recipe->getText().str(), sourceHash, kVersion.str()};
  emit.onStep = [&](llvm::StringRef step, double seconds) { timing.addStep(step, seconds); };
  return emit;
}

bool Compilation::prepare() {
  llvm::Expected<Recipe> loaded = Recipe::load(options.recipe);
  if (!loaded)
    return fail(loaded.takeError());
  recipe = std::make_shared<const Recipe>(std::move(*loaded));
  llvm::Expected<mlir::halftone::CPUTarget> found = mlir::halftone::CPUTarget::get(options.target);
  if (!found)
    return fail(found.takeError());
  target = *found;
  if (!openOutputs())
    return false;
  if (!options.calibration.empty() && !options.observations.empty())
    return fail("give calibration data or observations, not both");
  if (recipe->needsObservations() && options.calibration.empty() && options.observations.empty())
    return fail(
        "recipe '" + recipe->getName() +
        "' has static activations, which need calibration data: give --calibration DATA.npz "
        "or --observations FILE, or use the recipe w8a8-dynamic");
  return true;
}

/// Paths that cannot be written are said before the work, not after it.
bool Compilation::openOutputs() {
  llvm::Expected<AtomicFile> probe = AtomicFile::create(options.output);
  if (!probe)
    return fail(probe.takeError());
  if (options.report.empty())
    return true;
  llvm::Expected<AtomicFile> file = AtomicFile::create(options.report);
  if (!file)
    return fail(file.takeError());
  reportFile.emplace(std::move(*file));
  return true;
}

bool Compilation::importModel() {
  mlir::halftone::ImportOptions importOptions;
  importOptions.dims = options.dims;
  importOptions.text = options.text;
  module = mlir::halftone::importModel(options.model, importOptions, &context);
  if (!module)
    return false;
  llvm::Expected<std::string> hash = mlir::halftone::hashSource(options.model, *module);
  if (!hash)
    return fail(hash.takeError());
  sourceHash = *hash;
  (*module)->setAttr("halftone.source_hash", mlir::StringAttr::get(&context, sourceHash));
  return true;
}

/// Compiles the float program with observers for this machine, runs it on the samples, and saves
/// what was seen.
bool Compilation::calibrateInto(llvm::StringRef path) {
  llvm::Expected<mlir::halftone::CPUTarget> native = mlir::halftone::CPUTarget::get("native");
  if (!native)
    return fail(native.takeError());
  OwningOpRef<ModuleOp> observing = module->clone();
  mlir::halftone::CPUPipelineOptions pipeline;
  pipeline.target = *native;
  pipeline.calibration = true;
  if (!runPasses(*observing, [&](PassManager &passes) {
        mlir::halftone::populateObservePipeline(passes, {recipe});
        mlir::halftone::populateLowerToLLVMPipeline(passes, pipeline);
      }))
    return false;
  llvm::SmallString<128> program;
  if (std::error_code code = llvm::sys::fs::createTemporaryFile("halftone-observe", "so", program))
    return fail("cannot create a temporary file: " + code.message());
  temporaries.push_back(std::make_unique<llvm::FileRemover>(program));
  mlir::halftone::EmitOptions emit = emitOptions();
  emit.target = *native;
  emit.provenance.recipe.clear();
  if (failed(mlir::halftone::emitSharedLibrary(*observing, emit, program)))
    return false;

  Observations observations(sourceHash);
  CalibrationOptions calibration{options.calibration, options.threads,
                                 [&](int64_t done, int64_t total) {
                                   if (options.progress)
                                     options.progress({"calibrate", done, total});
                                 }};
  if (llvm::Error error = calibrate(program, calibration, observations))
    return fail(std::move(error));
  if (llvm::Error error = observations.save(path))
    return fail(std::move(error));
  return true;
}

bool Compilation::observe() {
  if (!recipe->needsObservations())
    return true;
  observationsPath = options.observations;
  if (!observationsPath.empty())
    return true;
  observationsPath = options.saveObservations;
  if (observationsPath.empty()) {
    llvm::SmallString<128> path;
    if (std::error_code code =
            llvm::sys::fs::createTemporaryFile("halftone-observations", "json", path))
      return fail("cannot create a temporary file: " + code.message());
    temporaries.push_back(std::make_unique<llvm::FileRemover>(path));
    observationsPath = path.str().str();
  }
  return phase("calibrate", [&] { return calibrateInto(observationsPath); });
}

bool Compilation::quantize() {
  // Also when the recipe is float: a model that brings its own QDQ is fused as well.
  bool fuse = !stopsAt(EmitStage::ONNX);
  return phase("quantize", [&] {
    return runPasses(*module, [&](PassManager &passes) {
      mlir::halftone::populateQuantizePipeline(passes, {recipe, observationsPath, fuse});
    });
  });
}

bool Compilation::writeText(ModuleOp stage) {
  llvm::Expected<AtomicFile> file = AtomicFile::create(options.output);
  if (!file)
    return fail(file.takeError());
  std::string text;
  llvm::raw_string_ostream stream(text);
  mlir::OpPrintingFlags flags;
  flags.elideLargeResourceString(64).elideLargeElementsAttrs(64).enableDebugInfo(false);
  stage->print(stream, flags);
  stream << "\n";
  if (llvm::Error error = file->write(text))
    return fail(std::move(error));
  if (llvm::Error error = file->commit())
    return fail(std::move(error));
  return true;
}

bool Compilation::writeONNX() {
  return phase("export", [&] {
    mlir::halftone::ExportOptions exportOptions{options.matmulNBits, options.maxInlineBytes,
                                                HALFTONE_VERSION};
    return succeeded(mlir::halftone::exportModel(*module, options.output, exportOptions));
  });
}

bool Compilation::finish(LogicalResult (*emit)(ModuleOp, const mlir::halftone::EmitOptions &,
                                               llvm::raw_pwrite_stream &)) {
  llvm::Expected<AtomicFile> file = AtomicFile::create(options.output);
  if (!file)
    return fail(file.takeError());
  llvm::SmallString<0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  if (failed(emit(*module, emitOptions(), stream)))
    return false;
  if (llvm::Error error = file->write(bytes))
    return fail(std::move(error));
  if (llvm::Error error = file->commit())
    return fail(std::move(error));
  return true;
}

bool Compilation::lowerAndEmit() {
  mlir::halftone::CPUPipelineOptions pipeline = pipelineOptions();
  using Populate = void (*)(mlir::OpPassManager &, const mlir::halftone::CPUPipelineOptions &);
  auto lower = [&](llvm::StringRef name, Populate populate) {
    return phase(name, [&] {
      return runPasses(*module, [&](PassManager &passes) { populate(passes, pipeline); });
    });
  };
  if (!lower("lower to tensors", mlir::halftone::populateLowerToTensorsPipeline))
    return false;
  if (options.emit > EmitStage::Tensors &&
      !lower("lower to loops", mlir::halftone::populateLowerToLoopsPipeline))
    return false;
  if (options.emit > EmitStage::Loops &&
      !lower("lower to LLVM", mlir::halftone::populateLowerLoopsToLLVMPipeline))
    return false;
  // The weights as they were before they were packed.
  mlir::halftone::releaseUnusedResources(*module);
  if (options.emit <= EmitStage::LLVM)
    return writeText(*module);
  return phase("generate code", [&] {
    if (stopsAt(EmitStage::LLVMIR))
      return finish([](ModuleOp module, const mlir::halftone::EmitOptions &emit,
                       llvm::raw_pwrite_stream &stream) {
        return mlir::halftone::emitLLVMIR(module, emit, stream);
      });
    if (stopsAt(EmitStage::Object))
      return finish(mlir::halftone::emitObject);
    return succeeded(mlir::halftone::emitSharedLibrary(*module, emitOptions(), options.output));
  });
}

bool Compilation::writeReport() {
  if (options.timing)
    timing.print(llvm::outs());
  if (options.report.empty())
    return true;
  report.set("model", options.model);
  report.set("output", options.output);
  report.set("source_hash", sourceHash);
  report.set("recipe", recipe->getName());
  report.set("recipe_text", recipe->getText());
  report.set("target", target.cpu);
  report.set("compiler", kVersion);
  report.set("phases", timing.toJSON());
  uint64_t bytes = 0;
  if (!llvm::sys::fs::file_size(options.output, bytes))
    report.set("output_bytes", int64_t(bytes));
  if (llvm::Error error = reportFile->write(report.toText()))
    return fail(std::move(error));
  if (llvm::Error error = reportFile->commit())
    return fail(std::move(error));
  return true;
}

bool Compilation::run() {
  if (!prepare() || !phase("import", [&] { return importModel(); }))
    return false;
  if (stopsAt(EmitStage::Import))
    return writeText(*module) && writeReport();
  bool simplified = phase("simplify", [&] {
    return runPasses(*module,
                     [](PassManager &passes) { mlir::halftone::populateSimplifyPipeline(passes); });
  });
  if (!simplified)
    return false;
  report.addLayers(*module);
  if (stopsAt(EmitStage::Graph))
    return writeText(*module) && writeReport();
  if (!observe() || !quantize())
    return false;
  report.addQuantization(*module);
  if (stopsAt(EmitStage::ONNX))
    return writeONNX() && writeReport();
  if (stopsAt(EmitStage::Quantized))
    return writeText(*module) && writeReport();
  return lowerAndEmit() && writeReport();
}

bool halftone::compile(const CompileOptions &options) { return Compilation(options).run(); }
