// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "IndexMath.h"
#include "KernelRegion.h"
#include "LoopEmitter.h"
#include "RowGroups.h"

#include "halftone/CPU/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_PARALLELIZELOOPS
#include "halftone/CPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// The nests of a group, one after the other for each row, in tasks of some rows.
class RowGroupEmitter {
public:
  RowGroupEmitter(OpBuilder &builder, const RowGroup &group)
      : math(builder, group.getNests().front()->loc), group(group) {}

  void emit() {
    Value rows = math.get(group.getNests().front()->sizes.front());
    Value work = math.constant(0);
    for (LoopNest *nest : group.getNests())
      work = math.add(work, emitRowWork(*nest));
    work = math.builder.createOrFold<arith::MaxUIOp>(math.loc, work, math.constant(1));
    // Division that rounds up, of what may be constants.
    auto divideUp = [&](Value dividend, Value divisor) {
      Value rounding = math.sub(divisor, math.constant(1));
      return math.div(math.add(dividend, rounding), divisor);
    };
    Value length = divideUp(math.constant(taskWork), work);
    Value tasks = divideUp(rows, length);
    if (getConstantIntValue(tasks) == 1)
      return emitKernelRegion(math.builder, math.loc, [&] { emitRows(math.constant(0), rows); });
    auto forall = scf::ForallOp::create(math.builder, math.loc,
                                        ArrayRef<OpFoldResult>{getAsOpFoldResult(tasks)},
                                        /*outputs=*/ValueRange(), /*mapping=*/std::nullopt);
    OpBuilder::InsertionGuard guard(math.builder);
    math.builder.setInsertionPoint(forall.getTerminator());
    Value begin = math.mul(forall.getInductionVar(0), length);
    emitRows(begin, math.min(math.add(begin, length), rows));
  }

private:
  Value emitRowWork(LoopNest &nest) {
    Value work = math.constant(LoopEmitter(math.builder, nest).estimateBodyWork());
    for (OpFoldResult size : ArrayRef(nest.sizes).drop_front())
      work = math.mul(work, math.get(size));
    return work;
  }

  void emitRows(Value begin, Value end) {
    math.loop(begin, end, 1, [&](Value row) {
      for (LoopNest *nest : group.getNests())
        LoopEmitter(math.builder, *nest).emitRow(row);
    });
  }

  IndexMath math;
  const RowGroup &group;
};

struct ParallelizeLoops : halftone::impl::ParallelizeLoopsBase<ParallelizeLoops> {
  using ParallelizeLoopsBase::ParallelizeLoopsBase;

  void runOnOperation() override {
    WalkResult result = getOperation().walk([&](linalg::LinalgOp op) {
      if (op.hasPureBufferSemantics())
        return WalkResult::advance();
      op->emitOpError("is not on buffers");
      return WalkResult::interrupt();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    SmallVector<Block *> blocks;
    getOperation().walk([&](Block *block) { blocks.push_back(block); });
    for (Block *block : blocks)
      lower(*block);
  }

  static bool isStridedCopy(Operation *op) {
    auto copy = llvm::dyn_cast<memref::CopyOp>(op);
    if (!copy)
      return false;
    return llvm::any_of(op->getOperandTypes(), [](Type type) {
      auto buffer = llvm::dyn_cast<MemRefType>(type);
      return buffer && !buffer.areTrailingDimsContiguous(buffer.getRank());
    });
  }

  /// Whether loops may be moved across `op`, downwards.
  static bool isTransparent(Operation *op) {
    return llvm::isa<memref::AllocOp>(op) || (op->getNumRegions() == 0 && isMemoryEffectFree(op));
  }

  /// Ops with nothing in between that touches memory, and their nests.
  struct Run {
    SmallVector<Operation *> ops;
    std::vector<LoopNest> nests;
  };

  void lower(Block &block) {
    SmallVector<Run> runs(1);
    for (Operation &op : block) {
      if (llvm::isa<linalg::LinalgOp>(op) || isStridedCopy(&op))
        runs.back().ops.push_back(&op);
      else if (!runs.back().ops.empty() && !isTransparent(&op))
        runs.emplace_back();
    }
    for (Run &run : runs)
      lower(run);
  }

  void lower(Run &run) {
    for (Operation *op : run.ops)
      run.nests.push_back(makeNest(op));
    SmallVector<bool> isLowered(run.ops.size(), false);
    for (size_t first = 0; first < run.ops.size(); ++first)
      if (!isLowered[first])
        lowerGroup(run, first, isLowered);
    for (Operation *op : run.ops)
      op->erase();
    numLowered += run.ops.size();
  }

  /// Lowers op `first` with all that share its rows.
  void lowerGroup(Run &run, size_t first, MutableArrayRef<bool> isLowered) {
    bool tasks = parallel && !run.ops[first]->getParentOfType<scf::ForallOp>();
    RowGroup group;
    SmallVector<size_t> members, others;
    for (size_t i = first; tasks && i < run.ops.size(); ++i) {
      if (isLowered[i])
        continue;
      RowGroup::Answer answer = group.add(run.nests[i]);
      if (answer == RowGroup::Answer::Added) {
        members.push_back(i);
        continue;
      }
      // A small one in between, such as what fills the next accumulators, goes before the group.
      bool isSmall = run.nests[i].getNumLoops() <= 1;
      if (answer == RowGroup::Answer::Refused || !isSmall)
        break;
      others.push_back(i);
    }
    if (!group.isWorthwhile()) {
      lowerAlone(run, first, tasks);
      isLowered[first] = true;
      return;
    }
    for (size_t other : others) {
      if (other > members.back())
        break;
      lowerAlone(run, other, tasks);
      isLowered[other] = true;
    }
    // All operands exist before the last op.
    OpBuilder builder(run.ops[members.back()]);
    RowGroupEmitter(builder, group).emit();
    for (size_t member : members)
      isLowered[member] = true;
    ++numGroups;
  }

  static void lowerAlone(Run &run, size_t index, bool tasks) {
    OpBuilder builder(run.ops[index]);
    LoopEmitter(builder, run.nests[index]).emit(tasks);
  }

  static LoopNest makeNest(Operation *op) {
    OpBuilder builder(op);
    auto copy = llvm::dyn_cast<memref::CopyOp>(op);
    LoopNest nest = copy ? LoopNest::fromCopy(builder, copy)
                         : LoopNest::fromLinalg(builder, llvm::cast<linalg::LinalgOp>(op));
    nest.dropUnitLoops();
    nest.collapseLoops(builder);
    return nest;
  }
};

} // namespace
