// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ReportChart.h"
#include "ReportData.h"
#include "ReportElements.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"

using namespace mlir::halftone;

namespace {
/// One page, section by section.
class ReportWriter {
public:
  ReportWriter(const ReportData &data, llvm::raw_ostream &out);

  void write();

private:
  void writeSummary();
  void writeTiles(const ReportSum &all);
  void writeFormats();
  void writeWorst();
  void writeTable();
  void writeRow(size_t index);
  void writeWeightCells(const ReportLayer &layer);
  void writePictures();
  void writeCard(size_t index);
  void writeFigure(const ReportLayer &layer, size_t index, bool ofWeights);
  void writeRecipe();

  ReportChart makeChart(size_t index, bool ofWeights) const;
  std::string makeTitle(const ReportLayer &layer, bool ofWeights) const;

  const ReportData &data;
  llvm::raw_ostream &out;
  // Columns and tiles without content are left out.
  bool hasInputs, hasQuantized, hasOutputs, hasModule;
};
} // namespace

/// "16 × 1 × 3 × 3".
static std::string formatShape(llvm::ArrayRef<int64_t> shape) {
  return llvm::join(llvm::map_range(shape, [](int64_t size) { return std::to_string(size); }),
                    " × ");
}

static std::string formatGranularity(const ReportQuantization &quantization) {
  if (quantization.group == 0)
    return quantization.granularity;
  return quantization.granularity + " of " + std::to_string(quantization.group);
}

static std::string formatLayer(const ReportLayer &layer) {
  return escapeHTML(layer.node.empty() ? "(no name)" : layer.node);
}

/// "int8 per channel, inputs ui8".
static std::string formatFormat(const ReportLayer &layer) {
  std::string text = layer.format().str();
  if (!layer.quantization)
    return text;
  if (!layer.quantization->granularity.empty())
    text += " per " + formatGranularity(*layer.quantization);
  if (!layer.quantization->activations.empty())
    text += ", inputs " + layer.quantization->activations;
  return text;
}

ReportWriter::ReportWriter(const ReportData &data, llvm::raw_ostream &out) : data(data), out(out) {
  auto has = [&](auto predicate) { return llvm::any_of(data.layers, predicate); };
  hasInputs = has([](const ReportLayer &layer) { return layer.activations.has_value(); });
  hasQuantized = has([](const ReportLayer &layer) { return layer.quantization.has_value(); });
  hasOutputs = has([](const ReportLayer &layer) {
    return layer.quantization && layer.quantization->others.get("output_sqnr");
  });
  hasModule = has([](const ReportLayer &layer) { return layer.moduleBytes.has_value(); });
}

//===--- Summary ---===//

void ReportWriter::writeTiles(const ReportSum &all) {
  out << "<dl class=\"tiles\">\n";
  writeTile(out, "Recipe", escapeHTML(llvm::sys::path::filename(data.recipe)),
            "compiled for " + escapeHTML(data.target));
  writeTile(out, "Weights", formatBytes(all.floatBytes) + " → " + formatBytes(all.bytes),
            withSeparators(all.numWeights) + " in " + std::to_string(all.numLayers) + " layers");
  writeTile(out, "Bits per weight", fixed(all.effectiveBits(), 2),
            "codes, scales, zero points, codebooks");
  if (data.outputBytes)
    writeTile(out, "File", formatBytes(*data.outputBytes),
              hasModule ? formatBytes(all.moduleBytes) + " of it these layers' weights" : "");
  out << "</dl>\n";
}

void ReportWriter::writeFormats() {
  out << "<div><h2>Formats</h2>\n<div class=\"scroll\"><table><thead><tr>"
      << "<th class=\"text\" scope=\"col\">Format</th><th scope=\"col\">Layers</th>"
      << "<th scope=\"col\">Bits</th><th scope=\"col\">As float</th><th scope=\"col\">Bytes</th>"
      << "</tr></thead>\n<tbody>\n";
  for (const ReportSum &sum : data.sumByFormat())
    out << "<tr><th scope=\"row\">" << escapeHTML(sum.format) << "</th><td>" << sum.numLayers
        << "</td><td>" << fixed(sum.effectiveBits(), 2) << "</td><td>"
        << withSeparators(sum.floatBytes) << "</td><td>" << withSeparators(sum.bytes)
        << "</td></tr>\n";
  out << "</tbody></table></div></div>\n";
}

