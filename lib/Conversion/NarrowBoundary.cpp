// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "NarrowBoundary.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// The original type, if its elements are packed; null otherwise.
RankedTensorType getPackedTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  unsigned bits = tensor ? tensor.getElementTypeBitWidth() : 8;
  return bits > 1 && bits < 8 ? tensor : RankedTensorType();
}

/// Conversion of one tensor. `original` is the type it has for callers.
class Packing {
public:
  Packing(ImplicitLocOpBuilder &b, RankedTensorType original, Value tensor)
      : b(b), original(original), bits(original.getElementTypeBitWidth()), perByte(8 / bits),
        tensor(tensor) {
    for (int64_t dim = 0; dim < original.getRank(); ++dim)
      sizes.push_back(b.createOrFold<tensor::DimOp>(tensor, dim));
    flat = flatten();
  }

  /// The elements of the packed tensor, extended by their sign.
  Value unpack();
  /// The bytes of the packed tensor in front, zeros behind.
  Value pack();

private:
  using Element = llvm::function_ref<Value(ImplicitLocOpBuilder &, Value)>;
  /// A tensor of the same dimensions, each element made from its row-major position.
  Value fromPosition(Element element);
  Value flatten();
  static Value index(ImplicitLocOpBuilder &b, int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }
  static Value byte(ImplicitLocOpBuilder &b, int64_t value) {
    return arith::ConstantOp::create(b, b.getI8IntegerAttr(int8_t(value)));
  }

  ImplicitLocOpBuilder &b;
  RankedTensorType original;
  int64_t bits, perByte;
  Value tensor, flat;
  SmallVector<Value> sizes;
};

Value Packing::flatten() {
  int64_t rank = original.getRank();
  if (rank == 1)
    return tensor;
  if (rank == 0)
    return tensor::ExpandShapeOp::create(b, RankedTensorType::get(1, b.getI8Type()), tensor,
                                         ArrayRef<ReassociationIndices>());
  ReassociationIndices all = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  return tensor::CollapseShapeOp::create(b, tensor, ArrayRef<ReassociationIndices>(all));
}

Value Packing::fromPosition(Element element) {
  int64_t rank = original.getRank();
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<Value> dynamic;
  for (int64_t dim = 0; dim < rank; ++dim)
    if (type.isDynamicDim(dim))
      dynamic.push_back(sizes[dim]);
  Value empty = tensor::EmptyOp::create(b, type, dynamic);
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      b, type, ValueRange(), empty, ArrayRef<AffineMap>{b.getMultiDimIdentityMap(rank)}, iterators,
      [&](OpBuilder &builder, Location loc, ValueRange) {
        ImplicitLocOpBuilder inner(loc, builder);
        Value position = index(inner, 0);
        for (int64_t dim = 0; dim < rank; ++dim) {
          Value outer = arith::MulIOp::create(inner, position, sizes[dim]);
          position = arith::AddIOp::create(inner, outer, linalg::IndexOp::create(inner, dim));
        }
        linalg::YieldOp::create(inner, element(inner, position));
      });
  return generic.getResult(0);
}

// Shifting the code to the top and back extends it.
Value Packing::unpack() {
  bool isSigned = original.getElementType().isSignlessInteger();
  return fromPosition([&](ImplicitLocOpBuilder &inner, Value position) -> Value {
    Value count = index(inner, perByte);
    Value source = arith::DivUIOp::create(inner, position, count);
    Value code = tensor::ExtractOp::create(inner, flat, source);
    Value place = arith::IndexCastOp::create(inner, inner.getI8Type(),
                                             arith::RemUIOp::create(inner, position, count));
    Value offset = arith::MulIOp::create(inner, place, byte(inner, bits));
    Value behind = arith::SubIOp::create(inner, byte(inner, 8 - bits), offset);
    Value top = arith::ShLIOp::create(inner, code, behind);
    if (isSigned)
      return arith::ShRSIOp::create(inner, top, byte(inner, 8 - bits));
    return arith::ShRUIOp::create(inner, top, byte(inner, 8 - bits));
  });
}

Value Packing::pack() {
  Value count = index(b, 1);
  for (Value size : sizes)
    count = b.createOrFold<arith::MulIOp>(count, size);
  Value last = b.createOrFold<arith::SubIOp>(count, index(b, 1));
  return fromPosition([&](ImplicitLocOpBuilder &inner, Value position) -> Value {
    Value packed = byte(inner, 0);
    Value first = arith::MulIOp::create(inner, position, index(inner, perByte));
    for (int64_t place = 0; place < perByte; ++place) {
      Value source = arith::AddIOp::create(inner, first, index(inner, place));
      Value inside = arith::MinUIOp::create(inner, source, last);
      Value code = tensor::ExtractOp::create(inner, flat, inside);
      Value low = arith::AndIOp::create(inner, code, byte(inner, (1 << bits) - 1));
      Value isElement = arith::CmpIOp::create(inner, arith::CmpIPredicate::ule, source, last);
      Value kept = arith::SelectOp::create(inner, isElement, low, byte(inner, 0));
      Value shifted = arith::ShLIOp::create(inner, kept, byte(inner, place * bits));
      packed = arith::OrIOp::create(inner, packed, shifted);
    }
    return packed;
  });
}

} // namespace

void mlir::halftone::packNarrowBoundary(func::FuncOp function, FunctionType original) {
  if (function.isExternal())
    return;
  ImplicitLocOpBuilder b(function.getLoc(), function.getContext());
  Block &entry = function.front();
  b.setInsertionPointToStart(&entry);
  for (auto [argument, type] : llvm::zip_equal(entry.getArguments(), original.getInputs()))
    if (RankedTensorType narrow = getPackedTensor(type)) {
      SmallVector<OpOperand *> uses;
      for (OpOperand &use : argument.getUses())
        uses.push_back(&use);
      Value held = Packing(b, narrow, argument).unpack();
      for (OpOperand *use : uses)
        use->set(held);
    }
  auto terminator = cast<func::ReturnOp>(entry.getTerminator());
  b.setInsertionPoint(terminator);
  for (auto [operand, type] : llvm::zip_equal(terminator->getOpOperands(), original.getResults()))
    if (RankedTensorType narrow = getPackedTensor(type))
      operand.set(Packing(b, narrow, operand.get()).pack());
}
