// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elements of constants as numbers, and the evaluation of ops on them.
#ifndef HALFTONE_LIB_TRANSFORMS_CONSTANTTENSOR_H
#define HALFTONE_LIB_TRANSFORMS_CONSTANTTENSOR_H

#include "halftone/Dialect/HalftoneDialect.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <memory>
#include <vector>

namespace mlir::halftone {

/// A constant in memory: row-major little-endian elements of whole bytes, i1 as one byte.
class ConstantTensor {
public:
  /// nullopt for element types that are not whole bytes and for resources without their blob.
  static std::optional<ConstantTensor> read(ElementsAttr elements);
  /// Zeros.
  explicit ConstantTensor(RankedTensorType type);

  RankedTensorType getType() const { return type; }
  Type getElementType() const { return type.getElementType(); }
  ArrayRef<int64_t> getShape() const { return type.getShape(); }
  int64_t getNumElements() const { return type.getNumElements(); }
  int64_t getElementSize() const { return elementSize; }
  ArrayRef<char> getBytes() const { return bytes; }
  const char *getElement(int64_t position) const { return bytes.data() + position * elementSize; }
  /// Where to write an element of a tensor made by the constructor.
  char *getMutableElement(int64_t position) { return storage->data() + position * elementSize; }

  /// The element as a number: f16, bf16, f32, f64 exactly; integers of at most 64 bits by their
  /// signedness.
  double getFloat(int64_t position) const;
  int64_t getInteger(int64_t position) const;
  /// Rounds half to even; integers wrap.
  void setFloat(int64_t position, double value);
  void setInteger(int64_t position, int64_t value);

private:
  ConstantTensor(RankedTensorType type, ArrayRef<char> bytes,
                 std::shared_ptr<std::vector<char>> storage);

  RankedTensorType type;
  int64_t elementSize;
  ArrayRef<char> bytes;
  std::shared_ptr<std::vector<char>> storage;
};

/// Whether elements of the type can be read and written as numbers.
bool isArithmeticType(Type element);

/// Row-major strides in elements.
SmallVector<int64_t> rowMajorStrides(ArrayRef<int64_t> shape);
/// The strides by which an operand of `shape` is read for a broadcast result of `rank` dimensions.
SmallVector<int64_t> broadcastStrides(ArrayRef<int64_t> shape, size_t rank);

/// Calls `visit(position in the result, positions in the operands)` for every element of a result
/// of `shape`, where operand i is read by `strides[i]`.
void forEachElement(ArrayRef<int64_t> shape, ArrayRef<SmallVector<int64_t>> strides,
                    llvm::function_ref<void(int64_t, ArrayRef<int64_t>)> visit);

/// The result of an op that moves elements, for one of its results; nullopt if it is none or not
/// supported.
std::optional<ConstantTensor> evaluateMovement(OpResult result, ArrayRef<ConstantTensor> operands);
/// The result of an op that computes elements; nullopt if it is none or not supported.
std::optional<ConstantTensor> evaluateArithmetic(Operation *op, ArrayRef<ConstantTensor> operands);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_TRANSFORMS_CONSTANTTENSOR_H
