// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TensorReader.h"
#include "ElementTypes.h"

#include "halftone/Dialect/MappedData.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "onnx/onnx_pb.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>
#include <limits>

using namespace mlir;
using namespace mlir::halftone;

// Smaller tensors are uniqued and printed in place; larger ones are resources.
static constexpr size_t kMaxInlineBytes = 1024;
static constexpr size_t kBlobAlignment = 64;

/// Bits of an element in a TensorProto's bytes: bools take a byte, narrow types are packed.
static unsigned getPackedBits(Type elementType) {
  return elementType.isInteger(1) ? 8 : elementType.getIntOrFloatBitWidth();
}

/// Bytes of a tensor as stored in a TensorProto; nullopt when that overflows.
static std::optional<uint64_t> getPackedSize(RankedTensorType type) {
  unsigned bits = getPackedBits(type.getElementType());
  std::optional<int64_t> total = llvm::checkedMul<int64_t>(type.getNumElements(), bits);
  if (!total)
    return std::nullopt;
  return llvm::divideCeil(uint64_t(*total), 8);
}

RankedTensorType TensorReader::readType(const onnx::TensorProto &tensor, EmitError emitError) {
  Type elementType = importElementType(tensor.data_type(), context);
  if (!elementType) {
    emitError() << "element type " << nameOfDataType(tensor.data_type()) << " is not supported";
    return nullptr;
  }
  std::optional<int64_t> elements = 1;
  for (int64_t dim : tensor.dims()) {
    if (dim < 0) {
      emitError() << "dimension " << dim << " is negative";
      return nullptr;
    }
    if (elements)
      elements = llvm::checkedMul<int64_t>(*elements, dim);
  }
  SmallVector<int64_t> dims(tensor.dims().begin(), tensor.dims().end());
  if (!elements) {
    emitError() << "the product of the dimensions overflows";
    return nullptr;
  }
  return RankedTensorType::get(dims, elementType);
}

/// The elements of a repeated field in place.
template <typename Field>
static TensorBytes aliasField(const Field &field, std::shared_ptr<const void> owner) {
  using Element = typename Field::value_type;
  const char *data = reinterpret_cast<const char *>(field.data());
  return {ArrayRef<char>(data, size_t(field.size()) * sizeof(Element)), std::move(owner)};
}

/// The elements of a repeated field, cut to `width` bytes each. Reports values that do not fit.
template <typename Field>
static std::optional<TensorBytes> narrowField(const Field &field, unsigned width, bool isSigned,
                                              TensorReader::EmitError emitError) {
  auto bytes = std::make_shared<std::vector<char>>(size_t(field.size()) * width);
  char *next = bytes->data();
  for (auto value : field) {
    bool fits = isSigned ? llvm::isIntN(width * 8, int64_t(value))
                         : llvm::isUIntN(width * 8, uint64_t(value));
    if (!fits) {
      emitError() << "element " << value << " does not fit in the tensor's element type";
      return std::nullopt;
    }
    std::memcpy(next, &value, width); // Little endian.
    next += width;
  }
  return TensorBytes{ArrayRef<char>(bytes->data(), bytes->size()), bytes};
}

/// The field that holds the elements when `raw_data` does not.
static std::optional<TensorBytes> readTypedField(const onnx::TensorProto &tensor, Type elementType,
                                                 const std::shared_ptr<const void> &owner,
                                                 TensorReader::EmitError emitError) {
  if (elementType.isF32())
    return aliasField(tensor.float_data(), owner);
  if (elementType.isF64())
    return aliasField(tensor.double_data(), owner);
  if (elementType.isUnsignedInteger(64))
    return aliasField(tensor.uint64_data(), owner);
  if (elementType.isUnsignedInteger(32))
    return narrowField(tensor.uint64_data(), 4, /*isSigned=*/false, emitError);
  if (elementType.isInteger(64))
    return aliasField(tensor.int64_data(), owner);
  if (elementType.isInteger(32))
    return aliasField(tensor.int32_data(), owner);
  unsigned width = llvm::divideCeil(getPackedBits(elementType), 8);
  bool isSigned = elementType.isSignlessInteger(8) || elementType.isSignlessInteger(16);
  return narrowField(tensor.int32_data(), width, isSigned, emitError);
}

