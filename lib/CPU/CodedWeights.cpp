// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CodedWeights.h"

#include "halftone/Numerics/PackedCodes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// What indexes a dimension of a constant: `k / block`, `n / block` or always 0.
struct DimIndex {
  enum Loop { Zero, Depth, Column } loop = Zero;
  int64_t block = 1;
};
using DimIndices = SmallVector<DimIndex>;

bool isNarrow(Type type) { return type.isIntOrFloat() && type.getIntOrFloatBitWidth() <= 8; }
bool isWide(Type type) { return type.isF32() || type.isF16() || type.isBF16(); }

class Matcher {
public:
  explicit Matcher(const KernelBuilder &builder) : builder(builder) {}

  LogicalResult match(Value value, DimIndices dims);
  CodedWeights take() { return std::move(weights); }

private:
  LogicalResult matchDequantize(DequantizeOp op, const DimIndices &dims);
  LogicalResult matchLookup(LookupOp op, const DimIndices &dims);
  LogicalResult matchBinaryDecode(BinaryDecodeOp op, const DimIndices &dims);
  LogicalResult matchScale(Value scale, const DimIndices &dims);
  LogicalResult matchScaleTable(LookupOp op, const DimIndices &dims);
  /// Appends a parameter, a constant of `type`, unless it is missing.
  LogicalResult addParameter(StringRef role, Value constant, const DimIndices &dims);
  LogicalResult addConstant(StringRef role, ElementsAttr constant, const DimIndices &dims);
  FailureOr<ConstantMatrix> readMatrix(ElementsAttr constant, const DimIndices &dims) const;

  const KernelBuilder &builder;
  CodedWeights weights;
};

/// The indices of a scale or zero point, from those of what it belongs to.
template <typename Op>
DimIndices indicesOf(Op op, Value parameter, const DimIndices &dims, int64_t axis) {
  RankedTensorType type = tensorTypeOf(parameter);
  int64_t rank = int64_t(dims.size());
  if (type.getNumElements() == 1)
    return DimIndices(type.getRank());
  if (std::optional<ArrayRef<int64_t>> blocks = op.getBlocks()) {
    DimIndices indices(dims);
    for (auto [index, block] : llvm::zip_equal(indices, *blocks))
      index.block *= block;
    return indices;
  }
  if (type.getRank() == 1 && rank != 1)
    return {dims[axis < 0 ? axis + rank : axis]};
  return DimIndices(ArrayRef(dims).take_back(type.getRank()));
}

bool areZero(Value value) {
  ElementsAttr constant = getConstant(value);
  std::optional<std::vector<char>> bytes = constant ? copyRawBytes(constant) : std::nullopt;
  return bytes && llvm::all_of(*bytes, [](char byte) { return byte == 0; });
}

/// Whether unsigned codes have a zero point in the middle of their range: less it, they are the
/// signed codes with the highest bit flipped.
bool isCentered(DequantizeOp op) {
  auto element = llvm::dyn_cast<IntegerType>(tensorTypeOf(op.getInput()).getElementType());
  ElementsAttr constant = getConstant(op.getZeroPoint());
  std::optional<std::vector<int64_t>> values = constant ? readIntegers(constant) : std::nullopt;
  if (!element || !element.isUnsigned() || !values)
    return false;
  int64_t middle = int64_t(1) << (element.getWidth() - 1);
  return llvm::all_of(*values, [&](int64_t value) { return value == middle; });
}

void flipHighestBit(ConstantMatrix &codes) {
  unsigned bits = codes.element.getIntOrFloatBitWidth();
  codes.element = IntegerType::get(codes.element.getContext(), bits);
  if (codes.storage.empty())
    codes.storage.assign(codes.bytes.begin(), codes.bytes.end());
  for (char &byte : codes.storage)
    byte = char(byte ^ (1 << (bits - 1)));
  codes.bytes = codes.storage;
}

