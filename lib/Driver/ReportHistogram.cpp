// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ReportHistogram.h"

#include "halftone/Numerics/Format.h"
#include "halftone/Numerics/QuantizeTensor.h"
#include <algorithm>
#include <cmath>

using namespace mlir::halftone;
using ::halftone::AffineGrid;
using ::halftone::Format;
using ::halftone::Histogram;

static constexpr size_t kNumBins = 96;

namespace {
/// Counts values into equal bins of a range.
class Binning {
public:
  explicit Binning(::halftone::Range range) {
    histogram.min = range.min;
    histogram.max = range.max;
    histogram.counts.assign(kNumBins, 0);
    width = (double(range.max) - range.min) / kNumBins;
  }

  void add(double value, uint64_t count) {
    double bin = width > 0 ? (value - histogram.min) / width : 0;
    histogram.counts[size_t(std::clamp(bin, 0.0, double(kNumBins - 1)))] += count;
  }

  ReportHistogram histogram;

private:
  double width;
};
} // namespace

std::optional<ReportHistogram> mlir::halftone::makeHistogram(ArrayRef<float> values) {
  std::optional<::halftone::Range> range = ::halftone::findRange(values);
  if (!range)
    return std::nullopt;
  Binning binning(*range);
  for (float value : values)
    if (std::isfinite(value))
      binning.add(value, 1);
  return binning.histogram;
}

ReportHistogram mlir::halftone::makeHistogram(const ::halftone::TensorStatistics &statistics) {
  const Histogram &fine = statistics.getHistogram();
  Binning binning(*statistics.getRange());
  double width = fine.getBinWidth();
  for (size_t bin = 0; bin != Histogram::numBins; ++bin) {
    binning.add((double(bin) + 0.5) * width, fine.getPositive()[bin]);
    binning.add(-(double(bin) + 0.5) * width, fine.getNegative()[bin]);
  }
  return binning.histogram;
}

std::vector<float> mlir::halftone::makeStaticGrid(const ::halftone::TensorStatistics &statistics,
                                                  const ::halftone::ActivationScheme &scheme) {
  const Format &format = *::halftone::findFormat(scheme.format);
  llvm::Expected<::halftone::RangeOptions> options = ::halftone::parseRangeEstimator(scheme.range);
  if (!options) {
    llvm::consumeError(options.takeError()); // The recipe was refused before.
    return {};
  }
  llvm::Expected<::halftone::Range> range =
      ::halftone::estimateRange(statistics, *options, format, scheme.symmetric);
  if (!range) {
    llvm::consumeError(range.takeError());
    return {};
  }
  AffineGrid grid = ::halftone::fitStoredGrid(*range, format, scheme.symmetric,
                                              ::halftone::findScaleCodec(scheme.scales));
  std::vector<float> numbers;
  if (!format.isInteger()) {
    for (uint32_t code = 0; code != format.codec.numCodes(); ++code)
      if (format.codec.isFinite(code))
        numbers.push_back(format.codec.decode(code) * grid.scale);
    llvm::sort(numbers);
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    return numbers;
  }
  for (int32_t code = grid.qmin; code <= grid.qmax; ++code)
    numbers.push_back(grid.dequantize(code));
  return numbers;
}
