// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/ArenaLayout.h"

#include "halftone/CPU/ModuleAttributes.h"
#include "halftone/CPU/Passes.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/runtime.h"
#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_PLANARENA
#include "halftone/CPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

// Larger temporaries of a task come from the runtime instead of the stack of its thread.
static constexpr int64_t largestStackBuffer = 32 * 1024;

/// Bytes of a static buffer; an element takes whole bytes.
static int64_t getBytes(MemRefType type) {
  int64_t bits = type.getElementType().isIndex() ? 64 : type.getElementTypeBitWidth();
  return type.getNumElements() * llvm::divideCeil(bits, 8);
}

/// Whether `op` may run several times while `function` runs once.
static bool isInLoop(Operation *op, Operation *function) {
  for (Operation *parent = op->getParentOp(); parent != function; parent = parent->getParentOp())
    if (llvm::isa<LoopLikeOpInterface>(parent))
      return true;
  return false;
}

namespace {

/// When the buffers of a function are live, in positions of the ops of its body.
class Liveness {
public:
  explicit Liveness(func::FuncOp function) : body(&function.front()), views(function) {
    for (auto [position, op] : llvm::enumerate(*body))
      positions[&op] = position;
  }

  /// First to last use of the buffer and everything that is a view of it. `escapes` is set when the
  /// function returns it.
  LiveRange getRange(Value buffer, bool &escapes);

  /// Whether the buffer leaves the region it is allocated in by a way other than views.
  bool leavesBlock(Value buffer);

  /// The last op of the block of `buffer` in which the buffer or a view of it is used.
  Operation *getLastUser(Value buffer);

  int64_t getEnd() const { return positions.size(); }

private:
  Block *body;
  BufferViewFlowAnalysis views;
  DenseMap<Operation *, int64_t> positions;
};

LiveRange Liveness::getRange(Value buffer, bool &escapes) {
  LiveRange range{getEnd(), -1};
  escapes = false;
  for (Value view : views.resolve(buffer)) {
    for (Operation *user : view.getUsers()) {
      escapes |= llvm::isa<func::ReturnOp>(user);
      int64_t position = positions.lookup(body->findAncestorOpInBlock(*user));
      range.first = std::min(range.first, position);
      range.last = std::max(range.last, position);
    }
  }
  return range;
}

bool Liveness::leavesBlock(Value buffer) {
  Region *region = buffer.getParentRegion();
  for (Value view : views.resolve(buffer))
    if (!region->isAncestor(view.getParentRegion()))
      return true;
  return false;
}

Operation *Liveness::getLastUser(Value buffer) {
  Block *block = buffer.getParentBlock();
  Operation *last = buffer.getDefiningOp();
  for (Value view : views.resolve(buffer))
    for (Operation *user : view.getUsers())
      if (Operation *ancestor = block->findAncestorOpInBlock(*user))
        if (last->isBeforeInBlock(ancestor))
          last = ancestor;
  return last;
}

struct PlanArena : halftone::impl::PlanArenaBase<PlanArena> {
  void runOnOperation() override {
    // Entries of one module share the arena of a session: they never run at the same time.
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && failed(planFunction(function)))
        return signalPassFailure();
    Builder builder(&getContext());
    getOperation()->setAttr(attributes::arenaSize, builder.getI64IntegerAttr(host.size));
    if (device.size > 0)
      getOperation()->setAttr(attributes::deviceArenaSize, builder.getI64IntegerAttr(device.size));
    arenaBytes += host.size + device.size;
    lowerBoundBytes += host.lowerBound + device.lowerBound;
  }

private:
  /// The arena of one kind of memory.
  struct Arena {
    int64_t size = 0;
    int64_t lowerBound = 0;
  };

  LogicalResult planFunction(func::FuncOp function);
  void placeInArena(Arena &arena, ArrayRef<memref::AllocOp> allocs, Liveness &liveness);
  void placeOnStack(memref::AllocOp alloc);
  void releaseAfterLastUse(memref::AllocOp alloc, Liveness &liveness);

