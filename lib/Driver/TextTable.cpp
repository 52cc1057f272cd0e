// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TextTable.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir::halftone;

std::string mlir::halftone::alignColumns(llvm::ArrayRef<TextRow> rows, size_t numTexts) {
  std::vector<size_t> widths(rows.front().size());
  for (const TextRow &row : rows)
    for (auto [width, cell] : llvm::zip_equal(widths, row))
      width = std::max(width, cell.size());
  std::string text;
  for (const TextRow &row : rows) {
    std::string line;
    for (size_t column = 0; column != row.size(); ++column) {
      std::string space(widths[column] - row[column].size(), ' ');
      line += column < numTexts ? row[column] + space : space + row[column];
      line += column + 1 < row.size() ? "  " : "\n";
    }
    text += line;
  }
  return text;
}

std::string mlir::halftone::formatDecibels(double value, llvm::StringRef exact) {
  if (std::isnan(value))
    return "nan";
  if (std::isinf(value))
    return value > 0 ? exact.str() : "-inf";
  std::string text = llvm::formatv("{0:F2}", value).str();
  return text == "-0.00" ? "0.00" : text;
}
