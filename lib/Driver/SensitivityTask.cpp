// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SensitivityTask.h"

#include "LayerOutputs.h"
#include "halftone/Analysis/NodeName.h"
#include "halftone/Analysis/WeightContraction.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Pipelines/GraphPipeline.h"
#include "halftone/Transforms/AssignSchemes.h"
#include "halftone/Transforms/Passes.h"
#include "llvm/ADT/StringMap.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::LayerScheme;
using ::halftone::OutputError;
using ::halftone::Recipe;
using ::halftone::Scheme;

//===--- What there is to choose from ---===//

const LayerChoice &LayerChoices::get(size_t candidate) const {
  return *llvm::find_if(choices, [&](const LayerChoice &choice) {
    return llvm::is_contained(choice.candidates, candidate);
  });
}

static std::string describe(const std::optional<Scheme> &scheme) {
  return scheme ? ::halftone::writeWeights(scheme->weights) +
                      ::halftone::writeActivations(scheme->activations)
                : "";
}

/// Whether other layers read what the scheme makes of its input.
static bool changesOthers(const LayerChoice &choice) {
  return choice.scheme && choice.scheme->isStatic();
}

void SensitivityTask::addChoice(LayerChoices &layer, size_t candidate) {
  std::optional<Scheme> scheme = candidates[candidate].recipe->schemeFor(layer.node);
  if (scheme && layer.isEmbedding)
    scheme->activations = {};
  auto same = llvm::find_if(layer.choices, [&](const LayerChoice &choice) {
    return describe(choice.scheme) == describe(scheme);
  });
  if (same == layer.choices.end()) {
    layer.choices.emplace_back().scheme = scheme;
    same = std::prev(layer.choices.end());
  }
  same->candidates.push_back(candidate);
}

/// Several ops of one node are one layer.
void SensitivityTask::findLayers() {
  llvm::StringMap<size_t> places;
  llvm::StringMap<int64_t> numOps;
  (*module)->walk([&](Operation *op) {
    std::optional<WeightContraction> contraction = matchWeightContraction(op);
    bool isEmbedding = !contraction && matchEmbedding(op);
    if (!contraction && !isEmbedding)
      return;
    StringRef node = getNodeName(op->getLoc());
    auto [place, isNew] = places.try_emplace(node, layers.size());
    if (isNew) {
      layers.emplace_back().node = node.str();
      layers.back().isEmbedding = isEmbedding;
    }
    bool isSeen = llvm::isa<func::FuncOp>(op->getParentOp()) &&
                  llvm::cast<ShapedType>(op->getResult(0).getType()).getElementType().isF32();
    numOps[node] += isSeen ? 1 : 2;
  });
  Report report;
  report.addLayers(*module, /*withHistograms=*/false);
  for (const ReportLayer &row : report.data.layers)
    if (auto place = places.find(row.node); place != places.end())
      layers[place->second].floatBytes += row.floatBytes;
  for (auto [index, layer] : llvm::enumerate(layers)) {
    LayerChoice &asFloat = layer.choices.emplace_back();
    asFloat.bytes = layer.floatBytes;
    for (size_t candidate = 0; candidate != candidates.size(); ++candidate)
      addChoice(layer, candidate);
    if (numOps[layer.node] == 1)
      visible.push_back(index);
  }
}

SensitivityTask::Assignment SensitivityTask::assignUniformly(size_t candidate) const {
  Assignment assignment;
  for (const LayerChoices &layer : layers)
    assignment.push_back(size_t(&layer.get(candidate) - layer.choices.data()));
  return assignment;
}

std::vector<LayerScheme> SensitivityTask::getSchemes(const Assignment &assignment) const {
  std::vector<LayerScheme> schemes;
  for (auto [layer, choice] : llvm::zip_equal(layers, assignment))
    schemes.push_back({layer.node, layer.choices[choice].scheme});
  return schemes;
}

//===--- Programs ---===//

std::shared_ptr<const Recipe> SensitivityTask::makeRecipe(const Assignment &assignment) {
  llvm::Expected<std::string> text = ::halftone::writeRecipe(getSchemes(assignment), "");
  if (!text) {
    fail(text.takeError());
    return nullptr;
  }
  llvm::Expected<Recipe> recipe = Recipe::parse(*text, "budget");
  if (!recipe) {
    fail(recipe.takeError());
    return nullptr;
  }
  return std::make_shared<const Recipe>(std::move(*recipe));
}

