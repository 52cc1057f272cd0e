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
  bool columnMajor = node.getFlag("storage_order", false);
  if (!window)
    return failure();
  resolveAutoPad(node, input, *window);
  Value pooled = node.create<MaxPoolOp>(input, window->kernel, window->strides, window->dilations,
                                        window->pads, ceilMode);
  Value indices;
  if (node.wantsResult(1) && !node.hasFailed())
    indices = buildMaxIndices(node, input, pooled, *window, columnMajor);
  return node.setResults({pooled, indices});
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
      {"AveragePool", 1, importAveragePool, always()},
      {"MaxPool", 1, importMaxPool, always()},
  });
}
