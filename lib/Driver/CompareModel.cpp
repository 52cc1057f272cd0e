// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Driver/CompareModel.h"

#include "Comparison.h"
#include "LayerOutputs.h"
#include "Report.h"
#include "RoundingTask.h"
#include "halftone/Analysis/NodeName.h"
#include "halftone/IO/FileError.h"
#include "halftone/Transforms/SchemeAttribute.h"

using namespace halftone;
using mlir::ModuleOp;
using mlir::OwningOpRef;

namespace {
class ModelComparison : mlir::halftone::RoundingTask {
public:
  explicit ModelComparison(const CompareModelOptions &options)
      : RoundingTask(options), options(options) {}

  std::optional<std::string> run();

private:
  using IsQuantized = llvm::function_ref<bool(llvm::StringRef node)>;

  bool openOutput(llvm::StringRef path, std::optional<AtomicFile> &output);
  bool prepare();
  bool checkRecipe();
  bool findLayers();
  bool selectLayers();
  bool calibrate();
  bool gatherInputs();
  OwningOpRef<ModuleOp> makeVariant(IsQuantized isQuantized, IsQuantized isOutput);
  bool compileVariant(IsQuantized isQuantized, IsQuantized isOutput, llvm::StringRef path);
  /// Also what the layer of `node` puts out, if any.
  bool measure(IsQuantized isQuantized, llvm::StringRef node, OutputError &error);
  void addBytes(ModuleOp quantized);
  bool compareAll();
  bool write();

  const CompareModelOptions &options;
  std::shared_ptr<const Recipe> recipe;
  mlir::halftone::Report report;
  mlir::halftone::Comparison comparison;
  bool hasStatic = false;
  std::string observationsPath, floatPath, variantPath;
  std::optional<AtomicFile> json, html;
  int64_t numDone = 0, numPrograms = 0;
};
} // namespace

/// What cannot be turned on and off layer by layer.
bool ModelComparison::checkRecipe() {
  auto refuse = [&](llvm::StringRef what) {
    return fail("recipe '" + recipe->getName() + "' " + what);
  };
  if (recipe->getSmoothing())
    return refuse("smooths the model before it is quantized, which changes several layers at once; "
                  "compare the recipe without smoothing");
  if (recipe->isSequential() && recipe->needsInputs())
    return refuse("rounds each layer for those before it, so that none can be taken out; compare "
                  "it with 'sequential: false'");
  if (!recipe->getCacheFormat().empty())
    return refuse("changes the model's inputs by 'cache'; compare the recipe without it");
  return true;
}

bool ModelComparison::openOutput(llvm::StringRef path, std::optional<AtomicFile> &output) {
  if (path.empty())
    return true;
  llvm::Expected<AtomicFile> file = AtomicFile::create(path);
  if (!file)
    return fail(file.takeError());
  output.emplace(std::move(*file));
  return true;
}

bool ModelComparison::prepare() {
  llvm::Expected<Recipe> loaded = Recipe::load(options.recipe);
  if (!loaded)
    return fail(loaded.takeError());
  recipe = std::make_shared<const Recipe>(std::move(*loaded));
  if (!checkRecipe() || !createTemporary("compare", "so", floatPath) ||
      !createTemporary("compare", "so", variantPath))
    return false;
  return openOutput(options.json, json) && openOutput(options.html, html);
}

static std::string describeActivations(const ActivationScheme &activations) {
  return activations.format.empty() ? "" : activations.format + " " + activations.when;
}

/// One row per node, also of those that became several ops.
bool ModelComparison::findLayers() {
  if (!assignSchemes(recipe))
    return false;
  (*module)->walk([&](mlir::Operation *op) {
    std::optional<Scheme> scheme = mlir::halftone::getScheme(op);
    if (!scheme)
      return;
    hasStatic |= scheme->needsObservations();
    std::string node = mlir::halftone::getNodeName(op->getLoc()).str();
    if (llvm::any_of(comparison.layers, [&](const auto &layer) { return layer.node == node; }))
      return;
    mlir::halftone::ComparedLayer &layer = comparison.layers.emplace_back();
    layer.node = node;
    layer.weights = scheme->weights.format;
    layer.activations = describeActivations(scheme->activations);
  });
  if (comparison.layers.empty())
    return fail("recipe '" + recipe->getName() + "' quantizes no layer of this model");
  return options.layers.empty() || selectLayers();
}

bool ModelComparison::selectLayers() {
  llvm::Expected<NodePattern> pattern = NodePattern::parse(options.layers);
  if (!pattern)
    return fail("--layers: " + llvm::toString(pattern.takeError()));
  llvm::erase_if(comparison.layers,
                 [&](const auto &layer) { return !pattern->matches(layer.node); });
  return !comparison.layers.empty() ||
         fail("--layers '" + options.layers +
              "' matches no node that the recipe quantizes; a name must match exactly, and a "
              "regular expression stands between slashes");
}

/// Once for all programs.
bool ModelComparison::calibrate() {
  observationsPath = hasStatic ? options.observations : "";
  if (!hasStatic || !observationsPath.empty())
    return true;
  if (options.calibration.empty())
    return fail("recipe '" + recipe->getName() +
                "' needs calibration data; give --calibration DATA.npz or --observations FILE of "
                "quant-calibrate");
  return createTemporary("compare", "json", observationsPath) &&
         calibrateInto(options.calibration, observationsPath);
}