bool areOne(ElementsAttr constant) {
  std::optional<std::vector<float>> values = readFloats(constant);
  return values && llvm::all_of(*values, [](float value) { return value == 1; });
}

} // namespace

FailureOr<ConstantMatrix> Matcher::readMatrix(ElementsAttr constant, const DimIndices &dims) const {
  ConstantMatrix matrix;
  auto type = llvm::cast<ShapedType>(constant.getType());
  matrix.element = type.getElementType();
  int64_t stride = 1;
  for (int64_t dim = type.getRank() - 1; dim >= 0; stride *= type.getDimSize(dim), --dim) {
    int64_t size = type.getDimSize(dim);
    // What is behind the indices is the content of one element: a table.
    if (size == 1 || dim >= int64_t(dims.size()))
      continue;
    if (dims[dim].loop == DimIndex::Zero)
      return builder.decline("the weights are not one matrix");
    bool isDepth = dims[dim].loop == DimIndex::Depth;
    (isDepth ? matrix.rows : matrix.columns) = size;
    (isDepth ? matrix.rowStride : matrix.columnStride) = stride;
  }
  if (std::optional<ArrayRef<char>> raw = getRawBytes(constant)) {
    matrix.bytes = *raw;
    return matrix;
  }
  std::optional<std::vector<char>> copy = copyRawBytes(constant);
  if (!copy)
    return builder.decline("the weights' bytes are missing");
  matrix.storage = std::move(*copy);
  matrix.bytes = matrix.storage;
  return matrix;
}

LogicalResult Matcher::addConstant(StringRef role, ElementsAttr constant, const DimIndices &dims) {
  FailureOr<ConstantMatrix> matrix = readMatrix(constant, dims);
  if (failed(matrix))
    return failure(); // readMatrix has said why.
  CodeParameter parameter{role, std::move(*matrix)};
  for (const DimIndex &index : dims) {
    if (index.loop == DimIndex::Depth && parameter.values.rows > 1)
      parameter.group = index.block;
    if (index.loop == DimIndex::Column && parameter.values.columns > 1)
      parameter.block = index.block;
  }
  weights.parameters.push_back(std::move(parameter));
  return success();
}

LogicalResult Matcher::addParameter(StringRef role, Value value, const DimIndices &dims) {
  ElementsAttr constant = getConstant(value);
  if (!constant)
    return builder.decline("what decodes the weights is not constant");
  return addConstant(role, constant, dims);
}

LogicalResult Matcher::matchScale(Value scale, const DimIndices &dims) {
  if (!tensorTypeOf(scale).getElementType().isF32())
    return builder.decline("scales are not f32");
  if (auto dequantize = scale.getDefiningOp<DequantizeOp>()) {
    DimIndices outer = indicesOf(dequantize, dequantize.getScale(), dims, dequantize.getAxis());
    if (auto lookup = dequantize.getInput().getDefiningOp<LookupOp>()) {
      if (!areZero(dequantize.getZeroPoint()))
        return builder.decline("the scales' numbers have a zero point");
      if (failed(matchScaleTable(lookup, dims)))
        return failure();
      return matchScale(dequantize.getScale(), outer);
    }
    Type element = tensorTypeOf(dequantize.getInput()).getElementType();
    // A power of two has no zero; its zero point means none.
    if (!isNarrow(element) ||
        (!llvm::isa<Float8E8M0FNUType>(element) && !areZero(dequantize.getZeroPoint())))
      return builder.decline("the scales' codes have a zero point, or more than 8 bits");
    if (failed(addParameter("scale", dequantize.getInput(), dims)))
      return failure();
    return matchScale(dequantize.getScale(), outer);
  }
  if (auto lookup = scale.getDefiningOp<LookupOp>())
    return matchScaleTable(lookup, dims);
  if (auto cast = scale.getDefiningOp<CastOp>()) {
    Type element = tensorTypeOf(cast.getInput()).getElementType();
    if (!llvm::isa<FloatType>(element) || !(isNarrow(element) || isWide(element)))
      return builder.decline("scales are converted from a type that no decoder reads");
    return addParameter("scale", cast.getInput(), dims);
  }
  ElementsAttr constant = getConstant(scale);
  if (constant && areOne(constant))
    return success();
  return addParameter("scale", scale, dims);
}

