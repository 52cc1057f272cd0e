// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "WeightDecoder.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::CodeField;

// What one permutation chooses from with 16 lanes or in Neon, or two with 8 lanes.
constexpr unsigned maxPermutedBits = 4;
// Where one chooses from two registers of 16 lanes. Of a table: eight and seven choices are still
// half of what it takes to read 16 numbers from memory. Of numbers that could be computed: one for
// integers, two and a choice for floats.
constexpr unsigned maxPermutedTableBits = 8, maxPermutedIntegerBits = 5, maxPermutedFloatBits = 6;
constexpr unsigned maxSelectedBits = 4;

WeightDecoder::WeightDecoder(IndexMath &math, const CodedPanels &panels, const KernelRow &row)
    : math(math), rhs(panels.codes), row(row), codes(panels.decoder.getCodes()),
      isAlongK(panels.packing.getIsAlongK()), areRows(panels.areRows),
      isFinite(panels.decoder.getIsFinite()), bits(codes.getIntOrFloatBitWidth()),
      nr(panels.packing.getNr()), numColumns(nr * panels.packing.getKr()),
      depth(isAlongK ? llvm::divideCeil(panels.packing.getK(), nr) : panels.packing.getK()),
      stepRows(bits > 8 ? 1 : ::halftone::getCodeRows(bits)) {
  if (bits <= 8)
    fields = ::halftone::getCodeFields(bits);
  for (auto [attribute, memref] : llvm::zip_equal(panels.decoder.getInputs(), panels.inputs)) {
    inputs.push_back({attribute, memref});
    group = std::gcd(group, rowsOfGroup(inputs.back()));
  }
  if (!group)
    group = depth;
  method = chooseMethod();
}

int64_t WeightDecoder::getBlockRows(int64_t rows) const {
  int64_t unit = group == depth ? stepRows : std::lcm(group, stepRows);
  return std::min(depth, std::max<int64_t>(1, rows / unit) * unit);
}

bool WeightDecoder::haveSameParameters(int64_t count) const {
  return llvm::all_of(inputs, [&](const Input &input) {
    int64_t columns = input.attribute.getColumns();
    return columns == 0 || columns % count == 0;
  });
}

bool mlir::halftone::isByteTableCheap(Type codes) {
  unsigned bits = codes.getIntOrFloatBitWidth();
  if (bits == 8)
    return llvm::isa<FloatType>(codes) && !llvm::isa<Float8E5M2Type>(codes);
  return bits == 3 || (bits >= 5 && bits < 8);
}

const WeightDecoder::Input *WeightDecoder::findInput(StringRef role) const {
  const Input *input =
      llvm::find_if(inputs, [&](const Input &each) { return each.attribute.getRole() == role; });
  return input == inputs.end() ? nullptr : input;
}

WeightDecoder::Method WeightDecoder::chooseMethod() const {
  if (bits > 8)
    return Method::Extension;
  bool canPermute = !row.intrinsic.empty() && bits <= maxPermutedBits;
  auto isShared = [&](const Input &input) {
    return isAlongK || (areRows && input.attribute.getColumns() % row.lanes == 0);
  };
  if (const Input *plane = findInput("plane"))
    return isShared(*plane) && canPermute ? Method::Permutation : Method::Planes;
  if (findInput("table_bytes"))
    return Method::Bytes;
  auto canPermutePairs = [&](unsigned most) { return !row.pairIntrinsic.empty() && bits <= most; };
  if (const Input *table = findInput("table")) {
    if (areRows && !isShared(*table))
      return Method::Gather;
    if (table->attribute.getColumns() != 0 && !isShared(*table))
      return bits <= maxSelectedBits ? Method::Selection : Method::Gather;
    return canPermute || canPermutePairs(maxPermutedTableBits) ? Method::Permutation
                                                               : Method::Gather;
  }
  if (!row.bytePairIntrinsic.empty() && nr % byteLanes == 0 && isByteTableCheap(codes))
    return Method::Bytes;
  // Two permutations and a choice are more than the conversion of an integer.
  bool isCheap = row.lanes >= 16 || llvm::isa<FloatType>(codes);
  bool isPairCheap =
      canPermutePairs(llvm::isa<FloatType>(codes) ? maxPermutedFloatBits : maxPermutedIntegerBits);
  return (canPermute && isCheap) || isPairCheap ? Method::Permutation : Method::Arithmetic;
}

