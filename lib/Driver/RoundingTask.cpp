// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "RoundingTask.h"

#include "halftone/CPU/CPUTarget.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Transforms/AssignSchemes.h"
#include "halftone/Transforms/Passes.h"
#include "halftone/Transforms/RoundedFile.h"
#include "halftone/Transforms/SchemeAttribute.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::GramMatrix;
using ::halftone::GramRequest;

bool RoundingTask::prepareRounding(std::shared_ptr<const ::halftone::Recipe> recipe) {
  // Remarks are made when the schemes are assigned for good.
  ScopedDiagnosticHandler noRemarks(&context, [](Diagnostic &diagnostic) {
    return success(diagnostic.getSeverity() == DiagnosticSeverity::Remark);
  });
  return runPasses(*module, [&](PassManager &passes) {
    passes.addNestedPass<func::FuncOp>(createAssignSchemes(std::move(recipe)));
    passes.addNestedPass<func::FuncOp>(createInsertObservers());
  });
}

/// The text of the recipe is part of what all layers' weights follow from where smoothing changes
/// the model: what a recipe says of one layer may then change others.
std::optional<RoundingCheckpoint> RoundingTask::openCheckpoint(const ::halftone::Recipe &recipe,
                                                               const Data &data,
                                                               const Keeping &keeping) {
  llvm::Expected<CPUTarget> native = CPUTarget::get("native");
  if (!native)
    return fail(native.takeError()), std::nullopt;
  Fingerprint follows;
  for (StringRef part : {StringRef(kCompilerVersion), StringRef(sourceHash), StringRef(native->cpu),
                         StringRef(native->features)})
    follows.add(part);
  for (const auto &[name, size] : modelOptions.dims)
    follows.add(name + "=" + std::to_string(size));
  follows.add(recipe.getSmoothing() ? recipe.getText() : "");
  for (StringRef path : {StringRef(data.samples), StringRef(keeping.observations)})
    if (!path.empty())
      if (llvm::Error error = follows.addFiles(path))
        return fail(std::move(error)), std::nullopt;
  llvm::Expected<RoundingCheckpoint> checkpoint = RoundingCheckpoint::open(keeping.folder, follows);
  if (!checkpoint)
    return fail(checkpoint.takeError()), std::nullopt;
  return std::move(*checkpoint);
}

bool RoundingTask::roundByInputs(const ::halftone::Recipe &recipe, const Data &data,
                                 const Keeping &keeping) {
  if (keeping.folder.empty())
    return recipe.isSequential() ? roundInTurn(data, nullptr) : gatherAll(data);
  std::optional<RoundingCheckpoint> checkpoint = openCheckpoint(recipe, data, keeping);
  if (!checkpoint)
    return false;
  if (recipe.isSequential()) {
    if (!roundInTurn(data, &*checkpoint))
      return false;
  } else {
    std::vector<GramInput> inputs = findGramInputs(*module);
    for (const GramInput &input : inputs)
      checkpoint->assignFiles(input);
    if (keeping.share) {
      llvm::erase_if(inputs,
                     [](const GramInput &input) { return !RoundingCheckpoint::hasFiles(input); });
      inputs = takeShare(inputs, *keeping.share);
    }
    if (!roundIntoFiles(inputs, data))
      return false;
  }
  sayWhatWasKept(keeping.folder);
  return true;
}

void RoundingTask::sayWhatWasKept(StringRef folder) {
  if (numKept != 0)
    module->emitRemark("the layers of ")
        << numKept << " of " << numInputs << " inputs were rounded before, into '" << folder << "'";
}

bool RoundingTask::roundInTurn(const Data &data, RoundingCheckpoint *checkpoint) {
  numInputs = numRuns = int64_t(findGramInputs(*module).size());
  for (numDone = 0; numDone != numRuns; ++numDone) {
    // Found again each time: quantized layers are no longer among them.
    const GramInput input = findGramInputs(*module).front();
    if (checkpoint) {
      checkpoint->assignFiles(input);
      checkpoint->addRounded(input); // While its weights are those of the model.
    }
    bool isKept = checkpoint && RoundingCheckpoint::isComplete(input);
    numKept += isKept;
    if ((!isKept && !gather(input, data)) || !quantizeObserved(*module))
      return false;
    releaseUnusedResources(*module);
  }
  return true;
}

/// A copy of the program in which nothing is left to round but the layers that have both a matrix
/// and a file.
static OwningOpRef<ModuleOp> copyToRound(ModuleOp program) {
  OwningOpRef<ModuleOp> copy = program.clone();
  copy->walk([](Operation *op) {
    if (getGramMatrix(op) && !getRoundedFile(op).empty())
      return;
    removeGramMatrix(op);
    removeRoundedFile(op);
  });
  return copy;
}

bool RoundingTask::roundIntoFiles(ArrayRef<GramInput> inputs, const Data &data) {
  std::vector<GramInput> missing;
  for (const GramInput &input : inputs)
    if (!RoundingCheckpoint::isComplete(input))
      missing.push_back(input);
  numInputs = int64_t(inputs.size());
  numKept = numInputs - int64_t(missing.size());
  return gatherInRuns(missing, data, [&](ArrayRef<GramInput> gathered) {
    {
      // They are made again when the module is.
      ScopedDiagnosticHandler noRemarks(&context, [](Diagnostic &diagnostic) {
        return success(diagnostic.getSeverity() == DiagnosticSeverity::Remark);
      });
      if (!quantizeObserved(*copyToRound(*module)))
        return false;
    }
    for (const GramInput &input : gathered)
      for (Operation *layer : input.layers)
        if (!getRoundedFile(layer).empty())
          removeGramMatrix(layer);
    releaseUnusedResources(*module);
    return true;
  });
}

