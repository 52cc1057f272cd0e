// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "KernelSources.h"
#include "DeviceMemory.h"

#include "halftone/Dialect/HalftoneDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::halftone;

static bool becomesKernel(Operation *op) {
  auto copy = llvm::dyn_cast<memref::CopyOp>(op);
  return (llvm::isa<linalg::LinalgOp>(op) || (copy && !isContiguousCopy(copy))) &&
         llvm::any_of(op->getOperandTypes(), isOnDevice);
}

/// Whether `op` combines terms into every element of one output.
static bool isReduction(Operation *op) {
  auto user = llvm::dyn_cast<linalg::LinalgOp>(op);
  if (!user || user.getNumDpsInits() != 1 || user.getNumReductionLoops() == 0)
    return false;
  AffineMap map = user.getMatchingIndexingMap(&user.getDpsInitsMutable()[0]);
  SmallVector<utils::IteratorType> iterators = user.getIteratorTypesArray();
  return map.isProjectedPermutation() && map.getNumResults() == user.getNumParallelLoops() &&
         llvm::all_of(map.getResults(), [&](AffineExpr result) {
           unsigned loop = llvm::cast<AffineDimExpr>(result).getPosition();
           return iterators[loop] == utils::IteratorType::parallel;
         });
}

static bool isFilledBy(Operation *op, linalg::FillOp fill) {
  Value buffer = fill.getOutputs().front();
  if (!isReduction(op) || op->getBlock() != fill->getBlock())
    return false;
  auto user = llvm::cast<linalg::LinalgOp>(op);
  if (user.getDpsInits().front() != buffer || llvm::is_contained(user.getDpsInputs(), buffer))
    return false;
  for (Operation *between = fill->getNextNode(); between != op; between = between->getNextNode())
    if (!isMemoryEffectFree(between) && !llvm::isa<memref::AllocOp>(between))
      return false;
  return true;
}

/// The memory that a buffer is a view of.
static Value getMemory(Value buffer) {
  for (auto view = buffer.getDefiningOp<ViewLikeOpInterface>();
       view && !llvm::isa<WeightsViewOp>(view); view = buffer.getDefiningOp<ViewLikeOpInterface>())
    buffer = view.getViewSource();
  return buffer;
}

/// Whether writing `target` may change what is in `source`. Only what a
/// function allocates or is given is known to be memory of its own.
static bool mayOverlap(Value target, Value source) {
  target = getMemory(target);
  source = getMemory(source);
  if (target == source || !target.getDefiningOp<memref::AllocOp>())
    return true;
  auto argument = llvm::dyn_cast<BlockArgument>(source);
  return !source.getDefiningOp<memref::AllocOp>() && !source.getDefiningOp<WeightsViewOp>() &&
         !(argument && llvm::isa<func::FuncOp>(argument.getOwner()->getParentOp()));
}

namespace {

/// Finds what can become the epilogue of a reduction, which then runs in its place.
class EpilogueSearch {
public:
  explicit EpilogueSearch(linalg::LinalgOp op)
      : op(op), sums(op.getDpsInits().front()), read(op->operand_begin(), op->operand_end()) {
    getUsedValuesDefinedAbove(op->getRegions(), read);
  }

  linalg::LinalgOp find();

private:
  linalg::LinalgOp findReader();
  bool canReplace(linalg::LinalgOp reader);
  bool mayChangeOperands(linalg::LinalgOp other);
  bool canRunLater(Operation *between);

  linalg::LinalgOp op;
  Value sums;
  llvm::SetVector<Value> read;
};

} // namespace

/// The only op behind the reduction that looks at its result.
linalg::LinalgOp EpilogueSearch::findReader() {
  auto alloc = sums.getDefiningOp<memref::AllocOp>();
  if (!alloc || alloc->getBlock() != op->getBlock())
    return nullptr;
  linalg::LinalgOp reader;
  for (Operation *user : sums.getUsers()) {
    if (llvm::isa<memref::DimOp, memref::DeallocOp>(user) || user == op)
      continue;
    auto other = llvm::dyn_cast<linalg::LinalgOp>(user);
    if (!other || other->getBlock() != op->getBlock())
      return nullptr;
    if (other->isBeforeInBlock(op))
      continue;
    if (reader && reader != other)
      return nullptr;
    reader = other;
  }
  return reader;
}

/// Whether `reader` computes an element from each sum, and no other sum.
bool EpilogueSearch::canReplace(linalg::LinalgOp reader) {
  if (reader.getNumParallelLoops() != reader.getNumLoops() ||
      llvm::is_contained(reader.getDpsInits(), sums) || mayChangeOperands(reader))
    return false;
  AffineMap map;
  for (OpOperand *operand : reader.getDpsInputOperands()) {
    if (operand->get() != sums)
      continue;
    AffineMap own = reader.getMatchingIndexingMap(operand);
    if (!own.isPermutation() || (map && own != map))
      return false;
    map = own;
  }
  return bool(map);
}

bool EpilogueSearch::mayChangeOperands(linalg::LinalgOp other) {
  for (Value target : other.getDpsInits())
    for (Value source : read)
      if (source != sums && llvm::isa<MemRefType>(source.getType()) && mayOverlap(target, source))
        return true;
  return false;
}

bool EpilogueSearch::canRunLater(Operation *between) {
  if (isMemoryEffectFree(between) || llvm::isa<memref::AllocOp, memref::DeallocOp>(between) ||
      hasSingleEffect<MemoryEffects::Read>(between))
    return true;
  auto other = llvm::dyn_cast<linalg::LinalgOp>(between);
  return other && !mayChangeOperands(other);
}

linalg::LinalgOp EpilogueSearch::find() {
  linalg::LinalgOp reader = findReader();
  if (!reader || !canReplace(reader))
    return nullptr;
  SmallVector<Operation *> frees;
  for (Operation *between = op->getNextNode(); between != reader;
       between = between->getNextNode()) {
    if (!canRunLater(between))
      return nullptr;
    if (llvm::isa<memref::DeallocOp>(between))
      frees.push_back(between);
  }
  for (Operation *free : llvm::reverse(frees))
    free->moveAfter(reader);
  return reader;
}

SmallVector<KernelSource> mlir::halftone::findKernelSources(func::FuncOp function) {
  SmallVector<KernelSource> sources;
  function.walk([&](Operation *op) {
    if (!becomesKernel(op))
      return;
    auto fill =
        llvm::dyn_cast_or_null<linalg::FillOp>(sources.empty() ? nullptr : sources.back().op);
    if (fill && isFilledBy(op, fill))
      sources.back() = {op, fill, nullptr};
    else
      sources.push_back({op, nullptr, nullptr});
  });
  DenseSet<Operation *> epilogues;
  for (KernelSource &source : sources) {
    if (!isReduction(source.op))
      continue;
    linalg::LinalgOp epilogue = EpilogueSearch(llvm::cast<linalg::LinalgOp>(source.op)).find();
    if (epilogue && epilogues.insert(epilogue).second)
      source.epilogue = epilogue;
  }
  llvm::erase_if(sources,
                 [&](const KernelSource &source) { return epilogues.contains(source.op); });
  return sources;
}
