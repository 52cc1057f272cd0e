// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Captures.h"
#include "halftone/CPU/Passes.h"
#include "halftone/CPU/RuntimeCalls.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_OUTLINEPARALLEL
#include "halftone/CPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// Replaces one scf.forall by a call of the runtime.
class Outliner {
public:
  Outliner(scf::ForallOp forall, const LLVMTypeConverter &converter)
      : forall(forall), captures(forall.getLoc(), converter), builder(forall), loc(forall.getLoc()),
        pointer(LLVM::LLVMPointerType::get(forall.getContext())) {}

  /// `addTask` takes the function of the body and returns the one to call.
  LogicalResult outline(function_ref<func::FuncOp(func::FuncOp)> addTask);

private:
  LogicalResult collectCaptured();
  SmallVector<Value> computeExtents(OpBuilder &at, IRMapping &mapping);
  Value packEnvironment();
  func::FuncOp createBody();
  Value getPlace(OpBuilder &at, Value environment, unsigned field);
  void emitIterations(OpBuilder &body, func::FuncOp function, IRMapping &mapping);
  Value toI64(OpBuilder &at, Value index) {
    return arith::IndexCastOp::create(at, loc, at.getI64Type(), index);
  }
  Value toIndex(OpBuilder &at, Value number) {
    return arith::IndexCastOp::create(at, loc, at.getIndexType(), number);
  }

  scf::ForallOp forall;
  Captures captures;
  OpBuilder builder;
  Location loc;
  Type pointer;
  LLVM::LLVMStructType environmentType;
};

LogicalResult Outliner::collectCaptured() {
  SetVector<Value> values;
  getUsedValuesDefinedAbove(forall.getRegion(), values);
  // The bounds are needed to find the indices of an iteration.
  for (OpFoldResult bound : llvm::concat<const OpFoldResult>(
           forall.getMixedLowerBound(), forall.getMixedUpperBound(), forall.getMixedStep()))
    if (auto value = llvm::dyn_cast<Value>(bound))
      values.insert(value);
  if (failed(captures.collect(values.getArrayRef())))
    return forall.emitOpError() << "uses a value of type " << captures.refused.getType()
                                << ", which cannot be passed to another function";
  environmentType = LLVM::LLVMStructType::getLiteral(forall.getContext(), captures.getFields());
  return success();
}

/// Stores the captured values in a struct on the stack of the caller, which waits for the tasks.
Value Outliner::packEnvironment() {
  if (captures.getFields().empty())
    return LLVM::ZeroOp::create(builder, loc, pointer);
  OpBuilder atEntry = OpBuilder::atBlockBegin(&forall->getParentOfType<func::FuncOp>().front());
  Value one = LLVM::ConstantOp::create(atEntry, loc, atEntry.getI64Type(), 1);
  Value environment = LLVM::AllocaOp::create(atEntry, loc, pointer, environmentType, one);
  for (auto [i, field] : llvm::enumerate(captures.pack(builder)))
    LLVM::StoreOp::create(builder, loc, field, getPlace(builder, environment, unsigned(i)));
  return environment;
}

Value Outliner::getPlace(OpBuilder &at, Value environment, unsigned field) {
  return LLVM::GEPOp::create(at, loc, pointer, environmentType, environment,
                             ArrayRef<LLVM::GEPArg>{0, int32_t(field)});
}

/// Number of iterations of each dimension.
SmallVector<Value> Outliner::computeExtents(OpBuilder &at, IRMapping &mapping) {
  SmallVector<Value> extents;
  auto get = [&](OpFoldResult bound) {
    return mapping.lookupOrDefault(getValueOrCreateConstantIndexOp(at, loc, bound));
  };
  for (auto [lower, upper, step] : llvm::zip_equal(
           forall.getMixedLowerBound(), forall.getMixedUpperBound(), forall.getMixedStep())) {
    Value span = get(upper);
    if (getConstantIntValue(lower) != 0)
      span = arith::SubIOp::create(at, loc, span, get(lower));
    if (getConstantIntValue(step) != 1)
      span = arith::CeilDivSIOp::create(at, loc, span, get(step));
    extents.push_back(span);
  }
  return extents;
}

