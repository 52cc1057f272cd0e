// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CodedWeights.h"

#include "WeightDecoder.h"
#include "halftone/Dialect/DecodeOps.h"
#include "halftone/Numerics/PackedCodes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"

#include <array>
#include <numeric>

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// What indexes a dimension of a constant: `k / block` of dimension `depth` of k, `n / block` or
/// always 0.
struct DimIndex {
  enum Loop { Zero, Depth, Column } loop = Zero;
  unsigned depth = 0;
  int64_t block = 1;
};
using DimIndices = SmallVector<DimIndex>;

bool isNarrow(Type type) { return type.isIntOrFloat() && type.getIntOrFloatBitWidth() <= 8; }
bool isWide(Type type) { return type.isF32() || type.isF16() || type.isBF16(); }

class Matcher {
public:
  explicit Matcher(const KernelBuilder &builder) : builder(builder) {}

  LogicalResult match(Value value, DimIndices dims);
  /// What has been matched, of `sizes` and so many columns.
  FailureOr<CodedWeights> read(ArrayRef<int64_t> sizes, int64_t columns);

private:
  /// A constant and what indexes it; tables have dimensions behind those.
  struct Part {
    StringRef role;
    ElementsAttr constant;
    DimIndices dims;
  };

  LogicalResult matchDequantize(DequantizeOp op, const DimIndices &dims);
  LogicalResult matchLookup(LookupOp op, const DimIndices &dims);
  LogicalResult matchBinaryDecode(BinaryDecodeOp op, const DimIndices &dims);
  LogicalResult matchScale(Value scale, const DimIndices &dims);
  LogicalResult matchScaleTable(LookupOp op, const DimIndices &dims);
  /// Appends a parameter, unless it is no constant.
  LogicalResult addParameter(StringRef role, Value value, const DimIndices &dims);
  SmallVector<int64_t> padSizes(ArrayRef<int64_t> sizes) const;
  LogicalResult readBytes(ElementsAttr constant, ConstantMatrix &matrix) const;
  FailureOr<CodeParameter> readPart(const Part &part, ArrayRef<int64_t> sizes,
                                    ArrayRef<int64_t> padded) const;

