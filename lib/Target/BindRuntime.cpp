// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/RuntimeCalls.h"
#include "halftone/Target/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_BINDRUNTIME
#include "halftone/Target/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {

struct BindRuntime : halftone::impl::BindRuntimeBase<BindRuntime> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>())
      if (!function.isExternal())
        addContextArgument(function);
    SymbolTable symbols(getOperation());
    for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>())
      if (!function.isExternal() && failed(bindCalls(function, symbols)))
        return signalPassFailure();
    for (auto function : llvm::make_early_inc_range(getOperation().getOps<LLVM::LLVMFuncOp>()))
      if (function.isExternal() && findRuntimeFunction(function.getSymName()))
        function.erase();
  }

private:
  void addContextArgument(LLVM::LLVMFuncOp function);
  LogicalResult bindCalls(LLVM::LLVMFuncOp function, const SymbolTable &symbols);
  void replaceByField(ArrayRef<LLVM::CallOp> calls, RuntimeFunction field, Value context);
  void bindCall(LLVM::CallOp call, RuntimeFunction callee, Value context);
  Value loadField(OpBuilder &builder, Location loc, Value context, RuntimeFunction field);
};

void BindRuntime::addContextArgument(LLVM::LLVMFuncOp function) {
  Type pointer = LLVM::LLVMPointerType::get(&getContext());
  LLVM::LLVMFunctionType type = function.getFunctionType();
  SmallVector<Type> arguments(type.getParams());
  arguments.insert(arguments.begin(), pointer);
  if (ArrayAttr given = function.getArgAttrsAttr()) {
    SmallVector<Attribute> attributes(given.begin(), given.end());
    attributes.insert(attributes.begin(), DictionaryAttr::get(&getContext()));
    function.setArgAttrsAttr(ArrayAttr::get(&getContext(), attributes));
  }
  function.setFunctionType(
      LLVM::LLVMFunctionType::get(type.getReturnType(), arguments, type.isVarArg()));
  function.front().insertArgument(0u, pointer, function.getLoc());
}

Value BindRuntime::loadField(OpBuilder &builder, Location loc, Value context,
                             RuntimeFunction field) {
  Type pointer = context.getType();
  Value address = LLVM::GEPOp::create(builder, loc, pointer, builder.getI8Type(), context,
                                      ArrayRef<LLVM::GEPArg>{(int32_t)getContextOffset(field)},
                                      LLVM::GEPNoWrapFlags::inbounds);
  // Nothing changes a context during a run, so stores to tensors do not force another load.
  return LLVM::LoadOp::create(builder, loc, pointer, address, /*alignment=*/0,
                              /*isVolatile=*/false, /*isNonTemporal=*/false, /*isInvariant=*/true);
}

/// One load for the whole function: equal loads in a row take upstream's CSE quadratic time.
void BindRuntime::replaceByField(ArrayRef<LLVM::CallOp> calls, RuntimeFunction field,
                                 Value context) {
  OpBuilder builder = OpBuilder::atBlockBegin(context.getParentBlock());
  Value pointer = loadField(builder, context.getLoc(), context, field);
  for (LLVM::CallOp call : calls) {
    call.replaceAllUsesWith(ValueRange(pointer));
    call.erase();
  }
}

void BindRuntime::bindCall(LLVM::CallOp call, RuntimeFunction callee, Value context) {
  OpBuilder builder(call);
  Value field = loadField(builder, call.getLoc(), context, callee);
  LLVM::LLVMFunctionType type = getFunctionType(callee, &getContext());
  SmallVector<Type> parameters(type.getParams());
  parameters.insert(parameters.begin(), context.getType());
  SmallVector<Value> arguments = {field, context};
  llvm::append_range(arguments, call.getCalleeOperands());
  auto bound = LLVM::CallOp::create(builder, call.getLoc(),
                                    LLVM::LLVMFunctionType::get(type.getReturnType(), parameters),
                                    arguments);
  call.replaceAllUsesWith(bound);
  call.erase();
}

LogicalResult BindRuntime::bindCalls(LLVM::LLVMFuncOp function, const SymbolTable &symbols) {
  Value context = function.getArgument(0);
  SmallVector<LLVM::CallOp> calls;
  function.walk([&](LLVM::CallOp call) { calls.push_back(call); });
  llvm::MapVector<RuntimeFunction, SmallVector<LLVM::CallOp>> pointers;
  for (LLVM::CallOp call : calls) {
    std::optional<StringRef> name = call.getCallee();
    if (!name)
      continue;
    if (std::optional<RuntimeFunction> callee = findRuntimeFunction(*name)) {
      if (isPointerField(*callee))
        pointers[*callee].push_back(call);
      else
        bindCall(call, *callee, context);
      continue;
    }
    auto callee = symbols.lookup<LLVM::LLVMFuncOp>(*name);
    if (callee && !callee.isExternal()) {
      call.getCalleeOperandsMutable().assign(llvm::to_vector(llvm::concat<Value>(
          SmallVector<Value>{context}, llvm::to_vector(call.getCalleeOperands()))));
      continue;
    }
    if (name->starts_with("halftone_"))
      return call.emitOpError() << "calls '" << *name << "', which the runtime does not offer";
  }
  for (auto &[field, fieldCalls] : pointers)
    replaceByField(fieldCalls, field, context);
  return success();
}

} // namespace
