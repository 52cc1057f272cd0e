// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/RuntimeCalls.h"

#include "halftone/runtime.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {
struct Description {
  RuntimeFunction function;
  StringLiteral symbol;
  int64_t contextOffset;
  // p: pointer, i: i64. The result is a pointer when `returnsPointer`, else void.
  StringLiteral arguments;
  bool returnsPointer;
};
} // namespace

static constexpr Description table[] = {
    {RuntimeFunction::Weights, "halftone_weights", HALFTONE_CONTEXT_WEIGHTS_OFFSET, "", true},
    {RuntimeFunction::Arena, "halftone_arena", HALFTONE_CONTEXT_ARENA_OFFSET, "", true},
    {RuntimeFunction::Alloc, "halftone_alloc", HALFTONE_CONTEXT_ALLOC_OFFSET, "i", true},
    {RuntimeFunction::Release, "halftone_release", HALFTONE_CONTEXT_RELEASE_OFFSET, "p", false},
    {RuntimeFunction::ParallelFor, "halftone_parallel_for", HALFTONE_CONTEXT_PARALLEL_FOR_OFFSET,
     "ppi", false},
    {RuntimeFunction::Fail, "halftone_fail", HALFTONE_CONTEXT_FAIL_OFFSET, "p", false},
    {RuntimeFunction::Observe, "halftone_observe", HALFTONE_CONTEXT_OBSERVE_OFFSET, "ipiip", false},
    {RuntimeFunction::Profile, "halftone_profile", HALFTONE_CONTEXT_PROFILE_OFFSET, "i", false},
    {RuntimeFunction::DeviceWeights, "halftone_device_weights",
     HALFTONE_CONTEXT_DEVICE_WEIGHTS_OFFSET, "", true},
    {RuntimeFunction::DeviceArena, "halftone_device_arena", HALFTONE_CONTEXT_DEVICE_ARENA_OFFSET,
     "", true},
    {RuntimeFunction::DeviceAlloc, "halftone_device_alloc", HALFTONE_CONTEXT_DEVICE_ALLOC_OFFSET,
     "i", true},
    {RuntimeFunction::DeviceRelease, "halftone_device_release",
     HALFTONE_CONTEXT_DEVICE_RELEASE_OFFSET, "p", false},
    {RuntimeFunction::DeviceCopy, "halftone_device_copy", HALFTONE_CONTEXT_DEVICE_COPY_OFFSET,
     "ppii", false},
    {RuntimeFunction::Launch, "halftone_launch", HALFTONE_CONTEXT_LAUNCH_OFFSET, "ipp", false},
};

static const Description &describe(RuntimeFunction function) {
  return *llvm::find_if(table, [&](const Description &row) { return row.function == function; });
}

StringRef mlir::halftone::getSymbolName(RuntimeFunction function) {
  return describe(function).symbol;
}

std::optional<RuntimeFunction> mlir::halftone::findRuntimeFunction(StringRef symbolName) {
  for (const Description &row : table)
    if (row.symbol == symbolName)
      return row.function;
  return std::nullopt;
}

int64_t mlir::halftone::getContextOffset(RuntimeFunction function) {
  return describe(function).contextOffset;
}

bool mlir::halftone::isPointerField(RuntimeFunction function) {
  return llvm::is_contained({RuntimeFunction::Weights, RuntimeFunction::Arena,
                             RuntimeFunction::DeviceWeights, RuntimeFunction::DeviceArena},
                            function);
}

LLVM::LLVMFunctionType mlir::halftone::getFunctionType(RuntimeFunction function,
                                                       MLIRContext *context) {
  const Description &row = describe(function);
  Type pointer = LLVM::LLVMPointerType::get(context);
  SmallVector<Type> arguments;
  for (char argument : row.arguments)
    arguments.push_back(argument == 'p' ? pointer : IntegerType::get(context, 64));
  return LLVM::LLVMFunctionType::get(
      row.returnsPointer ? pointer : LLVM::LLVMVoidType::get(context), arguments);
}

LLVM::CallOp mlir::halftone::callRuntime(OpBuilder &builder, Location loc, RuntimeFunction function,
                                         ValueRange arguments) {
  auto module = builder.getInsertionBlock()->getParentOp()->getParentOfType<ModuleOp>();
  StringRef symbol = getSymbolName(function);
  auto callee = module.lookupSymbol<LLVM::LLVMFuncOp>(symbol);
  if (!callee) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(module.getBody());
    callee = LLVM::LLVMFuncOp::create(builder, module.getLoc(), symbol,
                                      getFunctionType(function, builder.getContext()));
  }
  return LLVM::CallOp::create(builder, loc, callee, arguments);
}