void ReportWriter::writeWorst() {
  std::vector<const ReportLayer *> worst = data.worstLayers(kNumWorstLayers);
  if (worst.empty())
    return;
  out << "<div><h2>Least exact weights</h2>\n<ol>\n";
  for (const ReportLayer *layer : worst)
    out << "<li><a href=\"#layer-" << layer - data.layers.data() << "\">" << formatLayer(*layer)
        << "</a> <span>" << fixed(*layer->quantization->sqnr, 1) << " dB, "
        << escapeHTML(layer->format()) << "</span></li>\n";
  out << "</ol></div>\n";
}

void ReportWriter::writeSummary() {
  ReportSum all = data.sumAll();
  writeTiles(all);
  if (data.layers.empty()) {
    out << "<section><h2>Layers</h2><p>No node of the model has constant weights.</p></section>\n";
    return;
  }
  out << "<div class=\"columns\">\n";
  writeFormats();
  writeWorst();
  out << "</div>\n";
}

//===--- The table ---===//

void ReportWriter::writeTable() {
  out << "<section aria-labelledby=\"layers-title\"><h2 id=\"layers-title\">Layers</h2>\n<p>SQNR "
         "is the "
         "power of the weights over that of their error; 6 dB are one bit. Nearest: without a "
         "choice of "
         "ranges, each weight at the number next to it.</p>\n"
      << "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"layers-title\">"
      << "<table class=\"sortable\"><thead><tr>";
  writeColumn(out, "Layer", "The ONNX node", true, true);
  writeColumn(out, "Weights", "Histogram of the weights and the numbers of their grid", false,
              true);
  if (hasInputs)
    writeColumn(out, "Inputs", "Histogram of what it read on the calibration samples", false, true);
  writeColumn(out, "Format", "Format of the weights' codes, and the weights that share a scale",
              true, true);
  writeColumn(out, "Bits", "Bits per weight with scales, zero points and codebooks");
  writeColumn(out, "As float", "Bytes of the weights as floats");
  writeColumn(out, "Bytes", "Bytes of codes, scales, zero points and codebooks");
  if (hasModule)
    writeColumn(out, "In module",
                "Bytes in the module: padded for kernels, with everything else the node has");
  if (hasQuantized) {
    writeColumn(out, "Nearest", "SQNR in dB of plain rounding in this format");
    writeColumn(out, "SQNR", "SQNR of the weights in dB");
  }
  if (hasOutputs) {
    writeColumn(out, "Output, nearest", "SQNR in dB of the output with weights rounded to nearest");
    writeColumn(out, "Output", "SQNR in dB of the layer's output, which its rounding looks at");
  }
  if (data.hasTimes())
    writeColumn(out, "Time", "Part of the time of a run");
  out << "</tr></thead>\n<tbody>\n";
  for (size_t index = 0; index != data.layers.size(); ++index)
    writeRow(index);
  out << "</tbody></table></div></section>\n";
}

void ReportWriter::writeWeightCells(const ReportLayer &layer) {
  const ReportQuantization *quantization = layer.quantization ? &*layer.quantization : nullptr;
  out << "<td class=\"text\">" << escapeHTML(layer.format());
  if (quantization && !quantization->granularity.empty())
    out << "<small>per " << escapeHTML(formatGranularity(*quantization)) << "</small>";
  out << "</td>";
  double bits = quantization ? quantization->effectiveBits : 32;
  writeNumber(out, bits, fixed(bits, 2));
  writeNumber(out, double(layer.floatBytes), withSeparators(layer.floatBytes));
  writeNumber(out, double(layer.bytes()), withSeparators(layer.bytes()));
  if (hasModule)
    writeNumber(out, layer.moduleBytes, withSeparators(layer.moduleBytes.value_or(0)));
  if (!hasQuantized)
    return;
  std::optional<double> nearest = quantization ? quantization->nearestSqnr : std::nullopt;
  std::optional<double> sqnr = quantization ? quantization->sqnr : std::nullopt;
  writeNumber(out, nearest, fixed(nearest.value_or(0), 1));
  writeNumber(out, sqnr, fixed(sqnr.value_or(0), 1));
  if (!hasOutputs)
    return;
  for (llvm::StringRef key : {"output_sqnr_nearest", "output_sqnr"}) {
    std::optional<double> output =
        quantization ? quantization->others.getNumber(key) : std::nullopt;
    writeNumber(out, output, fixed(output.value_or(0), 1));
  }
}

void ReportWriter::writeRow(size_t index) {
  const ReportLayer &layer = data.layers[index];
  out << "<tr><th scope=\"row\"><a href=\"#layer-" << index << "\">" << formatLayer(layer)
      << "</a><small>" << layer.op << " " << formatShape(layer.weightShape) << "</small></th><td>";
  if (layer.weights)
    makeChart(index, /*ofWeights=*/true).printThumbnail(out, makeTitle(layer, true));
  out << "</td>";
  if (hasInputs) {
    out << "<td>";
    if (layer.activations)
      makeChart(index, /*ofWeights=*/false).printThumbnail(out, makeTitle(layer, false));
    out << "</td>";
  }
  writeWeightCells(layer);
  if (data.hasTimes())
    writeNumber(out, layer.timeShare, fixed(100 * layer.timeShare.value_or(0), 1) + " %");
  out << "</tr>\n";
}

