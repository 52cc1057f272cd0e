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
/// always 0. Or what indexes a dimension of a gathered constant: dimension `depth` of the indices.
struct DimIndex {
  enum Loop { Zero, Depth, Column, Index } loop = Zero;
  unsigned depth = 0;
  int64_t block = 1;
};
using DimIndices = SmallVector<DimIndex>;

bool isNarrow(Type type) { return type.isIntOrFloat() && type.getIntOrFloatBitWidth() <= 8; }
bool isWide(Type type) { return type.isF32() || type.isF16() || type.isBF16(); }

class Matcher {
public:
  explicit Matcher(const KernelBuilder &builder) : builder(builder) {}
  /// All constants are read by a gather of these rows, of `numRows`.
  Matcher(const KernelBuilder &builder, Value rowIndices, int64_t numRows)
      : builder(builder), rowIndices(rowIndices), numRows(numRows) {}

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

  /// A constant, or one whose rows along `axis` are gathered; null for what is neither.
  Part find(Value value, const DimIndices &dims, int64_t axis = 0) const;
  /// How many rows follow each other before the next row of what `indices` choose from; nullopt if
  /// these do not come from the rows'.
  std::optional<int64_t> findRowBlock(Value indices) const;
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
  Value rowIndices;
  int64_t numRows = 0;
  Part codes;
  bool flipsCodes = false;
  SmallVector<Part> parameters;
};

