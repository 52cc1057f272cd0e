// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ModelTask.h"

#include "SourceHash.h"
#include "halftone/Analysis/WeightContraction.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/ONNX/Import.h"
#include "halftone/Pipelines/CPUPipeline.h"
#include "halftone/Pipelines/GraphPipeline.h"
#include "halftone/Pipelines/Register.h"
#include "halftone/Target/EmitModule.h"
#include "halftone/Transforms/AssignSchemes.h"
#include "halftone/Transforms/SchemeAttribute.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <chrono>

using namespace mlir;
using namespace mlir::halftone;

static DialectRegistry makeRegistry() {
  DialectRegistry registry;
  registerAllDialects(registry);
  return registry;
}

ModelTask::ModelTask(const ::halftone::ModelOptions &options)
    : modelOptions(options), context(makeRegistry()), printer(&context, options.model) {
  // A model is described by its own names, not by pages of IR.
  context.printOpOnDiagnostic(false);
}

bool ModelTask::fail(const llvm::Twine &message) {
  llvm::errs() << modelOptions.model << ": error: " << message << "\n";
  return false;
}

bool ModelTask::phase(StringRef name, llvm::function_ref<bool()> step) {
  if (modelOptions.progress)
    modelOptions.progress({name, 0, 0});
  auto start = std::chrono::steady_clock::now();
  bool succeeded = step();
  std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  timing.endPhase(name, seconds.count());
  return succeeded;
}

bool ModelTask::runPasses(ModuleOp target, llvm::function_ref<void(PassManager &)> populate) {
  PassManager passes(&context);
  timing.observe(passes);
  populate(passes);
  if (succeeded(passes.run(target)))
    return true;
  return printer.getNumErrors() > 0 ? false : fail("a pass failed without saying why");
}

bool ModelTask::importModel() {
  ImportOptions importOptions;
  importOptions.dims = modelOptions.dims;
  importOptions.text = modelOptions.text;
  module = mlir::halftone::importModel(modelOptions.model, importOptions, &context);
  if (!module)
    return false;
  llvm::Expected<std::string> hash = hashSource(modelOptions.model, *module);
  if (!hash)
    return fail(hash.takeError());
  sourceHash = *hash;
  (*module)->setAttr("halftone.source_hash", StringAttr::get(&context, sourceHash));
  return true;
}

bool ModelTask::simplify() {
  return runPasses(*module, [](PassManager &passes) { populateSimplifyPipeline(passes); });
}

bool ModelTask::assignSchemes(std::shared_ptr<const ::halftone::Recipe> recipe) {
  // Remarks are made when the schemes are assigned for good.
  ScopedDiagnosticHandler noRemarks(&context, [](Diagnostic &diagnostic) {
    return success(diagnostic.getSeverity() == DiagnosticSeverity::Remark);
  });
  return runPasses(*module, [&](PassManager &passes) {
    passes.addNestedPass<func::FuncOp>(createAssignSchemes(std::move(recipe)));
  });
}

bool ModelTask::createTemporary(StringRef name, StringRef suffix, std::string &path) {
  llvm::Expected<TemporaryFile> file = TemporaryFile::create(name, suffix);
  if (!file)
    return fail(file.takeError());
  path = file->getPath();
  temporaries.push_back(std::move(*file));
  return true;
}

bool ModelTask::quantizeAssigned(ModuleOp copy, std::shared_ptr<const ::halftone::Recipe> recipe,
                                 StringRef observations) {
  QuantizeOptions quantization{std::move(recipe), observations.str()};
  quantization.isAssigned = true;
  return runPasses(copy,
                   [&](PassManager &passes) { populateQuantizePipeline(passes, quantization); });
}

bool ModelTask::compileCopy(OwningOpRef<ModuleOp> copy, StringRef path, bool withProfile) {
  for (auto function : copy->getOps<func::FuncOp>())
    function->removeAttr(kQuantizedWeightsName);
  if (!compileNative(std::move(copy), /*withObservers=*/false, path, withProfile))
    return false;
  releaseUnusedResources(*module);
  return true;
}

bool ModelTask::compileNative(OwningOpRef<ModuleOp> program, bool withObservers, StringRef path,
                              bool withProfile) {
  llvm::Expected<CPUTarget> native = CPUTarget::get("native");
  if (!native)
    return fail(native.takeError());
  CPUPipelineOptions pipeline;
  pipeline.target = *native;
  pipeline.calibration = withObservers;
  pipeline.profile = withProfile;
  if (!runPasses(*program,
                 [&](PassManager &passes) { populateLowerToLLVMPipeline(passes, pipeline); }))
    return false;
  EmitOptions emit;
  emit.target = *native;
  emit.provenance = {/*recipe=*/"", sourceHash, kCompilerVersion.str()};
  emit.onStep = [&](StringRef step, double seconds) { timing.addStep(step, seconds); };
  return succeeded(emitSharedLibrary(*program, emit, path));
}

bool ModelTask::runObserver(OwningOpRef<ModuleOp> program,
                            llvm::function_ref<llvm::Error(StringRef path)> run) {
  llvm::Expected<TemporaryFile> library = TemporaryFile::create("observe", "so");
  if (!library)
    return fail(library.takeError());
  // The program's memory is for the run then.
  if (!compileNative(std::move(program), /*withObservers=*/true, library->getPath()))
    return false;
  if (llvm::Error error = run(library->getPath()))
    return fail(std::move(error));
  return true;
}

/// The dimensions of the observed tensors that contractions sum over.
static llvm::StringMap<int64_t> findChannelAxes(ModuleOp program) {
  llvm::StringMap<int64_t> axes;
  program.walk([&](Operation *op) {
    std::optional<WeightContraction> contraction = matchWeightContraction(op);
    if (!contraction)
      return;
    if (auto observer = contraction->activations->get().getDefiningOp<ObserveOp>())
      axes.try_emplace(observer.getTensor(), contraction->getInputAxis());
  });
  return axes;
}

bool ModelTask::observe(::halftone::CalibrationOptions calibration,
                        ::halftone::Observations &observations) {
  OwningOpRef<ModuleOp> observing = module->clone();
  if (!runPasses(*observing, [&](PassManager &passes) {
        // All: what a tensor was does not depend on who asks.
        populateObservePipeline(passes, {/*recipe=*/nullptr, /*all=*/true});
      }))
    return false;
  calibration.channelAxes = findChannelAxes(*observing);
  calibration.threads = modelOptions.threads;
  calibration.progress = [&](int64_t done, int64_t total) {
    if (modelOptions.progress)
      modelOptions.progress({"calibrate", done, total});
  };
  return runObserver(std::move(observing), [&](StringRef program) {
    return ::halftone::calibrate(program, calibration, observations);
  });
}

bool ModelTask::calibrateInto(StringRef samples, StringRef path) {
  ::halftone::Observations observations(sourceHash);
  ::halftone::CalibrationOptions calibration;
  calibration.samples.data = samples.str();
  if (!observe(std::move(calibration), observations))
    return false;
  if (llvm::Error error = observations.save(path.str()))
    return fail(std::move(error));
  return true;
}
