// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "FunctionShapes.h"
#include "halftone/Transforms/Passes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_INFERSHAPES
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {
/// The sizes of named dimensions, in the order given.
using FixedDims = llvm::MapVector<StringRef, int64_t>;

struct InferShapes : public mlir::halftone::impl::InferShapesBase<InferShapes> {
  using Base::Base;

  void runOnOperation() override;

private:
  FailureOr<FixedDims> parseDims();
  LogicalResult fixArguments(const FixedDims &fixed);
};
} // namespace

FailureOr<FixedDims> InferShapes::parseDims() {
  FixedDims fixed;
  for (const std::string &entry : dims) {
    auto [name, text] = StringRef(entry).rsplit('=');
    int64_t size = 0;
    if (name.empty() || text.getAsInteger(10, size) || size < 1 ||
        size > ShapeContext::kMaxElements) {
      getOperation().emitError("expected a fixed dimension as name=value, value at least 1: '")
          << entry << "'";
      return failure();
    }
    auto [previous, isNew] = fixed.insert({name, size});
    if (!isNew && previous->second != size) {
      getOperation().emitError("dimension '")
          << name << "' is fixed to two sizes, " << previous->second << " and " << size;
      return failure();
    }
  }
  return fixed;
}

static LogicalResult reportUnknownNames(func::FuncOp func, const FixedDims &fixed,
                                        const llvm::StringSet<llvm::MallocAllocator> &known) {
  for (const auto &[name, size] : fixed) {
    if (known.contains(name))
      continue;
    SmallVector<StringRef> names(known.keys());
    llvm::sort(names);
    InFlightDiagnostic diag = func.emitError("no input has a dimension named '") << name << "'";
    diag.attachNote() << "named dimensions: " << (names.empty() ? "none" : llvm::join(names, ", "));
    return diag;
  }
  return success();
}

// Gives the arguments the fixed sizes.
LogicalResult InferShapes::fixArguments(const FixedDims &fixed) {
  func::FuncOp func = getOperation();
  llvm::StringSet<llvm::MallocAllocator> known;
  for (BlockArgument argument : func.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      continue;
    SmallVector<int64_t> shape = llvm::to_vector(type.getShape());
    SmallVector<StringRef> names = dimensionNames(func, argument.getArgNumber());
    for (auto [size, name] : llvm::zip_equal(shape, names)) {
      if (!name.empty())
        known.insert(name);
      auto found = fixed.find(name);
      if (found == fixed.end())
        continue;
      if (!ShapedType::isDynamic(size) && size != found->second)
        return func.emitError("dimension '")
               << name << "' cannot be fixed to " << found->second << ": it is " << size;
      size = found->second;
    }
    argument.setType(type.clone(shape));
  }
  return reportUnknownNames(func, fixed, known);
}

void InferShapes::runOnOperation() {
  func::FuncOp func = getOperation();
  if (func.isExternal())
    return;
  FailureOr<FixedDims> fixed = parseDims();
  if (failed(fixed) || failed(fixArguments(*fixed)))
    return signalPassFailure();
  ShapeContext shapes(&getContext());
  nameArguments(func, shapes);
  WalkResult result = func.walk<WalkOrder::PreOrder>([&](Operation *op) {
    SmallVector<Type> before(op->getResultTypes());
    if (failed(inferOp(op, shapes)))
      return WalkResult::interrupt();
    for (auto [type, value] : llvm::zip_equal(before, op->getResults()))
      numRefined += type != value.getType();
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return signalPassFailure();
  refineFunctionType(func);
}
