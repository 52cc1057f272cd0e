// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape inference of the ops that move elements without computing on them; those that pick by index
// are in IndexingShapes.cpp.
#include "ShapeInference.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace mlir::halftone;

LogicalResult ConstantOp::inferShapes(ShapeContext &shapes) {
  // After bufferization there is nothing to infer.
  if (!isa<TensorType>(getOutput().getType()))
    return success();
  ShapedType type = getValue().getShapedType();
  SmallVector<Dim> dims =
      llvm::map_to_vector(type.getShape(), [&](int64_t size) { return shapes.constant(size); });
  Values values;
  if (std::optional<SmallVector<int64_t>> elements = smallIntegerElements(getValue()))
    values = llvm::map_to_vector(*elements, [&](int64_t v) { return shapes.constant(v); });
  return shapes.setResult(getOperation()->getResult(0), type.getElementType(), dims, values);
}

// The dimensions that reshape's `shape` names, with null for the one that is -1.
static FailureOr<SmallVector<Dim>> readReshape(ReshapeOp op, ShapeContext &shapes) {
  ArrayRef<Dim> input = shapes.dims(op.getInput());
  SmallVector<Dim> dims;
  int64_t numInferred = 0;
  for (auto [index, value] : llvm::enumerate(*shapes.values(op.getShape()))) {
    std::optional<int64_t> size = ShapeContext::asConstant(value);
    if (size && *size < -1)
      return op.emitOpError("expects `shape` of -1, 0 and sizes") << ", not " << *size;
    if (size == 0 && !op.getAllowzero()) {
      if (index >= input.size())
        return op.emitOpError("expects 0 in `shape` only where the input has a dimension")
               << ": entry " << index << " copies from " << op.getInput().getType();
      dims.push_back(input[index]);
    } else if (size == -1) {
      ++numInferred;
      dims.push_back(Dim());
    } else {
      dims.push_back(shapes.isNonNegative(value) ? value : shapes.freshSymbol());
    }
  }
  if (numInferred > 1)
    return op.emitOpError("expects at most one -1 in `shape`, not ") << numInferred;
  return dims;
}

// Whether all that is not known to be a size is left to run time.
static bool hasUnknownSize(ShapeContext &shapes, ArrayRef<AffineExpr> values) {
  return llvm::any_of(values, [&](AffineExpr value) {
    return !ShapeContext::asConstant(value) && !shapes.isNonNegative(value);
  });
}

static LogicalResult reportElementCounts(ReshapeOp op, Dim actual, ArrayRef<Dim> dims) {
  InFlightDiagnostic diag = op.emitOpError("expects as many elements as the input has"); // (C2)
  diag.attachNote() << "the input has " << describe(actual)
                    << " elements: " << op.getInput().getType();
  diag.attachNote() << "`shape` asks for " << describe(dims);
  return diag;
}

// Solves the -1 and compares the numbers of elements.
static LogicalResult resolveReshape(ReshapeOp op, ShapeContext &shapes, SmallVector<Dim> &dims) {
  SmallVector<Dim> named;
  llvm::copy_if(dims, std::back_inserter(named), [](Dim dim) { return bool(dim); });
  std::optional<Dim> total = shapes.product(shapes.dims(op.getInput()));
  std::optional<Dim> product = shapes.product(named);
  if (!total || !product)
    return op.emitOpError("has too many elements to count in 63 bits");
  if (named.size() == dims.size())
    return shapes.isDifferent(*total, *product) ? reportElementCounts(op, *total, dims) : success();
  std::optional<Dim> quotient = shapes.divideExactly(*total, *product);
  bool areConstant = ShapeContext::asConstant(*total) && ShapeContext::asConstant(*product);
  if (!quotient && areConstant)
    return reportElementCounts(op, *total, dims);
  for (Dim &dim : dims)
    if (!dim)
      dim = quotient ? *quotient : shapes.freshSymbol();
  return success();
}

