// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ways to round weights by their layer's inputs. Each has one entry in a table.
#ifndef HALFTONE_LIB_TRANSFORMS_ROUNDINGMETHODS_H
#define HALFTONE_LIB_TRANSFORMS_ROUNDINGMETHODS_H

#include "halftone/Numerics/Format.h"
#include "halftone/Numerics/GramFactor.h"
#include "halftone/Transforms/Recipe.h"

namespace halftone {

struct EncodedTensor;
struct EncodeOptions;

/// The Gram matrix of a layer's inputs, and what has been computed of it for layers that share it.
struct RoundingInputs {
  llvm::ArrayRef<float> gram;
  int64_t size = 0;
  std::optional<GramFactor> factor;
  GramFactorOptions factorOptions;
};

/// Weights of a format that the method is for.
struct RoundingProblem {
  llvm::ArrayRef<float> values;
  llvm::ArrayRef<int64_t> shape;
  const Format &format;
  const EncodeOptions &options;
  const WeightScheme &scheme;
};

struct RoundingMethod {
  /// What recipes call it.
  llvm::StringLiteral name;
  /// Whether it is judged by samples that it has not seen.
  bool holdsBack;
  /// The formats that it is for: those of one level of scales, or codebooks.
  Format::Coding coding;
  llvm::Expected<EncodedTensor> (*round)(const RoundingProblem &problem, RoundingInputs &inputs);
};

/// All but rounding to nearest, which needs no inputs.
llvm::ArrayRef<RoundingMethod> allRoundingMethods();

/// Null for `nearest` and names that are not known.
const RoundingMethod *findRoundingMethod(llvm::StringRef name);

/// Whether `method` can round weights of `format`.
bool isFor(const RoundingMethod &method, const Format &format);

} // namespace halftone

#endif // HALFTONE_LIB_TRANSFORMS_ROUNDINGMETHODS_H
