// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DRIVER_REPORT_H
#define HALFTONE_LIB_DRIVER_REPORT_H

#include "ReportData.h"
#include "halftone/Numerics/Observations.h"
#include "halftone/Target/EmitModule.h"
#include "halftone/Transforms/Recipe.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::halftone {

/// Gathers what happened to a model while it is compiled.
class Report {
public:
  ReportData data;

  /// One layer per contraction with constant weights. `withHistograms` reads all weights.
  void addLayers(ModuleOp simplified, bool withHistograms);

  /// Formats, bytes and errors of those whose weights are codes in `quantized`; takes what the
  /// passes wrote for it off the functions.
  void addQuantization(ModuleOp quantized);

  /// What the layers' inputs were, with the static grid that the recipe gives them, if any.
  void addObservations(const ::halftone::Observations &observations,
                       const ::halftone::Recipe &recipe);

  /// What the layers take in the module's weights, after they were laid out.
  void addModuleBytes(ModuleOp lowered);

  /// The layers' parts of the time of a run: the content of a file of quant-run --profile=FILE.
  llvm::Error addProfile(StringRef json);

  std::vector<ModuleLayer> getModuleLayers() const;

private:
  ReportLayer *find(StringRef node);
  /// One for each op that the node became.
  SmallVector<ReportLayer *> findAll(StringRef node);
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_REPORT_H
