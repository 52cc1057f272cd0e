// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "DeviceMemory.h"

#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/GPU/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/EquivalenceClasses.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_PLACEONDEVICE
#include "halftone/GPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

// A launch costs as much as the host needs for more iterations than this.
static constexpr int64_t mostHostIterations = 64;

/// Shape arithmetic: few integers.
static bool mayStayOnHost(linalg::LinalgOp op) {
  int64_t iterations = 1;
  for (int64_t size : op.getStaticLoopRanges()) {
    if (ShapedType::isDynamic(size) || size > mostHostIterations)
      return false;
    iterations *= size;
  }
  return iterations <= mostHostIterations && llvm::all_of(op->getOperandTypes(), [](Type type) {
           return getElementTypeOrSelf(type).isIntOrIndex();
         });
}

namespace {

/// Which buffers of a function are the same memory, and which of them lie on the device.
class Placement {
public:
  explicit Placement(func::FuncOp function);

  /// Places what the ops need; returns those that run on the device.
  SetVector<Operation *> place(func::FuncOp function);

  bool isOnDevice(Value buffer) const {
    return device.contains(classes.getLeaderValue(buffer.getAsOpaquePointer()));
  }
  ArrayRef<Value> getBuffers() const { return buffers; }

private:
  static SmallVector<Value> getUsedBuffers(Operation *op);
  void moveToDevice(ArrayRef<Value> used);

  SmallVector<Value> buffers;
  llvm::EquivalenceClasses<void *> classes;
  DenseSet<void *> device;
};

} // namespace

Placement::Placement(func::FuncOp function) {
  auto add = [&](Value value) {
    if (!llvm::isa<MemRefType>(value.getType()))
      return;
    buffers.push_back(value);
    classes.insert(value.getAsOpaquePointer());
  };
  llvm::for_each(function.getArguments(), add);
  function.walk([&](Operation *op) {
    llvm::for_each(op->getResults(), add);
    if (op == function)
      return;
    for (Region &region : op->getRegions())
      for (Block &block : region)
        llvm::for_each(block.getArguments(), add);
  });
  BufferViewFlowAnalysis views(function);
  for (Value buffer : buffers)
    for (Value view : views.resolve(buffer))
      if (llvm::isa<MemRefType>(view.getType()))
        classes.unionSets(buffer.getAsOpaquePointer(), view.getAsOpaquePointer());
}

/// The operands, and what the body reads besides.
SmallVector<Value> Placement::getUsedBuffers(Operation *op) {
  SetVector<Value> values(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), values);
  SmallVector<Value> used;
  for (Value value : values)
    if (llvm::isa<MemRefType>(value.getType()))
      used.push_back(value);
  return used;
}

void Placement::moveToDevice(ArrayRef<Value> used) {
  for (Value buffer : used)
    device.insert(classes.getLeaderValue(buffer.getAsOpaquePointer()));
}

SetVector<Operation *> Placement::place(func::FuncOp function) {
  SetVector<Operation *> onDevice;
  SmallVector<Operation *> undecided;
  function.walk([&](linalg::LinalgOp op) {
    if (mayStayOnHost(op)) {
      undecided.push_back(op);
      return;
    }
    onDevice.insert(op);
    moveToDevice(getUsedBuffers(op));
  });
  function.walk([&](memref::CopyOp op) {
    if (!isContiguousCopy(op))
      undecided.push_back(op);
  });
  // Moving one op may take the memory of another with it.
  for (bool changed = true; changed;) {
    changed = false;
    for (Operation *&op : undecided) {
      if (!op)
        continue;
      SmallVector<Value> used = getUsedBuffers(op);
      if (llvm::none_of(used, [&](Value buffer) { return isOnDevice(buffer); }))
        continue;
      onDevice.insert(op);
      moveToDevice(used);
      op = nullptr;
      changed = true;
    }
  }
  return onDevice;
}

/// A view of memory that the host has as well, by the host's address: of an argument or of a
/// constant. Null for other memory.
static Value getHostTwin(OpBuilder &builder, Value buffer) {
  if (llvm::isa<BlockArgument>(buffer))
    return llvm::isa<func::FuncOp>(buffer.getParentBlock()->getParentOp()) ? buffer : Value();
  Operation *op = buffer.getDefiningOp();
  if (llvm::isa<WeightsViewOp>(op))
    return builder.clone(*op)->getResult(0);
  auto view = llvm::dyn_cast<ViewLikeOpInterface>(op);
  if (!view || llvm::isa<memref::ReshapeOp>(op))
    return {};
  Value source = getHostTwin(builder, view.getViewSource());
  if (!source)
    return {};
  IRMapping mapping;
  mapping.map(view.getViewSource(), source);
  return builder.clone(*op, mapping)->getResult(0);
}

