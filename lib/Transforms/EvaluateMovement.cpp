// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Evaluation of the ops that move elements, whatever their type.
#include "ConstantTensor.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cstring>

using namespace mlir;
using namespace mlir::halftone;

using Operands = ArrayRef<ConstantTensor>;

// Copies the elements that a strided view of the input shows.
static void copyStrided(const ConstantTensor &input, int64_t offset, ArrayRef<int64_t> shape,
                        const SmallVector<int64_t> &strides, ConstantTensor &output) {
  int64_t size = input.getElementSize();
  forEachElement(shape, strides, [&](int64_t position, ArrayRef<int64_t> source) {
    std::memcpy(output.getMutableElement(position), input.getElement(offset + source[0]), size);
  });
}

static bool transpose(TransposeOp op, Operands operands, ConstantTensor &output) {
  SmallVector<int64_t> inputStrides = rowMajorStrides(operands[0].getShape()), strides;
  for (int64_t axis : op.getPermutation())
    strides.push_back(inputStrides[axis]);
  copyStrided(operands[0], 0, output.getShape(), strides, output);
  return true;
}

static bool expand(Operands operands, ConstantTensor &output) {
  copyStrided(operands[0], 0, output.getShape(),
              broadcastStrides(operands[0].getShape(), output.getShape().size()), output);
  return true;
}

// Reads [repeats, size] for each dimension, the repeats with stride 0.
static bool tile(Operands operands, ConstantTensor &output) {
  SmallVector<int64_t> shape, strides;
  ArrayRef<int64_t> input = operands[0].getShape();
  for (auto [axis, stride] : llvm::enumerate(rowMajorStrides(input))) {
    llvm::append_range(shape, ArrayRef<int64_t>{operands[1].getInteger(axis), input[axis]});
    llvm::append_range(strides, ArrayRef<int64_t>{0, stride});
  }
  copyStrided(operands[0], 0, shape, strides, output);
  return true;
}

// Where a slice starts; the bounds are clamped as in the op's description.
static int64_t sliceStart(int64_t start, int64_t step, int64_t size) {
  start += start < 0 ? size : 0;
  return std::clamp<int64_t>(start, 0, step > 0 ? size : std::max<int64_t>(size - 1, 0));
}

static bool slice(SliceOp op, Operands operands, ConstantTensor &output) {
  ArrayRef<int64_t> shape = operands[0].getShape();
  SmallVector<int64_t> strides = rowMajorStrides(shape);
  if (output.getNumElements() == 0)
    return true;
  int64_t offset = 0;
  for (auto [index, axis] : llvm::enumerate(op.getAxes())) {
    int64_t step = operands[3].getInteger(index);
    offset += strides[axis] * sliceStart(operands[1].getInteger(index), step, shape[axis]);
    // The step of a dimension of one element is never taken, and could overflow.
    strides[axis] *= output.getShape()[axis] == 1 ? 0 : step;
  }
  copyStrided(operands[0], offset, output.getShape(), strides, output);
  return true;
}

static bool split(SplitOp op, unsigned number, Operands operands, ConstantTensor &output) {
  SmallVector<int64_t> strides = rowMajorStrides(operands[0].getShape());
  int64_t start = llvm::sum_of(op.getSizes().take_front(number), int64_t(0));
  copyStrided(operands[0], start * strides[op.getAxis()], output.getShape(), strides, output);
  return true;
}

// The number of index tuples in front of `axis`, and the number of bytes of what one index of the
// axis and all behind hold.
static std::pair<int64_t, int64_t> splitAt(const ConstantTensor &tensor, int64_t axis) {
  int64_t outer = llvm::product_of(tensor.getShape().take_front(axis));
  int64_t inner = llvm::product_of(tensor.getShape().drop_front(axis + 1));
  return {outer, inner * tensor.getElementSize()};
}