//===--- Arithmetic on vectors of i32 ---===//

Value WeightDecoder::ints(int64_t value) {
  auto type = lanesOf(math.builder.getI32Type());
  return arith::ConstantOp::create(math.builder, math.loc,
                                   DenseElementsAttr::get(type, int32_t(value)));
}

Value WeightDecoder::floats(float value) {
  auto type = lanesOf(math.builder.getF32Type());
  return arith::ConstantOp::create(math.builder, math.loc, DenseElementsAttr::get(type, value));
}

Value WeightDecoder::shiftLeft(Value value, int64_t amount) {
  return amount ? arith::ShLIOp::create(math.builder, math.loc, value, ints(amount)) : value;
}

Value WeightDecoder::shiftRight(Value value, int64_t amount) {
  return amount ? arith::ShRUIOp::create(math.builder, math.loc, value, ints(amount)) : value;
}

Value WeightDecoder::mask(Value value, int64_t maskBits) {
  return arith::AndIOp::create(math.builder, math.loc, value, ints(maskBits));
}

Value WeightDecoder::cast(Value value, Type element) {
  return arith::BitcastOp::create(math.builder, math.loc, lanesOf(element), value);
}

Value WeightDecoder::broadcastInt(Value index) {
  Type i32 = math.builder.getI32Type();
  Value scalar = math.builder.createOrFold<arith::IndexCastOp>(math.loc, i32, index);
  return vector::BroadcastOp::create(math.builder, math.loc, lanesOf(i32), scalar);
}

Value WeightDecoder::call(StringRef intrinsic, ArrayRef<Value> operands) {
  auto name = math.builder.getStringAttr(intrinsic);
  Type type = lanesOf(math.builder.getF32Type());
  return LLVM::CallIntrinsicOp::create(math.builder, math.loc, type, name, operands).getResult(0);
}

//===--- Numbers of codes ---===//

Value WeightDecoder::toNumber(Value code, Type type, bool isKnownFinite) {
  if (auto floatType = llvm::dyn_cast<FloatType>(type))
    return decodeFloat(code, floatType, isKnownFinite);
  OpBuilder &builder = math.builder;
  Type f32 = lanesOf(builder.getF32Type());
  if (type.isUnsignedInteger())
    return arith::UIToFPOp::create(builder, math.loc, f32, code);
  int64_t unused = 32 - type.getIntOrFloatBitWidth();
  Value extended = arith::ShRSIOp::create(builder, math.loc, shiftLeft(code, unused), ints(unused));
  return arith::SIToFPOp::create(builder, math.loc, f32, extended);
}

