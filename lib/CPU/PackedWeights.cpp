// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Codes and what decodes them in the layouts that kernels read.
#include "CodedWeights.h"

#include "WeightDecoder.h"
#include "halftone/Dialect/DecodeOps.h"
#include "halftone/Numerics/PackedCodes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::halftone;

static bool isNarrow(Type type) { return type.isIntOrFloat() && type.getIntOrFloatBitWidth() <= 8; }

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

/// Row-major, `size` elements each: tables, and numbers of blocks of columns, of which there are
/// `columns` with padding. `isByBytes`: each table as [bytes of an element][size] bytes.
static Value copyElements(KernelBuilder &builder, const ConstantMatrix &matrix, int64_t columns,
                          int64_t size, bool isByBytes) {
  bool isByte = isNarrow(matrix.element);
  int64_t bytes = isByte ? 1 : matrix.element.getIntOrFloatBitWidth() / 8;
  std::vector<uint8_t> copy;
  copy.reserve(matrix.rows * columns * size * bytes);
  unsigned mask = isByte ? (1u << matrix.element.getIntOrFloatBitWidth()) - 1 : 255;
  for (int64_t row = 0; row < matrix.rows; ++row) {
    std::optional<int64_t> begin = findRow(matrix, row);
    for (int64_t column = 0; column < columns; ++column) {
      if (!begin || column >= matrix.columns) {
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
  SmallVector<int64_t> shape{matrix.rows, columns};
  if (isByBytes)
    shape.push_back(bytes);
  if (size > 1)
    shape.push_back(size);
  Type element = isByte || isByBytes ? Type(builder.rewriter.getI8Type()) : matrix.element;
  return makeBytes(builder, shape, element, copy, "parameters");
}

/// Whether rows of `nr` elements take little more memory than `size` elements.
static bool isPaddingSmall(int64_t size, int64_t nr) {
  constexpr int64_t part = 8;
  return (int64_t(llvm::alignTo(uint64_t(size), uint64_t(nr))) - size) * part <= size;
}

/// Whether rows of `nr` k have the same parameters, and these are numbers of one column each.
static bool hasWholeRows(const CodedWeights &weights, int64_t nr) {
  return isPaddingSmall(weights.codes.rows, nr) && weights.codes.reduction.size() == 1 &&
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

/// Row-major, without gaps between the codes.
static Value packNumberStream(KernelBuilder &builder, const ConstantMatrix &matrix,
                              int64_t columns) {
  std::vector<uint8_t> codes(matrix.rows * columns);
  for (int64_t row = 0; row < matrix.rows; ++row) {
    std::optional<int64_t> begin = findRow(matrix, row);
    for (int64_t column = 0; begin && column < matrix.columns; ++column)
      codes[row * columns + column] = uint8_t(matrix.bytes[*begin + column * matrix.columnStride]);
  }
  std::vector<uint8_t> packed =
      ::halftone::packStream(matrix.element.getIntOrFloatBitWidth(), codes);
  return makeBytes(builder, {int64_t(packed.size())}, builder.rewriter.getI8Type(), packed,
                   "parameters");
}

FailureOr<CodeLayout> mlir::halftone::chooseRowLayout(const KernelBuilder &builder,
                                                      const CodedWeights &weights,
                                                      const KernelRow &row) {
  constexpr unsigned minByteBits = 7;
  constexpr int64_t byteRow = 64;
  const ConstantMatrix &codes = weights.codes;
  unsigned bits = codes.element.getIntOrFloatBitWidth();
  int64_t kr = bits > 8 ? 1 : ::halftone::getCodeRows(bits), columns = codes.columns;
  bool areRowsInOrder = codes.columnStride == 1 && codes.reduction.size() == 1 &&
                        codes.reduction.front().stride == columns;
  if (!areRowsInOrder || !isPaddingSmall(columns, kr * row.lanes))
    return builder.decline("the rows are few registers, and not whole ones");
  auto nr = int64_t(llvm::alignTo(llvm::divideCeil(columns, kr), row.lanes));
  CodeLayout layout{nr, /*isAlongK=*/false, /*hasTableBytes=*/false, /*areRows=*/true};
  for (const CodeParameter &parameter : weights.parameters)
    if (parameter.role == "table")
      layout.hasTableBytes = bits >= minByteBits && !row.bytePairIntrinsic.empty() &&
                             nr % byteRow == 0 && parameter.block % byteRow == 0;
  return layout;
}

/// Codes of which each row is by itself.
static Value packCodeRows(KernelBuilder &builder, const ConstantMatrix &matrix, int64_t nr) {
  unsigned bits = matrix.element.getIntOrFloatBitWidth();
  int64_t elementBytes = bits > 8 ? bits / 8 : 1, rowBytes = matrix.columns * elementBytes;
  int64_t size = nr * elementBytes * (bits > 8 ? 1 : ::halftone::getCodeRows(bits));
  ArrayRef<uint8_t> bytes(reinterpret_cast<const uint8_t *>(matrix.bytes.data()),
                          matrix.bytes.size());
  std::vector<uint8_t> copy;
  if (size != rowBytes) { // What fills a row up is 0.
    copy.resize(matrix.rows * size);
    for (int64_t row = 0; row < matrix.rows; ++row)
      llvm::copy(bytes.slice(row * rowBytes, rowBytes), copy.begin() + row * size);
    bytes = copy;
  }
  if (bits > 8)
    return makeBytes(builder, {matrix.rows, 1, nr}, matrix.element, bytes, "rows");
  if (bits < 8) {
    std::vector<uint8_t> packed = ::halftone::packRows(bits, size, bytes);
    copy = std::move(packed);
    bytes = copy;
  }
  return makeBytes(builder, {matrix.rows, 1, ::halftone::getCodeStepBytes(bits, nr)},
                   builder.rewriter.getI8Type(), bytes, "rows");
}

/// Each column as a matrix of rows of `nr` k.
static Value packAlongK(KernelBuilder &builder, const ConstantMatrix &matrix, int64_t nr) {
  unsigned bits = matrix.element.getIntOrFloatBitWidth();
  const ::halftone::ReductionDim &k = matrix.reduction.front();
  auto rows = int64_t(llvm::divideCeil(k.size, nr));
  std::vector<uint8_t> packed;
  std::vector<char> codes(rows * nr); // What is behind the last k stays 0.
  for (int64_t column = 0; column < matrix.columns; ++column) {
    const char *first = matrix.bytes.data() + column * matrix.columnStride;
    for (int64_t i = 0; i < k.size; ++i)
      codes[i] = first[i * k.stride];
    auto view = ::halftone::WeightView::matrix(codes.data(), rows, nr, nr, 1);
    llvm::append_range(packed, ::halftone::packCodes(bits, nr, view));
  }
  int64_t numSteps = int64_t(llvm::divideCeil(rows, ::halftone::getCodeRows(bits)));
  return makeBytes(builder, {matrix.columns, numSteps, ::halftone::getCodeStepBytes(bits, nr)},
                   builder.rewriter.getI8Type(), packed, "codes");
}

Value mlir::halftone::packCodes(KernelBuilder &builder, const CodedWeights &weights,
                                CodeLayout layout) {
  if (layout.areRows)
    return packCodeRows(builder, weights.codes, layout.nr);
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
  unsigned bits = codes.getIntOrFloatBitWidth();
  int64_t rowSize = layout.nr * (bits > 8 ? 1 : ::halftone::getCodeRows(bits));
  for (const CodeParameter &parameter : weights.parameters) {
    const ConstantMatrix &values = parameter.values;
    bool isTable = parameter.role.ends_with("table");
    bool isBytes = layout.hasTableBytes && parameter.role == "table";
    // Of rows, with what fills them up.
    int64_t columns = layout.areRows && parameter.block
                          ? int64_t(llvm::divideCeil(rowSize, parameter.block))
                          : values.columns;
    Value tensor;
    if (layout.areRows && values.element.getIntOrFloatBitWidth() < 8)
      tensor = packNumberStream(builder, values, columns);
    else if (isTable || parameter.block != 1 || layout.areRows)
      tensor = copyElements(builder, values, columns,
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
