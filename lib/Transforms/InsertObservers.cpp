// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Analysis/ObservedTensors.h"
#include "halftone/Analysis/WeightContraction.h"
#include "halftone/Transforms/Passes.h"
#include "halftone/Transforms/SchemeAttribute.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_INSERTOBSERVERS
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {
struct InsertObservers : public mlir::halftone::impl::InsertObserversBase<InsertObservers> {
  using Base::Base;

  void runOnOperation() override {
    // Named before any is inserted, and whether it is or not: names, and so the observations file,
    // depend on the program alone.
    ObservedTensors tensors = nameObservedTensors(getOperation());
    llvm::SetVector<Value> observed;
    getOperation().walk([&](Operation *op) {
      std::optional<WeightContraction> contraction = matchWeightContraction(op);
      if (!contraction)
        return;
      std::optional<::halftone::Scheme> scheme = getScheme(op);
      Value input = contraction->activations->get();
      bool isNeeded = scheme && (scheme->isStatic() || scheme->weights.needsInputs());
      if ((all || isNeeded) && tensors.contains(input))
        observed.insert(input);
    });
    for (Value value : observed)
      insert(value, tensors[value]);
  }

private:
  void insert(Value value, StringRef name) {
    OpBuilder b(value.getContext());
    b.setInsertionPointAfterValue(value);
    auto observer = ObserveOp::create(b, value.getLoc(), value.getType(), value,
                                      b.getStringAttr(name), nullptr);
    // What leaves the model stays as it is; every other use sees what the contraction sees.
    value.replaceUsesWithIf(observer.getOutput(), [&](OpOperand &use) {
      return use.getOwner() != observer && !use.getOwner()->hasTrait<OpTrait::IsTerminator>();
    });
    ++numObservers;
  }
};
} // namespace
