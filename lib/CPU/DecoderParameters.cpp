// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scales, zero points and tables that a decoder loads once for many rows.
#include "WeightDecoder.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::CodeField;

static MemRefType memrefTypeOf(Value value) { return llvm::cast<MemRefType>(value.getType()); }

int64_t WeightDecoder::rowsOfGroup(const Input &input) const {
  int64_t rows = isAlongK ? input.attribute.getGroup() / nr : input.attribute.getGroup();
  return rows < depth ? rows : 0;
}

/// Which row of the input belongs to row `k` of the codes.
Value WeightDecoder::rowOf(const Input &input, Value k) {
  int64_t rows = rowsOfGroup(input);
  return rows == 0 ? math.constant(0) : math.div(k, rows);
}

/// For each lane, the block of columns that its column is in; lanes behind the last column read the
/// last block.
Value WeightDecoder::blockOfColumns(const Input &input, const Columns &columns, int64_t numBlocks) {
  OpBuilder &builder = math.builder;
  SmallVector<int32_t> lanes;
  for (int64_t lane = 0; lane < row.lanes; ++lane)
    lanes.push_back(int32_t(lane));
  auto type = lanesOf(builder.getI32Type());
  Value iota = arith::ConstantOp::create(builder, math.loc,
                                         DenseElementsAttr::get(type, ArrayRef<int32_t>(lanes)));
  Value column = arith::AddIOp::create(builder, math.loc, broadcastInt(columns.first), iota);
  Value block =
      arith::DivUIOp::create(builder, math.loc, column, ints(input.attribute.getColumns()));
  return arith::MinUIOp::create(builder, math.loc, block, ints(numBlocks - 1));
}

/// Elements of row `tableRow` of a memref, whose other dimensions count as one.
Value WeightDecoder::gatherFrom(Value table, Value tableRow, Value indices) {
  OpBuilder &builder = math.builder;
  MemRefType memrefType = memrefTypeOf(table);
  if (memrefType.getRank() == 3)
    table = memref::CollapseShapeOp::create(builder, math.loc, table,
                                            SmallVector<ReassociationIndices>{{0}, {1, 2}});
  VectorType type = lanesOf(memrefType.getElementType());
  Value all = arith::ConstantOp::create(builder, math.loc,
                                        DenseElementsAttr::get(lanesOf(builder.getI1Type()), true));
  Value none = arith::ConstantOp::create(builder, math.loc, builder.getZeroAttr(type));
  return vector::GatherOp::create(builder, math.loc, type, table,
                                  ValueRange{tableRow, math.constant(0)}, indices, all, none);
}

/// The entries of a table for scales, each in all lanes.
SmallVector<Value> WeightDecoder::loadScaleTable(const Input &table, unsigned bits) {
  OpBuilder &builder = math.builder;
  SmallVector<Value> entries;
  Value zero = math.constant(0);
  for (int64_t entry = 0; entry < int64_t(1) << bits; ++entry) {
    Value scalar = memref::LoadOp::create(builder, math.loc, table.memref,
                                          ValueRange{zero, zero, math.constant(entry)});
    entries.push_back(
        vector::BroadcastOp::create(builder, math.loc, lanesOf(builder.getF32Type()), scalar));
  }
  return entries;
}

/// One number for each column, stored side by side.
Value WeightDecoder::loadPacked(const Input &input, const Columns &columns, Value inputRow) {
  OpBuilder &builder = math.builder;
  Type element = input.attribute.getElement();
  unsigned width = element.getIntOrFloatBitWidth();
  if (width > 8)
    return vector::LoadOp::create(
        builder, math.loc, lanesOf(element), input.memref,
        ValueRange{columns.panel, inputRow, math.constant(columns.offset)});
  int64_t rows = ::halftone::getCodeRows(width);
  Value step = math.div(inputRow, rows), position = math.rem(inputRow, rows);
  Value code;
  int64_t firstByte = columns.offset;
  for (const CodeField &field : ::halftone::getCodeFields(width)) {
    Value byteRow = math.div(position, field.rowsPerByte());
    Value byte = math.add(math.mul(byteRow, nr), firstByte);
    Value part = loadBytes(input.memref, {columns.panel, step, byte});
    if (field.rowsPerByte() > 1) {
      Value amount = math.mul(math.rem(position, field.rowsPerByte()), field.width);
      part = arith::ShRUIOp::create(builder, math.loc, part, broadcastInt(amount));
      part = mask(part, (int64_t(1) << field.width) - 1);
    }
    part = shiftLeft(part, field.shift);
    code = code ? arith::OrIOp::create(builder, math.loc, code, part).getResult() : part;
    firstByte += rows / field.rowsPerByte() * nr;
  }
  return code;
}