/// Sign, exponent and mantissa moved to where f16 has them, times 2^(bias - 15): f16 holds all of
/// it, and its infinities and NaNs are those of f8E5M2.
Value WeightDecoder::decodeByHalf(Value code, FloatType type, bool isKnownFinite) {
  OpBuilder &builder = math.builder;
  Location loc = math.loc;
  const llvm::fltSemantics &semantics = type.getFloatSemantics();
  int width = int(type.getWidth()),
      mantissa = int(llvm::APFloat::semanticsPrecision(semantics)) - 1;
  int exponent = width - 1 - mantissa,
      bias = 1 - int(llvm::APFloat::semanticsMinExponent(semantics));
  auto shorts = lanesOf(builder.getI16Type());
  auto constant = [&](uint16_t value) -> Value {
    return arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(shorts, value));
  };
  Value bits = arith::TruncIOp::create(builder, loc, shorts, shiftLeft(code, 16 - width));
  int magnitude = ((1 << (exponent + mantissa)) - 1) << (10 - mantissa);
  if (exponent < 5) { // The copies of the sign that come with it go.
    bits = arith::ShRSIOp::create(builder, loc, bits, constant(uint16_t(5 - exponent)));
    bits = arith::AndIOp::create(builder, loc, bits, constant(uint16_t(0x8000 | magnitude)));
  }
  Value result = arith::ExtFOp::create(builder, loc, lanesOf(builder.getF32Type()),
                                       cast(bits, builder.getF16Type()));
  if (bias != 15)
    result = arith::MulFOp::create(builder, loc, result, floats(std::ldexp(1.0f, 15 - bias)));
  if (isKnownFinite || llvm::APFloat::semanticsHasInf(semantics) ||
      !llvm::APFloat::semanticsHasNaN(semantics))
    return result;
  // All ones of either sign.
  Value isNaN = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                      arith::AndIOp::create(builder, loc, bits, constant(0x7fff)),
                                      constant(uint16_t(magnitude)));
  return arith::SelectOp::create(builder, loc, isNaN,
                                 floats(std::numeric_limits<float>::quiet_NaN()), result);
}

/// The magnitude moved to where f32 has it is the number times 2^(bias - 127), denormals included.
Value WeightDecoder::decodeFloat(Value code, FloatType type, bool isKnownFinite) {
  OpBuilder &builder = math.builder;
  Location loc = math.loc;
  // AVX-512 converts f16. The NaN of the types with but one zero is elsewhere.
  bool isLikeHalf = llvm::isa<Float8E4M3FNType, Float8E5M2Type>(type) ||
                    !llvm::APFloat::semanticsHasNaN(type.getFloatSemantics());
  if (row.lanes >= 16 && isLikeHalf)
    return decodeByHalf(code, type, isKnownFinite);
  const llvm::fltSemantics &semantics = type.getFloatSemantics();
  Type i32 = builder.getI32Type(), f32 = builder.getF32Type();
  int mantissa = int(llvm::APFloat::semanticsPrecision(semantics)) - 1;
  bool isSigned = llvm::APFloat::semanticsHasSignedRepr(semantics);
  int64_t magnitudeBits = type.getWidth() - (isSigned ? 1 : 0);
  auto codeOf = [](const llvm::APFloat &value) {
    return int64_t(value.bitcastToAPInt().getZExtValue());
  };
  auto choose = [&](arith::CmpIPredicate predicate, Value lhs, int64_t rhs, Value ifTrue,
                    Value ifFalse) -> Value {
    Value condition = arith::CmpIOp::create(builder, loc, predicate, lhs, ints(rhs));
    return arith::SelectOp::create(builder, loc, condition, ifTrue, ifFalse);
  };
  Value magnitude = isSigned ? mask(code, (1 << magnitudeBits) - 1) : code;
  Value result = cast(shiftLeft(magnitude, 23 - mantissa), f32);
  if (mantissa == 0) { // f8E8M0FNU: an exponent, or 2^-127, a denormal with one bit.
    constexpr int32_t smallest = 1 << 22;
    result = cast(arith::MaxUIOp::create(builder, loc, cast(result, i32), ints(smallest)), f32);
  } else {
    int bias = 1 - int(llvm::APFloat::semanticsMinExponent(semantics));
    Value factor = floats(std::ldexp(1.0f, 127 - bias));
    result = arith::MulFOp::create(builder, loc, result, factor);
  }
  Value nan = floats(std::numeric_limits<float>::quiet_NaN());
  if (!isKnownFinite && llvm::APFloat::semanticsHasInf(semantics)) {
    int64_t infinity = codeOf(llvm::APFloat::getInf(semantics));
    result = choose(arith::CmpIPredicate::eq, magnitude, infinity,
                    floats(std::numeric_limits<float>::infinity()), result);
    result = choose(arith::CmpIPredicate::ugt, magnitude, infinity, nan, result);
  }
  if (isSigned) {
    Value sign = shiftLeft(shiftRight(code, magnitudeBits), 31);
    result = cast(arith::OrIOp::create(builder, loc, cast(result, i32), sign), f32);
  }
  if (isKnownFinite || llvm::APFloat::semanticsHasInf(semantics) ||
      !llvm::APFloat::semanticsHasNaN(semantics))
    return result;
  // NaN is all ones of either sign, or what would be minus zero.
  int64_t nanCode = codeOf(llvm::APFloat::getNaN(semantics));
  int64_t magnitudeMask = (int64_t(1) << magnitudeBits) - 1;
  bool isMinusZero = isSigned && (nanCode & magnitudeMask) == 0;
  return choose(arith::CmpIPredicate::eq, isMinusZero ? code : magnitude,
                isMinusZero ? nanCode : nanCode & magnitudeMask, nan, result);
}

