// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Driver/Compile.h"

#include "Report.h"
#include "SmoothingTask.h"
#include "StaticLayers.h"
#include "halftone/Analysis/NodeName.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/IO/FileError.h"
#include "halftone/ONNX/Export.h"
#include "halftone/Pipelines/CPUPipeline.h"
#include "halftone/Pipelines/GPUPipeline.h"
#include "halftone/Pipelines/GraphPipeline.h"
#include "halftone/Target/EmitModule.h"
#include "halftone/Transforms/Recipe.h"
#include "mlir/IR/AsmState.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <mutex>

using namespace halftone;
using mlir::failed;
using mlir::LogicalResult;
using mlir::ModuleOp;
using mlir::PassManager;

static constexpr std::pair<llvm::StringLiteral, EmitStage> kStages[] = {
    {"mlir-import", EmitStage::Import},
    {"mlir-graph", EmitStage::Graph},
    {"onnx", EmitStage::ONNX},
    {"mlir-quantized", EmitStage::Quantized},
    {"mlir-tensors", EmitStage::Tensors},
    {"mlir-loops", EmitStage::Loops},
    {"mlir-llvm", EmitStage::LLVM},
    {"ptx", EmitStage::PTX},
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
class Compilation : mlir::halftone::SmoothingTask {
public:
  explicit Compilation(const CompileOptions &options) : SmoothingTask(options), options(options) {}

  bool run();

private:
  bool prepare();
  bool openOutputs();
  bool smooth();
  bool findObservations();
  bool failWithoutData(llvm::ArrayRef<std::string> layers, llvm::StringRef advice);
  bool roundWeights();
  bool checkBlocks();
  bool quantize();
  bool lowerAndEmit();
  bool finish(LogicalResult (*emit)(ModuleOp, const mlir::halftone::EmitOptions &,
                                    llvm::raw_pwrite_stream &));
  bool writeText(ModuleOp stage);
  bool writeONNX();
  bool completeReport();
  bool writeReport();

  bool stopsAt(EmitStage stage) const { return options.emit == stage; }
  bool chooseTarget();
  bool lower();
  bool lowerForDevice();
  mlir::halftone::CPUPipelineOptions pipelineOptions() const;
  mlir::halftone::EmitOptions emitOptions();

  const CompileOptions &options;
  mlir::halftone::Report report;
  std::shared_ptr<const Recipe> recipe;
  mlir::halftone::CPUTarget target;
  /// The program has kernels for a device.
  bool hasDevice = false;
  bool emulateDevice = false;
  std::string observationsPath;
  std::optional<AtomicFile> reportFile;
};
} // namespace

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
  emit.provenance = {recipe->getText().str(), sourceHash, mlir::halftone::kCompilerVersion.str()};
  if (hasDevice)
    emit.devices = {{"sm_90a", "+ptx80", 9, 0, /*isExact=*/true},
                    {"sm_80", "+ptx80", 8, 0, /*isExact=*/false}};
  emit.emulateDevice = emulateDevice;
  emit.layers = report.getModuleLayers();
  emit.onStep = [&](llvm::StringRef step, double seconds) { timing.addStep(step, seconds); };
  return emit;
}

bool Compilation::prepare() {
  llvm::Expected<Recipe> loaded = options.recipeText.empty()
                                      ? Recipe::load(options.recipe)
                                      : Recipe::parse(options.recipeText, options.recipe);
  if (!loaded)
    return fail(loaded.takeError());
  recipe = std::make_shared<const Recipe>(std::move(*loaded));
  if (!chooseTarget() || !checkBlocks() || (!options.blocks && !openOutputs()))
    return false;
  bool needsBoth = recipe->needsInputs() || (recipe->getSmoothing() && recipe->needsObservations());
  if (!options.calibration.empty() && !options.observations.empty() && !needsBoth)
    return fail("give calibration data or observations, not both");
  return true;
}

