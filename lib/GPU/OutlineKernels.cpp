// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "DeviceMemory.h"
#include "KernelEmitters.h"
#include "KernelSources.h"

#include "halftone/GPU/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/Utils/GPUUtils.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_OUTLINEKERNELS
#include "halftone/GPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

/// Bufferization leaves them behind.
static bool isCopyToItself(Operation *op) {
  auto copy = llvm::dyn_cast<memref::CopyOp>(op);
  return copy && copy.getSource() == copy.getTarget();
}

static LoopNest makeNest(OpBuilder &builder, const KernelSource &source) {
  auto copy = llvm::dyn_cast<memref::CopyOp>(source.op);
  LoopNest nest = copy ? LoopNest::fromCopy(builder, copy)
                       : LoopNest::fromLinalg(builder, llvm::cast<linalg::LinalgOp>(source.op));
  if (linalg::FillOp fill = source.fill)
    nest.start = fill.getInputs().front();
  if (source.epilogue)
    nest.addEpilogue(source.epilogue);
  nest.dropUnitLoops();
  nest.collapseLoops(builder);
  return nest;
}

namespace {

/// The assertions of a function's kernels, and the element on the device that says which one does
/// not hold.
class Failures {
public:
  explicit Failures(func::FuncOp function) : function(function) {}

  /// Makes the assertions in the kernel store their number.
  void record(gpu::LaunchOp launch);
  /// Looks at the element before the function returns.
  void check();

private:
  Value getCell();

  func::FuncOp function;
  Value cell;
  SmallVector<std::pair<Location, StringAttr>> messages;
};

} // namespace

Value Failures::getCell() {
  if (cell)
    return cell;
  OpBuilder builder = OpBuilder::atBlockBegin(&function.front());
  Location loc = function.getLoc();
  auto type = halftone::onDevice(MemRefType::get({1}, builder.getI32Type()));
  cell = memref::AllocOp::create(builder, loc, type);
  Value none = arith::ConstantIntOp::create(builder, loc, 0, 32);
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  memref::StoreOp::create(builder, loc, none, cell, zero);
  return cell;
}

void Failures::record(gpu::LaunchOp launch) {
  launch.walk([&](cf::AssertOp op) {
    messages.push_back({op.getLoc(), op.getMsgAttr()});
    OpBuilder builder(op);
    Location loc = op.getLoc();
    Value yes = arith::ConstantIntOp::create(builder, loc, 1, 1);
    Value fails = arith::XOrIOp::create(builder, loc, op.getArg(), yes);
    auto branch = scf::IfOp::create(builder, loc, fails, /*withElseRegion=*/false);
    Value memory = getCell();
    builder.setInsertionPointToStart(branch.thenBlock());
    Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
    // A later failure may be for what an earlier one has left undone.
    Value earlier = memref::LoadOp::create(builder, loc, memory, zero);
    Value none = arith::ConstantIntOp::create(builder, loc, 0, 32);
    Value isFirst = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, earlier, none);
    auto first = scf::IfOp::create(builder, loc, isFirst, /*withElseRegion=*/false);
    builder.setInsertionPointToStart(first.thenBlock());
    Value number = arith::ConstantIntOp::create(builder, loc, int64_t(messages.size()), 32);
    memref::StoreOp::create(builder, loc, number, memory, zero);
  });
}

void Failures::check() {
  if (messages.empty())
    return;
  function.walk([&](func::ReturnOp op) {
    OpBuilder builder(op);
    Value zero = arith::ConstantIndexOp::create(builder, op.getLoc(), 0);
    Value number = memref::LoadOp::create(builder, op.getLoc(), cell, zero);
    for (auto [i, message] : llvm::enumerate(messages)) {
      Value own = arith::ConstantIntOp::create(builder, message.first, int64_t(i) + 1, 32);
      Value holds =
          arith::CmpIOp::create(builder, message.first, arith::CmpIPredicate::ne, number, own);
      cf::AssertOp::create(builder, message.first, holds, message.second);
    }
  });
}

namespace {

/// The module of kernels, each kind once.
class KernelModule {
public:
  explicit KernelModule(ModuleOp module) : module(module) {}

  /// Replaces the launch of a region by one of a function.
  LogicalResult outline(gpu::LaunchOp launch);

