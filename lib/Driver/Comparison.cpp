// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Comparison.h"

#include "TextTable.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include <cmath>
#include <limits>

using namespace mlir::halftone;
namespace json = llvm::json;
using ::halftone::ErrorMetrics;

/// Results that are no numbers are worse than all others.
static double getErrorPower(const ErrorMetrics &metrics) {
  return std::isnan(metrics.errorPower) ? std::numeric_limits<double>::infinity()
                                        : metrics.errorPower;
}

static double getRelativeRMS(const ErrorMetrics &metrics) {
  return metrics.errorPower == 0 ? 0 : std::sqrt(metrics.errorPower / metrics.expectedPower);
}

double Comparison::getGain(const ComparedLayer &layer) const {
  double before = getErrorPower(quantized.metrics), after = getErrorPower(layer.leftOut);
  return before == after ? 0 : 10 * std::log10(before / after);
}

void Comparison::rank() {
  llvm::stable_sort(layers, [](const ComparedLayer &lhs, const ComparedLayer &rhs) {
    return getErrorPower(lhs.leftOut) < getErrorPower(rhs.leftOut);
  });
}

static std::string formatSeen(const ErrorMetrics &metrics) {
  return metrics.count == 0 ? "-" : formatDecibels(metrics.sqnr(), "exact");
}

std::string Comparison::makeTable() const {
  std::vector<TextRow> rows = {{"node", "weights", "inputs", "float bytes", "bytes", "own dB",
                                "inherited dB", "alone dB", "left out dB", "gain dB"}};
  for (const ComparedLayer &layer : layers)
    rows.push_back(
        {layer.node, layer.weights, layer.activations.empty() ? "-" : layer.activations,
         std::to_string(layer.floatBytes), std::to_string(layer.bytes), formatSeen(layer.own),
         formatSeen(layer.inherited), formatDecibels(layer.alone.sqnr(), "exact"),
         formatDecibels(layer.leftOut.sqnr(), "exact"), formatDecibels(getGain(layer), "all")});
  return llvm::formatv("{0}, {1} samples: the outputs are at {2} dB\n", recipe,
                       quantized.numSamples,
                       formatDecibels(quantized.metrics.sqnr(), "infinitely many"))
             .str() +
         alignColumns(rows, /*numTexts=*/3);
}

/// JSON has no infinity.
static json::Value finiteOrNull(double value) {
  return std::isfinite(value) ? json::Value(value) : json::Value(nullptr);
}

static json::Object describe(const ErrorMetrics &metrics) {
  return json::Object{{"sqnr_db", finiteOrNull(metrics.sqnr())},
                      {"relative_rms", finiteOrNull(getRelativeRMS(metrics))},
                      {"max_abs_error", finiteOrNull(metrics.maxError)}};
}

static json::Value describeSeen(const ErrorMetrics &metrics) {
  return metrics.count == 0 ? json::Value(nullptr) : json::Value(describe(metrics));
}

std::string Comparison::makeJSON() const {
  json::Array list;
  for (const ComparedLayer &layer : layers)
    list.push_back(json::Object{{"node", json::fixUTF8(layer.node)},
                                {"weights", layer.weights},
                                {"activations", layer.activations},
                                {"float_bytes", layer.floatBytes},
                                {"bytes", layer.bytes},
                                {"own", describeSeen(layer.own)},
                                {"inherited", describeSeen(layer.inherited)},
                                {"alone", describe(layer.alone)},
                                {"left_out", describe(layer.leftOut)},
                                {"gain_db", finiteOrNull(getGain(layer))}});
  json::Object root{{"model", json::fixUTF8(model)},
                    {"recipe", json::fixUTF8(recipe)},
                    {"samples", quantized.numSamples},
                    {"quantized", describe(quantized.metrics)},
                    {"layers", std::move(list)}};
  return llvm::formatv("{0:2}\n", json::Value(std::move(root)));
}