std::optional<TensorBytes> TensorReader::readBytes(const onnx::TensorProto &tensor,
                                                   RankedTensorType type, uint64_t size,
                                                   EmitError emitError) {
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL)
    return externalData.find(tensor, size, emitError);
  std::optional<TensorBytes> bytes;
  if (tensor.has_raw_data())
    bytes = TensorBytes{ArrayRef<char>(tensor.raw_data().data(), tensor.raw_data().size()), model};
  else
    bytes = readTypedField(tensor, type.getElementType(), model, emitError);
  if (bytes && bytes->data.size() != size) {
    emitError() << "a tensor of type " << type << " needs " << size << " bytes of data, but has "
                << bytes->data.size();
    return std::nullopt;
  }
  return bytes;
}

/// Elements narrower than a byte, one to a byte, as dense attributes hold them.
static std::vector<char> unpack(ArrayRef<char> packed, int64_t elements, unsigned bits) {
  std::vector<char> bytes(elements);
  unsigned perByte = 8 / bits;
  for (int64_t i = 0; i < elements; ++i)
    bytes[i] = char((uint8_t(packed[i / perByte]) >> (i % perByte * bits)) & ((1 << bits) - 1));
  return bytes;
}

ElementsAttr TensorReader::makeAttribute(RankedTensorType type, TensorBytes bytes, StringRef name) {
  Type elementType = type.getElementType();
  if (type.getNumElements() == 0)
    return DenseElementsAttr::get(type, ArrayRef<Attribute>());
  if (elementType.isInteger(1)) {
    SmallVector<bool> values = llvm::map_to_vector(bytes.data, [](char byte) { return byte != 0; });
    return DenseElementsAttr::get(type, values);
  }
  if (unsigned bits = elementType.getIntOrFloatBitWidth(); bits < 8)
    return DenseElementsAttr::getFromRawBuffer(type,
                                               unpack(bytes.data, type.getNumElements(), bits));
  if (bytes.data.size() <= kMaxInlineBytes)
    return DenseElementsAttr::getFromRawBuffer(type, bytes.data);
  size_t alignment = elementType.getIntOrFloatBitWidth() / 8;
  StringRef key = name.empty() ? StringRef("constant") : name;
  if (!llvm::isAddrAligned(llvm::Align(alignment), bytes.data.data()))
    return DenseResourceElementsAttr::get(type, key,
                                          HeapAsmResourceBlob::allocateAndCopyWithAlign(
                                              bytes.data, kBlobAlignment, /*dataIsMutable=*/false));
  if (bytes.areMapped)
    return DenseResourceElementsAttr::get(
        type, key, makeMappedBlob(context, bytes.data, alignment, std::move(bytes.owner)));
  auto release = [owner = std::move(bytes.owner)](void *, size_t, size_t) {};
  return DenseResourceElementsAttr::get(
      type, key,
      AsmResourceBlob(bytes.data, alignment, std::move(release), /*dataIsMutable=*/false));
}

ElementsAttr TensorReader::read(const onnx::TensorProto &tensor, StringRef name,
                                EmitError emitError) {
  if (tensor.has_segment()) {
    emitError() << "tensors stored in segments are not supported";
    return nullptr;
  }
  RankedTensorType type = readType(tensor, emitError);
  if (!type)
    return nullptr;
  std::optional<uint64_t> size = getPackedSize(type);
  if (!size) {
    emitError() << "the product of the dimensions overflows";
    return nullptr;
  }
  std::optional<TensorBytes> bytes = readBytes(tensor, type, *size, emitError);
  if (!bytes)
    return nullptr;
  return makeAttribute(type, *bytes, name);
}
