// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ReportData.h"

#include "llvm/ADT/STLExtras.h"
#include <functional>
#include <numeric>

using namespace mlir::halftone;

int64_t ReportLayer::numWeights() const {
  return std::accumulate(weightShape.begin(), weightShape.end(), int64_t(1), std::multiplies<>());
}

void ReportSum::add(const ReportLayer &layer) {
  ++numLayers;
  numWeights += layer.numWeights();
  floatBytes += layer.floatBytes;
  bytes += layer.bytes();
  moduleBytes += layer.moduleBytes.value_or(0);
}

ReportSum ReportData::sumAll() const {
  ReportSum sum;
  for (const ReportLayer &layer : layers)
    sum.add(layer);
  return sum;
}

std::vector<ReportSum> ReportData::sumByFormat() const {
  std::vector<ReportSum> sums;
  for (const ReportLayer &layer : layers) {
    auto sum =
        llvm::find_if(sums, [&](const ReportSum &sum) { return sum.format == layer.format(); });
    if (sum == sums.end()) {
      sums.emplace_back();
      sum = std::prev(sums.end());
      sum->format = layer.format().str();
    }
    sum->add(layer);
  }
  return sums;
}

std::vector<const ReportLayer *> ReportData::worstLayers(size_t count) const {
  std::vector<const ReportLayer *> worst;
  for (const ReportLayer &layer : layers)
    if (layer.quantization && layer.quantization->sqnr)
      worst.push_back(&layer);
  llvm::stable_sort(worst, [](const ReportLayer *lhs, const ReportLayer *rhs) {
    return *lhs->quantization->sqnr < *rhs->quantization->sqnr;
  });
  worst.resize(std::min(count, worst.size()));
  return worst;
}

bool ReportData::hasTimes() const {
  return llvm::any_of(layers, [](const ReportLayer &layer) { return layer.timeShare.has_value(); });
}
