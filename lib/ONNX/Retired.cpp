// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Experimental ops that ONNX has dropped, but that exporters of their time wrote.
#include "Builders.h"

using namespace mlir;
using namespace mlir::halftone;

static LogicalResult importAffine(NodeImporter &node) {
  Value input = node.getOperand(0);
  Value scaled =
      node.create<MulOp>(input, node.createScalarLike(input, node.getFloat("alpha", 1.0f)));
  Value shift = node.createScalarLike(input, node.getFloat("beta", 0.0f));
  return node.setResults({node.create<AddOp>(scaled, shift)});
}

// x * scale + bias[channel]
static LogicalResult importImageScaler(NodeImporter &node) {
  Value input = node.getOperand(0);
  Value scale = node.createScalarLike(input, node.getFloat("scale", 1.0f));
  std::optional<SmallVector<float>> bias = node.getFloats("bias");
  Value result = node.create<MulOp>(input, scale);
  if (bias)
    result = node.create<AddOp>(
        result, node.appendUnitDims(node.createFloats(*bias), NodeImporter::getRank(input) - 2));
  return node.setResults({result});
}

/// Cuts [left, top, right, bottom] pixels off, or `scale` pixels out from [left, top].
static LogicalResult importCrop(NodeImporter &node) {
  Value input = node.getOperand(0);
  std::optional<SmallVector<int64_t>> border = node.getInts("border"),
                                      scale = node.getInts("scale");
  if (!node.hasFailed() && (!border || border->size() != 4 || (scale && scale->size() != 2)))
    return node.emitError() << "attribute 'border' must have 4 values, 'scale' none or 2";
  if (node.hasFailed())
    return failure();
  int64_t left = (*border)[0], top = (*border)[1];
  SmallVector<Value> ends;
  for (int64_t i = 0; i < 2; ++i) {
    if (scale)
      ends.push_back(
          node.create<AddOp>(node.createInts((*scale)[i]), node.createInts(i == 0 ? top : left)));
    else
      ends.push_back(node.create<SubOp>(node.createDims(input, i + 2, i + 3),
                                        node.createInts((*border)[3 - i])));
  }
  return node.setResults({node.create<SliceOp>(
      input, node.createInts({top, left}), node.create<ConcatOp>(ends, /*axis=*/0),
      node.createInts({1, 1}), ArrayRef<int64_t>({2, 3}))});
}

// alpha * tanh(beta * x)
static LogicalResult importScaledTanh(NodeImporter &node) {
  Value input = node.getOperand(0);
  Value alpha = node.createScalarLike(input, node.getFloat("alpha", 1.0f));
  Value beta = node.createScalarLike(input, node.getFloat("beta", 1.0f));
  Value inner = node.create<TanhOp>(node.create<MulOp>(input, beta));
  return node.setResults({node.create<MulOp>(inner, alpha)});
}

void halftone::addRetiredOps(OpTable &table) {
  table.add({
      {"Affine", 1, importAffine, untilOpset(9)},
      {"Crop", 1, importCrop, untilOpset(9)},
      {"ImageScaler", 1, importImageScaler, untilOpset(9)},
      {"ScaledTanh", 1, importScaledTanh, untilOpset(9)},
  });
}
