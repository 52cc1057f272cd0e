// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_CALIBRATION_GATHERGRAMMATRICES_H
#define HALFTONE_CALIBRATION_GATHERGRAMMATRICES_H

#include "halftone/Calibration/Calibrate.h"
#include "halftone/Numerics/GramMatrix.h"
#include <optional>
#include <vector>

namespace halftone {

/// The Gram matrix of the vectors along the last dimension of an observed tensor, or of the windows
/// that a convolution reads in it.
struct GramRequest {
  std::string tensor;
  std::optional<ConvolutionWindows> windows;
  /// One for each group of the convolution's channels.
  std::vector<GramMatrix> grams;
  /// Of the samples that are held back, as many; empty if none are.
  std::vector<GramMatrix> heldBack;
};

/// Every fifth sample, and of fewer the last one.
bool isHeldBack(int64_t sample, int64_t numSamples);

/// Runs the observing module at `modulePath` on the samples and adds what the tensors were to the
/// matrices of `requests`. Memory holds one sample and the matrices. The options' checkpoint is not
/// used. Errors as of `calibrate`, if a tensor has values that are not finite, or if samples are to
/// be held back and there is only one.
llvm::Error gatherGramMatrices(llvm::StringRef modulePath, const CalibrationOptions &options,
                               std::vector<GramRequest> &requests);

} // namespace halftone

#endif // HALFTONE_CALIBRATION_GATHERGRAMMATRICES_H