  int64_t getNumKernels() const { return byContent.size(); }

private:
  gpu::GPUModuleOp getKernels();
  gpu::GPUFuncOp add(gpu::GPUFuncOp kernel);

  ModuleOp module;
  gpu::GPUModuleOp kernels;
  llvm::StringMap<gpu::GPUFuncOp> byContent;
};

} // namespace

gpu::GPUModuleOp KernelModule::getKernels() {
  if (kernels)
    return kernels;
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  module->setAttr(gpu::GPUDialect::getContainerModuleAttrName(), builder.getUnitAttr());
  return kernels = gpu::GPUModuleOp::create(builder, module.getLoc(), "kernels");
}

/// An earlier kernel that does the same, else `kernel` under a new name.
gpu::GPUFuncOp KernelModule::add(gpu::GPUFuncOp kernel) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  kernel->print(stream, OpPrintingFlags().useLocalScope());
  gpu::GPUFuncOp &known = byContent[text];
  if (known) {
    kernel.erase();
    return known;
  }
  kernel.setName(("kernel_" + Twine(byContent.size() - 1)).str());
  getKernels().getBody()->push_back(kernel);
  return known = kernel;
}

LogicalResult KernelModule::outline(gpu::LaunchOp launch) {
  auto isConstant = [](Operation *op) { return op->hasTrait<OpTrait::ConstantLike>(); };
  if (failed(sinkOperationsIntoLaunchOp(launch, isConstant)))
    return failure();
  SmallVector<Value> operands;
  gpu::GPUFuncOp kernel = outlineKernelFunc(launch, "kernel", operands);
  // Upstream's default is the alignment of the elements; copies and vectors need more.
  constexpr int64_t sharedAlignment = 16;
  for (unsigned i = 0; i < kernel.getNumWorkgroupAttributions(); ++i)
    kernel.setWorkgroupAttributionAttr(i, LLVM::LLVMDialect::getAlignAttrName(),
                                       OpBuilder(kernel).getI64IntegerAttr(sharedAlignment));
  for (Value operand : operands)
    if (llvm::isa<MemRefType>(operand.getType()) && !isOnDevice(operand.getType())) {
      InFlightDiagnostic diag = launch->emitError("a kernel cannot use memory of the host");
      kernel.erase();
      return diag << ": " << operand.getType();
    }
  kernel = add(kernel);
  OpBuilder builder(launch);
  gpu::LaunchFuncOp::create(builder, launch.getLoc(), kernel, launch.getGridSizeOperandValues(),
                            launch.getBlockSizeOperandValues(), launch.getDynamicSharedMemorySize(),
                            operands);
  launch.erase();
  return success();
}

namespace {

struct OutlineKernels : halftone::impl::OutlineKernelsBase<OutlineKernels> {
  void runOnOperation() override {
    KernelModule kernels(getOperation());
    for (auto function : llvm::to_vector(getOperation().getOps<func::FuncOp>()))
      if (!function.isExternal() && failed(outline(function, kernels)))
        return signalPassFailure();
    numKernels += kernels.getNumKernels();
  }

private:
  LogicalResult outline(KernelSource source, KernelModule &kernels, Failures &failures) {
    OpBuilder builder(source.epilogue ? source.epilogue.getOperation() : source.op);
    LoopNest nest = makeNest(builder, source);
    std::optional<gpu::LaunchOp> tiled = emitTileKernel(builder, nest);
    gpu::LaunchOp launch = tiled ? *tiled : emitElementKernel(builder, nest);
    failures.record(launch);
    numTiled += tiled.has_value();
    numEpilogues += nest.epilogue != nullptr;
    for (Operation *op : {source.fill.getOperation(), source.op, source.epilogue.getOperation()})
      if (op)
        op->erase();
    ++numLaunches;
    return kernels.outline(launch);
  }

  LogicalResult outline(func::FuncOp function, KernelModule &kernels) {
    Failures failures(function);
    for (const KernelSource &source : findKernelSources(function)) {
      if (isCopyToItself(source.op))
        source.op->erase();
      else if (failed(outline(source, kernels, failures)))
        return failure();
    }
    failures.check();
    return success();
  }
};

} // namespace