bool ModelComparison::gatherInputs() {
  if (!recipe->needsInputs())
    return true;
  if (options.calibration.empty())
    return fail("recipe '" + recipe->getName() +
                "' rounds weights by what the layers' inputs are; give --calibration DATA.npz");
  return prepareRounding(recipe) && gatherAll({options.calibration, options.maxRoundingBytes});
}

OwningOpRef<ModuleOp> ModelComparison::makeVariant(IsQuantized isQuantized, IsQuantized isOutput) {
  OwningOpRef<ModuleOp> variant = module->clone();
  mlir::halftone::addLayerOutputs(*variant, [&](mlir::Operation *op) {
    return mlir::halftone::getScheme(op) && isOutput(mlir::halftone::getNodeName(op->getLoc()));
  });
  variant->walk([&](mlir::Operation *op) {
    if (!mlir::halftone::getScheme(op) || isQuantized(mlir::halftone::getNodeName(op->getLoc())))
      return;
    mlir::halftone::removeScheme(op);
    mlir::halftone::removeGramMatrix(op);
  });
  if (!quantizeAssigned(*variant, recipe, observationsPath))
    return nullptr;
  return variant;
}

void ModelComparison::addBytes(ModuleOp quantized) {
  report.addQuantization(quantized);
  for (mlir::halftone::ComparedLayer &layer : comparison.layers)
    for (const mlir::halftone::ReportLayer &each : report.data.layers)
      if (each.node == layer.node) {
        layer.weights = each.format().str(); // Of several, the one that was chosen.
        layer.floatBytes += each.floatBytes;
        layer.bytes += each.bytes();
      }
}

bool ModelComparison::compileVariant(IsQuantized isQuantized, IsQuantized isOutput,
                                     llvm::StringRef path) {
  if (options.progress)
    options.progress({"compare", numDone, numPrograms});
  OwningOpRef<ModuleOp> variant = makeVariant(isQuantized, isOutput);
  if (!variant)
    return false;
  // The second program is the quantized one.
  if (numDone == 1)
    addBytes(*variant);
  if (!compileCopy(std::move(variant), path))
    return false;
  ++numDone;
  return true;
}

bool ModelComparison::measure(IsQuantized isQuantized, llvm::StringRef node, OutputError &error) {
  auto isOutput = [&](llvm::StringRef each) { return !node.empty() && each == node; };
  if (!compileVariant(isQuantized, isOutput, variantPath))
    return false;
  MeasureOptions measuring{options.inputs, options.numSamples, options.threads};
  if (!node.empty())
    measuring.apart = {mlir::halftone::nameLayerOutput(node)};
  llvm::Expected<OutputError> measured = measureOutputs(floatPath, variantPath, measuring);
  if (!measured)
    return fail(measured.takeError());
  error = *measured;
  return true;
}

bool ModelComparison::compareAll() {
  numPrograms = 2 + 2 * int64_t(comparison.layers.size());
  auto isCompared = [&](llvm::StringRef node) {
    return llvm::any_of(comparison.layers, [&](const auto &layer) { return layer.node == node; });
  };
  if (!compileVariant([](llvm::StringRef) { return false; }, isCompared, floatPath) ||
      !measure([](llvm::StringRef) { return true; }, /*node=*/"", comparison.quantized))
    return false;
  // What the passes have to say of the quantized model was said.
  mlir::ScopedDiagnosticHandler onlyErrors(&context, [](mlir::Diagnostic &diagnostic) {
    return mlir::success(diagnostic.getSeverity() != mlir::DiagnosticSeverity::Error);
  });
  for (mlir::halftone::ComparedLayer &layer : comparison.layers) {
    OutputError alone, leftOut;
    if (!measure([&](llvm::StringRef node) { return node == layer.node; }, layer.node, alone) ||
        !measure([&](llvm::StringRef node) { return node != layer.node; }, layer.node, leftOut))
      return false;
    layer.alone = alone.metrics;
    layer.leftOut = leftOut.metrics;
    layer.own = alone.apart.front();
    layer.inherited = leftOut.apart.front();
  }
  return true;
}

bool ModelComparison::write() {
  if (json)
    if (llvm::Error error = json->write(comparison.makeJSON()))
      return fail(std::move(error));
  if (html)
    if (llvm::Error error = html->write(comparison.makeHTML()))
      return fail(std::move(error));
  for (std::optional<AtomicFile> *file : {&json, &html})
    if (*file)
      if (llvm::Error error = (*file)->commit())
        return fail(std::move(error));
  return true;
}

std::optional<std::string> ModelComparison::run() {
  if (!prepare() || !phase("import", [&] { return importModel(); }) ||
      !phase("simplify", [&] { return simplify(); }))
    return std::nullopt;
  report.addLayers(*module, /*withHistograms=*/false);
  if (!findLayers() || !phase("calibrate", [&] { return calibrate(); }) ||
      !phase("round weights", [&] { return gatherInputs(); }) ||
      !phase("compare", [&] { return compareAll(); }))
    return std::nullopt;
  comparison.model = options.model;
  comparison.recipe = recipe->getName().str();
  comparison.rank();
  if (!write())
    return std::nullopt;
  return comparison.makeTable();
}

std::optional<std::string> halftone::compareModel(const CompareModelOptions &options) {
  return ModelComparison(options).run();
}