  const KernelBuilder &builder;
  Part codes;
  bool flipsCodes = false;
  SmallVector<Part> parameters;
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

LogicalResult Matcher::addParameter(StringRef role, Value value, const DimIndices &dims) {
  ElementsAttr constant = getConstant(value);
  if (!constant)
    return builder.decline("what decodes the weights is not constant");
  parameters.push_back({role, constant, dims});
  return success();
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
  ElementsAttr constant = getConstant(op.getCodes());
  if (!constant || !tensorTypeOf(op.getTable()).getElementType().isF32())
    return builder.decline("the codes are not constant, or the table is not f32");
  codes = {"codes", constant, dims};
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
  std::vector<char> joined(size);
  for (int64_t plane = 0; plane < numPlanes; ++plane)
    for (int64_t i = 0; i < size; ++i)
      joined[i] = char(joined[i] | ((*bits)[plane * size + i] & 1) << plane);
  ElementsAttr scales = getConstant(op.getScales());
  std::optional<std::vector<char>> bytes = scales ? copyRawBytes(scales) : std::nullopt;
  if (!bytes)
    return builder.decline("the planes' scales are not constant");
  codes = {"codes", makeConstant(type.clone(element), joined, "planes"), dims};
  DimIndices indices(dims);
  for (auto [index, block] : llvm::zip_equal(indices, op.getBlocks()))
    index.block *= block;
  auto scaleType = tensorTypeOf(op.getOffset());
  int64_t planeBytes = scaleType.getNumElements() * int64_t(sizeof(float));
  for (int64_t plane = 0; plane < numPlanes; ++plane) {
    ArrayRef<char> own = ArrayRef(*bytes).slice(plane * planeBytes, planeBytes);
    parameters.push_back({"plane", makeConstant(scaleType, own, "plane"), indices});
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
    ElementsAttr constant = getConstant(op.getInput());
    if (!constant || !(isNarrow(element) || element.isF16() || element.isBF16()))
      return builder.decline("the weights are no constant codes of at most 16 bits");
    codes = {"codes", constant, dims};
    flipsCodes = hasZeroPoint && isCentered(op);
    hasZeroPoint &= !flipsCodes;
  }
  if (hasZeroPoint && failed(addParameter("zero_point", op.getZeroPoint(),
                                          indicesOf(op, op.getZeroPoint(), dims, op.getAxis()))))
    return failure();
  return matchScale(op.getScale(), indicesOf(op, op.getScale(), dims, op.getAxis()));
}

LogicalResult Matcher::match(Value value, DimIndices dims) {
  while (Operation *op = value.getDefiningOp()) {
    DimIndices before(dims.size());
    if (auto transpose = llvm::dyn_cast<TransposeOp>(op)) {
      for (auto [index, dim] : llvm::zip_equal(dims, transpose.getPermutation()))
        before[dim] = index;
    } else if (auto unsqueeze = llvm::dyn_cast<UnsqueezeOp>(op)) {
      before.clear();
      for (auto [dim, index] : llvm::enumerate(dims))
        if (!llvm::is_contained(unsqueeze.getAxes(), int64_t(dim)))
          before.push_back(index);
    } else {
      break;
    }
    dims = before;
    value = op->getOperand(0);
  }
  if (auto dequantize = value.getDefiningOp<DequantizeOp>())
    return matchDequantize(dequantize, dims);
  if (auto lookup = value.getDefiningOp<LookupOp>())
    return matchLookup(lookup, dims);
  if (auto decode = value.getDefiningOp<BinaryDecodeOp>())
    return matchBinaryDecode(decode, dims);
  return builder.decline("the weights are no codes");
}

//===--- Reading ---===//

/// Blocks that end within a dimension are whole ones when it is padded. The first dimension needs
/// none: nothing follows its last block.
SmallVector<int64_t> Matcher::padSizes(ArrayRef<int64_t> sizes) const {
  SmallVector<int64_t> padded(sizes);
  for (size_t depth = 1; depth < sizes.size(); ++depth) {
    int64_t multiple = 1;
    for (const Part &part : parameters)
      for (const DimIndex &index : part.dims)
        if (index.loop == DimIndex::Depth && index.depth == depth && index.block < sizes[depth])
          multiple = std::lcm(multiple, index.block);
    padded[depth] = int64_t(llvm::alignTo(uint64_t(sizes[depth]), uint64_t(multiple)));
  }
  return padded;
}

LogicalResult Matcher::readBytes(ElementsAttr constant, ConstantMatrix &matrix) const {
  if (std::optional<ArrayRef<char>> raw = getRawBytes(constant)) {
    matrix.bytes = *raw;
    return success();
  }
  std::optional<std::vector<char>> copy = copyRawBytes(constant);
  if (!copy)
    return builder.decline("the weights' bytes are missing");
  matrix.storage = std::move(*copy);
  matrix.bytes = matrix.storage;
  return success();
}

/// A matrix of one number for each block.
FailureOr<CodeParameter> Matcher::readPart(const Part &part, ArrayRef<int64_t> sizes,
                                           ArrayRef<int64_t> padded) const {
  CodeParameter result{part.role, {}};
  ConstantMatrix &matrix = result.values;
  auto type = llvm::cast<ShapedType>(part.constant.getType());
  matrix.element = type.getElementType();
  SmallVector<::halftone::ReductionDim, 3> dims(sizes.size(), {1, 0, 1});
  SmallVector<int64_t> blocks(padded);
  int64_t stride = 1;
  for (int64_t dim = type.getRank() - 1; dim >= 0; stride *= type.getDimSize(dim), --dim) {
    int64_t size = type.getDimSize(dim);
    // What is behind the indices is the content of one element: a table.
    if (size == 1 || dim >= int64_t(part.dims.size()))
      continue;
    const DimIndex &index = part.dims[dim];
    if (index.loop == DimIndex::Zero)
      return builder.decline("the weights are not one matrix");
    if (index.loop == DimIndex::Column) {
      matrix.columns = size;
      matrix.columnStride = stride;
      result.block = index.block;
      continue;
    }
    blocks[index.depth] = index.block;
    dims[index.depth] = {size, stride, int64_t(llvm::divideCeil(padded[index.depth], index.block))};
  }
  // A number belongs to a run of k: all of the inner dimensions, a block of one, single outer ones.
  size_t cut = sizes.size();
  int64_t run = 1;
  while (cut > 0 && dims[cut - 1].paddedSize == 1)
    run *= padded[--cut];
  if (cut > 0) {
    result.group = run * blocks[cut - 1];
    for (size_t depth = 0; depth + 1 < cut; ++depth)
      if (dims[depth].paddedSize != padded[depth])
        return builder.decline("the weights of a block do not follow each other");
  }
  for (const ::halftone::ReductionDim &dim : dims)
    matrix.rows *= dim.paddedSize;
  matrix.reduction = std::move(dims);
  if (failed(readBytes(part.constant, matrix)))
    return failure(); // readBytes has said why.
  return result;
}

/// Whether no code is one of the infinities and NaNs that its type has.
static bool areFinite(const ConstantMatrix &codes) {
  auto type = llvm::dyn_cast<FloatType>(codes.element);
  if (!type || !isNarrow(type))
    return false;
  std::array<bool, 256> isSpecial{};
  unsigned numCodes = 1u << type.getWidth();
  for (unsigned code = 0; code < numCodes; ++code)
    isSpecial[code] =
        !llvm::APFloat(type.getFloatSemantics(), llvm::APInt(type.getWidth(), code)).isFinite();
  return llvm::is_contained(isSpecial, true) && llvm::none_of(codes.bytes, [&](char byte) {
           return isSpecial[uint8_t(byte) & (numCodes - 1)];
         });
}

FailureOr<CodedWeights> Matcher::read(ArrayRef<int64_t> sizes, int64_t columns) {
  CodedWeights weights;
  weights.sizes.assign(sizes.begin(), sizes.end());
  weights.padded = padSizes(sizes);
  FailureOr<CodeParameter> matrix = readPart(codes, sizes, weights.padded);
  if (failed(matrix))
    return failure(); // readPart has said why.
  weights.codes = std::move(matrix->values);
  if (flipsCodes)
    flipHighestBit(weights.codes);
  weights.isFinite = areFinite(weights.codes);
  for (const Part &part : parameters) {
    FailureOr<CodeParameter> parameter = readPart(part, sizes, weights.padded);
    if (failed(parameter))
      return failure(); // readPart has said why.
    if (parameter->group >= weights.codes.rows)
      parameter->group = 0;
    if (parameter->block >= columns && columns > 1)
      parameter->block = 0;
    weights.parameters.push_back(std::move(*parameter));
  }
  return weights;
}

FailureOr<CodedWeights> mlir::halftone::matchCodedWeights(const KernelBuilder &builder,
                                                          Value value) {
  RankedTensorType type = tensorTypeOf(value);
  if (type.getRank() < 2 || !type.hasStaticShape() || type.getNumElements() == 0)
    return builder.decline("the weights are not one matrix of a known size");
  int64_t rank = type.getRank();
  DimIndices dims(rank);
  dims[rank - 2].loop = DimIndex::Depth;
  dims[rank - 1].loop = DimIndex::Column;
  Matcher matcher(builder);
  if (failed(matcher.match(value, dims)))
    return failure(); // The matcher has said why.
  return matcher.read(type.getDimSize(rank - 2), type.getDimSize(rank - 1));
}

FailureOr<CodedWeights> mlir::halftone::matchCodedFilter(const KernelBuilder &builder,
                                                         Value value) {
  RankedTensorType type = tensorTypeOf(value);
  if (type.getRank() < 2 || !type.hasStaticShape() || type.getNumElements() == 0)
    return builder.decline("the filter has no known size");
  DimIndices dims(type.getRank());
  dims.front().loop = DimIndex::Column;
  for (auto [depth, index] : llvm::enumerate(llvm::drop_begin(dims)))
    index = {DimIndex::Depth, unsigned(depth)};
  Matcher matcher(builder);
  if (failed(matcher.match(value, dims)))
    return failure(); // The matcher has said why.
  return matcher.read(type.getShape().drop_front(), type.getDimSize(0));
}

//===--- Packing ---===//

static ::halftone::WeightView viewOf(const ConstantMatrix &matrix) {
  ::halftone::WeightView view;
  view.data = matrix.bytes.data();
  view.numColumns = matrix.columns;
  view.columnStride = matrix.columnStride;
  view.reduction = matrix.reduction;
  return view;
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

/// The element that row `row` begins with; nullopt for one of padding.
static std::optional<int64_t> findRow(const ConstantMatrix &matrix, int64_t row) {
  int64_t element = 0;
  for (const ::halftone::ReductionDim &dim : llvm::reverse(matrix.reduction)) {
    int64_t index = row % dim.paddedSize;
    if (index >= dim.size)
      return std::nullopt;
    element += index * dim.stride;
    row /= dim.paddedSize;
  }
  return element;
}

/// Appends the lowest bytes of all elements, then the next ones.
static void appendByBytes(ArrayRef<char> elements, int64_t bytes, std::vector<uint8_t> &copy) {
  for (int64_t byte = 0; byte < bytes; ++byte)
    for (size_t place = byte; place < elements.size(); place += bytes)
      copy.push_back(uint8_t(elements[place]));
}

/// Row-major, `size` elements each: tables, and numbers of blocks of columns. `isByBytes`: each
/// table as [bytes of an element][size] bytes.
static Value copyElements(KernelBuilder &builder, const ConstantMatrix &matrix, int64_t size,
                          bool isByBytes) {
  bool isByte = isNarrow(matrix.element);
  int64_t bytes = isByte ? 1 : matrix.element.getIntOrFloatBitWidth() / 8;
  std::vector<uint8_t> copy;
  copy.reserve(matrix.rows * matrix.columns * size * bytes);
  unsigned mask = isByte ? (1u << matrix.element.getIntOrFloatBitWidth()) - 1 : 255;
  for (int64_t row = 0; row < matrix.rows; ++row) {
    std::optional<int64_t> begin = findRow(matrix, row);
    for (int64_t column = 0; column < matrix.columns; ++column) {
      if (!begin) {
        copy.resize(copy.size() + size * bytes);
        continue;
      }
      int64_t first = (*begin + column * matrix.columnStride) * bytes;
      if (isByBytes) {
        appendByBytes(matrix.bytes.slice(first, size * bytes), bytes, copy);
        continue;
      }
      for (char byte : matrix.bytes.slice(first, size * bytes))
        copy.push_back(uint8_t(unsigned(uint8_t(byte)) & mask));
    }
  }
  SmallVector<int64_t> shape{matrix.rows, matrix.columns};
  if (isByBytes)
    shape.push_back(bytes);
  if (size > 1)
    shape.push_back(size);
  Type element = isByte || isByBytes ? Type(builder.rewriter.getI8Type()) : matrix.element;
  return makeBytes(builder, shape, element, copy, "parameters");
}

/// Whether rows of `nr` k have the same parameters, and these are numbers of one column each.
static bool hasWholeRows(const CodedWeights &weights, int64_t nr) {
  return weights.codes.rows % nr == 0 && weights.codes.reduction.size() == 1 &&
         ArrayRef(weights.sizes) == ArrayRef(weights.padded) &&
         llvm::all_of(weights.parameters, [&](const CodeParameter &parameter) {
           return parameter.group % nr == 0 && parameter.values.element.isF32();
         });
}

CodeLayout mlir::halftone::chooseCodeLayout(const CodedWeights &weights, const KernelRow &row,
                                            const ContractionShape &shape) {
  // One register of a table, or two, and tables that take more than two choices of two registers.
  constexpr unsigned maxBits = 4, minByteBits = 7;
  constexpr int64_t byteRow = 64;
  unsigned bits = weights.codes.element.getIntOrFloatBitWidth();
  int64_t numPlanes = 0;
  bool hasTable = false, hasOwnTables = false;
  for (const CodeParameter &parameter : weights.parameters) {
    hasTable |= parameter.role == "table";
    hasOwnTables |= parameter.role == "table" && parameter.block == 1;
    numPlanes += parameter.role == "plane";
  }
  bool canLookUp =
      bits <= maxBits ? !row.intrinsic.empty() : bits == 5 && !row.pairIntrinsic.empty();
  if (canLookUp && (hasOwnTables || (numPlanes >= 2 && bits <= maxBits)) &&
      hasWholeRows(weights, row.lanes))
    return {row.lanes, /*isAlongK=*/true};
  if (hasTable && bits >= minByteBits && bits <= 8 && !row.bytePairIntrinsic.empty() &&
      hasWholeRows(weights, byteRow))
    return {byteRow, /*isAlongK=*/true, /*hasTableBytes=*/true};
  int64_t nr = choosePanelColumns(row, shape);
  // So that numbers of constant tables can be looked up byte by byte as well.
  bool wantsBytes = !hasTable && numPlanes == 0 && isByteTableCheap(weights.codes.element);
  if (wantsBytes && !row.bytePairIntrinsic.empty() && weights.codes.columns > byteRow / 2)
    nr = byteRow;
  return {nr};
}

/// Each column as a matrix of rows of `nr` k.
static Value packAlongK(KernelBuilder &builder, const ConstantMatrix &matrix, int64_t nr) {
  unsigned bits = matrix.element.getIntOrFloatBitWidth();
  const ::halftone::ReductionDim &k = matrix.reduction.front();
  int64_t rows = k.size / nr;
  std::vector<uint8_t> packed;
  for (int64_t column = 0; column < matrix.columns; ++column) {
    auto view = ::halftone::WeightView::matrix(matrix.bytes.data() + column * matrix.columnStride,
                                               rows, nr, k.stride * nr, k.stride);
    llvm::append_range(packed, ::halftone::packCodes(bits, nr, view));
  }
  int64_t numSteps = int64_t(llvm::divideCeil(rows, ::halftone::getCodeRows(bits)));
  return makeBytes(builder, {matrix.columns, numSteps, ::halftone::getCodeStepBytes(bits, nr)},
                   builder.rewriter.getI8Type(), packed, "codes");
}

Value mlir::halftone::packCodes(KernelBuilder &builder, const CodedWeights &weights,
                                CodeLayout layout) {
  if (layout.isAlongK)
    return packAlongK(builder, weights.codes, layout.nr);
  return isNarrow(weights.codes.element) ? packNarrow(builder, weights.codes, layout.nr)
                                         : packWide(builder, weights.codes, layout.nr);
}

Decoder mlir::halftone::makeDecoder(KernelBuilder &builder, const CodedWeights &weights,
                                    CodeLayout layout) {
  int64_t nr = layout.isAlongK ? 1 : layout.nr;
  MLIRContext *context = builder.op->getContext();
  // What a table is for comes before it.
  Type codes = weights.codes.element;
  Type byte = builder.rewriter.getI8Type();
  Decoder decoder;
  SmallVector<DecoderInputAttr> attributes;
  for (const CodeParameter &parameter : weights.parameters) {
    const ConstantMatrix &values = parameter.values;
    bool isTable = parameter.role.ends_with("table");
    bool isBytes = layout.hasTableBytes && parameter.role == "table";
    Value tensor;
    if (isTable || parameter.block != 1)
      tensor = copyElements(builder, values,
                            isTable ? int64_t(1) << codes.getIntOrFloatBitWidth() : 1, isBytes);
    else
      tensor = isNarrow(values.element) ? packNarrow(builder, values, nr)
                                        : packWide(builder, values, nr);
    codes = values.element;
    decoder.inputs.push_back(tensor);
    attributes.push_back(DecoderInputAttr::get(context, isBytes ? "table_bytes" : parameter.role,
                                               isBytes ? byte : values.element, parameter.group,
                                               parameter.block));
  }
  decoder.attribute =
      DecoderAttr::get(context, weights.codes.element, weights.isFinite, attributes);
  return decoder;
}

Value mlir::halftone::makeDecodedPanels(KernelBuilder &builder, const CodedWeights &weights,
                                        int64_t nr, int64_t rows, ArrayRef<int64_t> strides) {
  RewriterBase &rewriter = builder.rewriter;
  int64_t depth = weights.codes.rows, columns = weights.codes.columns;
  const KernelRow &row =
      chooseContractRow(builder.target, KernelElements::F32Codes, {std::nullopt, columns, depth});
  assert(nr % row.lanes == 0 && "kernels of a target have registers of one size");
  unsigned bits = weights.codes.element.getIntOrFloatBitWidth();
  int64_t kr = bits > 8 ? 1 : ::halftone::getCodeRows(bits);
  Value codes = packCodes(builder, weights, {nr});
  Decoder decoder = makeDecoder(builder, weights, {nr});
  SmallVector<OpFoldResult> shape = getAsIndexOpFoldResult(
      builder.op->getContext(), {int64_t(llvm::divideCeil(columns, nr)), rows, nr});
  Value init = tensor::EmptyOp::create(rewriter, builder.loc, shape, rewriter.getF32Type());
  auto packing = PackingAttr::get(builder.op->getContext(), row.name, nr, kr, depth, columns);
  return DecodePanelsOp::create(rewriter, builder.loc, init.getType(), codes, decoder.inputs, init,
                                packing, decoder.attribute, weights.sizes, weights.padded, strides)
      .getOutput();
}