bool Compilation::chooseTarget() {
  emulateDevice = options.target == "nvptx-emulated";
  hasDevice = emulateDevice || options.target == "nvptx";
  if (hasDevice && (options.reference || options.profile))
    return fail("--reference and --profile are for CPUs");
  if (stopsAt(EmitStage::PTX) && (!hasDevice || emulateDevice))
    return fail("--emit=ptx needs --target=nvptx");
  // Beside a device, the CPU has little to do: code for most of them.
  llvm::Expected<mlir::halftone::CPUTarget> found =
      mlir::halftone::CPUTarget::get(hasDevice ? "x86-64-v3" : options.target);
  if (!found)
    return fail(found.takeError());
  target = *found;
  return true;
}

bool Compilation::checkBlocks() {
  if (!options.checkpoint.empty() && !recipe->needsInputs())
    return fail("recipe '" + recipe->getName() +
                "' rounds no weights by their inputs: there is nothing to keep in a checkpoint; "
                "leave it out");
  if (options.blocks && options.checkpoint.empty())
    return fail("--blocks needs --checkpoint FOLDER, where its part of the weights is kept");
  if (options.blocks && recipe->isSequential())
    return fail(
        "recipe '" + recipe->getName() +
        "' is sequential: each layer is rounded for what the rounded layers before it give, "
        "so that none is independent; leave out --blocks, or 'sequential: true'");
  return true;
}

/// Paths that cannot be written are said before the work, not after it.
bool Compilation::openOutputs() {
  llvm::Expected<AtomicFile> probe = AtomicFile::create(options.output);
  if (!probe)
    return fail(probe.takeError());
  if (!options.saveObservations.empty())
    if (llvm::Expected<AtomicFile> kept = AtomicFile::create(options.saveObservations); !kept)
      return fail(kept.takeError());
  if (options.report.empty())
    return true;
  llvm::Expected<AtomicFile> file = AtomicFile::create(options.report);
  if (!file)
    return fail(file.takeError());
  reportFile.emplace(std::move(*file));
  return true;
}

bool Compilation::failWithoutData(llvm::ArrayRef<std::string> layers, llvm::StringRef advice) {
  constexpr size_t maxNames = 10;
  std::string names = llvm::join(layers.take_front(maxNames), ", ");
  if (layers.size() > maxNames)
    names += " and " + std::to_string(layers.size() - maxNames) + " more";
  return fail("recipe '" + recipe->getName() + "' needs calibration data for the inputs of " +
              llvm::Twine(layers.size()) + (layers.size() == 1 ? " layer: " : " layers: ") + names +
              "; " + advice);
}

bool Compilation::smooth() {
  if (!recipe->getSmoothing())
    return true;
  if (!phase("assign schemes", [&] { return assignSchemes(recipe); }))
    return false;
  std::vector<std::string> layers = mlir::halftone::findSmoothedLayers(*module);
  if (layers.empty())
    return true;
  bool isAWQ = recipe->getSmoothing()->method == "awq";
  bool isSearched = recipe->getSmoothing()->searchesAlpha;
  if (options.calibration.empty() && (isAWQ || isSearched || options.observations.empty()))
    return failWithoutData(layers,
                           isAWQ ? "give --calibration DATA.npz: the factors depend on which "
                                   "inputs go together, which observations do not hold"
                           : isSearched ? "give --calibration DATA.npz: 'alpha: search' runs the "
                                          "model on it"
                                        : "give --calibration DATA.npz or --observations FILE of "
                                          "quant-calibrate: the factors depend on what the inputs "
                                          "are");
  if (recipe->needsObservations() && options.calibration.empty())
    return fail("recipe '" + recipe->getName() +
                "' needs calibration data: observations say nothing of the ranges that activations "
                "have when they are smoothed; give --calibration DATA.npz, or use the recipe "
                "w8a8-smoothquant-o1");
  std::string path = options.observations;
  if (path.empty() && !(isAWQ && options.saveObservations.empty())) {
    path = options.saveObservations;
    if (path.empty() && !createTemporary("observations", "json", path))
      return false;
    if (!phase("calibrate", [&] { return calibrateInto(options.calibration, path); }))
      return false;
  }
  return phase("smooth", [&] {
    if (isAWQ)
      return scaleSalientWeights(recipe, {options.calibration, options.maxRoundingBytes});
    SmoothingScheme smoothing = *recipe->getSmoothing();
    if (!smoothing.searchesAlpha)
      return smoothActivations(smoothing, path);
    std::optional<double> alpha;
    if (!searchAlpha(recipe, path, options.calibration, alpha))
      return false;
    smoothing.alpha = alpha.value_or(smoothing.alpha);
    return !alpha || smoothActivations(smoothing, path);
  });
}

