// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Analysis/NodeName.h"
#include "halftone/Analysis/WeightContraction.h"
#include "halftone/Transforms/Passes.h"
#include "halftone/Transforms/SchemeAttribute.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"

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
    numUses.clear(); // One pass object sees many functions.
    // Program order: names, and so the observations file, depend on nothing else.
    llvm::SetVector<Value> observed;
    getOperation().walk([&](Operation *op) {
      std::optional<WeightContraction> contraction = matchWeightContraction(op);
      if (!contraction)
        return;
      std::optional<::halftone::Scheme> scheme = getScheme(op);
      Value input = contraction->activations->get();
      if ((all || (scheme && scheme->isStatic())) && !input.getDefiningOp<ObserveOp>())
        observed.insert(input);
    });
    for (Value value : observed)
      insert(value);
  }

private:
  void insert(Value value) {
    OpBuilder b(value.getContext());
    b.setInsertionPointAfterValue(value);
    auto observer = ObserveOp::create(b, value.getLoc(), value.getType(), value,
                                      b.getStringAttr(makeUnique(getTensorName(value))), nullptr);
    // What leaves the model stays as it is; every other use sees what the contraction sees.
    value.replaceUsesWithIf(observer.getOutput(), [&](OpOperand &use) {
      return use.getOwner() != observer && !use.getOwner()->hasTrait<OpTrait::IsTerminator>();
    });
    ++numObservers;
  }

  /// One ONNX node may become several ops: the second observed one is called `name#1`.
  std::string makeUnique(std::string name) {
    unsigned count = numUses[name]++;
    return count == 0 ? name : name + "#" + std::to_string(count);
  }

  llvm::StringMap<unsigned> numUses;
};
} // namespace
