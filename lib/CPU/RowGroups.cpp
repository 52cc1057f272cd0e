// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "RowGroups.h"

#include "halftone/Dialect/HalftoneDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace mlir::halftone;

// Fewer rows than this leave threads without work.
static constexpr int64_t minRows = 16;

// What is computed once per row no longer is vector code, which short rows do not make up for.
static constexpr int64_t minRowLength = 64;

static Value getRoot(Value buffer) {
  while (auto view = buffer.getDefiningOp<ViewLikeOpInterface>())
    buffer = view.getViewSource();
  return buffer;
}

/// Whether two values are computed alike from the same values.
static bool isSameValue(Value lhs, Value rhs) {
  if (lhs == rhs)
    return true;
  Operation *lhsOp = lhs.getDefiningOp(), *rhsOp = rhs.getDefiningOp();
  if (!lhsOp || !rhsOp || !isMemoryEffectFree(lhsOp) || lhsOp->getNumRegions() != 0)
    return false;
  return llvm::cast<OpResult>(lhs).getResultNumber() ==
             llvm::cast<OpResult>(rhs).getResultNumber() &&
         OperationEquivalence::isEquivalentTo(
             lhsOp, rhsOp,
             [](Value left, Value right) { return success(isSameValue(left, right)); },
             /*markEquivalent=*/nullptr, OperationEquivalence::IgnoreLocations);
}

/// Whether only views of `root` reach its memory. What loops carry or branches yield may be any
/// buffer.
static bool isIdentified(Value root) {
  if (auto argument = llvm::dyn_cast<BlockArgument>(root))
    return llvm::isa<func::FuncOp>(argument.getOwner()->getParentOp());
  return llvm::isa_and_nonnull<memref::AllocOp, memref::GetGlobalOp, WeightsViewOp>(
      root.getDefiningOp());
}

/// Whether the body touches memory besides the elements that it is given, at indices of its own.
static bool hasOtherAccesses(const LoopNest &nest) {
  return nest.body &&
         llvm::any_of(*nest.body, [](Operation &op) { return !isMemoryEffectFree(&op); });
}

/// The dimension of the buffer whose index is the first loop's, if there is one.
static std::optional<unsigned> getRowDim(const LoopAccess &access) {
  return access.map.getResultPosition(getAffineDimExpr(0, access.map.getContext()));
}

namespace {

enum class Relation {
  None,     ///< no memory in common
  SameRows, ///< iteration i of both touches the same row, which no other iteration touches
  Unknown
};

Relation relate(const LoopAccess &lhs, const LoopAccess &rhs) {
  if (lhs.isScalar() || rhs.isScalar())
    return Relation::None;
  Value lhsRoot = getRoot(lhs.buffer), rhsRoot = getRoot(rhs.buffer);
  if (lhsRoot != rhsRoot)
    return isIdentified(lhsRoot) && isIdentified(rhsRoot) ? Relation::None : Relation::Unknown;
  std::optional<unsigned> row = getRowDim(lhs);
  if (!row || row != getRowDim(rhs) || !isSameValue(lhs.buffer, rhs.buffer))
    return Relation::Unknown;
  return Relation::SameRows;
}

/// What `earlier` and `later` have to do with each other: Unknown if their iterations may not be
/// interleaved.
Relation relate(LoopNest &earlier, LoopNest &later) {
  Relation result = Relation::None;
  auto meet = [&](const LoopAccess &lhs, const LoopAccess &rhs, bool writes) {
    Relation relation = relate(lhs, rhs);
    if (relation == Relation::Unknown && writes)
      result = Relation::Unknown;
    else if (relation == Relation::SameRows && result == Relation::None)
      result = Relation::SameRows;
  };
  for (const LoopAccess &output : earlier.outputs) {
    for (const LoopAccess &input : later.inputs)
      meet(output, input, true);
    for (const LoopAccess &other : later.outputs)
      meet(output, other, true);
  }
  for (const LoopAccess &input : earlier.inputs) {
    for (const LoopAccess &output : later.outputs)
      meet(input, output, true);
    for (const LoopAccess &other : later.inputs)
      meet(input, other, false);
  }
  return result;
}

} // namespace

bool RowGroup::hasRows(const LoopNest &nest) {
  unsigned loops = nest.getNumLoops();
  if (loops == 0 || !nest.isParallel(0) || nest.getStaticSize(0).value_or(minRows) < minRows)
    return false;
  if (loops == 1)
    return true;
  int64_t length = 1;
  for (unsigned loop = 1; loop < loops; ++loop)
    length *= nest.getStaticSize(loop).value_or(minRowLength);
  return length >= minRowLength && nest.chooseInnermost() != 0;
}

RowGroup::Answer RowGroup::add(LoopNest &nest) {
  if (hasOtherAccesses(nest))
    return Answer::Refused;
  Relation relation = nests.empty() ? Relation::SameRows : Relation::None;
  for (LoopNest *member : nests) {
    Relation next = relate(*member, nest);
    if (next == Relation::Unknown)
      return Answer::Refused;
    if (next == Relation::SameRows)
      relation = next;
  }
  if (relation == Relation::None)
    return Answer::Independent;
  if (!hasRows(nest))
    return Answer::Refused;
  // The buffer they share is what tells that both have as many rows.
  nests.push_back(&nest);
  return Answer::Added;
}

bool RowGroup::isWorthwhile() const {
  return nests.size() > 1 &&
         llvm::any_of(nests, [](LoopNest *nest) { return nest->getNumLoops() > 1; });
}