static bool concat(ConcatOp op, Operands operands, ConstantTensor &output) {
  char *target = output.getMutableElement(0);
  auto [outer, bytes] = splitAt(output, op.getAxis());
  for (int64_t i = 0; i < outer; ++i) {
    for (const ConstantTensor &operand : operands) {
      int64_t length = operand.getShape()[op.getAxis()] * bytes;
      std::memcpy(target, operand.getBytes().data() + i * length, length);
      target += length;
    }
  }
  return true;
}

static bool gather(GatherOp op, Operands operands, ConstantTensor &output) {
  int64_t size = operands[0].getShape()[op.getAxis()];
  auto [outer, bytes] = splitAt(operands[0], op.getAxis());
  char *target = output.getMutableElement(0);
  for (int64_t i = 0; i < outer; ++i) {
    for (int64_t j = 0; j < operands[1].getNumElements(); ++j) {
      int64_t index = operands[1].getInteger(j);
      index += index < 0 ? size : 0;
      // Left to the run, which ends with an error that names the node.
      if (index < 0 || index >= size)
        return false;
      std::memcpy(target, operands[0].getBytes().data() + (i * size + index) * bytes, bytes);
      target += bytes;
    }
  }
  return true;
}

static bool where(Operands operands, ConstantTensor &output) {
  SmallVector<SmallVector<int64_t>> strides;
  for (const ConstantTensor &operand : operands)
    strides.push_back(broadcastStrides(operand.getShape(), output.getShape().size()));
  forEachElement(output.getShape(), strides, [&](int64_t position, ArrayRef<int64_t> sources) {
    int chosen = operands[0].getInteger(sources[0]) ? 1 : 2;
    std::memcpy(output.getMutableElement(position), operands[chosen].getElement(sources[chosen]),
                output.getElementSize());
  });
  return true;
}

static bool trilu(TriluOp op, Operands operands, ConstantTensor &output) {
  ArrayRef<int64_t> shape = output.getShape();
  int64_t columns = shape.back(), rows = shape[shape.size() - 2];
  int64_t shift = operands[1].getInteger(0);
  for (int64_t position = 0; position < output.getNumElements(); ++position) {
    int64_t row = position / columns % rows, column = position % columns;
    // A shift beyond the matrix is no different from one just outside.
    int64_t diagonal = std::clamp(shift, -rows - columns, rows + columns);
    bool isKept = op.getUpper() ? column - row >= diagonal : column - row <= diagonal;
    if (isKept)
      std::memcpy(output.getMutableElement(position), operands[0].getElement(position),
                  output.getElementSize());
  }
  return true;
}

static bool constantOfShape(ConstantOfShapeOp op, ConstantTensor &output) {
  std::optional<ConstantTensor> value = ConstantTensor::read(op.getValue());
  for (int64_t i = 0; value && i < output.getNumElements(); ++i)
    std::memcpy(output.getMutableElement(i), value->getElement(0), output.getElementSize());
  return value.has_value();
}

std::optional<ConstantTensor> mlir::halftone::evaluateMovement(OpResult result,
                                                               ArrayRef<ConstantTensor> operands) {
  ConstantTensor output(cast<RankedTensorType>(result.getType()));
  bool isDone =
      llvm::TypeSwitch<Operation *, bool>(result.getOwner())
          .Case([&](TransposeOp op) { return transpose(op, operands, output); })
          .Case([&](ExpandOp) { return expand(operands, output); })
          .Case([&](TileOp) { return tile(operands, output); })
          .Case([&](SliceOp op) { return slice(op, operands, output); })
          .Case([&](SplitOp op) { return split(op, result.getResultNumber(), operands, output); })
          .Case([&](ConcatOp op) { return concat(op, operands, output); })
          .Case([&](GatherOp op) { return gather(op, operands, output); })
          .Case([&](WhereOp) { return where(operands, output); })
          .Case([&](TriluOp op) { return trilu(op, operands, output); })
          .Case([&](ConstantOfShapeOp op) { return constantOfShape(op, output); })
          .Default([](Operation *) { return false; });
  return isDone ? std::optional(output) : std::nullopt;
}