LogicalResult ReshapeOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) || failed(expectIndices(*this, "shape", getShape(), 1)))
    return failure();
  std::optional<int64_t> rank = ShapeContext::asConstant(shapes.dims(getShape()).front());
  if (!rank)
    return emitOpError("expects `shape` of static size")
           << ", not " << getShape().getType(); // (C1)
  OpResult result = getOperation()->getResult(0);
  Type element = elementOf(getInput());
  SmallVector<Dim> dims;
  if (!shapes.values(getShape())) {
    for (int64_t i = 0; i < *rank; ++i)
      dims.push_back(shapes.freshSymbol());
    return shapes.setResult(result, element, dims);
  }
  FailureOr<SmallVector<Dim>> read = readReshape(*this, shapes);
  if (failed(read))
    return failure();
  dims = *read;
  if (hasUnknownSize(shapes, *shapes.values(getShape()))) {
    for (Dim &dim : dims)
      dim = dim ? dim : shapes.freshSymbol();
  } else if (failed(resolveReshape(*this, shapes, dims))) {
    return failure();
  }
  return shapes.setResult(result, element, dims, sameValues(shapes, getInput()));
}

LogicalResult FlattenOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectAxis(*this, "axis", getAxis(), rankOf(getInput()) + 1)))
    return failure();
  ArrayRef<Dim> input = shapes.dims(getInput());
  std::optional<Dim> outer = shapes.product(input.take_front(getAxis()));
  std::optional<Dim> inner = shapes.product(input.drop_front(getAxis()));
  if (!outer || !inner)
    return emitOpError("has too many elements to count in 63 bits");
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()), {*outer, *inner},
                          sameValues(shapes, getInput()));
}

LogicalResult SqueezeOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectAxes(*this, getAxes(), rankOf(getInput()))))
    return failure();
  SmallVector<Dim> dims;
  for (auto [axis, dim] : llvm::enumerate(shapes.dims(getInput()))) {
    if (!llvm::is_contained(getAxes(), int64_t(axis))) {
      dims.push_back(dim);
    } else if (shapes.isDifferent(dim, shapes.constant(1))) {
      InFlightDiagnostic diag = emitOpError("expects squeezed dimensions to be 1");
      diag.attachNote() << "dimension " << axis << " of " << getInput().getType() << " is not";
      return diag;
    }
  }
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()), dims,
                          sameValues(shapes, getInput()));
}

LogicalResult UnsqueezeOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)))
    return failure();
  int64_t rank = rankOf(getInput()) + int64_t(getAxes().size());
  if (failed(expectAxes(*this, getAxes(), rank)))
    return failure();
  SmallVector<Dim> dims = llvm::to_vector(shapes.dims(getInput()));
  for (int64_t axis : getAxes())
    dims.insert(dims.begin() + axis, shapes.constant(1));
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()), dims,
                          sameValues(shapes, getInput()));
}

LogicalResult TransposeOp::inferShapes(ShapeContext &shapes) {
  ArrayRef<int64_t> permutation = getPermutation();
  if (failed(expectRankedOperands(*this)))
    return failure();
  if (int64_t(permutation.size()) != rankOf(getInput()) || !isPermutationVector(permutation)) {
    InFlightDiagnostic diag = emitOpError("expects a permutation of the input's dimensions");
    diag.attachNote() << "the input is " << getInput().getType();
    diag.attachNote() << "`permutation` is [" << permutation << "]";
    return diag;
  }
  SmallVector<Dim> dims;
  for (int64_t axis : permutation)
    dims.push_back(shapes.dims(getInput())[axis]);
  Values values = mapValues(shapes, getInput(), dims, [&](ArrayRef<int64_t> index) {
    SmallVector<int64_t> source(index.size());
    for (auto [axis, position] : llvm::zip_equal(permutation, index))
      source[axis] = position;
    return source;
  });
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()), dims, values);
}

// The values of a concatenation: each index reads the operand that its position along `axis` falls
// into.
static Values concatValues(ConcatOp op, ShapeContext &shapes, ArrayRef<Dim> dims) {
  SmallVector<SmallVector<int64_t>> inputShapes;
  for (Value input : op.getInputs()) {
    std::optional<SmallVector<int64_t>> shape = smallShape(shapes.dims(input));
    if (!shape || !shapes.values(input))
      return std::nullopt;
    inputShapes.push_back(*shape);
  }
  return makeValues(dims, [&](ArrayRef<int64_t> index) {
    SmallVector<int64_t> source = llvm::to_vector(index);
    int64_t &position = source[op.getAxis()];
    size_t input = 0;
    while (position >= inputShapes[input][op.getAxis()])
      position -= inputShapes[input++][op.getAxis()];
    ArrayRef<AffineExpr> values = *shapes.values(op.getInputs()[input]);
    return values[rowMajorPosition(source, inputShapes[input])];
  });
}

