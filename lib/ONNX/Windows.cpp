// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Windows.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::halftone;

// Far beyond any model, and small enough that sums and products of two stay in 64 bits.
static constexpr int64_t kMaxValue = int64_t(1) << 30;

/// One value per entry, each in [min, kMaxValue].
static SmallVector<int64_t> readList(NodeImporter &node, StringRef name, size_t count,
                                     int64_t defaultValue, int64_t min) {
  SmallVector<int64_t> defaults(count, defaultValue);
  SmallVector<int64_t> values = node.getInts(name).value_or(defaults);
  if (values.size() != count && !node.hasFailed())
    node.emitError() << "attribute '" << name << "' must have " << count << " values, but has "
                     << values.size();
  for (int64_t value : values)
    if ((value < min || value > kMaxValue) && !node.hasFailed())
      node.emitError() << "attribute '" << name << "' has value " << value << ", expected at least "
                       << min << " and at most " << kMaxValue;
  return node.hasFailed() ? defaults : values;
}

static void readKernel(NodeImporter &node, Window &window, ArrayRef<int64_t> filterDims,
                       size_t spatial) {
  if (filterDims.empty()) {
    if (!node.hasAttr("kernel_shape") && !node.hasFailed())
      node.emitError() << "attribute 'kernel_shape' is required";
    window.kernel = readList(node, "kernel_shape", spatial, 1, 1);
    return;
  }
  window.kernel.assign(filterDims.begin(), filterDims.end());
  if (!node.hasAttr("kernel_shape"))
    return;
  SmallVector<int64_t> declared = readList(node, "kernel_shape", spatial, 1, 1);
  for (auto [kernel, size] : llvm::zip_equal(window.kernel, declared)) {
    if (!ShapedType::isDynamic(kernel) && kernel != size && !node.hasFailed())
      node.emitError() << "attribute 'kernel_shape' has " << size << " where the filter has "
                       << kernel;
    kernel = size;
  }
}

std::optional<Window> halftone::readWindow(NodeImporter &node, Value input,
                                           ArrayRef<int64_t> filterDims) {
  if (NodeImporter::getRank(input) < 3) {
    node.emitError() << "expects [N, C, spatial…], but its input is " << input.getType();
    return std::nullopt;
  }
  size_t spatial = NodeImporter::getRank(input) - 2;
  if (!filterDims.empty() && filterDims.size() != spatial) {
    node.emitError() << "the filter has " << filterDims.size()
                     << " spatial dimensions, but the input has " << spatial;
    return std::nullopt;
  }
  Window window;
  readKernel(node, window, filterDims, spatial);
  window.strides = readList(node, "strides", spatial, 1, 1);
  window.dilations = readList(node, "dilations", spatial, 1, 1);
  window.pads = readList(node, "pads", 2 * spatial, 0, 0);
  StringRef autoPad = node.getString("auto_pad", "NOTSET");
  if (autoPad == "SAME_UPPER")
    window.autoPad = Window::AutoPad::SameUpper;
  else if (autoPad == "SAME_LOWER")
    window.autoPad = Window::AutoPad::SameLower;
  else if (autoPad == "VALID")
    window.pads.assign(2 * spatial, 0);
  else if (autoPad != "NOTSET" && !node.hasFailed())
    node.emitError() << "attribute 'auto_pad' is '" << autoPad
                     << "', expected NOTSET, VALID, SAME_UPPER or SAME_LOWER";
  if (node.hasFailed())
    return std::nullopt;
  return window;
}

void halftone::splitPadding(Window &window, ArrayRef<int64_t> totals) {
  size_t spatial = totals.size();
  window.pads.assign(2 * spatial, 0);
  for (auto [i, total] : llvm::enumerate(totals)) {
    int64_t half = total / 2;
    bool upper = window.autoPad == Window::AutoPad::SameUpper;
    window.pads[i] = upper ? half : total - half;
    window.pads[spatial + i] = upper ? total - half : half;
  }
  window.autoPad = Window::AutoPad::None;
}

void halftone::resolveAutoPad(NodeImporter &node, Value input, Window &window) {
  if (window.autoPad == Window::AutoPad::None)
    return;
  SmallVector<int64_t> totals;
  for (auto [i, kernel] : llvm::enumerate(window.kernel)) {
    if (ShapedType::isDynamic(kernel)) {
      if (!node.hasFailed())
        node.emitError() << "auto_pad needs a filter whose size is known when compiling";
      return;
    }
    int64_t stride = window.strides[i], extent = (kernel - 1) * window.dilations[i] + 1;
    // With stride 1 the padding does not depend on the input.
    if (stride == 1) {
      totals.push_back(extent - 1);
      continue;
    }
    int64_t size = node.requireStaticDim(input, i + 2);
    int64_t outputs = llvm::divideCeil(size, stride);
    totals.push_back(std::max<int64_t>(0, (outputs - 1) * stride + extent - size));
  }
  splitPadding(window, totals);
}
