// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DRIVER_REPORTHISTOGRAM_H
#define HALFTONE_LIB_DRIVER_REPORTHISTOGRAM_H

#include "ReportData.h"
#include "halftone/Numerics/TensorStatistics.h"
#include "halftone/Transforms/Recipe.h"

namespace mlir::halftone {

/// Of the finite ones of `values`; nullopt if there are none.
std::optional<ReportHistogram> makeHistogram(ArrayRef<float> values);

/// Of everything that was observed, which has a range.
ReportHistogram makeHistogram(const ::halftone::TensorStatistics &statistics);

/// The numbers that a static scheme gives a tensor; empty if there are too many to draw.
std::vector<float> makeStaticGrid(const ::halftone::TensorStatistics &statistics,
                                  const ::halftone::ActivationScheme &scheme);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_REPORTHISTOGRAM_H
