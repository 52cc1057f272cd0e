// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a report says, as facts; ReportJSON and ReportHTML write them.
#ifndef HALFTONE_LIB_DRIVER_REPORTDATA_H
#define HALFTONE_LIB_DRIVER_REPORTDATA_H

#include "Timing.h"
#include <optional>
#include <string>
#include <vector>

namespace mlir::halftone {

/// Counts of values in bins of equal width, and the numbers that they can become.
struct ReportHistogram {
  float min = 0;
  float max = 0;
  std::vector<uint64_t> counts;
  /// Ascending; empty where the format has too many numbers to draw.
  std::vector<float> grid;
};

/// What became of a layer's weights.
struct ReportQuantization {
  std::string codeType; ///< As IR writes it; empty if the codes are no operand of the layer.
  std::string format;
  std::string granularity;
  int64_t group = 0;
  int64_t bytes = 0; ///< Codes, scales, zero points, codebooks.
  double effectiveBits = 0;
  std::optional<double> sqnr;        ///< Of the weights in dB; none where nothing was lost.
  std::optional<double> nearestSqnr; ///< Each weight at its nearest number, no range chosen.
  bool isInteger = false;            ///< Its products are summed as integers.
  std::string activations;           ///< Type of its input's codes; empty: floats.
  llvm::json::Object others;         ///< What else the passes say.
};

/// A node with constant weights.
struct ReportLayer {
  std::string node;
  std::string op;
  std::vector<int64_t> weightShape;
  int64_t floatBytes = 0;
  std::optional<int64_t> moduleBytes; ///< None before a module was made.
  std::optional<ReportQuantization> quantization;
  std::optional<double> timeShare; ///< Of a run, 0 to 1; of a profile.
  std::optional<ReportHistogram> weights;
  std::string activationTensor;
  std::optional<ReportHistogram> activations;

  int64_t numWeights() const;
  int64_t bytes() const { return quantization ? quantization->bytes : floatBytes; }
  StringRef format() const { return quantization ? StringRef(quantization->format) : "f32"; }
};

/// Layers added up.
struct ReportSum {
  std::string format;
  int64_t numLayers = 0;
  int64_t numWeights = 0;
  int64_t floatBytes = 0;
  int64_t bytes = 0;
  int64_t moduleBytes = 0;

  void add(const ReportLayer &layer);
  double effectiveBits() const { return numWeights == 0 ? 0 : 8.0 * double(bytes) / numWeights; }
};

/// How many of the worst layers a summary names.
inline constexpr size_t kNumWorstLayers = 5;

struct ReportData {
  std::string model;
  std::string output;
  std::string sourceHash;
  std::string recipe;
  std::string recipeText;
  std::string target;
  std::string compiler;
  std::optional<int64_t> outputBytes;
  std::vector<ReportLayer> layers;
  std::vector<Timing::Phase> phases;

  ReportSum sumAll() const;
  /// In the order of the formats' first layers.
  std::vector<ReportSum> sumByFormat() const;
  /// The quantized layers with the least SQNR, the worst first.
  std::vector<const ReportLayer *> worstLayers(size_t count) const;
  bool hasTimes() const;
};

/// One JSON object, for programs.
std::string writeReportJSON(const ReportData &data);

/// One page that needs nothing else, for people.
std::string writeReportHTML(const ReportData &data);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_REPORTDATA_H