  Arena host, device;
};

LogicalResult PlanArena::planFunction(func::FuncOp function) {
  if (!function.getBody().hasOneBlock())
    return function.emitOpError("has control flow that is not structured");
  Liveness liveness(function);
  SmallVector<memref::AllocOp> inArena;
  SmallVector<memref::AllocOp> inDeviceArena;
  SmallVector<memref::AllocOp> onStack;
  SmallVector<memref::AllocOp> released;
  function.walk([&](memref::AllocOp alloc) {
    bool isStatic = alloc.getType().hasStaticShape() && alloc.getType().getLayout().isIdentity();
    bool inTask = alloc->getParentOfType<scf::ForallOp>() != nullptr;
    // A buffer that a loop carries to its next iteration lives beside that iteration's buffer.
    bool carried = isInLoop(alloc, function) && liveness.leavesBlock(alloc);
    if (isStatic && !inTask && !carried)
      (alloc.getType().getMemorySpace() ? inDeviceArena : inArena).push_back(alloc);
    else if (isStatic && inTask && !carried && getBytes(alloc.getType()) <= largestStackBuffer)
      onStack.push_back(alloc);
    else
      released.push_back(alloc);
  });
  for (memref::AllocOp alloc : released)
    releaseAfterLastUse(alloc, liveness);
  placeInArena(host, inArena, liveness);
  placeInArena(device, inDeviceArena, liveness);
  for (memref::AllocOp alloc : onStack)
    placeOnStack(alloc);
  return success();
}

void PlanArena::placeInArena(Arena &arena, ArrayRef<memref::AllocOp> allocs, Liveness &liveness) {
  SmallVector<ArenaBuffer> buffers;
  for (memref::AllocOp alloc : allocs) {
    bool escapes = false;
    LiveRange range = liveness.getRange(alloc, escapes);
    if (escapes)
      range.last = liveness.getEnd();
    buffers.push_back({getBytes(alloc.getType()), range, /*offset=*/0});
  }
  int64_t size = layOutArena(buffers, HALFTONE_ALIGNMENT);
  arena.size = std::max(arena.size, size);
  arena.lowerBound = std::max(arena.lowerBound, getArenaLowerBound(buffers, HALFTONE_ALIGNMENT));
  for (auto [i, buffer] : llvm::enumerate(buffers)) {
    memref::AllocOp alloc = allocs[i];
    OpBuilder builder(alloc);
    auto view = ArenaViewOp::create(builder, alloc.getLoc(), alloc.getType(), buffer.offset);
    alloc.replaceAllUsesWith(view.getOutput());
    alloc.erase();
    ++numPlaced;
  }
}

/// At the start of the task, from where outlining moves it to the start of the task's function.
void PlanArena::placeOnStack(memref::AllocOp alloc) {
  auto task = alloc->getParentOfType<scf::ForallOp>();
  OpBuilder builder(&task.getBody()->front());
  auto buffer = memref::AllocaOp::create(builder, alloc.getLoc(), alloc.getType(),
                                         builder.getI64IntegerAttr(HALFTONE_ALIGNMENT));
  alloc.replaceAllUsesWith(buffer.getMemref());
  alloc.erase();
  ++numOnStack;
}

void PlanArena::releaseAfterLastUse(memref::AllocOp alloc, Liveness &liveness) {
  ++numDynamic;
  // What is returned or carried is recycled by the runtime at the start of the next run.
  Operation *last = liveness.getLastUser(alloc);
  if (liveness.leavesBlock(alloc) || last->hasTrait<OpTrait::IsTerminator>())
    return;
  OpBuilder builder(alloc.getContext());
  builder.setInsertionPointAfter(last);
  memref::DeallocOp::create(builder, alloc.getLoc(), alloc);
}

} // namespace