/// One number for all lanes.
Value WeightDecoder::loadShared(const Input &input, ArrayRef<Value> place) {
  OpBuilder &builder = math.builder;
  Value number = memref::LoadOp::create(builder, math.loc, input.memref, place);
  if (input.attribute.getElement().getIntOrFloatBitWidth() <= 8)
    number = arith::ExtUIOp::create(builder, math.loc, builder.getI32Type(), number);
  return vector::BroadcastOp::create(builder, math.loc, lanesOf(number.getType()), number);
}

/// The number of one column, for all lanes.
Value WeightDecoder::loadOfColumn(const Input &input, Value inputRow, Value column) {
  int64_t block = input.attribute.getColumns();
  if (block == 1)
    return loadShared(input, {column, inputRow, math.constant(0)});
  return loadShared(input, {inputRow, block ? math.div(column, block) : math.constant(0)});
}

/// `count` codes of a stream from code `first` on; each lane takes that of its entry in `lanes`, an
/// i32 vector, or all the only one.
Value WeightDecoder::loadFromStream(const Input &input, Value first, int64_t count, Value lanes) {
  OpBuilder &builder = math.builder;
  Location loc = math.loc;
  constexpr int64_t wordBytes = sizeof(int64_t);
  int64_t width = input.attribute.getElement().getIntOrFloatBitWidth();
  int64_t size = memrefTypeOf(input.memref).getDimSize(0);
  Type i64 = builder.getI64Type(), i32 = builder.getI32Type();
  // The last word of the stream holds the codes that a word from their byte on would reach over.
  Value bit = math.mul(first, width);
  Value byte = math.min(math.div(bit, 8), math.constant(size - wordBytes));
  Value bytes = vector::LoadOp::create(
      builder, loc, VectorType::get({wordBytes}, builder.getI8Type()), input.memref, byte);
  Value word = vector::ExtractOp::create(
      builder, loc, vector::BitCastOp::create(builder, loc, VectorType::get({1}, i64), bytes), 0);
  Value amount = math.sub(bit, math.mul(byte, 8));
  word = arith::ShRUIOp::create(builder, loc, word,
                                arith::IndexCastOp::create(builder, loc, i64, amount));
  bool isShort = count * width <= 32;
  Type element = isShort ? i32 : i64;
  if (isShort)
    word = arith::TruncIOp::create(builder, loc, i32, word);
  Value codes = vector::BroadcastOp::create(builder, loc, lanesOf(element), word);
  if (count > 1) {
    Value amounts = arith::MulIOp::create(builder, loc, lanes, ints(width));
    if (!isShort)
      amounts = arith::ExtUIOp::create(builder, loc, lanesOf(i64), amounts);
    codes = arith::ShRUIOp::create(builder, loc, codes, amounts);
  }
  if (!isShort)
    codes = arith::TruncIOp::create(builder, loc, lanesOf(i32), codes);
  return mask(codes, (int64_t(1) << width) - 1);
}

/// The numbers of a register that begins and ends within blocks.
Value WeightDecoder::gatherOfRow(const Input &input, Value inputRow, const Columns &columns) {
  int64_t block = input.attribute.getColumns();
  if (input.attribute.getElement().getIntOrFloatBitWidth() >= 8)
    return gatherShared(input, columns, inputRow);
  auto numBlocks = int64_t(llvm::divideCeil(numColumns, block));
  Value first = math.div(columns.first, block);
  Value lanes = arith::SubIOp::create(
      math.builder, math.loc, blockOfColumns(input, columns, numBlocks), broadcastInt(first));
  return loadFromStream(input, math.add(math.mul(inputRow, numBlocks), first),
                        (row.lanes - 2) / block + 2, lanes);
}

