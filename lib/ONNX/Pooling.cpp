// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pools over a sliding window; those over everything are reductions.
#include "Builders.h"
#include "Windows.h"

using namespace mlir;
using namespace mlir::halftone;

static LogicalResult importMaxPool(NodeImporter &node) {
  Value input = node.getOperand(0);
  std::optional<Window> window = readWindow(node, input, {});
  bool ceilMode = node.getFlag("ceil_mode", false);
  node.ignoreAttr("storage_order"); // Only the indices, which are refused, depend on it.
  if (!window)
    return failure();
  resolveAutoPad(node, input, *window);
  return node.setResults({node.create<MaxPoolOp>(input, window->kernel, window->strides,
                                                 window->dilations, window->pads, ceilMode)});
}

static LogicalResult importAveragePool(NodeImporter &node) {
  Value input = node.getOperand(0);
  std::optional<Window> window = readWindow(node, input, {});
  bool ceilMode = node.getFlag("ceil_mode", false);
  bool countIncludePad = node.getFlag("count_include_pad", false);
  if (!window)
    return failure();
  resolveAutoPad(node, input, *window);
  return node.setResults(
      {node.create<AveragePoolOp>(input, window->kernel, window->strides, window->dilations,
                                  window->pads, ceilMode, countIncludePad)});
}

void halftone::addPoolingOps(OpTable &table) {
  table.add({
      {"AveragePool", 1, importAveragePool},
      {"MaxPool", 1, importMaxPool},
  });
}