LogicalResult ConcatOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)))
    return failure();
  if (getInputs().empty())
    return emitOpError("expects at least one input");
  Value first = getInputs().front();
  if (failed(expectAxis(*this, "axis", getAxis(), rankOf(first))))
    return failure();
  SmallVector<Dim> dims = llvm::to_vector(shapes.dims(first));
  for (Value input : getInputs().drop_front()) {
    ArrayRef<Dim> other = shapes.dims(input);
    bool agrees = elementOf(input) == elementOf(first) && other.size() == dims.size();
    for (int64_t axis = 0; agrees && axis < int64_t(dims.size()); ++axis) {
      if (axis == int64_t(getAxis())) {
        dims[axis] = shapes.simplify(dims[axis] + other[axis]);
        continue;
      }
      agrees = !shapes.isDifferent(dims[axis], other[axis]);
      if (ShapeContext::asConstant(other[axis]))
        dims[axis] = other[axis];
    }
    if (agrees)
      continue;
    InFlightDiagnostic diag = emitOpError("expects inputs that agree in all but dimension ")
                              << getAxis();
    for (Type type : getInputs().getTypes())
      diag.attachNote() << "an input is " << type;
    return diag;
  }
  return shapes.setResult(getOperation()->getResult(0), elementOf(first), dims,
                          concatValues(*this, shapes, dims));
}

LogicalResult SplitOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectAxis(*this, "axis", getAxis(), rankOf(getInput()))) ||
      failed(expectAmounts(*this, "sizes", getSizes(), getNumResults(), 0)))
    return failure();
  ArrayRef<Dim> input = shapes.dims(getInput());
  int64_t total = 0;
  for (int64_t size : getSizes())
    total += size; // At most 2^31 each, and fewer than 2^32 results.
  if (shapes.isDifferent(input[getAxis()], shapes.constant(total))) {
    InFlightDiagnostic diag = emitOpError("expects `sizes` to add up to the dimension"); // (C2)
    diag.attachNote() << "the sizes add up to " << total;
    diag.attachNote() << "dimension " << getAxis() << " of " << getInput().getType() << " is not";
    return diag;
  }
  int64_t offset = 0;
  for (auto [result, size] : llvm::zip_equal(getOperation()->getResults(), getSizes())) {
    SmallVector<Dim> dims = llvm::to_vector(input);
    dims[getAxis()] = shapes.constant(size);
    Values values = mapValues(shapes, getInput(), dims, [&](ArrayRef<int64_t> index) {
      SmallVector<int64_t> source = llvm::to_vector(index);
      source[getAxis()] += offset;
      return source;
    });
    if (failed(shapes.setResult(result, elementOf(getInput()), dims, values)))
      return failure();
    offset += size;
  }
  return success();
}

// The dimensions that a 1-D shape operand holds, fresh symbols where unknown; its size must be
// static.
static FailureOr<SmallVector<Dim>> readShape(Operation *op, ShapeContext &shapes, StringRef name,
                                             Value shape) {
  if (failed(expectIndices(op, name, shape, 1)))
    return failure();
  std::optional<int64_t> rank = ShapeContext::asConstant(shapes.dims(shape).front());
  if (!rank) {
    InFlightDiagnostic diag = op->emitOpError("expects `") << name << "` of static size";
    diag.attachNote() << "`" << name << "` is " << shape.getType();
    return diag;
  }
  std::optional<ArrayRef<AffineExpr>> values = shapes.values(shape);
  SmallVector<Dim> dims;
  for (int64_t i = 0; i < *rank; ++i) {
    std::optional<int64_t> size = values ? ShapeContext::asConstant((*values)[i]) : std::nullopt;
    if (size && *size < 0) {
      InFlightDiagnostic diag = op->emitOpError("expects `") << name << "` without negative sizes";
      diag.attachNote() << "entry " << i << " is " << *size;
      return diag;
    }
    bool isKnown = values && shapes.isNonNegative((*values)[i]);
    dims.push_back(isKnown ? (*values)[i] : shapes.freshSymbol());
  }
  return dims;
}