/// The body of the forall, with its indices computed from the number of the iteration.
void Outliner::emitIterations(OpBuilder &body, func::FuncOp function, IRMapping &mapping) {
  SmallVector<Value> extents = computeExtents(body, mapping);
  Value begin = toIndex(body, function.getArgument(1));
  Value end = toIndex(body, function.getArgument(2));
  Value one = arith::ConstantIndexOp::create(body, loc, 1);
  auto loop = scf::ForOp::create(body, loc, begin, end, one);
  body.setInsertionPointToStart(loop.getBody());
  Value rest = loop.getInductionVar();
  for (unsigned dim = forall.getRank(); dim-- > 0;) {
    Value index = rest;
    if (dim > 0) {
      index = arith::RemUIOp::create(body, loc, rest, extents[dim]);
      rest = arith::DivUIOp::create(body, loc, rest, extents[dim]);
    }
    auto get = [&](OpFoldResult bound) {
      return mapping.lookupOrDefault(getValueOrCreateConstantIndexOp(body, loc, bound));
    };
    if (OpFoldResult step = forall.getMixedStep()[dim]; getConstantIntValue(step) != 1)
      index = arith::MulIOp::create(body, loc, index, get(step));
    if (OpFoldResult lower = forall.getMixedLowerBound()[dim]; getConstantIntValue(lower) != 0)
      index = arith::AddIOp::create(body, loc, index, get(lower));
    mapping.map(forall.getInductionVar(dim), index);
  }
  for (Operation &op : forall.getBody()->without_terminator())
    body.clone(op, mapping);
}

func::FuncOp Outliner::createBody() {
  auto parent = forall->getParentOfType<func::FuncOp>();
  OpBuilder body(parent);
  Type i64 = body.getI64Type();
  auto function =
      func::FuncOp::create(body, loc, "task", body.getFunctionType({pointer, i64, i64}, {}));
  function.setPrivate();
  Block *entry = function.addEntryBlock();
  body.setInsertionPointToStart(entry);
  IRMapping mapping;
  captures.unpack(body, mapping, [&](unsigned field) -> Value {
    return LLVM::LoadOp::create(body, loc, environmentType.getBody()[field],
                                getPlace(body, function.getArgument(0), field));
  });
  emitIterations(body, function, mapping);
  body.setInsertionPointToEnd(entry);
  func::ReturnOp::create(body, loc);
  hoistStackMemory(*entry);
  return function;
}

LogicalResult Outliner::outline(function_ref<func::FuncOp(func::FuncOp)> addTask) {
  if (failed(collectCaptured()))
    return failure();
  func::FuncOp body = addTask(createBody());
  IRMapping none;
  SmallVector<Value> extents = computeExtents(builder, none);
  Value iterations = extents.front();
  for (Value extent : ArrayRef(extents).drop_front())
    iterations = arith::MulIOp::create(builder, loc, iterations, extent);
  Value environment = packEnvironment();
  Value code = func::ConstantOp::create(builder, loc, body.getFunctionType(),
                                        FlatSymbolRefAttr::get(body.getSymNameAttr()));
  callRuntime(builder, loc, RuntimeFunction::ParallelFor,
              {UnrealizedConversionCastOp::create(builder, loc, pointer, code).getResult(0),
               environment, toI64(builder, iterations)});
  forall.erase();
  return success();
}

/// Replaces the region of a kernel by a call of a function, which equal kernels share: what follows
/// is then quick however many kernels a model has.
class KernelOutliner {
public:
  KernelOutliner(scf::ExecuteRegionOp region, const LLVMTypeConverter &converter)
      : region(region), captures(region.getLoc(), converter) {}

  LogicalResult outline(function_ref<func::FuncOp(func::FuncOp)> addFunction);

private:
  func::FuncOp createFunction();

  scf::ExecuteRegionOp region;
  Captures captures;
};

func::FuncOp KernelOutliner::createFunction() {
  OpBuilder builder(region->getParentOfType<func::FuncOp>());
  auto function = func::FuncOp::create(builder, region.getLoc(), "kernel",
                                       builder.getFunctionType(captures.getFields(), {}));
  function.setPrivate();
  // Else LLVM would put all of them into their only caller again.
  function->setAttr("passthrough", builder.getStrArrayAttr({"noinline"}));
  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  IRMapping mapping;
  captures.unpack(builder, mapping, [&](unsigned field) { return entry->getArgument(field); });
  for (Operation &op : region.getRegion().front().without_terminator())
    builder.clone(op, mapping);
  func::ReturnOp::create(builder, region.getLoc());
  hoistStackMemory(*entry);
  return function;
}

LogicalResult KernelOutliner::outline(function_ref<func::FuncOp(func::FuncOp)> addFunction) {
  SetVector<Value> values;
  getUsedValuesDefinedAbove(region.getRegion(), values);
  if (failed(captures.collect(values.getArrayRef())))
    return failure();
  func::FuncOp function = addFunction(createFunction());
  OpBuilder builder(region);
  func::CallOp::create(builder, region.getLoc(), function, captures.pack(builder));
  region.erase();
  return success();
}

