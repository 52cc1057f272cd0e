// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ConstantTensor.h"

#include "halftone/Dialect/ConstantData.h"
#include "llvm/ADT/APFloat.h"
#include <cstring>

using namespace mlir;
using namespace mlir::halftone;

ConstantTensor::ConstantTensor(RankedTensorType type, ArrayRef<char> bytes,
                               std::shared_ptr<std::vector<char>> storage)
    : type(type), elementSize(getStorageBits(type.getElementType()) / 8), bytes(bytes),
      storage(std::move(storage)) {}

ConstantTensor::ConstantTensor(RankedTensorType type)
    : type(type), elementSize(getStorageBits(type.getElementType()) / 8),
      storage(std::make_shared<std::vector<char>>(type.getNumElements() * elementSize)) {
  bytes = *storage;
}

std::optional<ConstantTensor> ConstantTensor::read(ElementsAttr elements) {
  auto type = dyn_cast<RankedTensorType>(elements.getType());
  if (!type || !type.getElementType().isIntOrFloat() ||
      getStorageBits(type.getElementType()) % 8 != 0)
    return std::nullopt;
  if (std::optional<ArrayRef<char>> bytes = getRawBytes(elements))
    return ConstantTensor(type, *bytes, nullptr);
  std::optional<std::vector<char>> copy = copyRawBytes(elements);
  if (!copy)
    return std::nullopt;
  auto storage = std::make_shared<std::vector<char>>(std::move(*copy));
  return ConstantTensor(type, *storage, storage);
}

bool mlir::halftone::isArithmeticType(Type element) {
  if (auto integer = dyn_cast<IntegerType>(element))
    return llvm::is_contained({1u, 8u, 16u, 32u, 64u}, integer.getWidth());
  return element.isF16() || element.isBF16() || element.isF32() || element.isF64();
}

template <typename T> static T readAs(const char *element) {
  T value;
  std::memcpy(&value, element, sizeof(T)); // Mapped elements need not be aligned.
  return value;
}

double ConstantTensor::getFloat(int64_t position) const {
  const char *element = getElement(position);
  Type elementType = getElementType();
  if (elementType.isF32())
    return readAs<float>(element);
  if (elementType.isF64())
    return readAs<double>(element);
  APFloat value(cast<FloatType>(elementType).getFloatSemantics(),
                APInt(16, readAs<uint16_t>(element)));
  bool losesInfo;
  value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
  return value.convertToDouble();
}

int64_t ConstantTensor::getInteger(int64_t position) const {
  const char *element = getElement(position);
  bool isUnsigned = getElementType().isUnsignedInteger() || getElementType().isInteger(1);
  switch (elementSize) {
  case 1:
    return isUnsigned ? int64_t(readAs<uint8_t>(element)) : readAs<int8_t>(element);
  case 2:
    return isUnsigned ? int64_t(readAs<uint16_t>(element)) : readAs<int16_t>(element);
  case 4:
    return isUnsigned ? int64_t(readAs<uint32_t>(element)) : readAs<int32_t>(element);
  default:
    return readAs<int64_t>(element);
  }
}

void ConstantTensor::setFloat(int64_t position, double value) {
  char *element = getMutableElement(position);
  Type elementType = getElementType();
  if (elementType.isF64()) {
    std::memcpy(element, &value, sizeof(double));
    return;
  }
  if (elementType.isF32()) {
    float rounded = float(value);
    std::memcpy(element, &rounded, sizeof(float));
    return;
  }
  APFloat number(value);
  bool losesInfo;
  number.convert(cast<FloatType>(elementType).getFloatSemantics(), APFloat::rmNearestTiesToEven,
                 &losesInfo);
  uint16_t bits = number.bitcastToAPInt().getZExtValue();
  std::memcpy(element, &bits, sizeof(bits));
}

void ConstantTensor::setInteger(int64_t position, int64_t value) {
  // Little-endian: the low bytes are the value modulo 2^width.
  std::memcpy(getMutableElement(position), &value, elementSize);
}

SmallVector<int64_t> mlir::halftone::rowMajorStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;)
    strides[i - 1] = strides[i] * shape[i];
  return strides;
}

SmallVector<int64_t> mlir::halftone::broadcastStrides(ArrayRef<int64_t> shape, size_t rank) {
  SmallVector<int64_t> strides(rank - shape.size(), 0);
  for (auto [size, stride] : llvm::zip_equal(shape, rowMajorStrides(shape)))
    strides.push_back(size == 1 ? 0 : stride);
  return strides;
}

void mlir::halftone::forEachElement(ArrayRef<int64_t> shape, ArrayRef<SmallVector<int64_t>> strides,
                                    llvm::function_ref<void(int64_t, ArrayRef<int64_t>)> visit) {
  SmallVector<int64_t> index(shape.size(), 0), positions(strides.size(), 0);
  int64_t numElements = llvm::product_of(shape);
  for (int64_t position = 0; position < numElements; ++position) {
    visit(position, positions);
    for (size_t axis = shape.size(); axis-- > 0;) {
      bool carries = ++index[axis] == shape[axis];
      for (auto [operand, stride] : llvm::zip_equal(positions, strides))
        operand += carries ? stride[axis] * (1 - shape[axis]) : stride[axis];
      if (!carries)
        break;
      index[axis] = 0;
    }
  }
}