/// The numbers of a register that begins at a multiple of its lanes, and most often of its blocks.
Value WeightDecoder::loadOfRow(const Input &input, Value inputRow, const Columns &columns) {
  OpBuilder &builder = math.builder;
  Location loc = math.loc;
  int64_t block = input.attribute.getColumns(), count = 1;
  if (block != 0 && block % row.lanes != 0 && row.lanes % block != 0)
    return gatherOfRow(input, inputRow, columns);
  Value place = block ? math.div(columns.first, block) : math.constant(0);
  SmallVector<int64_t> places(row.lanes, 0);
  if (block != 0 && block < row.lanes) {
    count = row.lanes / block;
    for (auto [lane, each] : llvm::enumerate(places))
      each = int64_t(lane) / block;
  }
  Type element = input.attribute.getElement();
  unsigned width = element.getIntOrFloatBitWidth();
  if (width < 8) {
    int64_t numBlocks = block ? int64_t(llvm::divideCeil(numColumns, block)) : 1;
    Value first = math.add(math.mul(inputRow, numBlocks), place);
    SmallVector<int32_t> ofLanes(places.begin(), places.end());
    Value lanes = arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(lanesOf(builder.getI32Type()), ArrayRef<int32_t>(ofLanes)));
    return loadFromStream(input, first, count, lanes);
  }
  if (count == 1)
    return loadShared(input, {inputRow, place});
  Type stored = memrefTypeOf(input.memref).getElementType();
  Value numbers = vector::LoadOp::create(builder, loc, VectorType::get({count}, stored),
                                         input.memref, ValueRange{inputRow, place});
  if (count != row.lanes)
    numbers = vector::ShuffleOp::create(builder, loc, numbers, numbers, places);
  if (width == 8)
    numbers = arith::ExtUIOp::create(builder, loc, lanesOf(builder.getI32Type()), numbers);
  return numbers;
}

Value WeightDecoder::gatherShared(const Input &input, const Columns &columns, Value inputRow) {
  OpBuilder &builder = math.builder;
  int64_t numBlocks = memrefTypeOf(input.memref).getDimSize(1);
  Value numbers = gatherFrom(input.memref, inputRow, blockOfColumns(input, columns, numBlocks));
  if (input.attribute.getElement().getIntOrFloatBitWidth() <= 8)
    numbers = arith::ExtUIOp::create(builder, math.loc, lanesOf(builder.getI32Type()), numbers);
  return numbers;
}

WeightDecoder::Numbers WeightDecoder::loadNumbers(const Input &input, const Input *table,
                                                  const Columns &columns, Value k) {
  OpBuilder &builder = math.builder;
  Value inputRow = rowOf(input, k), number;
  int64_t block = input.attribute.getColumns();
  if (areRows)
    number = loadOfRow(input, inputRow, columns);
  else if (isAlongK)
    number = loadOfColumn(input, inputRow, columns.first);
  else if (block == 1)
    number = loadPacked(input, columns, inputRow);
  else if (block % row.lanes == 0) // A register never crosses from one block to the next.
    number =
        loadShared(input, {inputRow, block ? math.div(columns.first, block) : math.constant(0)});
  else
    number = gatherShared(input, columns, inputRow);
  Type element = input.attribute.getElement();
  unsigned width = element.getIntOrFloatBitWidth();
  if (table)
    return {number, loadScaleTable(*table, width)};
  if (width <= 8)
    return {toNumber(number, element)};
  if (width == 32)
    return {number};
  return {arith::ExtFOp::create(builder, math.loc, lanesOf(builder.getF32Type()), number)};
}

/// scale * product. Two entries are multiplied before one is chosen: their products are the same
/// for all rows that `product` is for.
Value WeightDecoder::multiplyScales(Numbers scale, Value product) {
  OpBuilder &builder = math.builder;
  auto multiply = [&](Value factor) -> Value {
    return product ? arith::MulFOp::create(builder, math.loc, factor, product).getResult() : factor;
  };
  if (scale.entries.size() == 2) {
    for (Value &entry : scale.entries)
      entry = multiply(entry);
    return select(scale.values, scale.entries);
  }
  return multiply(scale.entries.empty() ? scale.values : select(scale.values, scale.entries));
}

