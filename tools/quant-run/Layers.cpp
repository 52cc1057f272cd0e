// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Layers.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

using namespace halftone;
using namespace llvm;

namespace {

/// What several layers take together.
struct Sum {
  StringRef format;
  int64_t nodes = 0;
  int64_t weights = 0;
  int64_t bytes = 0;
  int64_t moduleBytes = 0;

  void add(const halftone_layer &layer) {
    ++nodes;
    weights += layer.num_weights;
    bytes += layer.bytes;
    moduleBytes += layer.module_bytes;
  }
};

} // namespace

static double bitsPerWeight(int64_t bytes, int64_t weights) {
  return weights == 0 ? 0 : 8.0 * static_cast<double>(bytes) / static_cast<double>(weights);
}

static ArrayRef<halftone_layer> layersOf(const halftone_module_descriptor &descriptor) {
  if (!descriptor.layers)
    return {};
  return {descriptor.layers->layers, descriptor.layers->num_layers};
}

/// One sum per format, in the order of their first layers.
static std::vector<Sum> sumByFormat(ArrayRef<halftone_layer> layers) {
  std::vector<Sum> sums;
  for (const halftone_layer &layer : layers) {
    auto sum = llvm::find_if(sums, [&](const Sum &sum) { return sum.format == layer.format; });
    if (sum == sums.end())
      sum = sums.insert(sum, Sum{layer.format});
    sum->add(layer);
  }
  return sums;
}

json::Array halftone::describeLayers(const halftone_module_descriptor &descriptor) {
  json::Array list;
  for (const halftone_layer &layer : layersOf(descriptor)) {
    json::Object entry{{"node", std::string(layer.node)},
                       {"format", std::string(layer.format)},
                       {"weights", layer.num_weights},
                       {"bytes", layer.bytes},
                       {"effective_bits", bitsPerWeight(layer.bytes, layer.num_weights)},
                       {"module_bytes", layer.module_bytes}};
    if (*layer.granularity)
      entry["granularity"] = std::string(layer.granularity);
    if (layer.group != 0)
      entry["group"] = layer.group;
    list.push_back(std::move(entry));
  }
  return list;
}

json::Array halftone::describeFormats(const halftone_module_descriptor &descriptor) {
  json::Array list;
  for (const Sum &sum : sumByFormat(layersOf(descriptor)))
    list.push_back(json::Object{{"format", sum.format.str()},
                                {"nodes", sum.nodes},
                                {"weights", sum.weights},
                                {"bytes", sum.bytes},
                                {"effective_bits", bitsPerWeight(sum.bytes, sum.weights)},
                                {"module_bytes", sum.moduleBytes}});
  return list;
}

namespace {

struct Row {
  std::string name, format, per, bits, bytes, moduleBytes;
};

} // namespace

static Row makeRow(std::string name, std::string format, std::string per, int64_t weights,
                   int64_t bytes, int64_t moduleBytes) {
  std::string bits;
  raw_string_ostream(bits) << llvm::format("%.2f", bitsPerWeight(bytes, weights));
  return {std::move(name), std::move(format),     std::move(per),
          std::move(bits), std::to_string(bytes), std::to_string(moduleBytes)};
}

static std::vector<Row> makeRows(ArrayRef<halftone_layer> layers) {
  std::vector<Row> rows = {{"node", "format", "scale per", "bits", "bytes", "in the module"}};
  Sum all;
  for (const halftone_layer &layer : layers) {
    std::string per = layer.granularity;
    if (layer.group != 0)
      per += " of " + std::to_string(layer.group);
    rows.push_back(
        makeRow(layer.node, layer.format, per, layer.num_weights, layer.bytes, layer.module_bytes));
    all.add(layer);
  }
  std::vector<Sum> sums = sumByFormat(layers);
  if (sums.size() > 1)
    for (const Sum &sum : sums)
      rows.push_back(
          makeRow("all of " + sum.format.str(), "", "", sum.weights, sum.bytes, sum.moduleBytes));
  rows.push_back(makeRow("all", "", "", all.weights, all.bytes, all.moduleBytes));
  return rows;
}

void halftone::printLayers(raw_ostream &stream, const halftone_module_descriptor &descriptor) {
  ArrayRef<halftone_layer> layers = layersOf(descriptor);
  if (layers.empty())
    return;
  std::vector<Row> rows = makeRows(layers);
  auto widthOf = [&](std::string Row::*column) {
    size_t width = 0;
    for (const Row &row : rows)
      width = std::max(width, (row.*column).size());
    return static_cast<unsigned>(width);
  };
  stream << "weights:\n";
  for (const Row &row : rows) {
    stream << "  " << left_justify(row.name, widthOf(&Row::name)) << "  "
           << left_justify(row.format, widthOf(&Row::format)) << "  "
           << left_justify(row.per, widthOf(&Row::per));
    for (std::string Row::*column : {&Row::bits, &Row::bytes, &Row::moduleBytes})
      stream << "  " << right_justify(row.*column, widthOf(column));
    stream << "\n";
  }
}
