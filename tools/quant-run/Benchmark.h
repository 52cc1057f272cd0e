// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TOOLS_QUANT_RUN_BENCHMARK_H
#define HALFTONE_TOOLS_QUANT_RUN_BENCHMARK_H

#include "halftone/IO/Model.h"

#include "llvm/Support/JSON.h"

namespace halftone {

/// Wall time of runs, in milliseconds.
struct Timing {
  int64_t runs = 0;
  int threads = 0;
  double median = 0;
  double minimum = 0;
  double mean = 0;
  double percentile90 = 0;
};

/// Times `runs` runs on the same inputs, after a tenth as many (at least 3) that are not counted.
llvm::Expected<Timing> measureRuns(Session &session, uint32_t entry, llvm::ArrayRef<Array> inputs,
                                   uint32_t numOutputs, int64_t runs);

llvm::json::Object toJson(const Timing &timing);

} // namespace halftone

#endif
