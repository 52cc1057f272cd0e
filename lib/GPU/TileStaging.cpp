// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TileStaging.h"

#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::halftone;

Value mlir::halftone::swizzleChunk(OpBuilder &builder, Location loc, Value row, Value chunk) {
  Value one = arith::ConstantIndexOp::create(builder, loc, 1);
  Value last = arith::ConstantIndexOp::create(builder, loc, Tile::chunks - 1);
  // Two rows of 64 bytes take all banks once.
  Value pair = builder.createOrFold<arith::ShRUIOp>(loc, row, one);
  Value turn = builder.createOrFold<arith::AndIOp>(loc, pair, last);
  return builder.createOrFold<arith::XOrIOp>(loc, chunk, turn);
}

TileStaging::TileStaging(OpBuilder &builder, LoopNest &nest, const TileContraction &contraction,
                         const Tile &tile, ArrayRef<Value> batchIndices, Value thread)
    : NestEmitter(builder, nest), contraction(contraction), tile(tile), thread(thread),
      elementType(contraction.elementType),
      chunkElements(Tile::chunkBytes * 8 / elementType.getIntOrFloatBitWidth()) {
  indices.assign(batchIndices.begin(), batchIndices.end());
  terms = constant(1);
  for (unsigned loop : contraction.terms)
    terms = builder.createOrFold<arith::MulIOp>(loc, terms, sizeOf(loop));
}

/// Whether a chunk of terms is 16 bytes that follow each other at a multiple of 16, all of them
/// there or none.
bool TileStaging::canCopyChunks(const LoopAccess &access) const {
  unsigned inner = contraction.terms.back();
  std::optional<int64_t> innerSize = nest.getStaticSize(inner);
  int64_t offset;
  SmallVector<int64_t> strides;
  if (!innerSize || *innerSize % chunkElements != 0 || access.map.getNumResults() == 0 ||
      failed(access.getType().getStridesAndOffset(strides, offset)))
    return false;
  // Sums of f32 have the bits of a CPU: its zeros of the other sign are only in what is gathered.
  if (elementType.isF32() && *innerSize % (chunkElements * Tile::chunks) != 0)
    return false;
  if (access.map.getResults().back() != getAffineDimExpr(inner, access.map.getContext()) ||
      strides.back() != 1 || ShapedType::isDynamic(offset) || offset % chunkElements != 0)
    return false;
  auto isAligned = [&](int64_t stride) {
    return !ShapedType::isDynamic(stride) && stride % chunkElements == 0;
  };
  return llvm::all_of(ArrayRef(strides).drop_back(), isAligned) &&
         llvm::none_of(access.map.getResults().drop_back(),
                       [&](AffineExpr result) { return result.isFunctionOfDim(inner); });
}

bool TileStaging::hasTermsInnermost(const LoopAccess &access) const {
  if (access.map.getNumResults() == 0)
    return false;
  AffineExpr last = access.map.getResults().back();
  return last == getAffineDimExpr(contraction.terms.back(), access.map.getContext());
}

void TileStaging::addOperand(gpu::LaunchOp launch, const TileOperand &operand,
                             ArrayRef<unsigned> loops, int64_t tileSize, Value first, Value size) {
  const LoopAccess &access = nest.inputs[operand.input];
  auto space = gpu::AddressSpaceAttr::get(builder.getContext(), gpu::AddressSpace::Workgroup);
  auto type = MemRefType::get({tile.stages, tileSize, Tile::chunks * chunkElements}, elementType,
                              MemRefLayoutAttrInterface(), space);
  Value buffer = launch.addWorkgroupAttribution(type, loc);
  sides.push_back({access, llvm::to_vector(loops), tileSize, first, size, canCopyChunks(access),
                   hasTermsInnermost(access), buffer});
  shared.push_back(buffer);
}

void TileStaging::emitStep(Value step, Value stage, Value steps) {
  Value isStep = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, step, steps);
  auto guard = scf::IfOp::create(builder, loc, isStep, /*withElseRegion=*/false);
  {
    OpBuilder::InsertionGuard inGuard(builder);
    builder.setInsertionPointToStart(guard.thenBlock());
    for (const Side &side : sides)
      emitSide(side, step, stage);
  }
  // A group in any case, so that the same number of groups is always younger than a step.
  NVVM::CpAsyncCommitGroupOp::create(builder, loc);
}

