// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Dialect/ConstantData.h"

#include "halftone/Dialect/MappedData.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Process.h"
#include <algorithm>
#include <cstring>
#include <sys/mman.h>

using namespace mlir;
using namespace mlir::halftone;

/// Larger constants become resources: they are not uniqued, so making them does not hash their
/// bytes.
static constexpr size_t kMaxDenseBytes = 1024;

/// Constants from this size on are kept in files: what a model has many of does not add up in
/// memory.
static constexpr size_t kMinSpilledBytes = size_t(1) << 20;

ElementsAttr halftone::getConstant(Value value) {
  ElementsAttr elements;
  if (matchPattern(value, m_Constant(&elements)))
    return elements;
  return nullptr;
}

unsigned halftone::getStorageBits(Type elementType) {
  unsigned bits = elementType.getIntOrFloatBitWidth();
  return std::max(bits, 8u);
}

static size_t getByteSize(ShapedType type) {
  return type.getNumElements() * (getStorageBits(type.getElementType()) / 8);
}

std::optional<ArrayRef<char>> halftone::getRawBytes(ElementsAttr elements) {
  auto type = llvm::cast<ShapedType>(elements.getType());
  if (auto resource = llvm::dyn_cast<DenseResourceElementsAttr>(elements)) {
    const AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob || blob->getData().size() < getByteSize(type))
      return std::nullopt;
    return blob->getData().take_front(getByteSize(type));
  }
  auto dense = llvm::dyn_cast<DenseElementsAttr>(elements);
  if (!dense || dense.isSplat() || type.getElementType().isInteger(1))
    return std::nullopt;
  return dense.getRawData();
}

std::optional<std::vector<char>> halftone::copyRawBytes(ElementsAttr elements) {
  if (std::optional<ArrayRef<char>> raw = getRawBytes(elements))
    return std::vector<char>(raw->begin(), raw->end());
  auto dense = llvm::dyn_cast<DenseElementsAttr>(elements);
  if (!dense || !dense.getElementType().isIntOrFloat())
    return std::nullopt;
  auto type = llvm::cast<ShapedType>(elements.getType());
  std::vector<char> bytes(getByteSize(type));
  if (type.getElementType().isInteger(1)) {
    size_t i = 0;
    for (bool value : dense.getValues<bool>())
      bytes[i++] = value;
    return bytes;
  }
  size_t width = getStorageBits(type.getElementType()) / 8;
  ArrayRef<char> element = dense.getRawData();
  if (width == 0 || element.size() < width)
    return bytes.empty() ? std::optional(bytes) : std::nullopt;
  for (size_t i = 0; i < bytes.size(); i += width)
    std::memcpy(bytes.data() + i, element.data(), width);
  return bytes;
}

template <typename Storage, typename Result, typename Convert>
static std::vector<Result> convertAll(ArrayRef<char> bytes, Convert convert) {
  std::vector<Result> values(bytes.size() / sizeof(Storage));
  for (size_t i = 0; i < values.size(); ++i) {
    Storage element; // Blobs of mapped files need not be aligned.
    std::memcpy(&element, bytes.data() + i * sizeof(Storage), sizeof(Storage));
    values[i] = convert(element);
  }
  return values;
}