/// As many of `inputs` as have room together, at least one.
static size_t countThatFit(ArrayRef<GramInput> inputs, uint64_t maxBytes) {
  uint64_t bytes = 0;
  size_t count = 0;
  while (count != inputs.size()) {
    uint64_t matrices = uint64_t(inputs[count].groups) * (inputs[count].holdsBack ? 2 : 1);
    bytes += matrices * GramMatrix::countBytes(inputs[count].size);
    if (count != 0 && bytes > maxBytes)
      break;
    ++count;
  }
  return count;
}

bool RoundingTask::gatherAll(const Data &data) {
  return gatherInRuns(findGramInputs(*module), data, [](ArrayRef<GramInput>) { return true; });
}

bool RoundingTask::gatherInRuns(ArrayRef<GramInput> inputs, const Data &data,
                                llvm::function_ref<bool(ArrayRef<GramInput>)> afterRun) {
  std::vector<ArrayRef<GramInput>> runs;
  for (ArrayRef<GramInput> rest = inputs; !rest.empty(); rest = rest.drop_front(runs.back().size()))
    runs.push_back(rest.take_front(countThatFit(rest, data.maxBytes)));
  numRuns = int64_t(runs.size());
  for (numDone = 0; numDone != numRuns; ++numDone)
    if (!gather(runs[numDone], data) || !afterRun(runs[numDone]))
      return false;
  return true;
}

/// A copy of the program that observes `inputs` and nothing else.
static OwningOpRef<ModuleOp> observeOnly(ModuleOp program, ArrayRef<GramInput> inputs) {
  llvm::StringSet<> names;
  for (GramInput input : inputs)
    names.insert(input.observer.getTensor());
  OwningOpRef<ModuleOp> copy = program.clone();
  copy->walk([&](ObserveOp observer) {
    if (names.contains(observer.getTensor()))
      return;
    observer.replaceAllUsesWith(observer.getInput());
    observer.erase();
  });
  return copy;
}

static GramRequest makeRequest(GramInput input) {
  std::vector<GramMatrix> grams(size_t(input.groups), GramMatrix(input.size));
  return {input.observer.getTensor().str(), input.windows, grams,
          input.holdsBack ? grams : std::vector<GramMatrix>()};
}

/// One matrix after the other; nothing if one of them has seen no vectors.
static std::optional<std::vector<float>> takeAll(MutableArrayRef<GramMatrix> grams) {
  std::vector<float> all;
  for (GramMatrix &gram : grams) {
    if (gram.getNumVectors() == 0)
      return std::nullopt;
    std::vector<float> elements = gram.takeFloats();
    if (grams.size() == 1)
      return elements;
    llvm::append_range(all, elements);
  }
  return all;
}

bool RoundingTask::attachMatrices(const GramInput &input, GramRequest &request) {
  auto fail = [&](const llvm::Twine &what) {
    Operation *layer = input.layers.front();
    const ::halftone::WeightScheme weights = getScheme(layer)->weights;
    bool rounds = weights.roundsByInputs();
    layer->emitError(rounds ? "its weights are rounded by '" : "its format is chosen by '")
        << (rounds ? weights.rounding : weights.choice) << "', but no " << what
        << " reached its inputs; give other data, or this node '"
        << (rounds ? "rounding: nearest'" : "by: tensor-mse'");
    return false;
  };
  std::optional<std::vector<float>> grams = takeAll(request.grams);
  if (!grams)
    return fail("calibration sample");
  std::optional<std::vector<float>> heldBack = takeAll(request.heldBack);
  if (!heldBack)
    return fail("sample of those that are held back to judge it by");
  setGramMatrix(input, *grams, *heldBack);
  return true;
}

bool RoundingTask::gather(ArrayRef<GramInput> inputs, const Data &data) {
  std::vector<GramRequest> requests;
  for (const GramInput &input : inputs)
    requests.push_back(makeRequest(input));
  ::halftone::CalibrationOptions options;
  options.samples.data = data.samples;
  options.threads = modelOptions.threads;
  options.progress = [&](int64_t done, int64_t total) {
    if (modelOptions.progress)
      modelOptions.progress({"observe inputs", numDone * total + done, numRuns * total});
  };
  auto run = [&](StringRef program) {
    return ::halftone::gatherGramMatrices(program, options, requests);
  };
  if (!runObserver(observeOnly(*module, inputs), run))
    return false;
  for (auto [input, request] : llvm::zip_equal(inputs, requests))
    if (!attachMatrices(input, request))
      return false;
  return true;
}

bool RoundingTask::quantizeObserved(ModuleOp program) {
  return runPasses(program, [](PassManager &passes) {
    passes.addNestedPass<func::FuncOp>(createChooseFormats({/*observedOnly=*/true}));
    QuantizeWeightsOptions options;
    options.observedOnly = true;
    passes.addNestedPass<func::FuncOp>(createQuantizeWeights(options));
  });
}
