// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ShapeInference.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/Sequence.h"
#include <cmath>

using namespace mlir;
using namespace mlir::halftone;

static bool isSingle(ShapeContext &shapes, Value value) {
  std::optional<Dim> count = shapes.product(shapes.dims(value));
  return count && *count == shapes.constant(1);
}

// Whether `scale` has one element per channel of `axis`, or the rank of the input with 1 or its
// dimension everywhere.
static bool isScaleShape(ShapeContext &shapes, ArrayRef<Dim> input, Value scale, int64_t axis) {
  if (isSingle(shapes, scale))
    return true;
  ArrayRef<Dim> dims = shapes.dims(scale);
  if (dims.size() == 1 && axis >= 0 && axis < int64_t(input.size()) &&
      !shapes.isDifferent(dims.front(), input[axis]))
    return true;
  if (dims.size() != input.size())
    return false;
  return llvm::all_of(llvm::zip_equal(dims, input), [&](auto pair) {
    auto [dim, size] = pair;
    return dim == shapes.constant(1) || !shapes.isDifferent(dim, size);
  });
}

static LogicalResult checkBlocks(Operation *op, ArrayRef<int64_t> blocks, int64_t rank) {
  bool arePositive = llvm::all_of(blocks, [](int64_t block) { return block > 0; });
  if (int64_t(blocks.size()) == rank && arePositive)
    return success();
  return op->emitOpError("expects `blocks` to be one positive size for each of the ")
         << rank << " dimensions, not [" << blocks << "]";
}

// Whether `dims` has as many elements along each dimension of `input` as that has blocks.
static bool countsBlocks(ShapeContext &shapes, ArrayRef<Dim> dims, ArrayRef<Dim> input,
                         ArrayRef<int64_t> blocks) {
  if (dims.size() != input.size())
    return false;
  return llvm::all_of(llvm::zip_equal(dims, input, blocks), [&](auto item) {
    auto [dim, size, block] = item;
    return !shapes.isDifferent(dim, size.ceilDiv(block));
  });
}

static LogicalResult reportBlocks(Operation *op, StringRef name, Value value, Value input,
                                  ArrayRef<int64_t> blocks) {
  InFlightDiagnostic diag = op->emitOpError("expects `") << name << "` to have one per block";
  diag.attachNote() << "the blocks are [" << blocks << "] of " << input.getType();
  diag.attachNote() << "`" << name << "` is " << value.getType();
  return diag;
}

// (C2): a constant scale that is not finite means nothing. What divides by a scale needs a positive
// one, too; what multiplies with it does not: ONNX Runtime's and llama.cpp's 4-bit blocks put their
// largest magnitude on code -8, by a negative scale if it is above zero, and blocks of zeros have
// 0.
static LogicalResult checkConstantScale(Operation *op, Value scale) {
  bool isDivisor = llvm::isa<QuantizeOp>(op);
  DenseElementsAttr elements;
  if (!matchPattern(scale, m_Constant(&elements)))
    return success();
  for (const APFloat &value : elements.getValues<APFloat>()) {
    if (value.isFinite() && (!isDivisor || (!value.isNegative() && !value.isZero())))
      continue;
    SmallString<16> text;
    value.toString(text);
    return op->emitOpError(isDivisor ? "expects finite and positive scales, not "
                                     : "expects finite scales, not ")
           << text;
  }
  return success();
}

static LogicalResult checkBlockScales(Operation *op, ShapeContext &shapes, Value input, Value scale,
                                      ArrayRef<int64_t> blocks) {
  ArrayRef<Dim> inputDims = shapes.dims(input);
  if (failed(checkBlocks(op, blocks, int64_t(inputDims.size()))))
    return failure();
  if (!countsBlocks(shapes, shapes.dims(scale), inputDims, blocks))
    return reportBlocks(op, "scale", scale, input, blocks);
  return success();
}