LogicalResult ExpandOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)))
    return failure();
  FailureOr<SmallVector<Dim>> target = readShape(*this, shapes, "shape", getShape());
  if (failed(target))
    return failure();
  std::optional<SmallVector<Dim>> dims = shapes.broadcast({shapes.dims(getInput()), *target});
  if (!dims) {
    InFlightDiagnostic diag = emitOpError("expects an input that broadcasts against `shape`");
    diag.attachNote() << "the input is " << getInput().getType();
    diag.attachNote() << "`shape` holds " << describe(*target);
    return diag;
  }
  std::optional<SmallVector<int64_t>> inputShape = smallShape(shapes.dims(getInput()));
  std::optional<ArrayRef<AffineExpr>> inputValues = shapes.values(getInput());
  Values values = makeValues(*dims, [&](ArrayRef<int64_t> index) {
    return inputShape && inputValues ? (*inputValues)[broadcastPosition(index, *inputShape)]
                                     : AffineExpr();
  });
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()), *dims, values);
}

LogicalResult TileOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)))
    return failure();
  FailureOr<SmallVector<Dim>> repeats = readShape(*this, shapes, "repeats", getRepeats());
  if (failed(repeats))
    return failure();
  ArrayRef<Dim> input = shapes.dims(getInput());
  if (repeats->size() != input.size()) {
    InFlightDiagnostic diag = emitOpError("expects one entry of `repeats` per dimension");
    diag.attachNote() << "the input is " << getInput().getType();
    diag.attachNote() << "`repeats` is " << getRepeats().getType();
    return diag;
  }
  SmallVector<Dim> dims;
  for (auto [dim, repeat] : llvm::zip_equal(input, *repeats)) {
    std::optional<Dim> product = shapes.product({dim, repeat});
    if (!product)
      return emitOpError("has too many elements to count in 63 bits");
    dims.push_back(*product);
  }
  Values values = mapValues(shapes, getInput(), dims, [&](ArrayRef<int64_t> index) {
    SmallVector<int64_t> source;
    for (auto [position, dim] : llvm::zip_equal(index, input))
      source.push_back(position % *ShapeContext::asConstant(dim));
    return source;
  });
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()), dims, values);
}

// The padded size of one dimension; null after an error.
static FailureOr<Dim> padDimension(PadOp op, ShapeContext &shapes, Dim size, AffineExpr begin,
                                   AffineExpr end) {
  std::optional<int64_t> constantSize = ShapeContext::asConstant(size);
  Dim result = shapes.simplify(size + begin + end);
  std::optional<int64_t> constantResult = ShapeContext::asConstant(result);
  if (constantResult && *constantResult < 0) {
    InFlightDiagnostic diag = op.emitOpError("expects no more to be cropped than there is");
    diag.attachNote() << "a dimension of " << describe(size) << " is padded by " << describe(begin)
                      << " and " << describe(end);
    return diag;
  }
  for (AffineExpr amount : {begin, end}) {
    std::optional<int64_t> number = ShapeContext::asConstant(amount);
    if (number && (*number > ShapeContext::kMaxElements || *number < -ShapeContext::kMaxElements))
      return op.emitOpError("cannot pad by ") << *number;
    if (op.getMode() != PadMode::Reflect || !constantSize || !number || *number < *constantSize)
      continue;
    InFlightDiagnostic diag = op.emitOpError("expects to reflect less than the dimension");
    diag.attachNote() << "a dimension of " << describe(size) << " is padded by "
                      << describe(amount);
    return diag;
  }
  if (constantResult || shapes.isNonNegative(result))
    return result;
  return shapes.freshSymbol();
}

LogicalResult PadOp::inferShapes(ShapeContext &shapes) {
  int64_t rank = 0;
  if (failed(expectRankedOperands(*this)) || failed(expectIndices(*this, "pads", getPads(), 1)) ||
      failed(expectSameElement(*this, "input", getInput(), "value", getValue())) ||
      failed(expectElementCount(*this, shapes, "value", getValue(), 1)) ||
      failed(expectElementCount(*this, shapes, "pads", getPads(), 2 * (rank = rankOf(getInput())))))
    return failure();
  std::optional<ArrayRef<AffineExpr>> pads = shapes.values(getPads());
  SmallVector<Dim> dims;
  for (auto [axis, size] : llvm::enumerate(shapes.dims(getInput()))) {
    if (!pads) {
      dims.push_back(shapes.freshSymbol());
      continue;
    }
    FailureOr<Dim> dim = padDimension(*this, shapes, size, (*pads)[axis], (*pads)[rank + axis]);
    if (failed(dim))
      return failure();
    dims.push_back(*dim);
  }
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()), dims);
}