/// Scales that are codes, and one short table for all of them.
LogicalResult Matcher::matchScaleTable(LookupOp op, const DimIndices &dims) {
  constexpr int64_t maxEntries = 16;
  RankedTensorType table = tensorTypeOf(op.getTable());
  if (op.getBlocks() || table.getNumElements() > maxEntries || !table.getElementType().isF32())
    return builder.decline("the scales' codes have more than one table, or a large one");
  if (failed(addParameter("scale", op.getCodes(), dims)))
    return failure();
  return addParameter("scale_table", op.getTable(), DimIndices());
}

LogicalResult Matcher::matchLookup(LookupOp op, const DimIndices &dims) {
  ElementsAttr codes = getConstant(op.getCodes());
  if (!codes || !tensorTypeOf(op.getTable()).getElementType().isF32())
    return builder.decline("the codes are not constant, or the table is not f32");
  FailureOr<ConstantMatrix> matrix = readMatrix(codes, dims);
  if (failed(matrix))
    return failure();
  weights.codes = std::move(*matrix);
  DimIndices indices;
  if (std::optional<ArrayRef<int64_t>> blocks = op.getBlocks()) {
    indices = dims;
    for (auto [index, block] : llvm::zip_equal(indices, *blocks))
      index.block *= block;
  }
  return addParameter("table", op.getTable(), indices);
}

LogicalResult Matcher::matchBinaryDecode(BinaryDecodeOp op, const DimIndices &dims) {
  ElementsAttr planes = getConstant(op.getPlanes());
  std::optional<std::vector<char>> bits = planes ? copyRawBytes(planes) : std::nullopt;
  auto type = tensorTypeOf(op.getOutput());
  int64_t numPlanes = tensorTypeOf(op.getPlanes()).getDimSize(0), size = type.getNumElements();
  if (!bits || !type.getElementType().isF32() || numPlanes < 1 || numPlanes > 8)
    return builder.decline("the planes are not constant, or more than 8");
  auto element = IntegerType::get(op.getContext(), unsigned(numPlanes), IntegerType::Unsigned);
  std::vector<char> codes(size);
  for (int64_t plane = 0; plane < numPlanes; ++plane)
    for (int64_t i = 0; i < size; ++i)
      codes[i] = char(codes[i] | ((*bits)[plane * size + i] & 1) << plane);
  FailureOr<ConstantMatrix> matrix =
      readMatrix(makeConstant(type.clone(element), codes, "planes"), dims);
  ElementsAttr scales = getConstant(op.getScales());
  std::optional<std::vector<char>> bytes = scales ? copyRawBytes(scales) : std::nullopt;
  if (failed(matrix) || !bytes)
    return builder.decline("the planes' scales are not constant");
  weights.codes = std::move(*matrix);
  DimIndices indices(dims);
  for (auto [index, block] : llvm::zip_equal(indices, op.getBlocks()))
    index.block *= block;
  auto scaleType = tensorTypeOf(op.getOffset());
  int64_t planeBytes = scaleType.getNumElements() * int64_t(sizeof(float));
  for (int64_t plane = 0; plane < numPlanes; ++plane) {
    ArrayRef<char> own = ArrayRef(*bytes).slice(plane * planeBytes, planeBytes);
    if (failed(addConstant("plane", makeConstant(scaleType, own, "plane"), indices)))
      return failure();
  }
  return addParameter("offset", op.getOffset(), indices);
}