static float valueOfCode(Type type, unsigned code) {
  unsigned bits = type.getIntOrFloatBitWidth();
  if (!llvm::isa<FloatType>(type))
    return type.isUnsignedInteger() ? float(code) : float(llvm::SignExtend64(code, bits));
  llvm::APFloat value(llvm::cast<FloatType>(type).getFloatSemantics(), llvm::APInt(bits, code));
  bool losesInfo = false;
  value.convert(llvm::APFloat::IEEEsingle(), llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return value.convertToFloat();
}

SmallVector<Value> WeightDecoder::makeConstantTable() {
  SmallVector<Value> registers;
  int64_t size = int64_t(1) << bits;
  for (int64_t first = 0; first < std::max(size, row.lanes); first += row.lanes) {
    SmallVector<float> values;
    for (int64_t lane = 0; lane < row.lanes; ++lane)
      values.push_back(valueOfCode(codes, unsigned((first + lane) % size)));
    auto content = DenseElementsAttr::get(lanesOf(math.builder.getF32Type()), ArrayRef(values));
    registers.push_back(arith::ConstantOp::create(math.builder, math.loc, content));
  }
  return registers;
}

SmallVector<Value> WeightDecoder::makeConstantBytes() {
  SmallVector<Value> registers;
  auto type = VectorType::get({byteLanes}, math.builder.getI8Type());
  for (size_t byte = 0; byte < sizeof(float); ++byte)
    for (int64_t first = 0; first < int64_t(1) << bits; first += byteLanes) {
      SmallVector<uint8_t> values;
      for (int64_t lane = 0; lane < byteLanes; ++lane) {
        unsigned code = unsigned(first + lane) % (1u << bits);
        auto number = llvm::bit_cast<uint32_t>(valueOfCode(codes, code));
        values.push_back(uint8_t(number >> (8 * byte)));
      }
      auto content = DenseElementsAttr::get(type, ArrayRef(values));
      registers.push_back(arith::ConstantOp::create(math.builder, math.loc, content));
    }
  return registers;
}

/// Only the bits that choose from one register count; the table of fewer codes is repeated in it.
Value WeightDecoder::permute(Value code, ArrayRef<Value> table) {
  OpBuilder &builder = math.builder;
  if (row.lanes == 4)
    return permuteBytes(code, table);
  if (table.size() > 1 && !row.pairIntrinsic.empty())
    return permutePairs(code, table);
  Value low = call(row.intrinsic, {table[0], code});
  if (table.size() == 1)
    return low;
  Value high = call(row.intrinsic, {table[1], code});
  // Bit 3 as the sign, which is what the choice of lanes looks at.
  Value isHigh = arith::CmpIOp::create(builder, math.loc, arith::CmpIPredicate::slt,
                                       shiftLeft(code, 28), ints(0));
  return arith::SelectOp::create(builder, math.loc, isHigh, high, low);
}

/// The number of each pair of registers; then one bit after the other chooses between them.
Value WeightDecoder::permutePairs(Value code, ArrayRef<Value> table) {
  OpBuilder &builder = math.builder;
  SmallVector<Value> values;
  for (size_t i = 0; i != table.size(); i += 2)
    values.push_back(call(row.pairIntrinsic, {table[i], code, table[i + 1]}));
  for (unsigned bit = llvm::Log2_64(2 * row.lanes); values.size() > 1; ++bit) {
    Value isSet = arith::CmpIOp::create(builder, math.loc, arith::CmpIPredicate::slt,
                                        shiftLeft(code, 31 - int64_t(bit)), ints(0));
    for (size_t i = 0; i != values.size() / 2; ++i)
      values[i] =
          arith::SelectOp::create(builder, math.loc, isSet, values[2 * i + 1], values[2 * i]);
    values.truncate(values.size() / 2);
  }
  return values.front();
}

/// Neon looks up bytes in one to four registers: the four of a number follow each other.
Value WeightDecoder::permuteBytes(Value code, ArrayRef<Value> table) {
  OpBuilder &builder = math.builder;
  auto bytes = VectorType::get({16}, builder.getI8Type());
  auto asBytes = [&](Value value) -> Value {
    return vector::BitCastOp::create(builder, math.loc, bytes, value);
  };
  SmallVector<Value> operands(llvm::map_range(table, asBytes));
  Value entry = mask(code, int64_t(table.size()) * row.lanes - 1);
  Value first = arith::MulIOp::create(builder, math.loc, entry, ints(0x04040404));
  operands.push_back(asBytes(arith::AddIOp::create(builder, math.loc, first, ints(0x03020100))));
  auto name = builder.getStringAttr(row.intrinsic + Twine(table.size()) + ".v16i8");
  Value found =
      LLVM::CallIntrinsicOp::create(builder, math.loc, bytes, name, operands).getResult(0);
  return vector::BitCastOp::create(builder, math.loc, lanesOf(builder.getF32Type()), found);
}

/// Halves the entries by one bit after the other, the lowest first.
Value WeightDecoder::select(Value code, ArrayRef<Value> entries) {
  OpBuilder &builder = math.builder;
  SmallVector<Value> values(entries);
  for (unsigned bit = 0; values.size() > 1; ++bit) {
    Value isSet = arith::CmpIOp::create(builder, math.loc, arith::CmpIPredicate::ne,
                                        mask(code, int64_t(1) << bit), ints(0));
    for (size_t i = 0; i < values.size() / 2; ++i)
      values[i] =
          arith::SelectOp::create(builder, math.loc, isSet, values[2 * i + 1], values[2 * i]);
    values.truncate(values.size() / 2);
  }
  return values.front();
}

/// offset ± plane 0 ± plane 1 …: the bit of a plane flips the sign of its negative.
Value WeightDecoder::addPlanes(Value code, const Parameters &parameters) {
  OpBuilder &builder = math.builder;
  Value sum = parameters.offset;
  for (auto [plane, negated] : llvm::enumerate(parameters.planes)) {
    Value sign = mask(shiftLeft(code, 31 - int64_t(plane)), int64_t(1) << 31);
    Value flipped =
        arith::XOrIOp::create(builder, math.loc, cast(negated, builder.getI32Type()), sign);
    sum = arith::AddFOp::create(builder, math.loc, sum, cast(flipped, builder.getF32Type()));
  }
  return sum;
}

Value WeightDecoder::loadBytes(Value memref, ArrayRef<Value> indices) {
  OpBuilder &builder = math.builder;
  Value bytes =
      vector::LoadOp::create(builder, math.loc, lanesOf(builder.getI8Type()), memref, indices);
  return arith::ExtUIOp::create(builder, math.loc, lanesOf(builder.getI32Type()), bytes);
}

Value WeightDecoder::placeOf(const Columns &columns, int64_t place) {
  return columns.begin ? math.add(columns.begin, place) : math.constant(place);
}

Value WeightDecoder::readCode(const Columns &columns, Step &step, int64_t codeRow) {
  if (method == Method::Extension)
    return vector::LoadOp::create(
        math.builder, math.loc, lanesOf(codes), rhs,
        ValueRange{columns.panel, step.index, placeOf(columns, columns.offset)});
  Value code;
  int64_t firstByte = columns.offset;
  for (const CodeField &field : fields) {
    int64_t byteRow = codeRow / field.rowsPerByte(), position = codeRow % field.rowsPerByte();
    int64_t byte = firstByte + byteRow * nr;
    Value &word = step.words[{columns.panel, byte}];
    if (!word)
      word = loadBytes(rhs, {columns.panel, step.index, placeOf(columns, byte)});
    Value part = shiftRight(word, position * field.width);
    // A permutation ignores what lies above.
    bool isTop = position + 1 == field.rowsPerByte();
    bool isIgnored = method == Method::Permutation && fields.size() == 1;
    if (!isTop && !isIgnored)
      part = mask(part, (int64_t(1) << field.width) - 1);
    part = shiftLeft(part, field.shift);
    code = code ? arith::OrIOp::create(math.builder, math.loc, code, part).getResult() : part;
    firstByte += stepRows / field.rowsPerByte() * nr;
  }
  return code;
}

Value WeightDecoder::readBytes(const Columns &columns, const Step &step, int64_t codeRow) {
  OpBuilder &builder = math.builder;
  auto type = VectorType::get({byteLanes}, builder.getI8Type());
  auto bytes = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(builder, math.loc,
                                     DenseElementsAttr::get(type, int8_t(value)));
  };
  Value code;
  int64_t firstByte = columns.offset / byteLanes * byteLanes;
  for (const CodeField &field : fields) {
    int64_t byteRow = codeRow / field.rowsPerByte(), position = codeRow % field.rowsPerByte();
    Value place = placeOf(columns, firstByte + byteRow * nr);
    Value part = vector::LoadOp::create(builder, math.loc, type, rhs,
                                        ValueRange{columns.panel, step.index, place});
    if (position != 0)
      part = arith::ShRUIOp::create(builder, math.loc, part, bytes(position * field.width));
    if (position + 1 != field.rowsPerByte())
      part = arith::AndIOp::create(builder, math.loc, part, bytes((1 << field.width) - 1));
    if (field.shift != 0)
      part = arith::ShLIOp::create(builder, math.loc, part, bytes(field.shift));
    code = code ? arith::OrIOp::create(builder, math.loc, code, part).getResult() : part;
    firstByte += stepRows / field.rowsPerByte() * nr;
  }
  return code;
}