static float convertHalf(const llvm::fltSemantics &semantics, uint16_t bits) {
  llvm::APFloat value(semantics, llvm::APInt(16, bits));
  bool losesInfo = false;
  value.convert(llvm::APFloat::IEEEsingle(), llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return value.convertToFloat();
}

std::optional<std::vector<float>> halftone::readFloats(ElementsAttr elements) {
  Type type = elements.getElementType();
  // Weights can be large: they are copied only if they have to be.
  std::optional<ArrayRef<char>> bytes = getRawBytes(elements);
  std::optional<std::vector<char>> copy;
  if (!bytes && (copy = copyRawBytes(elements)))
    bytes = *copy;
  if (!bytes)
    return std::nullopt;
  if (type.isF32())
    return convertAll<float, float>(*bytes, [](float value) { return value; });
  if (type.isF64())
    return convertAll<double, float>(*bytes, [](double value) { return float(value); });
  if (type.isF16() || type.isBF16()) {
    const llvm::fltSemantics &semantics = llvm::cast<FloatType>(type).getFloatSemantics();
    return convertAll<uint16_t, float>(*bytes,
                                       [&](uint16_t bits) { return convertHalf(semantics, bits); });
  }
  return std::nullopt;
}

std::optional<std::vector<int64_t>> halftone::readIntegers(ElementsAttr elements) {
  auto type = llvm::dyn_cast<IntegerType>(elements.getElementType());
  std::optional<std::vector<char>> bytes;
  if (!type || !(bytes = copyRawBytes(elements)))
    return std::nullopt;
  auto widen = [](auto value) { return int64_t(value); };
  unsigned width = type.getWidth();
  bool isUnsigned = type.isUnsigned() || width == 1;
  switch (getStorageBits(type)) {
  case 8:
    return convertAll<uint8_t, int64_t>(*bytes, [&](uint8_t code) {
      return isUnsigned ? int64_t(code) : llvm::SignExtend64(code, width);
    });
  case 16:
    return isUnsigned ? convertAll<uint16_t, int64_t>(*bytes, widen)
                      : convertAll<int16_t, int64_t>(*bytes, widen);
  case 32:
    return isUnsigned ? convertAll<uint32_t, int64_t>(*bytes, widen)
                      : convertAll<int32_t, int64_t>(*bytes, widen);
  case 64:
    return convertAll<int64_t, int64_t>(*bytes, widen);
  default:
    return std::nullopt;
  }
}

ElementsAttr mlir::halftone::reshapeConstant(ElementsAttr elements, RankedTensorType type) {
  if (auto dense = llvm::dyn_cast<DenseElementsAttr>(elements))
    return dense.reshape(type);
  if (auto resource = llvm::dyn_cast<DenseResourceElementsAttr>(elements))
    return DenseResourceElementsAttr::get(type, resource.getRawHandle());
  return nullptr;
}

ElementsAttr halftone::makeConstant(RankedTensorType type, ArrayRef<char> bytes, StringRef name) {
  if (bytes.size() <= kMaxDenseBytes && !type.getElementType().isInteger(1))
    return DenseElementsAttr::getFromRawBuffer(type, bytes);
  if (type.getElementType().isInteger(1)) {
    SmallVector<bool> values(bytes.begin(), bytes.end());
    return DenseElementsAttr::get(type, values);
  }
  if (bytes.size() >= kMinSpilledBytes)
    if (std::optional<AsmResourceBlob> blob = spillToFile(type.getContext(), bytes))
      return DenseResourceElementsAttr::get(type, name, std::move(*blob));
  return DenseResourceElementsAttr::get(
      type, name, HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, /*align=*/64));
}

void halftone::releasePages(ElementsAttr elements) {
  auto resource = llvm::dyn_cast<DenseResourceElementsAttr>(elements);
  const AsmResourceBlob *blob = resource ? resource.getRawHandle().getBlob() : nullptr;
  if (!blob || !isMapped(elements.getContext(), blob->getData()))
    return;
  uint64_t pageSize = llvm::sys::Process::getPageSizeEstimate();
  auto begin = llvm::alignTo(reinterpret_cast<uintptr_t>(blob->getData().data()), pageSize);
  auto end = llvm::alignDown(
      reinterpret_cast<uintptr_t>(blob->getData().data() + blob->getData().size()), pageSize);
  // Where it is not possible, nothing is given back.
  if (begin < end)
    (void)::madvise(reinterpret_cast<void *>(begin), end - begin, MADV_DONTNEED);
}

void halftone::releaseUnusedResources(Operation *root) {
  llvm::DenseSet<const void *> used;
  AttrTypeWalker walker;
  walker.addWalk([&](DenseResourceElementsAttr attribute) {
    used.insert(attribute.getRawHandle().getResource());
  });
  root->walk([&](Operation *op) { walker.walk(op->getAttrDictionary()); });

  auto *dialect = root->getContext()->getLoadedDialect<BuiltinDialect>();
  auto *interface = dialect->getRegisteredInterface<ResourceBlobManagerDialectInterface>();
  DialectResourceBlobManager &manager = interface->getBlobManager();
  std::vector<std::string> unused;
  manager.getBlobMap([&](const llvm::StringMap<DialectResourceBlobManager::BlobEntry> &entries) {
    for (const auto &entry : entries)
      if (entry.second.getBlob() && !used.contains(&entry.second))
        unused.push_back(entry.first().str());
  });
  for (const std::string &key : unused)
    manager.update(key, AsmResourceBlob());
}
