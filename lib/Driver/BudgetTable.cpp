// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "BudgetTable.h"

#include "TextTable.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::halftone;

double BudgetTable::getDecibels(double error) const {
  return error == 0 ? std::numeric_limits<double>::infinity()
                    : 10 * std::log10(signalPower / error);
}

std::string mlir::halftone::formatMilliseconds(double seconds) {
  return llvm::formatv("{0:f4}", seconds * 1000).str();
}

static void append(TextRow &row, ArrayRef<std::string> cells) {
  row.insert(row.end(), cells.begin(), cells.end());
}

static std::string nameChoice(const LayerChoice &choice, ArrayRef<Candidate> candidates) {
  return choice.candidates.empty() ? "float" : candidates[choice.candidates.front()].name;
}

/// The layers: what each candidate costs the outputs when no other layer is quantized.
static std::string makeLayers(const BudgetTable &table) {
  std::vector<TextRow> rows = {{"node", "chosen", "float bytes", "bytes"}};
  if (table.hasTimes)
    append(rows.front(), {"float ms", "ms"});
  for (const Candidate &candidate : table.candidates)
    rows.front().push_back(candidate.name);
  for (auto [layer, choice] : llvm::zip_equal(table.layers, table.chosen)) {
    TextRow &row = rows.emplace_back();
    row = {layer.node, nameChoice(layer.choices[choice], table.candidates),
           std::to_string(layer.floatBytes), std::to_string(layer.choices[choice].bytes)};
    if (table.hasTimes)
      append(row, {formatMilliseconds(layer.choices[kFloatChoice].seconds),
                   formatMilliseconds(layer.choices[choice].seconds)});
    for (size_t candidate = 0; candidate != table.candidates.size(); ++candidate) {
      const LayerChoice &cell = layer.get(candidate);
      row.push_back(formatDecibels(table.getDecibels(cell.error), "exact") +
                    (cell.isMeasured ? "*" : " "));
    }
  }
  return alignColumns(rows, /*numTexts=*/2);
}

static std::string makeAssignments(const BudgetTable &table) {
  std::vector<TextRow> rows = {{"assignment", "", "bytes", "predicted dB", "measured dB"}};
  for (const BudgetRow &row : table.rows)
    rows.push_back(
        {row.name, row.isChosen ? "chosen" : "", std::to_string(row.bytes),
         formatDecibels(table.getDecibels(row.predictedError), "exact"),
         row.measuredError ? formatDecibels(table.getDecibels(*row.measuredError), "exact") : "-"});
  if (table.hasTimes) {
    append(rows.front(), {"predicted ms", "measured ms"});
    for (auto [text, row] : llvm::zip_equal(llvm::drop_begin(rows), table.rows))
      append(text, {formatMilliseconds(row.predictedSeconds),
                    row.measuredSeconds ? formatMilliseconds(*row.measuredSeconds) : "-"});
  }
  return alignColumns(rows, /*numTexts=*/2);
}

std::string BudgetTable::make() const {
  return "layers, " + std::to_string(numSamples) +
         " samples: dB at the outputs when the layer alone is quantized; * measured, others by "
         "the layer's own error\n" +
         makeLayers(*this) + "\n" + makeAssignments(*this);
}
