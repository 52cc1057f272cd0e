// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TensorWriter.h"
#include "ElementTypes.h"

#include "halftone/Dialect/ConstantData.h"
#include "halftone/IO/FileError.h"
#include "mlir/IR/BuiltinTypes.h"
#include "onnx/onnx_pb.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::halftone;

// Readers map the file page by page.
static constexpr uint64_t kPage = 4096;

/// The type that ONNX has for an integer of odd width, or for a float of less than 8 bits.
static Type widen(Type elementType) {
  MLIRContext *context = elementType.getContext();
  if (auto integer = llvm::dyn_cast<IntegerType>(elementType)) {
    unsigned width = integer.getWidth();
    if (width == 1 && integer.isUnsigned())
      return IntegerType::get(context, 8, integer.getSignedness());
    if (width == 3 || (width > 4 && width < 8))
      return IntegerType::get(context, width == 3 ? 4 : 8, integer.getSignedness());
  }
  if (llvm::isa<Float6E2M3FNType, Float6E3M2FNType>(elementType))
    return Float8E4M3FNType::get(context);
  return elementType;
}

std::optional<StoredType> mlir::halftone::getStoredType(Type elementType) {
  StoredType stored{widen(elementType), 0, kExportOpset};
  stored.dataType = exportElementType(stored.type);
  if (stored.dataType == 0)
    return std::nullopt;
  if (stored.type.getIntOrFloatBitWidth() == 2)
    stored.opset = 25;
  if (llvm::isa<Float4E2M1FNType>(stored.type))
    stored.opset = 23;
  if (llvm::isa<Float8E8M0FNUType>(stored.type))
    stored.opset = 24;
  return stored;
}

/// The byte that holds one code in the wider type.
static uint8_t recode(uint8_t code, Type from, Type to) {
  unsigned width = from.getIntOrFloatBitWidth();
  uint8_t bits = code & uint8_t((1u << width) - 1);
  if (auto integer = llvm::dyn_cast<IntegerType>(from))
    return integer.isUnsigned() ? bits : uint8_t(llvm::SignExtend32(bits, width));
  llvm::APFloat value(llvm::cast<FloatType>(from).getFloatSemantics(), llvm::APInt(width, bits));
  bool losesInfo = false;
  value.convert(llvm::cast<FloatType>(to).getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven,
                &losesInfo);
  assert(!losesInfo && "the wider type has all values");
  return uint8_t(value.bitcastToAPInt().getZExtValue());
}

/// One code to a byte -> several, the first in the lowest bits.
static std::vector<char> pack(ArrayRef<char> codes, unsigned bits) {
  size_t perByte = 8 / bits;
  std::vector<char> packed(llvm::divideCeil(codes.size(), perByte));
  for (auto [i, code] : llvm::enumerate(codes))
    packed[i / perByte] |= char((uint8_t(code) & ((1u << bits) - 1)) << (i % perByte * bits));
  return packed;
}

/// Bits of an element in a TensorProto: bools take a byte.
static unsigned getBits(Type stored) {
  return stored.isInteger(1) ? 8 : stored.getIntOrFloatBitWidth();
}

namespace {
/// The bytes of a TensorProto: those of the constant, or others made of them.
struct TensorData {
  std::vector<char> owned;
  ArrayRef<char> bytes;
};
} // namespace

static std::optional<TensorData> readData(ElementsAttr elements) {
  Type from = elements.getElementType(), to = getStoredType(from)->type;
  unsigned bits = getBits(to);
  TensorData data;
  if (elements.getNumElements() == 0)
    return data;
  std::optional<ArrayRef<char>> raw = getRawBytes(elements);
  if (raw && from == to && bits >= 8) {
    data.bytes = *raw;
    return data;
  }
  std::optional<std::vector<char>> copy = copyRawBytes(elements);
  if (!copy)
    return std::nullopt;
  data.owned = std::move(*copy);
  if (from != to)
    for (char &code : data.owned)
      code = char(recode(uint8_t(code), from, to));
  if (bits < 8)
    data.owned = pack(data.owned, bits);
  data.bytes = data.owned;
  return data;
}

static llvm::Error makeMissingError(const onnx::TensorProto &tensor) {
  return llvm::createStringError("the elements of constant '" + tensor.name() +
                                 "' are not in memory; they have been left out of the IR");
}

ElementsAttr mlir::halftone::widenFloats(ElementsAttr elements) {
  Type from = elements.getElementType(), to = Float8E4M3FNType::get(from.getContext());
  std::optional<std::vector<char>> codes = copyRawBytes(elements);
  if (!codes)
    return nullptr;
  for (char &code : *codes)
    code = char(recode(uint8_t(code), from, to));
  auto type = RankedTensorType::get(elements.getShapedType().getShape(), to);
  return makeConstant(type, ArrayRef<char>(*codes), "codes");
}

bool TensorWriter::add(onnx::TensorProto &tensor, ElementsAttr elements) {
  std::optional<StoredType> stored = getStoredType(elements.getElementType());
  if (!stored)
    return false;
  tensor.set_data_type(stored->dataType);
  for (int64_t dim : elements.getShapedType().getShape())
    tensor.add_dims(dim);
  uint64_t bytes = llvm::divideCeil(uint64_t(elements.getNumElements()) * getBits(stored->type), 8);
  pending.push_back({&tensor, elements, bytes});
  return true;
}

void TensorWriter::keepOnly(llvm::function_ref<bool(const onnx::TensorProto &)> isKept) {
  llvm::erase_if(pending, [&](const Pending &entry) { return !isKept(*entry.tensor); });
}

uint64_t TensorWriter::getSize() const {
  uint64_t size = 0;
  for (const Pending &entry : pending)
    size += entry.size;
  return size;
}

static llvm::Error storeInline(onnx::TensorProto &tensor, ElementsAttr elements) {
  std::optional<TensorData> data = readData(elements);
  if (!data)
    return makeMissingError(tensor);
  tensor.set_raw_data(data->bytes.data(), data->bytes.size());
  return llvm::Error::success();
}

llvm::Error TensorWriter::writeInline() {
  for (const Pending &entry : pending)
    if (llvm::Error error = storeInline(*entry.tensor, entry.elements))
      return error;
  return llvm::Error::success();
}

static void setExternal(onnx::TensorProto &tensor, StringRef key, const std::string &value) {
  onnx::StringStringEntryProto *entry = tensor.add_external_data();
  entry->set_key(key.str());
  entry->set_value(value);
}

llvm::Error TensorWriter::writeExternal(::halftone::AtomicFile &file, StringRef location) {
  uint64_t offset = 0;
  for (const Pending &entry : pending) {
    if (entry.size < kPage) {
      if (llvm::Error error = storeInline(*entry.tensor, entry.elements))
        return error;
      continue;
    }
    std::optional<TensorData> data = readData(entry.elements);
    if (!data)
      return makeMissingError(*entry.tensor);
    std::string padding(llvm::alignTo(offset, kPage) - offset, '\0');
    if (llvm::Error error = file.write(padding))
      return error;
    if (llvm::Error error = file.write({data->bytes.data(), data->bytes.size()}))
      return error;
    offset += padding.size();
    entry.tensor->set_data_location(onnx::TensorProto::EXTERNAL);
    setExternal(*entry.tensor, "location", location.str());
    setExternal(*entry.tensor, "offset", std::to_string(offset));
    setExternal(*entry.tensor, "length", std::to_string(entry.size));
    offset += entry.size;
  }
  return llvm::Error::success();
}