/// Where the quantization reads observations, after a calibration if need be.
bool Compilation::findObservations() {
  // Before a model was smoothed, its observations were used, and kept.
  bool isSmoothed = recipe->getSmoothing().has_value();
  std::string keepAt = isSmoothed ? "" : options.saveObservations;
  observationsPath = isSmoothed ? "" : options.observations;
  bool keepsNew = !keepAt.empty() && !options.calibration.empty();
  if (!recipe->needsObservations() && !keepsNew)
    return true;
  std::optional<std::vector<std::string>> layers;
  if (!phase("assign schemes", [&] {
        layers = mlir::halftone::findStaticLayers(*module, recipe);
        return layers.has_value();
      }))
    return false;
  if (!observationsPath.empty())
    return true;
  if (options.calibration.empty() && !layers->empty())
    return failWithoutData(*layers, "give --calibration DATA.npz or --observations FILE of "
                                    "quant-calibrate, or use the recipe w8a8-dynamic");
  // Nothing needs observations, and nobody keeps them.
  if (options.calibration.empty() || (layers->empty() && keepAt.empty()))
    return true;
  observationsPath = keepAt;
  if (observationsPath.empty() && !createTemporary("observations", "json", observationsPath))
    return false;
  return phase("calibrate", [&] { return calibrateInto(options.calibration, observationsPath); });
}

/// Those weights whose rounding depends on the layers' inputs.
bool Compilation::roundWeights() {
  if (!recipe->needsInputs())
    return true;
  return phase("round weights", [&] {
    if (!prepareRounding(recipe))
      return false;
    std::vector<std::string> layers;
    for (const mlir::halftone::GramInput &input : mlir::halftone::findGramInputs(*module))
      for (mlir::Operation *layer : input.layers)
        layers.push_back(mlir::halftone::getNodeName(layer->getLoc()).str());
    if (options.calibration.empty() && !layers.empty())
      return failWithoutData(layers, "give --calibration DATA.npz: weights are rounded by what the "
                                     "inputs are, which observations do not hold");
    Keeping keeping{options.checkpoint, options.observations, std::nullopt};
    if (options.blocks)
      keeping.share = {options.blocks->first, options.blocks->second};
    return roundByInputs(*recipe, {options.calibration, options.maxRoundingBytes}, keeping);
  });
}

