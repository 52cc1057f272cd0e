// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "WorkLocation.h"
#include "halftone/Analysis/NodeName.h"
#include "halftone/CPU/ModuleAttributes.h"
#include "halftone/CPU/Passes.h"
#include "halftone/CPU/RuntimeCalls.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_MARKREGIONS
#include "halftone/CPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// Sums of works, by their numbers: each op counts once however many ops it became.
using Works = llvm::SmallMapVector<int64_t, std::pair<Work, Location>, 4>;

Works collectWorks(Operation *op) {
  Works works;
  op->walk<WalkOrder::PreOrder>([&](Operation *inner) {
    if (std::optional<Work> work = getWork(inner->getLoc()))
      works.insert({work->number, {*work, inner->getLoc()}});
  });
  return works;
}

int64_t add(int64_t lhs, int64_t rhs) { return lhs < 0 || rhs < 0 ? HALFTONE_DYNAMIC : lhs + rhs; }

Work sum(const Works &works) {
  Work total;
  for (const auto &[number, entry] : works) {
    const Work &work = entry.first;
    total.macs = add(total.macs, work.macs);
    total.bytes = add(total.bytes, work.bytes);
    if (total.dtype == HALFTONE_DTYPE_INVALID)
      total.dtype = work.dtype;
  }
  return total;
}

void collectNames(Location loc, llvm::SmallSetVector<StringRef, 4> &names) {
  if (auto fused = llvm::dyn_cast<FusedLoc>(loc)) {
    for (Location part : fused.getLocations())
      collectNames(part, names);
    return;
  }
  if (StringRef name = getNodeName(loc); !name.empty())
    names.insert(name);
}

/// Iterations of a loop; nullopt when they are known only at run time.
std::optional<int64_t> countIterations(Operation *op) {
  auto loop = llvm::dyn_cast<scf::ForOp>(op);
  if (!loop)
    return std::nullopt;
  std::optional<llvm::APInt> count = loop.getStaticTripCount();
  return count ? std::optional<int64_t>(count->getSExtValue()) : std::nullopt;
}

class Marker {
public:
  Marker(func::FuncOp function, SmallVectorImpl<Attribute> &regions, int64_t minBytes)
      : builder(function.getContext()), regions(regions), minBytes(minBytes) {}

  void markBlock(Block &block);
  void markEnd(Operation *terminator) { mark(terminator, -1); }

private:
  bool isMarkedInside(Operation *op, const Work &total);
  void markRegion(Operation *op, const Works &works);
  void mark(Operation *op, int64_t number);

  OpBuilder builder;
  SmallVectorImpl<Attribute> &regions;
  int64_t minBytes;
  /// What the region of the op before computes.
  SmallVector<int64_t> current;
};

/// What is not a loop nest belongs to the region before it.
bool isRegion(Operation &op) { return op.getNumRegions() > 0 || llvm::isa<memref::CopyOp>(op); }

void Marker::markBlock(Block &block) {
  for (Operation &op : block) {
    if (!isRegion(op))
      continue;
    Works works = collectWorks(&op);
    if (isControl(op.getLoc()) && isMarkedInside(&op, sum(works))) {
      for (Region &region : op.getRegions())
        for (Block &inner : region) {
          current.clear();
          markBlock(inner);
        }
      current.clear();
      continue;
    }
    auto numbers = llvm::map_to_vector(works, [](const auto &entry) { return entry.first; });
    // One op became several.
    if (!numbers.empty() && numbers == current)
      continue;
    markRegion(&op, works);
    current = numbers;
  }
}

bool Marker::isMarkedInside(Operation *op, const Work &total) {
  return llvm::isa<scf::IfOp>(op) || total.bytes < 0 || total.bytes >= minBytes;
}

void Marker::markRegion(Operation *op, const Works &works) {
  Work total = sum(works);
  llvm::SmallSetVector<StringRef, 4> names;
  collectNames(op->getLoc(), names);
  for (const auto &[number, entry] : works)
    collectNames(entry.second, names);
  bool isLoop = isControl(op->getLoc());
  if (isLoop) {
    std::optional<int64_t> count = countIterations(op);
    total.macs = count && total.macs >= 0 ? total.macs * *count : HALFTONE_DYNAMIC;
    total.bytes = count && total.bytes >= 0 ? total.bytes * *count : HALFTONE_DYNAMIC;
  }
  StringRef kind = isLoop ? "control" : total.macs != 0 ? "contract" : "loop";
  regions.push_back(builder.getDictionaryAttr({
      builder.getNamedAttr("nodes", builder.getStringAttr(llvm::join(names, "\n"))),
      builder.getNamedAttr("kind", builder.getStringAttr(kind)),
      builder.getNamedAttr("macs", builder.getI64IntegerAttr(total.macs)),
      builder.getNamedAttr("bytes", builder.getI64IntegerAttr(total.bytes)),
      builder.getNamedAttr("dtype", builder.getI64IntegerAttr(total.dtype)),
  }));
  mark(op, int64_t(regions.size()) - 1);
}

void Marker::mark(Operation *op, int64_t number) {
  builder.setInsertionPoint(op);
  Value value = arith::ConstantOp::create(builder, op->getLoc(), builder.getI64IntegerAttr(number));
  callRuntime(builder, op->getLoc(), RuntimeFunction::Profile, value);
}

struct MarkRegions : mlir::halftone::impl::MarkRegionsBase<MarkRegions> {
  using MarkRegionsBase::MarkRegionsBase;

  void runOnOperation() override {
    SmallVector<Attribute> regions;
    for (auto function : llvm::to_vector(getOperation().getOps<func::FuncOp>())) {
      if (function.isExternal() || !function.isPublic())
        continue;
      Marker marker(function, regions, minBytes);
      for (Block &block : function.getBody())
        marker.markBlock(block);
      for (Block &block : function.getBody())
        if (llvm::isa<func::ReturnOp>(block.getTerminator()))
          marker.markEnd(block.getTerminator());
    }
    numRegions += regions.size();
    getOperation()->setAttr(attributes::profileRegions, ArrayAttr::get(&getContext(), regions));
  }
};

} // namespace
