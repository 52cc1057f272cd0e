// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Benchmark.h"

#include "halftone/Profile/MeasureLatency.h"

#include "llvm/ADT/STLExtras.h"

#include <chrono>
#include <numeric>

using namespace halftone;
using namespace llvm;

/// The smallest time that at least `percent` per cent of the runs did not exceed.
static double percentile(ArrayRef<double> sorted, size_t percent) {
  size_t rank = (sorted.size() * percent + 99) / 100;
  return sorted[std::max<size_t>(rank, 1) - 1];
}

Expected<Timing> halftone::measureRuns(Session &session, uint32_t entry, ArrayRef<Array> inputs,
                                       uint32_t numOutputs, int64_t runs) {
  SmallVector<halftone_tensor> given, results(numOutputs);
  for (const Array &input : inputs)
    given.push_back(input.tensor());
  for (int64_t i = 0, warmUp = std::max<int64_t>(3, runs / 10); i < warmUp; ++i)
    if (Error error = session.run(entry, given, results))
      return std::move(error);
  std::vector<double> times;
  times.reserve(static_cast<size_t>(runs));
  for (int64_t i = 0; i < runs; ++i) {
    auto start = std::chrono::steady_clock::now();
    if (Error error = session.run(entry, given, results))
      return std::move(error);
    std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    times.push_back(time.count());
  }
  llvm::sort(times);
  Timing timing;
  timing.runs = runs;
  timing.threads = session.stats().threads;
  timing.median = findMedian(times);
  timing.minimum = times.front();
  timing.mean = std::accumulate(times.begin(), times.end(), 0.0) / static_cast<double>(runs);
  timing.percentile90 = percentile(times, 90);
  return timing;
}

json::Object halftone::toJson(const Timing &timing) {
  return json::Object{{"median_ms", timing.median}, {"min_ms", timing.minimum},
                      {"mean_ms", timing.mean},     {"p90_ms", timing.percentile90},
                      {"runs", timing.runs},        {"threads", timing.threads}};
}
