// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TOOLS_QUANT_RUN_COMPARE_H
#define HALFTONE_TOOLS_QUANT_RUN_COMPARE_H

#include "halftone/IO/Array.h"

#include "llvm/Support/JSON.h"

namespace halftone {

/// An element fits when |actual - expected| <= absolute + relative * |expected|; NaN fits NaN, and
/// an infinity only itself.
struct Tolerance {
  double relative = 0;
  double absolute = 0;
};

/// How far one output is from its reference. Elements of which one is not finite count as
/// mismatches unless they are the same, and take no part in the other measures.
struct Difference {
  std::string name;
  int64_t elements = 0;
  int64_t mismatches = 0;
  double maxAbsolute = 0;
  double maxRelative = 0; // largest absolute error over the largest magnitude of the reference
  double sqnr = 0;        // signal to noise in dB, infinite without noise
};

/// An error if types or shapes differ.
llvm::Expected<Difference> compareArrays(llvm::StringRef name, const Array &actual,
                                         const Array &expected, const Tolerance &tolerance);

llvm::json::Object toJson(const Difference &difference);

} // namespace halftone

#endif
