// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/Passes.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Dialect/HalftoneDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/Support/MathExtras.h"

#include <limits>

namespace mlir::halftone {
#define GEN_PASS_DEF_DECOMPOSECONVTRANSPOSE
#include "halftone/CPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

// The phases' filters have at most this many times the filter's elements.
constexpr int64_t maxGrowth = 4;
// Far from overflow in products of sizes.
constexpr int64_t maxStride = 64;

namespace {

/// One spatial dimension. The output before the pads are removed has position y = stride * q +
/// phase; the phase's filter has element t of the original's phase + stride * t, which meets input
/// q - t. As a convolution, with `taps - 1` zeros in front of the input, t counts backwards.
struct Axis {
  int64_t kernel, stride, taps, padBegin;
  /// Zeros behind the input: `taps - 1`, and more where the output padding needs another q.
  int64_t padEnd;
  /// Elements of the convolution's phases that the output does not have.
  int64_t cropEnd;
  /// The output's size where the input has one element: it is not less for any other.
  int64_t leastSize;

  Axis(ConvTransposeOp op, unsigned axis) {
    ArrayRef<int64_t> pads = op.getPads();
    kernel = llvm::cast<RankedTensorType>(op.getFilter().getType()).getDimSize(axis + 2);
    stride = op.getStrides()[axis];
    taps = llvm::divideCeil(kernel, stride);
    padBegin = pads[axis];
    // The last output, of input size - 1, is at stride * (size - 1) + reach - 1.
    int64_t reach = kernel + op.getOutputPadding()[axis] - pads[axis + 2];
    int64_t extra = std::max<int64_t>(0, llvm::divideCeilSigned(reach, stride) - taps);
    padEnd = taps - 1 + extra;
    cropEnd = stride * (taps + extra) - reach;
    leastSize = reach - padBegin;
  }

  int64_t getSize(int64_t input) const {
    return ShapedType::isDynamic(input) ? input : input + padEnd;
  }
};

struct Match {
  ConvTransposeOp op;
  std::vector<float> filter;
  int64_t inputs, outputs;
  Axis y, x;
};

std::optional<Match> match(ConvTransposeOp op) {
  auto input = llvm::cast<RankedTensorType>(op.getInput().getType());
  auto filter = llvm::cast<RankedTensorType>(op.getFilter().getType());
  ArrayRef<int64_t> strides = op.getStrides();
  if (input.getRank() != 4 || !filter.getElementType().isF32() || op.getGroup() != 1 ||
      strides[0] != strides[1] || op.getDilations() != ArrayRef<int64_t>{1, 1})
    return std::nullopt;
  Axis y(op, 0), x(op, 1);
  // A slice would hide that nothing is left of an image whose size only a run knows.
  if ((input.isDynamicDim(2) && y.leastSize < 1) || (input.isDynamicDim(3) && x.leastSize < 1))
    return std::nullopt;
  // Zeros in place of elements that a phase lacks: work for nothing.
  if (y.stride > maxStride ||
      y.stride * y.taps * x.stride * x.taps > maxGrowth * y.kernel * x.kernel)
    return std::nullopt;
  ElementsAttr constant = getConstant(op.getFilter());
  std::optional<std::vector<float>> values = constant ? readFloats(constant) : std::nullopt;
  if (!values || values->empty())
    return std::nullopt;
  return Match{op, std::move(*values), filter.getDimSize(0), filter.getDimSize(1), y, x};
}

/// [(phase y, phase x, O), C, taps y, taps x] of the filter [C, O, kernel y, kernel x].
std::vector<float> makePhases(const Match &match) {
  const Axis &y = match.y, &x = match.x;
  std::vector<float> phases(y.stride * x.stride * match.outputs * match.inputs * y.taps * x.taps);
  float *next = phases.data();
  auto get = [&](int64_t output, int64_t input, int64_t row, int64_t column) {
    if (row >= y.kernel || column >= x.kernel)
      return 0.0f;
    return match.filter[((input * match.outputs + output) * y.kernel + row) * x.kernel + column];
  };
  for (int64_t phaseY = 0; phaseY < y.stride; ++phaseY)
    for (int64_t phaseX = 0; phaseX < x.stride; ++phaseX)
      for (int64_t output = 0; output < match.outputs; ++output)
        for (int64_t input = 0; input < match.inputs; ++input)
          for (int64_t tapY = y.taps - 1; tapY >= 0; --tapY)
            for (int64_t tapX = x.taps - 1; tapX >= 0; --tapX)
              *next++ = get(output, input, phaseY + y.stride * tapY, phaseX + x.stride * tapX);
  return phases;
}

Value buildCrop(OpBuilder &b, const Match &match, Value phases) {
  ConvTransposeOp op = match.op;
  Location loc = op.getLoc();
  auto constant = [&](ArrayRef<int64_t> values) -> Value {
    auto type = RankedTensorType::get({int64_t(values.size())}, b.getI64Type());
    return ConstantOp::create(b, loc, DenseElementsAttr::get(type, values));
  };
  auto end = [](const Axis &axis) {
    return axis.cropEnd ? -axis.cropEnd : std::numeric_limits<int64_t>::max();
  };
  return SliceOp::create(
      b, loc, op.getType(), phases, constant({match.y.padBegin, match.x.padBegin}),
      constant({end(match.y), end(match.x)}), constant({1, 1}), ArrayRef<int64_t>{2, 3});
}

Value buildConvolution(OpBuilder &b, const Match &match) {
  ConvTransposeOp op = match.op;
  Location loc = op.getLoc();
  const Axis &y = match.y, &x = match.x;
  auto input = llvm::cast<RankedTensorType>(op.getInput().getType());
  int64_t channels = y.stride * x.stride * match.outputs;
  auto filterType =
      RankedTensorType::get({channels, match.inputs, y.taps, x.taps}, input.getElementType());
  Value filter = ConstantOp::create(
      b, loc, makeConstant(filterType, ArrayRef<float>(makePhases(match)), "phases"));
  int64_t height = y.getSize(input.getDimSize(2)), width = x.getSize(input.getDimSize(3));
  auto type = input.clone({input.getDimSize(0), channels, height, width});
  Value phases =
      ConvOp::create(b, loc, type, op.getInput(), filter, /*strides=*/ArrayRef<int64_t>{1, 1},
                     /*dilations=*/ArrayRef<int64_t>{1, 1},
                     /*pads=*/ArrayRef<int64_t>{y.taps - 1, x.taps - 1, y.padEnd, x.padEnd});
  auto scale = [&](int64_t size) { return ShapedType::isDynamic(size) ? size : size * y.stride; };
  auto imageType = input.clone({input.getDimSize(0), match.outputs, scale(height), scale(width)});
  Value image = phases;
  if (y.stride != 1)
    image = DepthToSpaceOp::create(b, loc, imageType, phases, uint64_t(y.stride));
  return buildCrop(b, match, image);
}

struct DecomposeConvTranspose
    : mlir::halftone::impl::DecomposeConvTransposeBase<DecomposeConvTranspose> {
  void runOnOperation() override {
    SmallVector<ConvTransposeOp> ops;
    getOperation().walk([&](ConvTransposeOp op) { ops.push_back(op); });
    IRRewriter rewriter(&getContext());
    for (ConvTransposeOp op : ops) {
      std::optional<Match> found = match(op);
      if (!found)
        continue;
      rewriter.setInsertionPoint(op);
      rewriter.replaceOp(op, buildConvolution(rewriter, *found));
      ++numDecomposed;
    }
  }
};

} // namespace
