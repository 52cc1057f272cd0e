// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Dialect/HalftoneDialect.h"

using namespace mlir;
using namespace mlir::halftone;

using Part = AttentionOp::Part;

static ShapedType shapedType(Value value) { return cast<ShapedType>(value.getType()); }

// (C1)
static LogicalResult verifyTypes(AttentionOp op) {
  for (Value operand : op->getOperands()) {
    ShapedType type = shapedType(operand);
    if (type.getRank() != 4 || !type.getElementType().isF32())
      return op.emitOpError("expects 4 dimensions of f32, not ") << type;
  }
  std::optional<ArrayRef<bool>> byToken = op.getByToken();
  if (byToken && byToken->size() != 4)
    return op.emitOpError("expects 4 elements of `by_token`, not ") << byToken->size();
  return success();
}

namespace {
/// One of query, key, value and output with its dimensions in the order [B, heads, tokens, size].
struct Sizes {
  Sizes(AttentionOp op, Part part, Value value) : type(shapedType(value)) {
    for (unsigned dim : {0u, op.getHeadDim(part), op.getTokenDim(part), 3u})
      dims.push_back(type.getDimSize(dim));
  }
  ShapedType type;
  SmallVector<int64_t> dims;
};
} // namespace

static LogicalResult expectAgreement(AttentionOp op, StringRef what, const Sizes &lhs,
                                     unsigned lhsDim, const Sizes &rhs, unsigned rhsDim) {
  int64_t left = lhs.dims[lhsDim], right = rhs.dims[rhsDim];
  if (ShapedType::isDynamic(left) || ShapedType::isDynamic(right) || left == right)
    return success();
  InFlightDiagnostic diag = op.emitOpError("expects operands that agree in ") << what;
  diag.attachNote() << left << " in " << lhs.type;
  diag.attachNote() << right << " in " << rhs.type;
  return diag;
}

// (C2)
static LogicalResult verifyHeads(AttentionOp op, const Sizes &query, const Sizes &key,
                                 const Sizes &value) {
  for (int64_t size :
       {query.dims[1], key.dims[1], value.dims[1], query.dims[3], key.dims[3], value.dims[3]})
    if (ShapedType::isDynamic(size) || size < 1)
      return op.emitOpError("expects static, positive numbers and sizes of heads");
  if (query.dims[1] % key.dims[1] == 0)
    return success();
  return op.emitOpError("expects the number of query heads to be a multiple of that of key heads, "
                        "but they are ")
         << query.dims[1] << " and " << key.dims[1];
}

// (C4)
static LogicalResult verifyMask(AttentionOp op, const Sizes &query, const Sizes &key) {
  if (!op.getMask())
    return success();
  ShapedType mask = shapedType(op.getMask());
  int64_t scores[] = {query.dims[0], query.dims[1], query.dims[2], key.dims[2]};
  for (auto [size, expected] : llvm::zip_equal(mask.getShape(), scores)) {
    if (size == 1 || ShapedType::isDynamic(size) || ShapedType::isDynamic(expected) ||
        size == expected)
      continue;
    InFlightDiagnostic diag = op.emitOpError("expects a mask that broadcasts to the scores");
    diag.attachNote() << "the mask is " << mask;
    diag.attachNote() << "expected 1 or " << expected << ", actual " << size;
    return diag;
  }
  return success();
}

LogicalResult AttentionOp::verify() {
  if (failed(verifyTypes(*this)))
    return failure();
  Sizes query(*this, Part::Query, getQuery()), key(*this, Part::Key, getKey()),
      value(*this, Part::Value, getValue()), output(*this, Part::Output, getInit());
  if (failed(verifyHeads(*this, query, key, value)) ||
      failed(expectAgreement(*this, "B", query, 0, key, 0)) ||
      failed(expectAgreement(*this, "B", query, 0, value, 0)) ||
      failed(expectAgreement(*this, "B", query, 0, output, 0)) ||
      failed(expectAgreement(*this, "G", key, 1, value, 1)) ||
      failed(expectAgreement(*this, "H", query, 1, output, 1)) ||
      failed(expectAgreement(*this, "Sk", key, 2, value, 2)) ||
      failed(expectAgreement(*this, "Sq", query, 2, output, 2)) ||
      failed(expectAgreement(*this, "D", query, 3, key, 3)) ||
      failed(expectAgreement(*this, "E", value, 3, output, 3)) ||
      failed(verifyMask(*this, query, key)))
    return failure();
  if (!getScale().isFinite()) // (C5)
    return emitOpError("expects a finite `scale`");
  return success();
}

void AttentionOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  for (OpOperand &operand : getOperation()->getOpOperands()) {
    if (!isa<BaseMemRefType>(operand.get().getType()))
      continue;
    if (isDpsInit(&operand))
      effects.emplace_back(MemoryEffects::Write::get(), &operand);
    else
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
  }
}
