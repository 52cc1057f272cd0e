// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LayerOutputs.h"

#include "halftone/Analysis/NodeName.h"
#include "halftone/Transforms/SchemeAttribute.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace mlir::halftone;

// No ONNX model has a tensor of such a name by chance.
std::string mlir::halftone::nameLayerOutput(StringRef node) {
  return "halftone: output of layer " + node.str();
}

static void addOutput(func::FuncOp function, func::ReturnOp end, StringRef node, Value value) {
  Builder b(function.getContext());
  auto rank = size_t(llvm::cast<RankedTensorType>(value.getType()).getRank());
  SmallVector<StringRef> noNames(rank, "");
  auto attributes =
      b.getDictionaryAttr({b.getNamedAttr("halftone.name", b.getStringAttr(nameLayerOutput(node))),
                           b.getNamedAttr("halftone.dim_names", b.getStrArrayAttr(noNames))});
  (void)function.insertResult(function.getNumResults(), value.getType(), attributes);
  end.getOperandsMutable().append(value);
}

void mlir::halftone::addLayerOutputs(ModuleOp model,
                                     llvm::function_ref<bool(Operation *)> isWanted) {
  for (auto function : model.getOps<func::FuncOp>()) {
    Block &body = function.getBody().front();
    llvm::MapVector<StringRef, Value> outputs;
    for (Operation &op : body)
      if (isWanted(&op))
        outputs[getNodeName(op.getLoc())] = op.getResult(0);
    auto end = llvm::cast<func::ReturnOp>(body.getTerminator());
    for (auto [node, value] : outputs)
      addOutput(function, end, node, value);
  }
}

void mlir::halftone::addQuantizedTwins(ModuleOp model) {
  llvm::SmallPtrSet<Operation *, 16> twins;
  for (auto function : model.getOps<func::FuncOp>())
    for (Operation &op : llvm::make_early_inc_range(function.getBody().front()))
      if (getScheme(&op)) {
        OpBuilder b(function.getContext());
        b.setInsertionPointAfter(&op);
        twins.insert(b.clone(op));
      }
  model.walk([&](Operation *op) {
    if (!twins.contains(op))
      removeScheme(op);
  });
  addLayerOutputs(model, [&](Operation *op) { return twins.contains(op); });
}