/// Puts the ops of a kernel's region where the region is.
void dissolve(scf::ExecuteRegionOp region) {
  Block &body = region.getRegion().front();
  body.getTerminator()->erase();
  region->getBlock()->getOperations().splice(region->getIterator(), body.getOperations());
  region.erase();
}

/// A forall inside a task runs in that task's thread.
void makeSequential(scf::ForallOp forall) {
  OpBuilder builder(forall);
  Location loc = forall.getLoc();
  IRMapping mapping;
  for (unsigned dim = 0; dim < forall.getRank(); ++dim) {
    auto get = [&](OpFoldResult bound) {
      return getValueOrCreateConstantIndexOp(builder, loc, bound);
    };
    auto loop =
        scf::ForOp::create(builder, loc, get(forall.getMixedLowerBound()[dim]),
                           get(forall.getMixedUpperBound()[dim]), get(forall.getMixedStep()[dim]));
    mapping.map(forall.getInductionVar(dim), loop.getInductionVar());
    builder.setInsertionPointToStart(loop.getBody());
  }
  for (Operation &op : forall.getBody()->without_terminator())
    builder.clone(op, mapping);
  forall.erase();
}

/// The functions of tasks and kernels, each kind once.
class OutlinedFunctions {
public:
  explicit OutlinedFunctions(ModuleOp module) : symbols(module) {}

  /// An earlier function that does the same, else `task` itself under a new name.
  func::FuncOp add(func::FuncOp task, func::FuncOp caller) {
    func::FuncOp &known = byContent[print(task)];
    if (known) {
      task.erase();
      return known;
    }
    task.setSymName(
        (caller.getSymName() + "_" + task.getSymName() + "_" + Twine(byContent.size() - 1)).str());
    // Renames it when there is such a function already.
    task->remove();
    symbols.insert(task, caller->getIterator());
    return known = task;
  }

private:
  static std::string print(func::FuncOp task) {
    bool namesNodes =
        task.walk([](cf::AssertOp) { return WalkResult::interrupt(); }).wasInterrupted();
    std::string text;
    llvm::raw_string_ostream stream(text);
    // Messages name the node of their location, so there the locations have to agree.
    OpPrintingFlags flags = OpPrintingFlags().useLocalScope();
    task->print(stream, namesNodes ? flags.enableDebugInfo() : flags);
    return text;
  }

  SymbolTable symbols;
  llvm::StringMap<func::FuncOp> byContent;
};

struct OutlineParallel : halftone::impl::OutlineParallelBase<OutlineParallel> {
  using OutlineParallelBase::OutlineParallelBase;

  void runOnOperation() override {
    LLVMTypeConverter converter(&getContext());
    OutlinedFunctions functions(getOperation());
    SmallVector<func::FuncOp> given = llvm::to_vector(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : given)
      outlineKernels(function, converter, functions);
    for (func::FuncOp function : given)
      if (failed(outlineTasks(function, converter, functions)))
        return signalPassFailure();
  }

  void outlineKernels(func::FuncOp function, const LLVMTypeConverter &converter,
                      OutlinedFunctions &functions) {
    SmallVector<scf::ExecuteRegionOp> regions;
    function.walk([&](scf::ExecuteRegionOp region) {
      if (region.getNumResults() == 0 && region.getRegion().hasOneBlock())
        regions.push_back(region);
    });
    auto addKernel = [&](func::FuncOp kernel) { return functions.add(kernel, function); };
    for (scf::ExecuteRegionOp region : regions) {
      if (int64_t(regions.size()) > maxKernelsInPlace &&
          succeeded(KernelOutliner(region, converter).outline(addKernel)))
        ++numKernels;
      else
        dissolve(region);
    }
  }

  LogicalResult outlineTasks(func::FuncOp function, const LLVMTypeConverter &converter,
                             OutlinedFunctions &functions) {
    SmallVector<scf::ForallOp> outer, inner;
    function.walk<WalkOrder::PreOrder>([&](scf::ForallOp forall) {
      (forall->getParentOfType<scf::ForallOp>() || sequential ? inner : outer).push_back(forall);
    });
    // Innermost first.
    for (scf::ForallOp forall : llvm::reverse(inner))
      makeSequential(forall);
    for (scf::ForallOp forall : outer) {
      if (forall.getNumResults() > 0)
        return forall.emitOpError("is not on buffers");
      auto addTask = [&](func::FuncOp task) { return functions.add(task, function); };
      if (failed(Outliner(forall, converter).outline(addTask)))
        return failure();
      ++numOutlined;
    }
    return success();
  }
};

} // namespace
