// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Analysis/ObservedTensors.h"

#include "halftone/Analysis/NodeName.h"
#include "halftone/Analysis/WeightContraction.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace mlir::halftone;

ObservedTensors mlir::halftone::nameObservedTensors(Operation *root) {
  ObservedTensors tensors;
  llvm::StringMap<unsigned> numUses;
  root->walk([&](Operation *op) {
    std::optional<WeightContraction> contraction = matchWeightContraction(op);
    if (!contraction)
      return;
    Value input = contraction->activations->get();
    if (auto observer = input.getDefiningOp<ObserveOp>())
      input = observer.getInput();
    if (tensors.contains(input))
      return;
    std::string name = getTensorName(input);
    unsigned count = numUses[name]++;
    tensors[input] = count == 0 ? name : name + "#" + std::to_string(count);
  });
  return tensors;
}
