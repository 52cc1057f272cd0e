// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "StaticLayers.h"

#include "halftone/Analysis/NodeName.h"
#include "halftone/Analysis/WeightContraction.h"
#include "halftone/Transforms/AssignSchemes.h"
#include "halftone/Transforms/SchemeAttribute.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace mlir::halftone;

std::vector<std::string> mlir::halftone::findSmoothedLayers(ModuleOp assigned) {
  std::vector<std::string> all, quantized;
  assigned->walk([&](Operation *op) {
    if (!matchWeightContraction(op))
      return;
    all.push_back(getNodeName(op->getLoc()).str());
    if (getScheme(op))
      quantized.push_back(all.back());
  });
  return quantized.empty() ? all : quantized;
}

std::optional<std::vector<std::string>>
mlir::halftone::findStaticLayers(ModuleOp simplified,
                                 std::shared_ptr<const ::halftone::Recipe> recipe) {
  // Remarks are made when the schemes are assigned for good.
  ScopedDiagnosticHandler onlyErrors(simplified.getContext(), [](Diagnostic &diagnostic) {
    return success(diagnostic.getSeverity() == DiagnosticSeverity::Remark);
  });
  OwningOpRef<ModuleOp> copy = simplified.clone();
  PassManager passes(simplified.getContext());
  passes.addNestedPass<func::FuncOp>(createAssignSchemes(std::move(recipe)));
  if (failed(passes.run(*copy)))
    return std::nullopt;
  std::vector<std::string> layers;
  copy->walk([&](Operation *op) {
    std::optional<::halftone::Scheme> scheme = getScheme(op);
    if (scheme && scheme->needsObservations())
      layers.push_back(getNodeName(op->getLoc()).str());
  });
  return layers;
}