/// The indices of a scale or zero point, from those of what it belongs to.
template <typename Op>
DimIndices indicesOf(Op op, Value parameter, const DimIndices &dims, int64_t axis) {
  RankedTensorType type = tensorTypeOf(parameter);
  int64_t rank = int64_t(dims.size());
  if (type.hasStaticShape() && type.getNumElements() == 1)
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

bool areZero(ElementsAttr constant) {
  std::optional<std::vector<char>> bytes = constant ? copyRawBytes(constant) : std::nullopt;
  return bytes && llvm::all_of(*bytes, [](char byte) { return byte == 0; });
}

/// Whether unsigned codes have a zero point in the middle of their range: less it, they are the
/// signed codes with the highest bit flipped.
bool isCentered(ElementsAttr constant) {
  if (!constant)
    return false;
  auto element = llvm::dyn_cast<IntegerType>(constant.getElementType());
  std::optional<std::vector<int64_t>> values = readIntegers(constant);
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

/// The indices of what `op` adds dimensions to.
DimIndices withoutAxes(const DimIndices &dims, UnsqueezeOp op) {
  DimIndices before;
  for (auto [dim, index] : llvm::enumerate(dims))
    if (!llvm::is_contained(op.getAxes(), int64_t(dim)))
      before.push_back(index);
  return before;
}

} // namespace

LogicalResult Matcher::addParameter(StringRef role, Value value, const DimIndices &dims) {
  Part part = find(value, dims);
  if (!part.constant)
    return builder.decline("what decodes the weights is not constant");
  part.role = role;
  parameters.push_back(part);
  return success();
}

/// (index < 0 ? index + rows : index) / block, as a scale of several rows is looked up.
std::optional<int64_t> Matcher::findRowBlock(Value indices) const {
  if (indices == rowIndices)
    return 1;
  auto is = [](Value value, int64_t number) {
    ElementsAttr constant = getConstant(value);
    std::optional<std::vector<int64_t>> values = constant ? readIntegers(constant) : std::nullopt;
    return values && values->size() == 1 && values->front() == number;
  };
  auto divide = indices.getDefiningOp<DivOp>();
  auto where = divide ? divide.getLhs().getDefiningOp<WhereOp>() : nullptr;
  auto less = where ? where.getCondition().getDefiningOp<LessOp>() : nullptr;
  auto add = where ? where.getLhs().getDefiningOp<AddOp>() : nullptr;
  if (!less || !add || where.getRhs() != rowIndices || less.getLhs() != rowIndices ||
      !is(less.getRhs(), 0) || add.getLhs() != rowIndices || !is(add.getRhs(), numRows))
    return std::nullopt;
  ElementsAttr constant = getConstant(divide.getRhs());
  std::optional<std::vector<int64_t>> block = constant ? readIntegers(constant) : std::nullopt;
  if (!block || block->size() != 1 || block->front() < 1)
    return std::nullopt;
  return block->front();
}

Matcher::Part Matcher::find(Value value, const DimIndices &dims, int64_t axis) const {
  if (ElementsAttr constant = getConstant(value))
    return {"", constant, dims};
  if (auto unsqueeze = value.getDefiningOp<UnsqueezeOp>())
    return find(unsqueeze.getInput(), withoutAxes(dims, unsqueeze), axis);
  auto gather = value.getDefiningOp<GatherOp>();
  if (!rowIndices || !gather || gather.getAxis() != axis)
    return {};
  std::optional<int64_t> block = findRowBlock(gather.getIndices());
  if (!block)
    return {};
  size_t rank = tensorTypeOf(rowIndices).getRank();
  auto isIndex = [](const DimIndex &dim) {
    return dim.loop == DimIndex::Zero || (dim.loop == DimIndex::Index && dim.block == 1);
  };
  if (dims.size() < rank || !llvm::all_of(ArrayRef(dims).take_front(rank), isIndex))
    return {};
  DimIndices ofRows = {{DimIndex::Depth, 0, *block}};
  llvm::append_range(ofRows, ArrayRef(dims).drop_front(rank));
  return {"", getConstant(gather.getInput()), ofRows};
}

LogicalResult Matcher::matchScale(Value scale, const DimIndices &dims) {
  if (!tensorTypeOf(scale).getElementType().isF32())
    return builder.decline("scales are not f32");
  if (auto dequantize = scale.getDefiningOp<DequantizeOp>()) {
    DimIndices outer = indicesOf(dequantize, dequantize.getScale(), dims, dequantize.getAxis());
    if (auto lookup = dequantize.getInput().getDefiningOp<LookupOp>()) {
      if (!areZero(find(dequantize.getZeroPoint(), {}).constant))
        return builder.decline("the scales' numbers have a zero point");
      if (failed(matchScaleTable(lookup, dims)))
        return failure();
      return matchScale(dequantize.getScale(), outer);
    }
    Type element = tensorTypeOf(dequantize.getInput()).getElementType();
    // A power of two has no zero; its zero point means none.
    if (!isNarrow(element) || (!llvm::isa<Float8E8M0FNUType>(element) &&
                               !areZero(find(dequantize.getZeroPoint(), {}).constant)))
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
  codes = find(op.getCodes(), dims);
  if (!codes.constant || !tensorTypeOf(op.getTable()).getElementType().isF32())
    return builder.decline("the codes are not constant, or the table is not f32");
  DimIndices indices;
  if (std::optional<ArrayRef<int64_t>> blocks = op.getBlocks()) {
    indices = dims;
    for (auto [index, block] : llvm::zip_equal(indices, *blocks))
      index.block *= block;
  }
  return addParameter("table", op.getTable(), indices);
}

LogicalResult Matcher::matchBinaryDecode(BinaryDecodeOp op, const DimIndices &dims) {
  Part planes = find(op.getPlanes(), dims, /*axis=*/1);
  std::optional<std::vector<char>> bits =
      planes.constant ? copyRawBytes(planes.constant) : std::nullopt;
  int64_t numPlanes = tensorTypeOf(op.getPlanes()).getDimSize(0);
  if (!bits || !tensorTypeOf(op.getOutput()).getElementType().isF32() || numPlanes < 1 ||
      numPlanes > 8)
    return builder.decline("the planes are not constant, or more than 8");
  auto element = IntegerType::get(op.getContext(), unsigned(numPlanes), IntegerType::Unsigned);
  auto type =
      RankedTensorType::get(planes.constant.getShapedType().getShape().drop_front(), element);
  int64_t size = type.getNumElements();
  std::vector<char> joined(size);
  for (int64_t plane = 0; plane < numPlanes; ++plane)
    for (int64_t i = 0; i < size; ++i)
      joined[i] = char(joined[i] | ((*bits)[plane * size + i] & 1) << plane);
  DimIndices indices(dims);
  for (auto [index, block] : llvm::zip_equal(indices, op.getBlocks()))
    index.block *= block;
  Part scales = find(op.getScales(), indices, /*axis=*/1);
  std::optional<std::vector<char>> bytes =
      scales.constant ? copyRawBytes(scales.constant) : std::nullopt;
  if (!bytes)
    return builder.decline("the planes' scales are not constant");
  codes = {"codes", makeConstant(type, joined, "planes"), planes.dims};
  auto scaleType = RankedTensorType::get(scales.constant.getShapedType().getShape().drop_front(),
                                         scales.constant.getElementType());
  int64_t planeBytes = scaleType.getNumElements() * int64_t(sizeof(float));
  for (int64_t plane = 0; plane < numPlanes; ++plane) {
    ArrayRef<char> own = ArrayRef(*bytes).slice(plane * planeBytes, planeBytes);
    parameters.push_back({"plane", makeConstant(scaleType, own, "plane"), scales.dims});
  }
  return addParameter("offset", op.getOffset(), indices);
}

LogicalResult Matcher::matchDequantize(DequantizeOp op, const DimIndices &dims) {
  Type element = tensorTypeOf(op.getInput()).getElementType();
  auto lookup = op.getInput().getDefiningOp<LookupOp>();
  ElementsAttr zeroPoint = find(op.getZeroPoint(), DimIndices(dims)).constant;
  bool hasZeroPoint = !areZero(zeroPoint);
  if (hasZeroPoint && (lookup || !llvm::isa<IntegerType>(element)))
    return builder.decline("codes of floats have a zero point");
  if (lookup) {
    if (failed(matchLookup(lookup, dims)))
      return failure();
  } else {
    codes = find(op.getInput(), dims);
    if (!codes.constant || !(isNarrow(element) || element.isF16() || element.isBF16()))
      return builder.decline("the weights are no constant codes of at most 16 bits");
    flipsCodes = hasZeroPoint && isCentered(zeroPoint);
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
      before = withoutAxes(dims, unsqueeze);
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
    if (index.loop == DimIndex::Zero || index.loop == DimIndex::Index)
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

FailureOr<CodedWeights> mlir::halftone::matchCodedRows(const KernelBuilder &builder, Value value,
                                                       Value indices, int64_t rows) {
  RankedTensorType type = tensorTypeOf(value);
  int64_t columns = type.getShape().empty() ? ShapedType::kDynamic : type.getShape().back();
  if (type.getRank() != tensorTypeOf(indices).getRank() + 1 || ShapedType::isDynamic(columns))
    return builder.decline("the rows are not those of one matrix");
  DimIndices dims(type.getRank());
  for (auto [depth, index] : llvm::enumerate(dims))
    index = {DimIndex::Index, unsigned(depth)};
  dims.back() = {DimIndex::Column};
  Matcher matcher(builder, indices, rows);
  if (failed(matcher.match(value, dims)))
    return failure(); // The matcher has said why.
  return matcher.read(rows, columns);
}