void WeightDecoder::loadTable(const Input &input, const Columns &columns, Value k,
                              Parameters &parameters) {
  OpBuilder &builder = math.builder;
  Value tableRow = rowOf(input, k), column = math.constant(0);
  if ((isAlongK || areRows) && input.attribute.getColumns())
    column = math.div(columns.first, input.attribute.getColumns());
  int64_t size = int64_t(1) << bits;
  if (method == Method::Bytes) {
    auto type = VectorType::get({byteLanes}, builder.getI8Type());
    for (int64_t byte = 0; byte < int64_t(sizeof(float)); ++byte)
      for (int64_t first = 0; first < size; first += type.getNumElements())
        parameters.permuted.push_back(vector::LoadOp::create(
            builder, math.loc, type, input.memref,
            ValueRange{tableRow, column, math.constant(byte), math.constant(first)}));
    return;
  }
  if (method == Method::Permutation && size >= row.lanes) {
    for (int64_t first = 0; first < size; first += row.lanes)
      parameters.permuted.push_back(
          vector::LoadOp::create(builder, math.loc, lanesOf(builder.getF32Type()), input.memref,
                                 ValueRange{tableRow, column, math.constant(first)}));
    return;
  }
  if (method == Method::Permutation) {
    auto type = VectorType::get({size}, builder.getF32Type());
    Value table = vector::LoadOp::create(builder, math.loc, type, input.memref,
                                         ValueRange{tableRow, column, math.constant(0)});
    SmallVector<int64_t> places;
    for (int64_t lane = 0; lane < row.lanes; ++lane)
      places.push_back(lane % size);
    parameters.permuted.push_back(
        vector::ShuffleOp::create(builder, math.loc, table, table, places));
    return;
  }
  parameters.tableRow = tableRow;
  if (input.attribute.getColumns() == 0)
    return;
  int64_t numBlocks = memrefTypeOf(input.memref).getDimSize(1);
  Value block = blockOfColumns(input, columns, numBlocks);
  parameters.tableOffsets = shiftLeft(block, bits);
  if (method != Method::Selection)
    return;
  for (int64_t entry = 0; entry < size; ++entry) {
    Value place = arith::AddIOp::create(builder, math.loc, parameters.tableOffsets, ints(entry));
    parameters.entries.push_back(gatherFrom(input.memref, tableRow, place));
  }
}

SmallVector<Value> WeightDecoder::tabulatePlanes(const Parameters &parameters) {
  SmallVector<Value> registers;
  for (int64_t first = 0; first < std::max(int64_t(1) << bits, row.lanes); first += row.lanes) {
    SmallVector<int32_t> entries;
    for (int64_t lane = 0; lane < row.lanes; ++lane)
      entries.push_back(int32_t(first + lane));
    auto content =
        DenseElementsAttr::get(lanesOf(math.builder.getI32Type()), ArrayRef<int32_t>(entries));
    Value all = arith::ConstantOp::create(math.builder, math.loc, content);
    registers.push_back(addPlanes(all, parameters));
  }
  return registers;
}

WeightDecoder::Parameters WeightDecoder::loadParameters(const Columns &columns, Value k) {
  OpBuilder &builder = math.builder;
  Parameters parameters;
  SmallVector<Numbers> scales;
  for (const Input &input : inputs) {
    StringRef role = input.attribute.getRole();
    if (role == "scale_table")
      continue; // Read with the scales before it.
    if (role == "table" || role == "table_bytes") {
      loadTable(input, columns, k, parameters);
      continue;
    }
    const Input *next = &input + 1;
    bool hasTable = next != inputs.end() && next->attribute.getRole() == "scale_table";
    Numbers loaded = loadNumbers(input, hasTable ? next : nullptr, columns, k);
    Value numbers = loaded.values;
    if (role == "scale")
      scales.push_back(loaded);
    else if (role == "zero_point")
      parameters.zeroPoint = numbers;
    else if (role == "offset")
      parameters.offset = numbers;
    else
      parameters.planes.push_back(arith::NegFOp::create(builder, math.loc, numbers));
  }
  for (const Numbers &scale : llvm::reverse(scales))
    parameters.scale = multiplyScales(scale, parameters.scale);
  if (method == Method::Permutation && parameters.permuted.empty())
    parameters.permuted =
        parameters.planes.empty() ? makeConstantTable() : tabulatePlanes(parameters);
  if (method == Method::Bytes && parameters.permuted.empty())
    parameters.permuted = makeConstantBytes();
  return parameters;
}
