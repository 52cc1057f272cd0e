// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SinkTransposes.h"
#include "WindowOps.h"

#include "halftone/CPU/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_LAYOUTNHWC
#include "halftone/CPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// Computes one convolution or pool in layout nhwc between two transposes.
template <typename Op> bool convertLayout(RewriterBase &rewriter, Op op) {
  auto output = llvm::cast<RankedTensorType>(op.getOutput().getType());
  if (op.getLayout() != Layout::ChannelsFirst || output.getRank() != 4)
    return false;
  rewriter.setInsertionPoint(op);
  Value input = toChannelsLast(rewriter, op.getLoc(), op.getInput());
  auto copy = llvm::cast<Op>(rewriter.clone(*op));
  copy.getInputMutable().assign(input);
  copy.setLayout(Layout::ChannelsLast);
  copy.getOutput().setType(toChannelsLast(output));
  rewriter.replaceOp(op, toChannelsFirst(rewriter, op.getLoc(), copy.getOutput()));
  return true;
}

struct LayoutNHWC : mlir::halftone::impl::LayoutNHWCBase<LayoutNHWC> {
  void runOnOperation() override {
    numConverted += changeWindowOps(getOperation(), [](RewriterBase &rewriter, auto op) {
      return convertLayout(rewriter, op);
    });
    RewritePatternSet patterns(&getContext());
    populateSinkTransposesPatterns(patterns);
    populateSinkThroughImagesPatterns(patterns);
    if (failed(sinkAll(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