/// Interleaves the halves of each 128 bits of two vectors: the lower ones, or the upper ones.
static Value interleave(IndexMath &math, Value first, Value second, bool isUpper) {
  auto type = llvm::cast<VectorType>(first.getType());
  int64_t size = type.getNumElements(), lane = 128 / type.getElementTypeBitWidth();
  SmallVector<int64_t> places;
  for (int64_t begin = isUpper ? lane / 2 : 0; begin < size; begin += lane)
    for (int64_t i = begin; i < begin + lane / 2; ++i)
      llvm::append_values(places, i, size + i);
  return vector::ShuffleOp::create(math.builder, math.loc, first, second, places);
}

/// The numbers of 64 codes, in four registers: each byte of them from two registers at a time.
SmallVector<Value> WeightDecoder::lookUpBytes(Value rowCodes, const Parameters &parameters) {
  OpBuilder &builder = math.builder;
  auto as = [&](Value value, int64_t size, Type element) -> Value {
    return vector::BitCastOp::create(builder, math.loc, VectorType::get({size}, element), value);
  };
  // Interleaving leaves in each register four neighbours of every 128 bits: they are exchanged
  // before.
  SmallVector<int64_t> exchanged;
  for (int64_t i = 0; i < 16; ++i)
    exchanged.push_back(i % 4 * 4 + i / 4);
  Value words = as(rowCodes, 16, builder.getI32Type());
  words = vector::ShuffleOp::create(builder, math.loc, words, words, exchanged);
  Type byte = builder.getI8Type();
  Value index = as(words, 64, byte);
  Value zero = arith::ConstantOp::create(builder, math.loc, builder.getZeroAttr(index.getType()));
  auto isZero = [](Value entries) { return matchPattern(entries, m_Zero()); };
  Value isUpper = arith::CmpIOp::create(builder, math.loc, arith::CmpIPredicate::slt, index, zero);
  auto lookUp = [&](ArrayRef<Value> table) -> Value {
    SmallVector<Value> found;
    auto name = builder.getStringAttr(row.bytePairIntrinsic);
    if (llvm::all_of(table, isZero))
      return zero;
    for (size_t i = 0; i < table.size(); i += 2) {
      Value second = table.size() == 1 ? table[i] : table[i + 1];
      found.push_back(LLVM::CallIntrinsicOp::create(builder, math.loc, index.getType(), name,
                                                    ValueRange{table[i], index, second})
                          .getResult(0));
    }
    if (found.size() == 1)
      return found.front();
    return arith::SelectOp::create(builder, math.loc, isUpper, found[1], found[0]);
  };
  SmallVector<Value> bytes;
  size_t size = parameters.permuted.size() / sizeof(float);
  for (size_t first = 0; first < parameters.permuted.size(); first += size)
    bytes.push_back(lookUp(ArrayRef(parameters.permuted).slice(first, size)));
  SmallVector<Value> numbers;
  for (bool half : {false, true}) {
    Value low = as(interleave(math, bytes[0], bytes[1], half), 32, builder.getI16Type());
    Value high = as(interleave(math, bytes[2], bytes[3], half), 32, builder.getI16Type());
    for (bool quarter : {false, true})
      numbers.push_back(as(interleave(math, low, high, quarter), 16, builder.getF32Type()));
  }
  return numbers;
}