bool Compilation::quantize() {
  // Also when the recipe is float: a model that brings its own QDQ is fused as well.
  bool fuse = !stopsAt(EmitStage::ONNX);
  std::mutex oneAtATime;
  return phase("quantize", [&] {
    return runPasses(*module, [&](PassManager &passes) {
      mlir::halftone::QuantizeOptions quantization{recipe, observationsPath, fuse};
      quantization.describeGrids = !options.report.empty();
      quantization.progress = [&](int64_t done, int64_t total) {
        std::lock_guard<std::mutex> lock(oneAtATime);
        if (options.progress)
          options.progress({"quantize", done, total});
      };
      mlir::halftone::populateQuantizePipeline(passes, quantization);
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

bool Compilation::lowerForDevice() {
  mlir::halftone::GPUPipelineOptions pipeline{target};
  using Populate = void (*)(mlir::OpPassManager &, const mlir::halftone::GPUPipelineOptions &);
  auto lower = [&](llvm::StringRef name, Populate populate) {
    return phase(name, [&] {
      return runPasses(*module, [&](PassManager &passes) { populate(passes, pipeline); });
    });
  };
  if (!lower("lower to tensors", mlir::halftone::populateDeviceLowerToTensorsPipeline))
    return false;
  if (options.emit > EmitStage::Tensors &&
      !lower("lower to kernels", mlir::halftone::populateDeviceLowerToKernelsPipeline))
    return false;
  return options.emit <= EmitStage::Loops ||
         lower("lower to LLVM", mlir::halftone::populateDeviceLowerToLLVMPipeline);
}

bool Compilation::lower() {
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
  return true;
}

bool Compilation::lowerAndEmit() {
  if (hasDevice ? !lowerForDevice() : !lower())
    return false;
  // The weights as they were before they were packed.
  mlir::halftone::releaseUnusedResources(*module);
  report.addModuleBytes(*module);
  if (options.emit <= EmitStage::LLVM)
    return writeText(*module);
  return phase("generate code", [&] {
    if (stopsAt(EmitStage::LLVMIR))
      return finish([](ModuleOp module, const mlir::halftone::EmitOptions &emit,
                       llvm::raw_pwrite_stream &stream) {
        return mlir::halftone::emitLLVMIR(module, emit, stream);
      });
    if (stopsAt(EmitStage::PTX))
      return finish(mlir::halftone::emitPTX);
    if (stopsAt(EmitStage::Object))
      return finish(mlir::halftone::emitObject);
    return succeeded(mlir::halftone::emitSharedLibrary(*module, emitOptions(), options.output));
  });
}

static bool isHTML(llvm::StringRef path) {
  llvm::StringRef extension = llvm::sys::path::extension(path);
  return extension == ".html" || extension == ".htm";
}

/// Facts that a report alone needs; before the model is lowered.
bool Compilation::completeReport() {
  if (options.report.empty())
    return true;
  if (!observationsPath.empty()) {
    llvm::Expected<Observations> observations = Observations::load(observationsPath, sourceHash);
    if (!observations)
      return fail(observations.takeError());
    report.addObservations(*observations, *recipe);
  }
  if (options.reportProfile.empty())
    return true;
  auto profile = llvm::MemoryBuffer::getFile(options.reportProfile, /*IsText=*/true);
  if (!profile)
    return fail("cannot read '" + options.reportProfile + "': " + profile.getError().message());
  if (llvm::Error error = report.addProfile((*profile)->getBuffer()))
    return fail("'" + options.reportProfile + "': " + llvm::toString(std::move(error)));
  return true;
}

bool Compilation::writeReport() {
  if (options.timing)
    timing.print(llvm::outs());
  if (options.report.empty())
    return true;
  mlir::halftone::ReportData &data = report.data;
  data.model = options.model;
  data.output = options.output;
  data.sourceHash = sourceHash;
  data.recipe = recipe->getName().str();
  data.recipeText = recipe->getText().str();
  data.target = target.cpu;
  data.compiler = mlir::halftone::kCompilerVersion.str();
  data.phases = timing.getPhases();
  uint64_t bytes = 0;
  if (!llvm::sys::fs::file_size(options.output, bytes))
    data.outputBytes = int64_t(bytes);
  std::string text = isHTML(options.report) ? writeReportHTML(data) : writeReportJSON(data);
  if (llvm::Error error = reportFile->write(text))
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
  if (!phase("simplify", [&] { return simplify(); }))
    return false;
  report.addLayers(*module, /*withHistograms=*/!options.report.empty());
  if (stopsAt(EmitStage::Graph))
    return writeText(*module) && writeReport();
  if (!smooth())
    return false;
  if (options.blocks)
    return roundWeights();
  if (!findObservations() || !roundWeights() || !quantize())
    return false;
  report.addQuantization(*module);
  if (!completeReport())
    return false;
  if (stopsAt(EmitStage::ONNX))
    return writeONNX() && writeReport();
  if (stopsAt(EmitStage::Quantized))
    return writeText(*module) && writeReport();
  return lowerAndEmit() && writeReport();
}

bool halftone::compile(const CompileOptions &options) { return Compilation(options).run(); }
