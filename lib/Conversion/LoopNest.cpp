// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Conversion/LoopNest.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"

using namespace mlir;
using namespace mlir::halftone;

LoopNest LoopNest::fromLinalg(OpBuilder &builder, linalg::LinalgOp op) {
  LoopNest nest(op.getLoc());
  for (Range range : op.createLoopRanges(builder, op.getLoc()))
    nest.sizes.push_back(range.size);
  nest.iterators = op.getIteratorTypesArray();
  for (OpOperand *operand : op.getDpsInputOperands())
    nest.inputs.push_back({operand->get(), op.getMatchingIndexingMap(operand)});
  for (OpOperand &operand : op.getDpsInitsMutable())
    nest.outputs.push_back({operand.get(), op.getMatchingIndexingMap(&operand)});
  nest.body = op.getBlock();
  for (unsigned loop = 0; loop < nest.getNumLoops(); ++loop)
    nest.indexLoops.push_back(loop);
  return nest;
}

LoopNest LoopNest::fromCopy(OpBuilder &builder, memref::CopyOp op) {
  LoopNest nest(op.getLoc());
  auto type = llvm::cast<MemRefType>(op.getSource().getType());
  nest.sizes = memref::getMixedSizes(builder, op.getLoc(), op.getSource());
  nest.iterators.assign(type.getRank(), utils::IteratorType::parallel);
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  nest.inputs.push_back({op.getSource(), identity});
  nest.outputs.push_back({op.getTarget(), identity});
  return nest;
}

void LoopNest::addEpilogue(linalg::LinalgOp op) {
  SmallVector<OpOperand *> sums =
      llvm::filter_to_vector(op.getDpsInputOperands(), [&](OpOperand *operand) {
        return operand->get() == outputs.front().buffer;
      });
  AffineMap map = op.getMatchingIndexingMap(sums.front());
  // Found by the elements of the output that both touch.
  SmallVector<AffineExpr> loops(map.getNumDims());
  for (auto [own, other] : llvm::zip_equal(outputs.front().map.getResults(), map.getResults()))
    loops[llvm::cast<AffineDimExpr>(other).getPosition()] = own;
  epilogue = std::make_unique<LoopNest>(op.getLoc());
  epilogue->sizes = sizes;
  epilogue->iterators = iterators;
  auto getAccess = [&](OpOperand *operand) {
    AffineMap access = op.getMatchingIndexingMap(operand);
    return LoopAccess{operand->get(), access.replaceDimsAndSymbols(loops, {}, getNumLoops(), 0)};
  };
  for (OpOperand *operand : op.getDpsInputOperands())
    epilogue->inputs.push_back(getAccess(operand));
  for (OpOperand &operand : op.getDpsInitsMutable())
    epilogue->outputs.push_back(getAccess(&operand));
  for (OpOperand *operand : sums)
    epilogue->sumInputs.push_back(operand->getOperandNumber());
  epilogue->body = op.getBlock();
  for (AffineExpr loop : loops)
    epilogue->indexLoops.push_back(llvm::cast<AffineDimExpr>(loop).getPosition());
}

SmallVector<LoopAccess *> LoopNest::getAccesses() {
  SmallVector<LoopAccess *> accesses;
  if (epilogue)
    accesses = epilogue->getAccesses();
  for (LoopAccess &access : inputs)
    if (!access.isScalar())
      accesses.push_back(&access);
  for (LoopAccess &access : outputs)
    accesses.push_back(&access);
  return accesses;
}

/// Removes loops; `replacements` has an expression over the remaining ones for each loop.
void LoopNest::eraseLoops(ArrayRef<bool> erased, ArrayRef<AffineExpr> replacements) {
  unsigned remaining = llvm::count(erased, false);
  for (MutableArrayRef<LoopAccess> accesses : {MutableArrayRef(inputs), MutableArrayRef(outputs)})
    for (LoopAccess &access : accesses)
      if (!access.isScalar())
        access.map = access.map.replaceDimsAndSymbols(replacements, {}, remaining, 0);
  if (epilogue)
    epilogue->eraseLoops(erased, replacements);
  for (std::optional<unsigned> &loop : indexLoops) {
    if (!loop)
      continue;
    auto dim = llvm::dyn_cast<AffineDimExpr>(replacements[*loop]);
    loop = dim ? std::optional<unsigned>(dim.getPosition()) : std::nullopt;
  }
  for (unsigned loop = erased.size(); loop-- > 0;) {
    if (!erased[loop])
      continue;
    sizes.erase(sizes.begin() + loop);
    iterators.erase(iterators.begin() + loop);
  }
}