//===--- Pictures ---===//

ReportChart ReportWriter::makeChart(size_t index, bool ofWeights) const {
  const ReportLayer &layer = data.layers[index];
  return {ofWeights ? *layer.weights : *layer.activations,
          (ofWeights ? "w" : "x") + std::to_string(index), ofWeights ? "weights" : "inputs"};
}

std::string ReportWriter::makeTitle(const ReportLayer &layer, bool ofWeights) const {
  const ReportHistogram &histogram = ofWeights ? *layer.weights : *layer.activations;
  std::string title = (ofWeights ? "Weights of " : "Inputs of ") + layer.node + ", from " +
                      formatNumber(histogram.min) + " to " + formatNumber(histogram.max);
  if (!histogram.grid.empty())
    title += ", on " + std::to_string(histogram.grid.size()) + " numbers";
  return title;
}

void ReportWriter::writeFigure(const ReportLayer &layer, size_t index, bool ofWeights) {
  const ReportHistogram &histogram = ofWeights ? *layer.weights : *layer.activations;
  out << "<figure>";
  makeChart(index, ofWeights).print(out, makeTitle(layer, ofWeights));
  out << "<figcaption><span class=\"key " << (ofWeights ? "weights" : "inputs") << "\"></span>"
      << (ofWeights ? "weights" : "inputs, " + escapeHTML(layer.activationTensor));
  if (!histogram.grid.empty()) {
    bool isOneGrid = !ofWeights || layer.quantization->granularity == "tensor";
    out << "; " << histogram.grid.size() << " numbers"
        << (isOneGrid ? ""
                      : " of the " + layer.quantization->granularity + " with the widest range");
  }
  out << "</figcaption></figure>\n";
}

void ReportWriter::writeCard(size_t index) {
  const ReportLayer &layer = data.layers[index];
  out << "<article class=\"card\" id=\"layer-" << index << "\">\n<h3>" << formatLayer(layer)
      << "</h3>\n<p>" << layer.op << " " << formatShape(layer.weightShape) << ", "
      << escapeHTML(formatFormat(layer));
  if (layer.quantization && layer.quantization->sqnr)
    out << ", " << fixed(*layer.quantization->sqnr, 1) << " dB";
  out << "</p>\n";
  if (layer.weights)
    writeFigure(layer, index, /*ofWeights=*/true);
  if (layer.activations)
    writeFigure(layer, index, /*ofWeights=*/false);
  out << "</article>\n";
}

void ReportWriter::writePictures() {
  auto hasPicture = [](const ReportLayer &layer) { return layer.weights || layer.activations; };
  if (llvm::none_of(data.layers, hasPicture))
    return;
  out << "<section><h2>Pictures</h2>\n<p>Grey: how many values there are, as the square root, so "
         "that tails "
         "can be seen. Lines: the numbers that values become.</p>\n<div class=\"cards\">\n";
  for (size_t index = 0; index != data.layers.size(); ++index)
    writeCard(index);
  out << "</div></section>\n";
}

//===--- The rest ---===//

void ReportWriter::writeRecipe() {
  out << "<div class=\"columns\">\n<section><h2>Recipe</h2>\n<pre>" << escapeHTML(data.recipeText)
      << "</pre></section>\n<section><h2>Compilation</h2>\n<div class=\"scroll\"><table><thead><tr>"
      << "<th class=\"text\" scope=\"col\">Phase</th><th "
         "scope=\"col\">Seconds</th></tr></thead>\n<tbody>\n";
  for (const Timing::Phase &phase : data.phases)
    out << "<tr><th scope=\"row\">" << escapeHTML(phase.name) << "</th><td>"
        << fixed(phase.seconds, 2) << "</td></tr>\n";
  out << "</tbody></table></div></section>\n</div>\n";
}

void ReportWriter::write() {
  writePageHead(out, "Halftone report", data.model);
  writeSummary();
  if (!data.layers.empty()) {
    writeTable();
    writePictures();
  }
  writeRecipe();
  writePageEnd(out, data.compiler + " · " + data.output + " · source " + data.sourceHash);
}

std::string mlir::halftone::writeReportHTML(const ReportData &data) {
  std::string page;
  llvm::raw_string_ostream stream(page);
  ReportWriter(data, stream).write();
  return page;
}