LogicalResult Matcher::matchDequantize(DequantizeOp op, const DimIndices &dims) {
  Type element = tensorTypeOf(op.getInput()).getElementType();
  auto lookup = op.getInput().getDefiningOp<LookupOp>();
  bool hasZeroPoint = !areZero(op.getZeroPoint());
  if (hasZeroPoint && (lookup || !llvm::isa<IntegerType>(element)))
    return builder.decline("codes of floats have a zero point");
  if (lookup) {
    if (failed(matchLookup(lookup, dims)))
      return failure();
  } else {
    ElementsAttr codes = getConstant(op.getInput());
    if (!codes || !(isNarrow(element) || element.isF16() || element.isBF16()))
      return builder.decline("the weights are no constant codes of at most 16 bits");
    FailureOr<ConstantMatrix> matrix = readMatrix(codes, dims);
    if (failed(matrix))
      return failure();
    weights.codes = std::move(*matrix);
    if (hasZeroPoint && isCentered(op)) {
      flipHighestBit(weights.codes);
      hasZeroPoint = false;
    }
  }
  if (hasZeroPoint && failed(addParameter("zero_point", op.getZeroPoint(),
                                          indicesOf(op, op.getZeroPoint(), dims, op.getAxis()))))
    return failure();
  return matchScale(op.getScale(), indicesOf(op, op.getScale(), dims, op.getAxis()));
}

LogicalResult Matcher::match(Value value, DimIndices dims) {
  while (auto transpose = value.getDefiningOp<TransposeOp>()) {
    DimIndices before(dims.size());
    for (auto [index, dim] : llvm::zip_equal(dims, transpose.getPermutation()))
      before[dim] = index;
    dims = before;
    value = transpose.getInput();
  }
  if (auto dequantize = value.getDefiningOp<DequantizeOp>())
    return matchDequantize(dequantize, dims);
  if (auto lookup = value.getDefiningOp<LookupOp>())
    return matchLookup(lookup, dims);
  if (auto decode = value.getDefiningOp<BinaryDecodeOp>())
    return matchBinaryDecode(decode, dims);
  return builder.decline("the weights are no codes");
}

FailureOr<CodedWeights> mlir::halftone::matchCodedWeights(const KernelBuilder &builder,
                                                          Value value) {
  RankedTensorType type = tensorTypeOf(value);
  if (type.getRank() < 2 || !type.hasStaticShape() || type.getNumElements() == 0)
    return builder.decline("the weights are not one matrix of a known size");
  DimIndices dims(type.getRank());
  dims[type.getRank() - 2].loop = DimIndex::Depth;
  dims[type.getRank() - 1].loop = DimIndex::Column;
  Matcher matcher(builder);
  if (failed(matcher.match(value, dims)))
    return failure(); // The matcher has said why.
  CodedWeights weights = matcher.take();
  weights.codes.rows = type.getDimSize(type.getRank() - 2);
  weights.codes.columns = type.getDimSize(type.getRank() - 1);
  for (CodeParameter &parameter : weights.parameters) {
    if (parameter.group >= weights.codes.rows)
      parameter.group = 0;
    if (parameter.block >= weights.codes.columns && weights.codes.columns > 1)
      parameter.block = 0;
  }
  return weights;
}

//===--- Packing ---===//

static ::halftone::WeightView viewOf(const ConstantMatrix &matrix) {
  return ::halftone::WeightView::matrix(matrix.bytes.data(), matrix.rows, matrix.columns,
                                        matrix.rowStride, matrix.columnStride);
}