LogicalResult ShapeOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)))
    return failure();
  ArrayRef<Dim> input = shapes.dims(getInput());
  int64_t start = getStart(), end = getEnd();
  if (start < 0 || end < start || end > int64_t(input.size())) {
    InFlightDiagnostic diag = emitOpError("expects 0 <= `start` <= `end` <= ") << input.size();
    diag.attachNote() << "`start` is " << start << ", `end` is " << end;
    return diag;
  }
  Values values = llvm::to_vector(input.slice(start, end - start));
  return shapes.setResult(getOperation()->getResult(0), IntegerType::get(getContext(), 64),
                          shapes.constant(end - start), values);
}

LogicalResult SizeOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)))
    return failure();
  Values values;
  if (std::optional<Dim> product = shapes.product(shapes.dims(getInput())))
    values = SmallVector<AffineExpr>{*product};
  return shapes.setResult(getOperation()->getResult(0), IntegerType::get(getContext(), 64), {},
                          values);
}

LogicalResult ConstantOfShapeOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)))
    return failure();
  if (getValue().getNumElements() != 1)
    return emitOpError("expects `value` of one element").attachNote()
           << "it is " << getValue().getShapedType();
  FailureOr<SmallVector<Dim>> dims = readShape(*this, shapes, "shape", getShape());
  if (failed(dims))
    return failure();
  std::optional<SmallVector<int64_t>> element = smallIntegerElements(getValue());
  Values values = makeValues(*dims, [&](ArrayRef<int64_t>) {
    return element ? AffineExpr(shapes.constant(element->front())) : AffineExpr();
  });
  return shapes.setResult(getOperation()->getResult(0), getValue().getElementType(), *dims, values);
}

// The number of block x block tiles in a dimension.
static FailureOr<Dim> divideByBlock(Operation *op, ShapeContext &shapes, int64_t axis, Dim size,
                                    int64_t block) {
  std::optional<Dim> quotient = shapes.divideExactly(size, shapes.constant(block));
  if (quotient)
    return *quotient;
  if (!ShapeContext::asConstant(size))
    return shapes.simplify(size.floorDiv(block));
  InFlightDiagnostic diag = op->emitOpError("expects dimension ")
                            << axis << " to be a multiple of " << block;
  diag.attachNote() << "it is " << describe(size);
  return diag;
}

// A block has 2^15 elements a side at most, so that its area fits.
static LogicalResult expectBlocks(Operation *op, Value input, int64_t block) {
  if (failed(expectRankedOperands(op)) || failed(expectRank(op, "input", input, 4)))
    return failure();
  if (block >= 1 && block <= 32768)
    return success();
  return op->emitOpError("expects `blocksize` in [1, 32768], not ") << block;
}

LogicalResult DepthToSpaceOp::inferShapes(ShapeContext &shapes) {
  int64_t block = getBlocksize();
  if (failed(expectBlocks(*this, getInput(), block)))
    return failure();
  ArrayRef<Dim> input = shapes.dims(getInput());
  FailureOr<Dim> channels = divideByBlock(*this, shapes, 1, input[1], block * block);
  if (failed(channels))
    return failure();
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()),
                          {input[0], *channels, input[2] * block, input[3] * block});
}

LogicalResult SpaceToDepthOp::inferShapes(ShapeContext &shapes) {
  int64_t block = getBlocksize();
  if (failed(expectBlocks(*this, getInput(), block)))
    return failure();
  ArrayRef<Dim> input = shapes.dims(getInput());
  FailureOr<Dim> height = divideByBlock(*this, shapes, 2, input[2], block);
  FailureOr<Dim> width = divideByBlock(*this, shapes, 3, input[3], block);
  if (failed(height) || failed(width))
    return failure();
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()),
                          {input[0], input[1] * (block * block), *height, *width});
}