OwningOpRef<ModuleOp> SensitivityTask::quantizeCopy(const Assignment &assignment) {
  std::shared_ptr<const Recipe> recipe = makeRecipe(assignment);
  if (!recipe)
    return nullptr;
  OwningOpRef<ModuleOp> copy = module->clone();
  if (!runPasses(*copy, [&](PassManager &passes) {
        populateQuantizePipeline(passes, {recipe, observationsPath});
      }))
    return nullptr;
  return copy;
}

void SensitivityTask::showProgress() {
  if (modelOptions.progress)
    modelOptions.progress({"measure layers", numDone, std::max(numDone, numPrograms)});
  ++numDone;
}

bool SensitivityTask::measure(StringRef program, ArrayRef<std::string> apart, OutputError &error) {
  llvm::Expected<OutputError> measured = ::halftone::measureOutputs(
      floatPath, program, {data.samples, data.numSamples, modelOptions.threads, apart.vec()});
  if (!measured)
    return fail(measured.takeError());
  error = std::move(*measured);
  return true;
}

bool SensitivityTask::measureAssignment(const Assignment &assignment, OutputError &error) {
  showProgress();
  OwningOpRef<ModuleOp> quantized = quantizeCopy(assignment);
  return quantized && compileCopy(std::move(quantized), variantPath) &&
         measure(variantPath, {}, error);
}

static bool isFloat(const SensitivityTask::Assignment &assignment) {
  return llvm::all_of(assignment, [](size_t choice) { return choice == kFloatChoice; });
}

std::vector<std::string> SensitivityTask::nameOutputs() const {
  std::vector<std::string> outputs;
  outputs.reserve(visible.size());
  for (size_t layer : visible)
    outputs.push_back(nameLayerOutput(layers[layer].node));
  return outputs;
}

/// With what its layers put out as outputs: `visible` ones have one op each.
bool SensitivityTask::compileFloat() {
  showProgress();
  OwningOpRef<ModuleOp> program = module->clone();
  llvm::StringMap<bool> isVisible;
  for (size_t layer : visible)
    isVisible[layers[layer].node] = true;
  addLayerOutputs(*program, [&](Operation *op) {
    return (matchWeightContraction(op) || matchEmbedding(op)) &&
           isVisible.lookup(getNodeName(op->getLoc()));
  });
  auto recipe = std::make_shared<const Recipe>(llvm::cantFail(Recipe::load("float")));
  return quantizeAssigned(*program, recipe, "") && compileCopy(std::move(program), floatPath);
}

void SensitivityTask::addBytes(size_t candidate, ModuleOp quantized) {
  Report report;
  report.addLayers(*module, /*withHistograms=*/false);
  report.addQuantization(quantized);
  llvm::StringMap<int64_t> bytes;
  for (const ReportLayer &row : report.data.layers)
    bytes[row.node] += row.bytes();
  for (LayerChoices &layer : layers)
    for (LayerChoice &choice : layer.choices)
      if (isFirst(choice, candidate))
        choice.bytes = bytes.lookup(layer.node);
}

bool SensitivityTask::measureUniform(size_t candidate) {
  Assignment assignment = assignUniformly(candidate);
  if (isFloat(assignment))
    return measure(floatPath, nameOutputs(), uniform[candidate]);
  showProgress();
  OwningOpRef<ModuleOp> quantized = quantizeCopy(assignment);
  if (!quantized)
    return false;
  addBytes(candidate, *quantized);
  return compileCopy(std::move(quantized), variantPath) &&
         measure(variantPath, {}, uniform[candidate]);
}

/// The own errors of all layers that can be seen, of candidates that change nothing else.
bool SensitivityTask::measureOwn(size_t candidate) {
  Assignment assignment = assignUniformly(candidate);
  for (auto [layer, choice] : llvm::zip_equal(layers, assignment))
    if (changesOthers(layer.choices[choice]))
      choice = kFloatChoice;
  if (isFloat(assignment))
    return true;
  showProgress();
  std::shared_ptr<const Recipe> recipe = makeRecipe(assignment);
  if (!recipe)
    return false;
  OwningOpRef<ModuleOp> program = module->clone();
  if (!runPasses(*program, [&](PassManager &passes) {
        passes.addNestedPass<func::FuncOp>(createAssignSchemes(recipe));
      }))
    return false;
  addQuantizedTwins(*program);
  OutputError error;
  if (!quantizeAssigned(*program, recipe, observationsPath) ||
      !compileCopy(std::move(program), variantPath) || !measure(variantPath, nameOutputs(), error))
    return false;
  for (auto [layer, own] : llvm::zip_equal(visible, error.apart))
    for (LayerChoice &choice : layers[layer].choices)
      if (isFirst(choice, candidate) && !changesOthers(choice))
        choice.own = own;
  return true;
}

