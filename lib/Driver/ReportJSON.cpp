// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ReportData.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir::halftone;
namespace json = llvm::json;

/// Names come from the model: what is no UTF-8 is replaced.
static json::Value text(llvm::StringRef value) { return json::fixUTF8(value); }

static json::Object describe(const ReportHistogram &histogram) {
  json::Array counts, grid;
  for (uint64_t count : histogram.counts)
    counts.push_back(int64_t(count));
  for (float number : histogram.grid)
    grid.push_back(double(number));
  return json::Object{{"min", double(histogram.min)},
                      {"max", double(histogram.max)},
                      {"counts", std::move(counts)},
                      {"grid", std::move(grid)}};
}

static json::Object describe(const ReportQuantization &quantization) {
  json::Object object = quantization.others;
  object["format"] = quantization.format;
  object["bytes"] = quantization.bytes;
  object["effective_bits"] = quantization.effectiveBits;
  if (!quantization.granularity.empty())
    object["granularity"] = quantization.granularity;
  if (quantization.group != 0)
    object["group"] = quantization.group;
  if (quantization.sqnr)
    object["sqnr"] = *quantization.sqnr;
  if (quantization.nearestSqnr)
    object["sqnr_nearest"] = *quantization.nearestSqnr;
  if (!quantization.codeType.empty()) {
    object["weights"] = quantization.codeType;
    object["integer"] = quantization.isInteger;
  }
  if (!quantization.activations.empty())
    object["activations"] = quantization.activations;
  return object;
}

static json::Object describe(const ReportLayer &layer) {
  json::Object object{{"node", text(layer.node)},
                      {"op", layer.op},
                      {"weight_shape", json::Array(layer.weightShape)},
                      {"float_bytes", layer.floatBytes}};
  if (layer.moduleBytes)
    object["module_bytes"] = *layer.moduleBytes;
  if (layer.quantization)
    object["quantized"] = describe(*layer.quantization);
  if (layer.timeShare)
    object["time_share"] = *layer.timeShare;
  if (layer.weights)
    object["weight_histogram"] = describe(*layer.weights);
  if (layer.activations)
    object["activation_histogram"] = describe(*layer.activations);
  return object;
}

static json::Object describe(const ReportSum &sum) {
  return json::Object{{"layers", sum.numLayers},         {"weights", sum.numWeights},
                      {"float_bytes", sum.floatBytes},   {"bytes", sum.bytes},
                      {"module_bytes", sum.moduleBytes}, {"effective_bits", sum.effectiveBits()}};
}

std::string mlir::halftone::writeReportJSON(const ReportData &data) {
  json::Array layers, formats, worst;
  for (const ReportLayer &layer : data.layers)
    layers.push_back(describe(layer));
  for (const ReportSum &sum : data.sumByFormat()) {
    formats.push_back(describe(sum));
    (*formats.back().getAsObject())["format"] = sum.format;
  }
  for (const ReportLayer *layer : data.worstLayers(kNumWorstLayers))
    worst.push_back(text(layer->node));
  json::Object root{{"model", text(data.model)},
                    {"output", text(data.output)},
                    {"source_hash", data.sourceHash},
                    {"recipe", text(data.recipe)},
                    {"recipe_text", text(data.recipeText)},
                    {"target", data.target},
                    {"compiler", data.compiler},
                    {"phases", toJSON(data.phases)},
                    {"layers", std::move(layers)},
                    {"formats", std::move(formats)},
                    {"total", describe(data.sumAll())},
                    {"worst_layers", std::move(worst)}};
  if (data.outputBytes)
    root["output_bytes"] = *data.outputBytes;
  return llvm::formatv("{0:2}\n", json::Value(std::move(root)));
}
