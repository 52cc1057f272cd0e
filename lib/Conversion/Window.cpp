// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Window.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpIPredicate;

Sizes Window::outputSizes(Lowering &b, Value input, OpResult result, bool ceil) const {
  Sizes sizes;
  for (size_t i = 0; i < spatial(); ++i) {
    sizes.push_back(b.sizeOr(result, spatialDim(i), [&] {
      int64_t before = pads[i], after = pads[i + spatial()];
      Value size = b.index(b.size(input, spatialDim(i)));
      Value room = b.add(size, b.index(before + after - extent(i)));
      Value stride = b.index(strides[i]), one = b.index(1);
      // So that what is divided below is not negative.
      b.checkAtLeast(room, ceil ? 1 - strides[i] : 0, kWindowTooLarge);
      if (!ceil)
        return b.add(b.div(room, stride), one);
      Value count = b.add(b.div(b.add(room, b.index(strides[i] - 1)), stride), one);
      // The last window must begin inside the input or the padding before it.
      Value begin = b.mul(b.sub(count, one), stride);
      Value isOutside = b.compare(CmpIPredicate::sge, begin, b.add(size, b.index(before)));
      return b.select(isOutside, b.sub(count, one), count);
    }));
    b.checkAtLeast(sizes.back(), 1, kWindowTooLarge);
  }
  return sizes;
}

Value Window::pad(Lowering &b, Value input, Value value) const {
  Sizes before(rankOf(input), b.getIndexAttr(0)), after = before;
  for (size_t i = 0; i < spatial(); ++i) {
    before[spatialDim(i)] = b.getIndexAttr(pads[i]);
    after[spatialDim(i)] = b.getIndexAttr(pads[i + spatial()]);
  }
  return b.padded(input, before, after, value);
}

Value Window::padTo(Lowering &b, Value input, Value value, ArrayRef<OpFoldResult> output) const {
  Sizes before(rankOf(input), b.getIndexAttr(0)), after = before;
  for (size_t i = 0; i < spatial(); ++i) {
    Value last = b.mul(b.sub(b.index(output[i]), b.index(1)), b.index(strides[i]));
    Value reach = b.add(last, b.index(extent(i) - pads[i]));
    Value missing = b.sub(reach, b.index(b.size(input, spatialDim(i))));
    before[spatialDim(i)] = b.getIndexAttr(pads[i]);
    after[spatialDim(i)] = getAsOpFoldResult(b.max(missing, b.index(pads[i + spatial()])));
  }
  return b.padded(input, before, after, value);
}
