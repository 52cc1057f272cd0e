// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops whose result depends on attributes and shapes only.
#include "Builders.h"
#include "ElementCount.h"

#include "halftone/Dialect/ConstantData.h"

using namespace mlir;
using namespace mlir::halftone;

static Value buildIntConstant(NodeImporter &node, ArrayRef<int64_t> values, bool isScalar) {
  SmallVector<int64_t> dims;
  if (!isScalar)
    dims.push_back(values.size());
  auto type = RankedTensorType::get(dims, node.getBuilder().getI64Type());
  return node.createConstant(makeConstant(type, values, node.getOpType()));
}

static Value buildFloatConstant(NodeImporter &node, ArrayRef<float> values, bool isScalar) {
  SmallVector<int64_t> dims;
  if (!isScalar)
    dims.push_back(values.size());
  auto type = RankedTensorType::get(dims, node.getBuilder().getF32Type());
  return node.createConstant(makeConstant(type, values, node.getOpType()));
}

static LogicalResult importConstant(NodeImporter &node) {
  Value result;
  if (node.hasAttr("value")) {
    ElementsAttr value = node.getTensor("value");
    result = value ? node.createConstant(value) : Value();
  } else if (node.hasAttr("value_int")) {
    result = buildIntConstant(node, node.getInt("value_int", 0), /*isScalar=*/true);
  } else if (node.hasAttr("value_float")) {
    result = buildFloatConstant(node, node.getFloat("value_float", 0), /*isScalar=*/true);
  } else if (std::optional<SmallVector<int64_t>> ints = node.getInts("value_ints")) {
    result = buildIntConstant(node, *ints, /*isScalar=*/false);
  } else if (std::optional<SmallVector<float>> floats = node.getFloats("value_floats")) {
    result = buildFloatConstant(node, *floats, /*isScalar=*/false);
  } else if (!node.hasFailed()) {
    return node.emitError() << "needs one of the attributes value, value_int, value_ints, "
                               "value_float and value_floats; strings and sparse tensors are not "
                               "supported";
  }
  return node.setResults({result});
}

static LogicalResult importConstantOfShape(NodeImporter &node) {
  ElementsAttr value;
  if (node.hasAttr("value"))
    value = node.getTensor("value");
  else
    value = DenseElementsAttr::get(RankedTensorType::get(1, node.getBuilder().getF32Type()), 0.0f);
  if (!node.hasFailed() && value.getNumElements() != 1)
    return node.emitError() << "attribute 'value' must have one element, but has "
                            << value.getNumElements();
  if (node.hasFailed())
    return failure();
  return node.setResults({node.create<ConstantOfShapeOp>(node.getOperand(0), value)});
}

static LogicalResult importEyeLike(NodeImporter &node) {
  Value like = node.getOperand(0);
  Type elementType = node.getElementTypeAttr("dtype", NodeImporter::getElementType(like));
  int64_t shift = node.getInt("k", 0);
  if (!node.hasFailed() && NodeImporter::getRank(like) != 2)
    return node.emitError() << "expects a matrix, but its input is " << like.getType();
  int64_t rows = node.requireStaticDim(like, 0), columns = node.requireStaticDim(like, 1);
  if (node.hasFailed())
    return failure();
  if (countElements({rows, columns}) > kMaxConstantElements)
    return node.emitError() << "makes a matrix of " << rows << " by " << columns
                            << " elements, which is too large";
  SmallVector<float> values(rows * columns, 0.0f);
  for (int64_t row = 0; row < rows; ++row) {
    // Unsigned, so that no shift overflows.
    uint64_t column = uint64_t(row) + uint64_t(shift);
    if (column < uint64_t(columns))
      values[row * columns + int64_t(column)] = 1.0f;
  }
  auto type = RankedTensorType::get({rows, columns}, node.getBuilder().getF32Type());
  Value eye = node.createConstant(makeConstant(type, ArrayRef<float>(values), "eye"));
  return node.setResults({node.castTo(eye, elementType)});
}

static LogicalResult importRange(NodeImporter &node) {
  node.expectInt("stash_type", 1, 1);
  return node.setResults(
      {node.create<RangeOp>(node.getOperand(0), node.getOperand(1), node.getOperand(2))});
}

// A tensor is an optional that has its element.
static LogicalResult importOptionalHasElement(NodeImporter &node) {
  Value input = node.getOperand(0);
  return node.setResults({node.createScalar(node.getBuilder().getI1Type(), input ? 1 : 0)});
}

static LogicalResult importOptionalGetElement(NodeImporter &node) {
  return node.setResults({node.getOperand(0)});
}

void halftone::addConstantOps(OpTable &table) {
  table.add({
      {"Constant", 0, importConstant},
      {"ConstantOfShape", 1, importConstantOfShape, fromOpset(9)},
      {"EyeLike", 1, importEyeLike, fromOpset(9), kOnnxDomain, limitedTo("a static shape")},
      {"OptionalGetElement", 1, importOptionalGetElement, fromOpset(15), kOnnxDomain,
       limitedTo("of a tensor")},
      {"OptionalHasElement",
       {0, 1},
       importOptionalHasElement,
       fromOpset(15),
       kOnnxDomain,
       limitedTo("of a tensor")},
      {"Range", 3, importRange, fromOpset(11), kOnnxDomain, limitedTo("`stash_type` 1")},
  });
}