void LoopNest::dropUnitLoops() {
  MLIRContext *context = loc.getContext();
  SmallVector<bool> erased;
  SmallVector<AffineExpr> replacements;
  unsigned remaining = 0;
  for (unsigned loop = 0; loop < getNumLoops(); ++loop) {
    erased.push_back(getStaticSize(loop) == 1);
    replacements.push_back(erased.back() ? getAffineConstantExpr(0, context)
                                         : getAffineDimExpr(remaining++, context));
  }
  eraseLoops(erased, replacements);
}

/// The loop whose index is the position in dimension `dim` of the buffer. nullopt for a dimension
/// of size 1, which any group of dimensions may contain.
static std::optional<AffineExpr> getPosition(const LoopAccess &access, unsigned dim) {
  AffineExpr expression = access.map.getResult(dim);
  if (access.getType().getDimSize(dim) == 1 && llvm::isa<AffineConstantExpr>(expression))
    return std::nullopt;
  return expression;
}

/// Whether loops `loop` and `loop + 1`, of which the second has `size` iterations (kDynamic: as
/// many as the buffer's dimension), walk through the buffer like one loop. A sliding window sees
/// only a part of its dimension.
static bool isContiguousPair(const LoopAccess &access, unsigned loop, int64_t size) {
  bool usesFirst = access.map.isFunctionOfDim(loop);
  bool usesSecond = access.map.isFunctionOfDim(loop + 1);
  if (!usesFirst && !usesSecond)
    return true;
  std::optional<unsigned> first, second;
  for (unsigned dim = 0; dim < access.map.getNumResults(); ++dim) {
    AffineExpr expression = access.map.getResult(dim);
    for (auto [number, place] : {std::pair(loop, &first), std::pair(loop + 1, &second)}) {
      if (!expression.isFunctionOfDim(number))
        continue;
      if (*place || !llvm::isa<AffineDimExpr>(expression))
        return false;
      *place = dim;
    }
  }
  if (!first || !second || *first >= *second)
    return false;
  ArrayRef<int64_t> shape = access.getType().getShape();
  if (shape[*second] != size)
    return false;
  for (unsigned dim = *first + 1; dim < *second; ++dim)
    if (getPosition(access, dim) || shape[dim] != 1)
      return false;
  SmallVector<ReassociationIndices> groups;
  for (unsigned dim = 0; dim < access.map.getNumResults(); ++dim) {
    if (dim > *first && dim <= *second)
      groups.back().push_back(dim);
    else
      groups.push_back({dim});
  }
  return memref::CollapseShapeOp::isGuaranteedCollapsible(access.getType(), groups);
}

/// Collapses the dimensions of the buffer along loops that are merged into the one before them.
static void collapseBuffer(OpBuilder &builder, Location loc, LoopAccess &access,
                           ArrayRef<bool> mergedIntoPrevious) {
  SmallVector<ReassociationIndices> groups;
  SmallVector<AffineExpr> expressions;
  SmallVector<unsigned> pendingUnits;
  for (unsigned dim = 0; dim < access.map.getNumResults(); ++dim) {
    AffineExpr expression = access.map.getResult(dim);
    if (!getPosition(access, dim)) {
      pendingUnits.push_back(dim);
      continue;
    }
    auto loop = llvm::dyn_cast<AffineDimExpr>(expression);
    bool merges = loop && mergedIntoPrevious[loop.getPosition()];
    for (unsigned unit : pendingUnits) {
      if (!merges) {
        groups.push_back({});
        expressions.push_back(builder.getAffineConstantExpr(0));
      }
      groups.back().push_back(unit);
    }
    pendingUnits.clear();
    if (!merges) {
      groups.push_back({});
      expressions.push_back(expression);
    }
    groups.back().push_back(dim);
  }
  for (unsigned unit : pendingUnits) {
    groups.push_back({(int64_t)unit});
    expressions.push_back(builder.getAffineConstantExpr(0));
  }
  if (groups.size() == access.map.getNumResults())
    return;
  access.buffer = memref::CollapseShapeOp::create(builder, loc, access.buffer, groups);
  access.map = AffineMap::get(access.map.getNumDims(), 0, expressions, builder.getContext());
}