// The constraints that quantize and dequantize share.
static LogicalResult checkScales(Operation *op, ShapeContext &shapes, Value input, Value scale,
                                 Value zeroPoint, int64_t axis,
                                 std::optional<ArrayRef<int64_t>> blocks) {
  if (failed(expectDomain(op, "scale", scale, ElementDomain::Float)))
    return failure();
  if (blocks && failed(checkBlockScales(op, shapes, input, scale, *blocks)))
    return failure();
  if (!blocks && !isScaleShape(shapes, shapes.dims(input), scale, axis)) {
    InFlightDiagnostic diag = op->emitOpError(
        "expects one scale, one per channel of `axis`, or scales that broadcast to the input");
    diag.attachNote() << "the input is " << input.getType() << ", `axis` is " << axis;
    diag.attachNote() << "`scale` is " << scale.getType();
    return diag;
  }
  ArrayRef<Dim> scaleDims = shapes.dims(scale), zeroPointDims = shapes.dims(zeroPoint);
  bool agrees = isSingle(shapes, zeroPoint) || scaleDims.size() == zeroPointDims.size();
  for (size_t i = 0; agrees && !isSingle(shapes, zeroPoint) && i < scaleDims.size(); ++i)
    agrees = !shapes.isDifferent(scaleDims[i], zeroPointDims[i]);
  if (!agrees) {
    InFlightDiagnostic diag =
        op->emitOpError("expects one zero point or as many as there are scales");
    diag.attachNote() << "`scale` is " << scale.getType();
    diag.attachNote() << "`zero_point` is " << zeroPoint.getType();
    return diag;
  }
  return checkConstantScale(op, scale);
}

LogicalResult QuantizeOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "input", getInput(), ElementDomain::Float)) ||
      failed(expectDomain(*this, "zero_point", getZeroPoint(), ElementDomain::Any)) ||
      failed(checkScales(*this, shapes, getInput(), getScale(), getZeroPoint(), getAxis(),
                         getBlocks())))
    return failure();
  return shapes.setResult(getOperation()->getResult(0), elementOf(getZeroPoint()),
                          shapes.dims(getInput()));
}

LogicalResult DequantizeOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "input", getInput(), ElementDomain::Any)) ||
      failed(expectSameElement(*this, "input", getInput(), "zero_point", getZeroPoint())) ||
      failed(checkScales(*this, shapes, getInput(), getScale(), getZeroPoint(), getAxis(),
                         getBlocks())))
    return failure();
  return shapes.setResult(getOperation()->getResult(0), elementOf(getScale()),
                          shapes.dims(getInput()));
}

LogicalResult LookupOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "table", getTable(), ElementDomain::Float)))
    return failure();
  auto code = dyn_cast<IntegerType>(elementOf(getCodes()));
  if (!code || !code.isUnsigned() || code.getWidth() > 8) // (C1)
    return emitOpError("expects `codes` of unsigned integers of at most 8 bits, not ")
           << elementOf(getCodes());
  ArrayRef<Dim> codes = shapes.dims(getCodes()), table = shapes.dims(getTable());
  Dim numValues = shapes.constant(int64_t(1) << code.getWidth());
  if (table.empty() || shapes.isDifferent(table.back(), numValues)) // (C2)
    return emitOpError("expects codebooks of ")
           << (1 << code.getWidth()) << " values in `table`, " << getTable().getType();
  if (getBlocks() && failed(checkBlocks(*this, *getBlocks(), int64_t(codes.size()))))
    return failure();
  bool agrees = getBlocks() ? countsBlocks(shapes, table.drop_back(), codes, *getBlocks())
                            : table.size() == 1;
  if (!agrees) // (C3)
    return reportBlocks(*this, "table", getTable(), getCodes(),
                        getBlocks().value_or(ArrayRef<int64_t>()));
  return shapes.setResult(getOperation()->getResult(0), elementOf(getTable()), codes);
}

LogicalResult BinaryDecodeOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "scales", getScales(), ElementDomain::Float)) ||
      failed(expectSameElement(*this, "scales", getScales(), "offset", getOffset())))
    return failure();
  ArrayRef<Dim> planes = shapes.dims(getPlanes()), scales = shapes.dims(getScales());
  if (!elementOf(getPlanes()).isInteger(1) || planes.empty()) // (C1)
    return emitOpError("expects `planes` to be i1 with a first dimension of planes, not ")
           << getPlanes().getType();
  ArrayRef<Dim> values = planes.drop_front();
  if (failed(checkBlocks(*this, getBlocks(), int64_t(values.size()))))
    return failure();
  bool agrees = !scales.empty() && !shapes.isDifferent(scales.front(), planes.front()) &&
                countsBlocks(shapes, scales.drop_front(), values, getBlocks());
  if (!agrees) // (C3)
    return reportBlocks(*this, "scales", getScales(), getPlanes(), getBlocks());
  if (!countsBlocks(shapes, shapes.dims(getOffset()), values, getBlocks()))
    return reportBlocks(*this, "offset", getOffset(), getPlanes(), getBlocks());
  return shapes.setResult(getOperation()->getResult(0), elementOf(getScales()), values);
}

