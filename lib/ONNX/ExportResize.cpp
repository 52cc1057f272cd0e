// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "NodeExporter.h"

#include "halftone/Dialect/ConstantData.h"
#include "llvm/ADT/SetVector.h"
#include <cmath>

using namespace mlir;
using namespace mlir::halftone;

/// Whether `value` is computed from `source`.
static bool dependsOn(Value value, Value source) {
  llvm::SetVector<Value> values;
  values.insert(value);
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] == source)
      return true;
    if (Operation *op = values[i].getDefiningOp())
      values.insert(op->operand_begin(), op->operand_end());
  }
  return false;
}

/// Whether the scales give exactly the sizes, `floor(dimension * scale)`. ONNX takes only one of
/// them; the model had scales then, which position the samples.
static bool determinesSizes(ResizeOp op) {
  ElementsAttr scales = getConstant(op.getScales()), sizes = getConstant(op.getSizes());
  if (!scales)
    return dependsOn(op.getSizes(), op.getScales());
  // Sizes of dynamic dimensions come from constant scales, or both would be computed.
  std::optional<std::vector<float>> factors = readFloats(scales);
  std::optional<std::vector<int64_t>> targets;
  if (sizes)
    targets = readIntegers(sizes);
  ArrayRef<int64_t> dims = NodeExporter::getType(op.getInput()).getShape();
  if (!sizes || !factors || !targets || ShapedType::isDynamicShape(dims))
    return !sizes;
  return llvm::all_of(llvm::zip(dims, *factors, *targets), [](auto item) {
    auto [dim, factor, target] = item;
    return int64_t(std::floor(float(dim) * factor)) == target;
  });
}

static LogicalResult exportResize(NodeExporter &node, ResizeOp op) {
  SmallVector<NodeAttr> attrs = {{"mode", op.getMode()},
                                 {"coordinate_transformation_mode", op.getCoordinates()},
                                 {"nearest_mode", op.getNearestMode()}};
  std::string input = node.getOperand(op.getInput());
  if (!determinesSizes(op))
    return node.define("Resize", {input, "", "", node.getI64(op.getSizes())}, attrs);
  std::string scales = node.getOperand(op.getScales(), "scales");
  if (!NodeExporter::getElementType(op.getScales()).isF32())
    scales = node.createCast(scales, Float32Type::get(op.getContext()));
  return node.define("Resize", {input, "", scales}, attrs);
}

void mlir::halftone::addResizeExports(ExportTable &table) { table.add(exportResize); }