bool LoopNest::usesIndex(unsigned loop) const {
  bool used = epilogue && epilogue->usesIndex(loop);
  if (body)
    body->walk([&](linalg::IndexOp op) { used |= indexLoops[op.getDim()] == loop; });
  return used;
}

void LoopNest::collapseLoops(OpBuilder &builder) {
  SmallVector<bool> merged(getNumLoops(), false);
  for (unsigned loop = 0; loop + 1 < getNumLoops(); ++loop)
    merged[loop + 1] = iterators[loop] == iterators[loop + 1] && !usesIndex(loop) &&
                       !usesIndex(loop + 1) && llvm::all_of(getAccesses(), [&](LoopAccess *access) {
                         return isContiguousPair(
                             *access, loop, getStaticSize(loop + 1).value_or(ShapedType::kDynamic));
                       });
  if (!llvm::is_contained(merged, true))
    return;

  SmallVector<AffineExpr> replacements;
  unsigned remaining = 0, group = 0;
  for (unsigned loop = 0; loop < getNumLoops(); ++loop) {
    if (merged[loop]) {
      if (getStaticSize(group) && getStaticSize(loop)) {
        sizes[group] = builder.getIndexAttr(*getStaticSize(group) * *getStaticSize(loop));
      } else {
        Value outer = getValueOrCreateConstantIndexOp(builder, loc, sizes[group]);
        Value inner = getValueOrCreateConstantIndexOp(builder, loc, sizes[loop]);
        sizes[group] = arith::MulIOp::create(builder, loc, outer, inner).getResult();
      }
      replacements.push_back(replacements.back());
      continue;
    }
    group = loop;
    replacements.push_back(builder.getAffineDimExpr(remaining++));
  }
  for (LoopAccess *access : getAccesses())
    collapseBuffer(builder, loc, *access, merged);
  if (epilogue)
    epilogue->sizes = sizes;
  eraseLoops(merged, replacements);
}

/// Elements between neighbours along a loop; nullopt when not known.
static std::optional<int64_t> getStep(const LoopAccess &access, unsigned loop) {
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(access.getType().getStridesAndOffset(strides, offset)))
    return std::nullopt;
  int64_t step = 0;
  for (auto [expression, stride] : llvm::zip_equal(access.map.getResults(), strides)) {
    if (!expression.isFunctionOfDim(loop))
      continue;
    // Sums of multiples of indices are all that occurs besides plain indices.
    int64_t multiple = 0;
    bool isLinear = true;
    expression.walk([&](AffineExpr part) {
      if (part == getAffineDimExpr(loop, part.getContext()))
        multiple = std::max<int64_t>(multiple, 1);
      auto product = llvm::dyn_cast<AffineBinaryOpExpr>(part);
      if (!product || product.getKind() == AffineExprKind::Add)
        return;
      auto factor = llvm::dyn_cast<AffineConstantExpr>(product.getRHS());
      if (product.getKind() != AffineExprKind::Mul || !factor)
        isLinear = false;
      else if (product.getLHS().isFunctionOfDim(loop))
        multiple = factor.getValue();
    });
    if (!isLinear || ShapedType::isDynamic(stride))
      return std::nullopt;
    step += multiple * stride;
  }
  return step;
}

unsigned LoopNest::chooseInnermost() const {
  // Neighbours in memory cost 1, others a cache line or a gather; writing them costs more.
  constexpr int64_t farCost = 4, farWriteCost = 6, shortLoopCost = 3;
  constexpr int64_t shortLoop = 4;
  auto getCost = [&](const LoopAccess &access, unsigned loop, int64_t far) -> int64_t {
    if (access.isScalar())
      return 0;
    std::optional<int64_t> step = getStep(access, loop);
    return !step || *step > 1 ? far : *step;
  };
  unsigned best = 0;
  std::optional<int64_t> bestCost;
  for (unsigned loop = 0; loop < getNumLoops(); ++loop) {
    int64_t cost = 0;
    for (const LoopAccess &access : inputs)
      cost += getCost(access, loop, farCost);
    for (const LoopAccess &access : outputs)
      cost += getCost(access, loop, farWriteCost);
    if (std::optional<int64_t> size = getStaticSize(loop); size && *size < shortLoop)
      cost += shortLoopCost;
    // On equal terms the later one, which comes later in the buffers as well.
    if (bestCost && cost > *bestCost)
      continue;
    best = loop;
    bestCost = cost;
  }
  return best;
}