static bool isByte(Type element) {
  return element.isSignlessInteger(8) || element.isUnsignedInteger(8);
}

LogicalResult DynamicQuantizeOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "input", getInput(), ElementDomain::Float)) ||
      failed(expectAxes(*this, getAxes(), rankOf(getInput()))))
    return failure();
  if (!isByte(getTo()))
    return emitOpError("expects `to` to be i8 or ui8, not ") << getTo(); // (C2)
  ArrayRef<Dim> input = shapes.dims(getInput());
  SmallVector<Dim> scaleDims;
  if (getAxes().size() != input.size())
    scaleDims = llvm::to_vector(input);
  for (int64_t axis : getAxes())
    if (!scaleDims.empty())
      scaleDims[axis] = shapes.constant(1);
  Operation *op = getOperation();
  return success(succeeded(shapes.setResult(op->getResult(0), getTo(), input)) &&
                 succeeded(shapes.setResult(op->getResult(1), elementOf(getInput()), scaleDims)) &&
                 succeeded(shapes.setResult(op->getResult(2), getTo(), scaleDims)));
}

static LogicalResult expectByte(Operation *op, StringRef name, Value value, StringRef zeroPointName,
                                Value zeroPoint) {
  if (!isByte(elementOf(value))) {
    InFlightDiagnostic diag = op->emitOpError("expects the elements of `")
                              << name << "` to be i8 or ui8";
    diag.attachNote() << "`" << name << "` is " << value.getType();
    return diag;
  }
  return expectSameElement(op, name, value, zeroPointName, zeroPoint);
}

// Whether the only dimension of `value` that is not 1 is `axis` counted from the end, of size
// `size`.
static bool variesAlong(ShapeContext &shapes, Value value, int64_t axisFromEnd, Dim size) {
  ArrayRef<Dim> dims = shapes.dims(value);
  for (auto [index, dim] : llvm::enumerate(dims)) {
    bool isAxis = int64_t(dims.size() - index) == axisFromEnd;
    if (dim != shapes.constant(1) && (!isAxis || shapes.isDifferent(dim, size)))
      return false;
  }
  return true;
}

// Whether `value` broadcasts to [batch…, M, 1] of the left-hand side.
static bool isPerRow(ShapeContext &shapes, Value value, ArrayRef<Dim> lhs) {
  ArrayRef<Dim> dims = shapes.dims(value);
  if (dims.size() > lhs.size() || dims.empty() || dims.back() != shapes.constant(1))
    return false;
  return llvm::all_of(llvm::enumerate(dims.drop_back()), [&](auto item) {
    Dim size = lhs[lhs.size() - dims.size() + item.index()];
    return item.value() == shapes.constant(1) || !shapes.isDifferent(item.value(), size);
  });
}

static LogicalResult reportZeroPoint(Operation *op, StringRef name, Value value, StringRef per) {
  InFlightDiagnostic diag = op->emitOpError("expects `")
                            << name << "` to have one element or one per " << per;
  diag.attachNote() << "`" << name << "` is " << value.getType();
  return diag;
}

// The longest sum of products of codes less their zero points that fits in i32, as in the op's
// description.
static int64_t longestSum(Type lhs, Type rhs) {
  bool bothUnsigned = lhs.isUnsignedInteger() && rhs.isUnsignedInteger();
  bool bothSigned = !lhs.isUnsignedInteger() && !rhs.isUnsignedInteger();
  return bothUnsigned ? 66051 : bothSigned ? 131071 : 65793;
}