static Value makeBytes(KernelBuilder &builder, ArrayRef<int64_t> shape, Type element,
                       ArrayRef<uint8_t> bytes, StringRef name) {
  auto type = RankedTensorType::get(shape, element);
  ArrayRef<char> chars(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  return ConstantOp::create(builder.rewriter, builder.loc, makeConstant(type, chars, name));
}

/// Codes as panels of bytes.
static Value packNarrow(KernelBuilder &builder, const ConstantMatrix &matrix, int64_t nr) {
  unsigned bits = matrix.element.getIntOrFloatBitWidth();
  std::vector<uint8_t> packed = ::halftone::packCodes(bits, nr, viewOf(matrix));
  int64_t numSteps = int64_t(llvm::divideCeil(matrix.rows, ::halftone::getCodeRows(bits)));
  int64_t numPanels = int64_t(llvm::divideCeil(matrix.columns, nr));
  return makeBytes(builder, {numPanels, numSteps, ::halftone::getCodeStepBytes(bits, nr)},
                   builder.rewriter.getI8Type(), packed, "codes");
}

/// Numbers as panels.
static Value packWide(KernelBuilder &builder, const ConstantMatrix &matrix, int64_t nr) {
  ::halftone::PackingSpec spec;
  spec.nr = nr;
  spec.sourceBytes = spec.elementBytes = matrix.element.getIntOrFloatBitWidth() / 8;
  std::vector<uint8_t> packed = ::halftone::pack(spec, viewOf(matrix));
  return makeBytes(builder, {int64_t(llvm::divideCeil(matrix.columns, nr)), matrix.rows, nr},
                   matrix.element, packed, "numbers");
}

/// Row-major, `size` elements each: tables, and numbers of blocks of columns.
static Value copyElements(KernelBuilder &builder, const ConstantMatrix &matrix, int64_t size) {
  bool isByte = isNarrow(matrix.element);
  int64_t bytes = isByte ? 1 : matrix.element.getIntOrFloatBitWidth() / 8;
  std::vector<uint8_t> copy;
  copy.reserve(matrix.rows * matrix.columns * size * bytes);
  unsigned mask = isByte ? (1u << matrix.element.getIntOrFloatBitWidth()) - 1 : 255;
  for (int64_t row = 0; row < matrix.rows; ++row)
    for (int64_t column = 0; column < matrix.columns; ++column) {
      int64_t first = (row * matrix.rowStride + column * matrix.columnStride) * bytes;
      for (char byte : matrix.bytes.slice(first, size * bytes))
        copy.push_back(uint8_t(unsigned(uint8_t(byte)) & mask));
    }
  SmallVector<int64_t> shape{matrix.rows, matrix.columns};
  if (size > 1)
    shape.push_back(size);
  Type element = isByte ? Type(builder.rewriter.getI8Type()) : matrix.element;
  return makeBytes(builder, shape, element, copy, "parameters");
}

Value mlir::halftone::packCodes(KernelBuilder &builder, const CodedWeights &weights, int64_t nr) {
  return isNarrow(weights.codes.element) ? packNarrow(builder, weights.codes, nr)
                                         : packWide(builder, weights.codes, nr);
}

Decoder mlir::halftone::makeDecoder(KernelBuilder &builder, const CodedWeights &weights,
                                    int64_t nr) {
  MLIRContext *context = builder.op->getContext();
  // What a table is for comes before it.
  Type codes = weights.codes.element;
  Decoder decoder;
  SmallVector<DecoderInputAttr> attributes;
  for (const CodeParameter &parameter : weights.parameters) {
    const ConstantMatrix &values = parameter.values;
    bool isTable = parameter.role.ends_with("table");
    Value tensor;
    if (isTable || parameter.block != 1)
      tensor =
          copyElements(builder, values, isTable ? int64_t(1) << codes.getIntOrFloatBitWidth() : 1);
    else
      tensor = isNarrow(values.element) ? packNarrow(builder, values, nr)
                                        : packWide(builder, values, nr);
    codes = values.element;
    decoder.inputs.push_back(tensor);
    attributes.push_back(DecoderInputAttr::get(context, parameter.role, values.element,
                                               parameter.group, parameter.block));
  }
  decoder.attribute = DecoderAttr::get(context, weights.codes.element, attributes);
  return decoder;
}