Value WeightDecoder::decode(const Columns &columns, Step &step, int64_t codeRow,
                            const Parameters &parameters) {
  OpBuilder &builder = math.builder;
  if (method == Method::Bytes) {
    int64_t first = columns.offset / byteLanes;
    SmallVector<Value> &numbers = step.numbers[{columns.panel, first * stepRows + codeRow}];
    if (numbers.empty())
      numbers = lookUpBytes(readBytes(columns, step, codeRow), parameters);
    return scaleNumber(numbers[columns.offset % byteLanes / row.lanes], parameters);
  }
  Value code = readCode(columns, step, codeRow);
  Value number;
  switch (method) {
  case Method::Extension:
    number = arith::ExtFOp::create(builder, math.loc, lanesOf(builder.getF32Type()), code);
    break;
  case Method::Planes:
    return addPlanes(code, parameters);
  case Method::Arithmetic:
    number = toNumber(code, codes, isFinite);
    break;
  case Method::Permutation:
    number = permute(code, parameters.permuted);
    break;
  case Method::Selection:
    number = select(code, parameters.entries);
    break;
  case Method::Gather:
    if (parameters.tableOffsets)
      code = arith::AddIOp::create(builder, math.loc, code, parameters.tableOffsets);
    number = gatherFrom(findInput("table")->memref, parameters.tableRow, code);
    break;
  case Method::Bytes:
    llvm_unreachable("rows are looked up above");
  }
  return scaleNumber(number, parameters);
}

Value WeightDecoder::scaleNumber(Value number, const Parameters &parameters) {
  OpBuilder &builder = math.builder;
  if (parameters.zeroPoint)
    number = arith::SubFOp::create(builder, math.loc, number, parameters.zeroPoint);
  if (parameters.scale)
    number = arith::MulFOp::create(builder, math.loc, number, parameters.scale);
  return number;
}
