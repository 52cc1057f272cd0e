// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/FormatChoice.h"

#include "halftone/Numerics/ErrorMetrics.h"
#include "halftone/Numerics/OutputError.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <cassert>
#include <cmath>

using namespace halftone;

double FormatChoice::sqnr(size_t candidate) const {
  return 10 * std::log10(power / errors[candidate]);
}

/// tr(W^T G W), a group of channels after the other.
static double measureOutput(llvm::ArrayRef<float> weights, llvm::ArrayRef<int64_t> shape,
                            unsigned channelAxis, llvm::ArrayRef<float> grams) {
  double power = 0;
  WeightMatrix whole = WeightMatrix::get(shape, channelAxis);
  size_t square = size_t(whole.reduction) * size_t(whole.reduction);
  size_t groups = grams.size() / square;
  assert(grams.size() == groups * square && (groups == 1 || channelAxis == 0) &&
         "each group of channels, the first dimension, has a matrix");
  llvm::SmallVector<int64_t> part(shape);
  part.front() /= int64_t(groups);
  size_t size = weights.size() / groups;
  for (size_t group = 0; group != groups; ++group)
    power +=
        measureOutputPower(weights.slice(group * size, size), WeightMatrix::get(part, channelAxis),
                           grams.slice(group * square, square));
  return power;
}

llvm::Expected<FormatChoice> halftone::chooseFormat(llvm::ArrayRef<float> values,
                                                    llvm::ArrayRef<int64_t> shape,
                                                    llvm::ArrayRef<FormatCandidate> candidates,
                                                    llvm::ArrayRef<float> grams) {
  assert(!candidates.empty() && "there is something to choose from");
  unsigned axis = candidates.front().options.channelAxis;
  FormatChoice choice;
  if (!grams.empty())
    choice.power = measureOutput(values, shape, axis, grams);
  for (const FormatCandidate &candidate : candidates) {
    llvm::Expected<EncodedTensor> encoded =
        encodeTensor(values, shape, candidate.format, candidate.options);
    if (!encoded)
      return encoded.takeError();
    std::vector<float> numbers = decodeTensor(*encoded, candidate.format);
    if (grams.empty()) {
      ErrorMetrics metrics = measureError(values, numbers);
      choice.power = metrics.expectedPower;
      choice.errors.push_back(metrics.errorPower);
    } else {
      for (auto [number, value] : llvm::zip_equal(numbers, values))
        number = value - number;
      choice.errors.push_back(measureOutput(numbers, shape, axis, grams));
    }
    if (choice.errors.back() < choice.errors[choice.best])
      choice.best = choice.errors.size() - 1;
  }
  return choice;
}