static bool isInBody(Operation *op) { return op->getParentOfType<linalg::LinalgOp>() != nullptr; }

/// A buffer of the sizes of `like`, and a copy of `source` in it.
static memref::CopyOp copyTo(OpBuilder &builder, Location loc, Value source, MemRefType type) {
  SmallVector<Value> sizes;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (type.isDynamicDim(dim))
      sizes.push_back(memref::DimOp::create(builder, loc, source, dim));
  Value target = memref::AllocOp::create(builder, loc, type, sizes);
  return memref::CopyOp::create(builder, loc, source, target);
}

namespace {

struct PlaceOnDevice : halftone::impl::PlaceOnDeviceBase<PlaceOnDevice> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    twins.clear();
    Placement placement(function);
    SetVector<Operation *> onDevice = placement.place(function);
    numDevice += onDevice.size();
    if (failed(checkUsers(placement)))
      return signalPassFailure();
    readHostTwins(placement);
    for (Value buffer : placement.getBuffers())
      if (placement.isOnDevice(buffer) && !isArgument(buffer))
        buffer.setType(halftone::onDevice(llvm::cast<MemRefType>(buffer.getType())));
    copyResults(placement);
    copyArguments(placement);
    function.walk([&](linalg::LinalgOp op) { numHost += !onDevice.contains(op); });
  }

private:
  bool isArgument(Value buffer) {
    return buffer.getParentBlock() == &getOperation().front() && llvm::isa<BlockArgument>(buffer);
  }

  LogicalResult checkUsers(const Placement &placement) {
    WalkResult result = getOperation().walk([&](Operation *op) {
      if (!llvm::isa<ObserveOp, func::CallOp>(op))
        return WalkResult::advance();
      for (Value operand : op->getOperands()) {
        if (!llvm::isa<MemRefType>(operand.getType()) || !placement.isOnDevice(operand))
          continue;
        op->emitOpError("uses a buffer that lies on the device");
        return WalkResult::interrupt();
      }
      return WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }

  void readHostTwins(const Placement &placement) {
    SmallVector<memref::LoadOp> loads;
    getOperation().walk([&](memref::LoadOp load) {
      if (!isInBody(load) && placement.isOnDevice(load.getMemRef()))
        loads.push_back(load);
    });
    for (memref::LoadOp load : loads) {
      OpBuilder builder(load);
      if (Value twin = getHostTwin(builder, load.getMemRef())) {
        load.getMemrefMutable().assign(twin);
        twins.insert(load);
      }
    }
  }

  void copyResults(const Placement &placement) {
    getOperation().walk([&](func::ReturnOp op) {
      OpBuilder builder(op);
      for (OpOperand &operand : op->getOpOperands()) {
        Value buffer = operand.get();
        if (!llvm::isa<MemRefType>(buffer.getType()) || !placement.isOnDevice(buffer) ||
            isArgument(buffer))
          continue;
        MemRefType type = onHost(llvm::cast<MemRefType>(buffer.getType()));
        operand.set(copyTo(builder, op.getLoc(), buffer, type).getTarget());
      }
    });
  }

  /// Of the arguments that kernels read.
  void copyArguments(const Placement &placement) {
    OpBuilder builder = OpBuilder::atBlockBegin(&getOperation().front());
    for (BlockArgument argument : getOperation().getArguments()) {
      auto type = llvm::dyn_cast<MemRefType>(argument.getType());
      if (!type || !placement.isOnDevice(argument))
        continue;
      SmallVector<OpOperand *> uses;
      for (OpOperand &use : argument.getUses())
        if (!isHostUse(use.getOwner()))
          uses.push_back(&use);
      if (uses.empty())
        continue;
      memref::CopyOp copy = copyTo(builder, argument.getLoc(), argument, halftone::onDevice(type));
      for (OpOperand *use : uses)
        use->set(copy.getTarget());
    }
  }

  /// What reads an argument where it is: loads that were given the host's twin, views made for
  /// them, sizes, and returns.
  bool isHostUse(Operation *op) {
    if (llvm::isa<memref::DimOp, func::ReturnOp>(op) || twins.contains(op))
      return true;
    return llvm::isa<ViewLikeOpInterface>(op) && op->getNumResults() == 1 &&
           !isOnDevice(op->getResult(0).getType());
  }

  DenseSet<Operation *> twins;
};

} // namespace