void TileStaging::emitWait() {
  NVVM::CpAsyncWaitGroupOp::create(builder, loc,
                                   builder.getI32IntegerAttr(int32_t(tile.stages) - 2));
}

/// The chunks of a stage, divided among the threads.
void TileStaging::emitSide(const Side &side, Value step, Value stage) {
  int64_t threads = tile.getThreads(), number = side.tileSize * Tile::chunks;
  for (int64_t start = 0; start < number; start += threads) {
    OpBuilder::InsertionGuard guard(builder);
    Value position = builder.createOrFold<arith::AddIOp>(loc, thread, constant(start));
    if (start + threads > number) {
      Value isChunk = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, position,
                                            constant(number));
      auto branch = scf::IfOp::create(builder, loc, isChunk, /*withElseRegion=*/false);
      builder.setInsertionPointToStart(branch.thenBlock());
    }
    Value inner = constant(side.isTermMajor ? Tile::chunks : side.tileSize);
    Value low = arith::RemUIOp::create(builder, loc, position, inner);
    Value high = arith::DivUIOp::create(builder, loc, position, inner);
    if (side.isTermMajor)
      emitChunk(side, high, low, step, stage);
    else
      emitChunk(side, low, high, step, stage);
  }
}

/// The last position from which `reserved` more can be read, if `position` is behind it.
Value TileStaging::clamp(Value position, Value size, int64_t reserved) {
  Value last = builder.createOrFold<arith::SubIOp>(loc, size, constant(reserved));
  return builder.createOrFold<arith::MinUIOp>(loc, position, last);
}

void TileStaging::emitChunk(const Side &side, Value row, Value chunk, Value step, Value stage) {
  // Rows beyond the last one only reach outputs that nobody stores.
  Value position = arith::AddIOp::create(builder, loc, side.first, row);
  splitPosition(clamp(position, side.size, 1), side.loops);
  Value chunkNumber = arith::AddIOp::create(
      builder, loc, arith::MulIOp::create(builder, loc, step, constant(Tile::chunks)), chunk);
  Value term = arith::MulIOp::create(builder, loc, chunkNumber, constant(chunkElements));
  Value place = arith::MulIOp::create(builder, loc, swizzleChunk(builder, loc, row, chunk),
                                      constant(chunkElements));
  Value target[] = {stage, row, place};
  if (side.isAsync)
    copyChunk(side, term, target);
  else
    gatherChunk(side, term, target);
}

/// A copy that goes on while the thread does other things.
void TileStaging::copyChunk(const Side &side, Value term, ValueRange target) {
  splitPosition(clamp(term, terms, chunkElements), contraction.terms);
  Value isInside = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, term, terms);
  Value number =
      arith::SelectOp::create(builder, loc, isInside, constant(chunkElements), constant(0));
  nvgpu::DeviceAsyncCopyOp::create(
      builder, loc, nvgpu::DeviceAsyncTokenType::get(builder.getContext()), side.shared, target,
      side.access.buffer, emitIndices(side.access), builder.getIndexAttr(chunkElements), number,
      builder.getUnitAttr());
}

/// Elements one by one, with zeros behind the last term.
void TileStaging::gatherChunk(const Side &side, Value term, ValueRange target) {
  // One side's zeros are negative: their products then change no sum, not even the sign of one
  // that is zero.
  TypedAttr fill = builder.getZeroAttr(elementType);
  if (llvm::isa<FloatType>(elementType) && &side == &sides.front())
    fill = builder.getFloatAttr(elementType, -0.0);
  Value zero = arith::ConstantOp::create(builder, loc, fill);
  auto type = VectorType::get(chunkElements, elementType);
  Value chunk = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  for (int64_t i = 0; i < chunkElements; ++i) {
    Value own = builder.createOrFold<arith::AddIOp>(loc, term, constant(i));
    splitPosition(clamp(own, terms, 1), contraction.terms);
    Value isInside = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, own, terms);
    Value element =
        arith::SelectOp::create(builder, loc, isInside, load(side.access), zero).getResult();
    chunk = vector::InsertOp::create(builder, loc, element, chunk, i);
  }
  vector::StoreOp::create(builder, loc, chunk, side.shared, target, /*nontemporal=*/false,
                          llvm::Align(Tile::chunkBytes));
}