static LogicalResult checkSumLength(Operation *op, Value lhs, Value rhs,
                                    std::optional<Dim> length) {
  std::optional<int64_t> count = length ? ShapeContext::asConstant(*length) : std::nullopt;
  int64_t longest = longestSum(elementOf(lhs), elementOf(rhs));
  if (!count || *count <= longest)
    return success();
  InFlightDiagnostic diag = op->emitOpError("expects sums that cannot overflow i32");
  diag.attachNote() << "at most " << longest << " products may be added, here " << *count;
  return diag;
}

LogicalResult MatMulIntegerOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectByte(*this, "lhs", getLhs(), "lhs_zero_point", getLhsZeroPoint())) ||
      failed(expectByte(*this, "rhs", getRhs(), "rhs_zero_point", getRhsZeroPoint())))
    return failure();
  FailureOr<SmallVector<Dim>> dims = inferMatrixProduct(*this, shapes, getLhs(), getRhs());
  if (failed(dims))
    return failure();
  ArrayRef<Dim> lhs = shapes.dims(getLhs());
  if (!isSingle(shapes, getLhsZeroPoint()) && !isPerRow(shapes, getLhsZeroPoint(), lhs))
    return reportZeroPoint(*this, "lhs_zero_point", getLhsZeroPoint(), "row ([…, M, 1])");
  if (!isSingle(shapes, getRhsZeroPoint()) &&
      !variesAlong(shapes, getRhsZeroPoint(), 1, shapes.dims(getRhs()).back()))
    return reportZeroPoint(*this, "rhs_zero_point", getRhsZeroPoint(), "column");
  if (failed(checkSumLength(*this, getLhs(), getRhs(), lhs.back()))) // (C2)
    return failure();
  return shapes.setResult(getOperation()->getResult(0), IntegerType::get(getContext(), 32), *dims);
}

LogicalResult ConvIntegerOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectByte(*this, "input", getInput(), "input_zero_point", getInputZeroPoint())) ||
      failed(expectByte(*this, "filter", getFilter(), "filter_zero_point", getFilterZeroPoint())) ||
      failed(expectElementCount(*this, shapes, "input_zero_point", getInputZeroPoint(), 1)))
    return failure();
  FailureOr<SmallVector<Dim>> dims =
      inferConvolution(*this, shapes, getInput(), getFilter(),
                       {getStrides(), getDilations(), getPads(), int64_t(getGroup()), getLayout()});
  if (failed(dims))
    return failure();
  ArrayRef<Dim> filter = shapes.dims(getFilter());
  std::optional<Dim> numScales = shapes.product(shapes.dims(getFilterZeroPoint()));
  bool isPerChannel = numScales && !shapes.isDifferent(*numScales, filter.front());
  if (!isSingle(shapes, getFilterZeroPoint()) && !isPerChannel)
    return reportZeroPoint(*this, "filter_zero_point", getFilterZeroPoint(), "output channel");
  if (failed(checkSumLength(*this, getInput(), getFilter(), shapes.product(filter.drop_front()))))
    return failure();
  return shapes.setResult(getOperation()->getResult(0), IntegerType::get(getContext(), 32), *dims);
}

LogicalResult ObserveOp::inferShapes(ShapeContext &shapes) {
  // After bufferization there is nothing to infer.
  if (!isa<RankedTensorType>(getInput().getType()))
    return success();
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()),
                          shapes.dims(getInput()), sameValues(shapes, getInput()));
}

LogicalResult ObserveOp::verify() {
  if (getTensor().empty()) // (C1)
    return emitOpError("expects the name of the tensor");
  Type input = getInput().getType(), output = getOutput().getType();
  if (getElementTypeOrSelf(input) != getElementTypeOrSelf(output) ||
      failed(verifyCompatibleShape(input, output))) // (C2)
    return emitOpError("expects an output like its input, ") << input << ", not " << output;
  if (!getRange())
    return success();
  ArrayRef<float> range = *getRange(); // (C3)
  if (range.size() != 2)
    return emitOpError("expects a range of 2 values, not ") << range.size();
  if (!std::isfinite(range[0]) || !std::isfinite(range[1]) || range[0] > range[1])
    return emitOpError("expects a finite range from low to high, not ")
           << range[0] << " to " << range[1];
  return success();
}
