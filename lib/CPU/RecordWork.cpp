// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "WorkLocation.h"
#include "halftone/CPU/Passes.h"
#include "halftone/Dialect/DecodeOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_RECORDWORK
#include "halftone/CPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// The module file's code of what kernels multiply.
int64_t getCode(Type type) {
  if (type.isF32())
    return HALFTONE_DTYPE_F32;
  if (type.isBF16())
    return HALFTONE_DTYPE_BF16;
  if (type.isF16())
    return HALFTONE_DTYPE_F16;
  if (type.isF64())
    return HALFTONE_DTYPE_F64;
  if (type.isInteger(8))
    return HALFTONE_DTYPE_I8;
  if (type.isInteger(32))
    return HALFTONE_DTYPE_I32;
  return type.isInteger(64) ? HALFTONE_DTYPE_I64 : HALFTONE_DTYPE_INVALID;
}

int64_t countBytes(Operation *op) {
  int64_t bytes = 0;
  for (Value operand : op->getOperands()) {
    auto type = llvm::dyn_cast<MemRefType>(operand.getType());
    if (!type)
      continue;
    if (!type.hasStaticShape())
      return HALFTONE_DYNAMIC;
    Type element = type.getElementType();
    int64_t bits = element.isIntOrFloat() ? element.getIntOrFloatBitWidth() : 64;
    bytes += type.getNumElements() * int64_t(llvm::divideCeil(uint64_t(bits), 8));
  }
  return bytes;
}

template <typename KernelOp> Work measureKernel(KernelOp op) {
  auto output = llvm::cast<MemRefType>(op.getInit().getType());
  int64_t depth = op.getPacking().getK();
  bool isKnown = output.hasStaticShape() && depth >= 0;
  Work work;
  work.macs = isKnown ? output.getNumElements() * depth : HALFTONE_DYNAMIC;
  work.dtype = getCode(llvm::cast<MemRefType>(op.getLhs().getType()).getElementType());
  return work;
}

/// Queries by keys, and scores by values.
Work measureAttention(AttentionOp op) {
  auto query = llvm::cast<MemRefType>(op.getQuery().getType());
  auto output = llvm::cast<MemRefType>(op.getInit().getType());
  int64_t keys = llvm::cast<MemRefType>(op.getKey().getType())
                     .getDimSize(op.getTokenDim(AttentionOp::Part::Key));
  bool isKnown = query.hasStaticShape() && output.hasStaticShape() && !ShapedType::isDynamic(keys);
  Work work;
  work.macs =
      isKnown ? (query.getNumElements() + output.getNumElements()) * keys : HALFTONE_DYNAMIC;
  work.dtype = getCode(query.getElementType());
  return work;
}

/// The product that a reduction adds up; null if it does not.
Operation *findProduct(linalg::LinalgOp op) {
  if (op.getNumReductionLoops() == 0)
    return nullptr;
  for (Operation &inner : *op.getBlock())
    if (llvm::isa<arith::MulFOp, arith::MulIOp>(inner) &&
        llvm::any_of(inner.getUsers(),
                     [](Operation *user) { return llvm::isa<arith::AddFOp, arith::AddIOp>(user); }))
      return &inner;
  return nullptr;
}

Work measureLoops(linalg::LinalgOp op) {
  Work work;
  Operation *product = findProduct(op);
  if (!product)
    return work;
  work.macs = 1;
  for (int64_t range : op.getStaticLoopRanges())
    work.macs =
        ShapedType::isDynamic(range) || work.macs < 0 ? HALFTONE_DYNAMIC : work.macs * range;
  work.dtype = getCode(product->getResult(0).getType());
  return work;
}

std::optional<Work> measure(Operation *op) {
  if (auto contract = llvm::dyn_cast<ContractOp>(op))
    return measureKernel(contract);
  if (auto depthwise = llvm::dyn_cast<DepthwiseOp>(op))
    return measureKernel(depthwise);
  if (auto attention = llvm::dyn_cast<AttentionOp>(op))
    return measureAttention(attention);
  if (auto loops = llvm::dyn_cast<linalg::LinalgOp>(op))
    return measureLoops(loops);
  if (llvm::isa<memref::CopyOp, DecodePanelsOp, DecodeRowsOp>(op))
    return Work();
  return std::nullopt;
}

/// The locations of the op and of what was fused into it.
SmallVector<Location> collectParts(Operation *op) {
  llvm::SmallSetVector<Location, 4> parts;
  parts.insert(op->getLoc());
  op->walk([&](Operation *inner) {
    if (inner != op && !inner->hasTrait<OpTrait::ConstantLike>())
      parts.insert(inner->getLoc());
  });
  return llvm::to_vector(parts);
}

struct RecordWork : mlir::halftone::impl::RecordWorkBase<RecordWork> {
  void runOnOperation() override {
    int64_t number = 0;
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (llvm::isa<scf::ForOp, scf::IfOp, scf::WhileOp>(op))
        op->setLoc(markControl(op->getLoc()));
      std::optional<Work> work = measure(op);
      if (!work)
        return WalkResult::advance();
      work->number = number++;
      work->bytes = countBytes(op);
      op->setLoc(addWork(collectParts(op), *work));
      ++numRecorded;
      return WalkResult::skip(); // Bodies are not ops of their own.
    });
  }
};

} // namespace
