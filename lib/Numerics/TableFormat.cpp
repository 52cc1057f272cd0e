// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/TableFormat.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cmath>

using namespace halftone;

// Codes are bytes.
static constexpr size_t fewest = 2, most = 256;

llvm::Expected<std::vector<float>> halftone::makeTable(llvm::ArrayRef<double> numbers) {
  if (numbers.size() < fewest || numbers.size() > most)
    return llvm::createStringError("'table' has %zu numbers; expected %zu to %zu", numbers.size(),
                                   fewest, most);
  std::vector<float> table;
  for (auto [index, number] : llvm::enumerate(numbers)) {
    table.push_back(float(number));
    if (!std::isfinite(table.back()))
      return llvm::createStringError("number %zu of 'table' is %g, which f32 does not hold",
                                     index + 1, number);
  }
  llvm::sort(table);
  if (auto twice = std::adjacent_find(table.begin(), table.end()); twice != table.end())
    return llvm::createStringError("'table' has %g twice", double(*twice));
  table.resize(llvm::PowerOf2Ceil(table.size()), table.back());
  return table;
}

bool halftone::isTable(llvm::ArrayRef<float> numbers) {
  return llvm::isPowerOf2_64(numbers.size()) && numbers.size() >= fewest &&
         numbers.size() <= most &&
         llvm::all_of(numbers, [](float number) { return std::isfinite(number); }) &&
         llvm::is_sorted(numbers) && numbers.front() < numbers.back();
}

Format halftone::makeTableFormat(llvm::ArrayRef<float> table) {
  Format format = *findFormat("nf4");
  format.name = kTableFormatName;
  format.codec = ElementCodec::lookup(table);
  format.packedBits = format.codec.bits;
  return format;
}
