// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Comparison.h"
#include "ReportChart.h"
#include "ReportElements.h"
#include "TextTable.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <cmath>

using namespace mlir::halftone;
using ::halftone::ErrorMetrics;

/// What a bar of full length stands for; quieter errors have shorter bars, and none at 80 dB.
static constexpr double kLoudest = 0, kQuietest = 80;

/// An error as a bar: the louder, the longer.
static void writeBar(llvm::raw_ostream &out, double decibels, llvm::StringRef ink, int line) {
  double length = std::isnan(decibels) ? 1 : (kQuietest - decibels) / (kQuietest - kLoudest);
  length = std::clamp(length, 0.0, 1.0);
  out << "<rect class=\"" << ink << "\" x=\"0\" y=\"" << line << "\" height=\"8\" width=\""
      << llvm::format("%.1f", 132 * length) << "\"/>";
}

/// The layer's own error and that of its inputs, in the inks of weights and inputs.
static void writeErrors(llvm::raw_ostream &out, const ComparedLayer &layer) {
  out << "<td>";
  if (layer.own.count != 0) {
    out << "<svg class=\"thumb errors\" viewBox=\"0 0 132 40\" role=\"img\"><title>Own error "
        << formatDecibels(layer.own.sqnr(), "infinitely many") << " dB, inherited "
        << formatDecibels(layer.inherited.sqnr(), "infinitely many") << " dB</title>";
    writeBar(out, layer.own.sqnr(), "own", 8);
    writeBar(out, layer.inherited.sqnr(), "inherited", 24);
    out << "</svg>";
  }
  out << "</td>";
}

static void writeDecibels(llvm::raw_ostream &out, double value, llvm::StringRef exact) {
  // No double of the page is infinite: beyond all others, then.
  double sorted = std::isinf(value) ? std::copysign(1e9, value) : value;
  writeNumber(out, std::isnan(value) ? std::nullopt : std::optional(sorted),
              formatDecibels(value, exact));
}

static void writeSeen(llvm::raw_ostream &out, const ErrorMetrics &metrics) {
  if (metrics.count == 0)
    return writeNumber(out, std::nullopt, "");
  writeDecibels(out, metrics.sqnr(), "exact");
}

static void writeRow(llvm::raw_ostream &out, const Comparison &comparison,
                     const ComparedLayer &layer) {
  out << "<tr><th scope=\"row\">" << escapeHTML(layer.node) << "</th><td class=\"text\">"
      << escapeHTML(layer.weights);
  if (!layer.activations.empty())
    out << "<small>inputs " << escapeHTML(layer.activations) << "</small>";
  out << "</td>";
  writeErrors(out, layer);
  writeSeen(out, layer.own);
  writeSeen(out, layer.inherited);
  writeDecibels(out, layer.alone.sqnr(), "exact");
  writeDecibels(out, layer.leftOut.sqnr(), "exact");
  writeDecibels(out, comparison.getGain(layer), "all");
  writeNumber(out, double(layer.bytes), withSeparators(layer.bytes));
  writeNumber(out, double(layer.floatBytes), withSeparators(layer.floatBytes));
  out << "</tr>\n";
}

static void writeTable(llvm::raw_ostream &out, const Comparison &comparison) {
  out << "<section aria-labelledby=\"layers-title\"><h2 id=\"layers-title\">Layers</h2>\n<p>Signal "
         "to noise in dB: 20 dB are a tenth, 40 dB a hundredth. <span class=\"key "
         "weights\"></span>Own: what the layer puts out for inputs of the float model. <span "
         "class=\"key inputs\"></span>Inherited: what it puts out as a float layer for inputs of "
         "the quantized model. Long bars are large errors.</p>\n"
      << "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"layers-title\">"
      << "<table class=\"sortable\"><thead><tr>";
  writeColumn(out, "Layer", "The ONNX node", true, true);
  writeColumn(out, "Format", "Format of the weights and of the inputs", true, true);
  writeColumn(out, "Errors", "Own and inherited error of what the layer puts out", false, true);
  writeColumn(out, "Own", "What the layer puts out, quantized, for inputs of the float model");
  writeColumn(out, "Inherited", "What it puts out as float for inputs of the quantized model");
  writeColumn(out, "Alone", "The model's outputs when no other layer is quantized");
  writeColumn(out, "Left out", "The model's outputs when all others are quantized");
  writeColumn(out, "Gain", "What the outputs gain when the layer is float again");
  writeColumn(out, "Bytes", "Bytes of codes, scales, zero points and codebooks");
  writeColumn(out, "As float", "Bytes when the layer is float again");
  out << "</tr></thead>\n<tbody>\n";
  for (const ComparedLayer &layer : comparison.layers)
    writeRow(out, comparison, layer);
  out << "</tbody></table></div></section>\n";
}

std::string Comparison::makeHTML() const {
  std::string page;
  llvm::raw_string_ostream out(page);
  writePageHead(out, "Halftone comparison", model);
  std::string decibels = formatDecibels(quantized.metrics.sqnr(), "infinitely many");
  out << "<dl class=\"tiles\">\n";
  writeTile(out, "Recipe", escapeHTML(llvm::sys::path::filename(recipe)), "");
  writeTile(out, "Outputs", decibels + " dB", "signal to quantization noise");
  writeTile(out, "Samples", std::to_string(quantized.numSamples), "");
  writeTile(out, "Layers", std::to_string(layers.size()), "that gaining most first");
  out << "</dl>\n";
  writeTable(out, *this);
  writePageEnd(out, model + " · " + recipe);
  return page;
}