bool SensitivityTask::measureAlone(size_t layer, size_t choice) {
  Assignment assignment(layers.size(), kFloatChoice);
  assignment[layer] = choice;
  OutputError error;
  if (!measureAssignment(assignment, error))
    return false;
  layers[layer].choices[choice].error = error.metrics.errorPower;
  layers[layer].choices[choice].isMeasured = true;
  return true;
}

//===--- Errors ---===//

/// Those choices whose own error is seen and not 0, the least first.
static std::vector<size_t> findChanging(const LayerChoices &layer) {
  std::vector<size_t> changing;
  for (auto [index, choice] : llvm::enumerate(layer.choices))
    if (std::isfinite(choice.own.errorPower) && choice.own.errorPower > 0)
      changing.push_back(index);
  llvm::sort(changing, [&](size_t lhs, size_t rhs) {
    return std::pair(layer.choices[lhs].own.errorPower, lhs) <
           std::pair(layer.choices[rhs].own.errorPower, rhs);
  });
  return changing;
}

/// The error at the outputs by the measured choice whose own error is the nearest, if there is one
/// that says anything.
static std::optional<double> estimate(const LayerChoices &layer, const LayerChoice &choice) {
  if (choice.own.count == 0)
    return std::nullopt;
  const LayerChoice *nearest = nullptr;
  double least = std::numeric_limits<double>::infinity();
  for (const LayerChoice &each : layer.choices) {
    // Otherwise nothing of it reaches the outputs of these samples, or it makes no numbers of them.
    bool says =
        each.isMeasured && each.own.errorPower > 0 && each.error > 0 && std::isfinite(each.error);
    double ratio = says ? choice.own.errorPower / each.own.errorPower : 0;
    double distance = ratio == 0 ? 0 : std::abs(std::log(ratio));
    if (says && distance < least) {
      nearest = &each;
      least = distance;
    }
  }
  if (!nearest)
    return std::nullopt;
  return nearest->error * choice.own.errorPower / nearest->own.errorPower;
}

/// With the choice in the middle: not so good that its error drowns in that of floats, nor so bad
/// that the model does something else. Where it is that bad, the error says nothing of small ones;
/// the best choice is measured, too.
bool SensitivityTask::measureReferences(size_t index) {
  constexpr double kLoud = 0.01; // 20 dB
  std::vector<size_t> changing = findChanging(layers[index]);
  if (changing.empty())
    return true;
  size_t middle = changing[changing.size() / 2], best = changing.front();
  if (!measureAlone(index, middle))
    return false;
  double signal = uniform.front().metrics.expectedPower;
  bool isSmall = layers[index].choices[middle].error <= kLoud * signal;
  return isSmall || middle == best || measureAlone(index, best);
}

bool SensitivityTask::measureLayer(size_t index) {
  if (!measureReferences(index))
    return false;
  for (auto [number, choice] : llvm::enumerate(layers[index].choices)) {
    if (!choice.scheme || choice.isMeasured)
      continue;
    if (std::optional<double> error = estimate(layers[index], choice))
      choice.error = *error;
    else if (!measureAlone(index, number))
      return false;
  }
  return true;
}

bool SensitivityTask::calibrate() {
  bool needsObservations = llvm::any_of(
      candidates, [](const Candidate &candidate) { return candidate.recipe->needsObservations(); });
  if (!needsObservations)
    return true;
  observationsPath = data.observations;
  if (!observationsPath.empty())
    return true;
  if (data.calibration.empty())
    return fail("candidates with static activations need calibration data; give --calibration "
                "DATA.npz or --observations FILE of quant-calibrate");
  return createTemporary("budget", "json", observationsPath) &&
         calibrateInto(data.calibration, observationsPath);
}

bool SensitivityTask::measureSensitivity(std::vector<Candidate> list, const Data &given) {
  candidates = std::move(list);
  data = given;
  uniform.resize(candidates.size());
  if (!createTemporary("budget", "so", floatPath) ||
      !createTemporary("budget", "so", variantPath) ||
      !phase("calibrate", [&] { return calibrate(); }))
    return false;
  findLayers();
  if (layers.empty())
    return fail("the model has no layer with constant weights whose format could be chosen");
  numPrograms = int64_t(1 + 2 * candidates.size() + layers.size());
  for (const LayerChoices &layer : layers)
    numPrograms += llvm::count_if(layer.choices, changesOthers);
  if (!compileFloat())
    return false;
  for (size_t candidate = 0; candidate != candidates.size(); ++candidate)
    if (!measureUniform(candidate) || !measureOwn(candidate))
      return false;
  for (size_t layer = 0; layer != layers.size(); ++layer)
    if (!measureLayer(layer))
      return false;
  return true;
}
