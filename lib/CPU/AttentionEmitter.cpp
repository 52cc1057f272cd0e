// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "AttentionEmitter.h"

#include "KernelRegion.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::halftone;

using Part = AttentionOp::Part;

// Transposed keys stay in the first-level cache and on the stack.
static constexpr int64_t keyBlockBytes = 32 * 1024;
static constexpr int64_t largestKeyBlock = 256;
// Rows that share the transposed keys: enough to make up for the transposition.
static constexpr int64_t rowsPerUnit = 96;
static constexpr int64_t usualQueries = 128;
// Multiplications that are worth handing to a thread.
static constexpr int64_t grain = 512 << 10;

SmallVector<Chunk> mlir::halftone::cutIntoChunks(int64_t size, int64_t lanes) {
  SmallVector<Chunk> chunks;
  int64_t offset = 0;
  for (int64_t width = lanes; width > 0; width /= 2)
    for (; offset + width <= size; offset += width)
      chunks.push_back({offset, width});
  return chunks;
}

//===--- AttentionPlan ---===//

static std::optional<int64_t> knownSize(Value value, unsigned dim) {
  int64_t size = llvm::cast<ShapedType>(value.getType()).getDimSize(dim);
  return ShapedType::isDynamic(size) ? std::nullopt : std::optional(size);
}

AttentionPlan::AttentionPlan(AttentionOp op, const KernelRow &row) : kernel(row) {
  keyHeads = *knownSize(op.getKey(), op.getHeadDim(Part::Key));
  group = *knownSize(op.getQuery(), op.getHeadDim(Part::Query)) / keyHeads;
  headSize = *knownSize(op.getKey(), 3);
  valueSize = *knownSize(op.getValue(), 3);
  queries = knownSize(op.getQuery(), op.getTokenDim(Part::Query));
  keys = knownSize(op.getKey(), op.getTokenDim(Part::Key));

  // Two vectors of columns: so many rows that each load of the right-hand side is used often.
  const TileShape *tile =
      llvm::find_if(row.tiles, [](const TileShape &shape) { return shape.vectors <= 2; });
  for (int64_t rows : {tile->rows, int64_t(4), int64_t(1)})
    if ((heights.empty() || rows < heights.back()) && (rows == 1 || !queries || rows <= *queries))
      heights.push_back(rows);

  int64_t columns = 0;
  for (int64_t rows : heights)
    columns = std::max(columns, tileColumns(rows));
  keyBlock = std::min(keyBlockBytes / 4 / headSize, largestKeyBlock) / columns * columns;
  keyBlock = std::max(keyBlock, columns);
  if (keys)
    keyBlock = std::min(keyBlock, int64_t(llvm::alignTo(std::max<int64_t>(*keys, 1), columns)));
  int64_t tokens = std::max<int64_t>(1, rowsPerUnit / group);
  int64_t blocks = llvm::divideCeil(std::max<int64_t>(queries.value_or(usualQueries), 1), tokens);
  tokens = llvm::divideCeil(std::max<int64_t>(queries.value_or(usualQueries), 1), blocks);
  tokenBlock = llvm::alignTo(tokens, heights.front());

  scores = headSize * keyBlock;
  factors = scores + heights.front() * keyBlock;
  maxima = factors + llvm::alignTo(heights.front(), 16);
  sums = maxima + llvm::alignTo(group * tokenBlock, 16);
  scratchSize = sums + llvm::alignTo(group * tokenBlock, 16);
}

int64_t AttentionPlan::tileVectors(int64_t rows) const {
  // Powers of two, so that tiles of all heights cut a block evenly; none wider than all keys.
  int64_t widest = kernel.tiles.front().vectors;
  if (keys)
    widest = llvm::PowerOf2Ceil(std::max<int64_t>(llvm::divideCeil(*keys, kernel.lanes), 1));
  for (const TileShape &shape : kernel.tiles)
    if (shape.rows >= rows)
      return std::min(shape.vectors, widest);
  return 1;
}

//===--- Tasks ---===//

namespace {

class AttentionEmitter {
public:
  AttentionEmitter(IndexMath &math, AttentionOp op, const KernelRow &row)
      : math(math), op(op), plan(op, row), batches(size(op.getQuery(), 0)),
        queries(size(op.getQuery(), op.getTokenDim(Part::Query))),
        keys(size(op.getKey(), op.getTokenDim(Part::Key))) {}

  void emit();

private:
  Value size(Value memref, unsigned dim) {
    return math.builder.createOrFold<memref::DimOp>(math.loc, memref, dim);
  }
  Value countUnitsPerTask(Value units);
  void emitUnits(Value begin, Value end);
  void emitUnit(Value batch, Value keyHead, Value firstToken, Value scratch);
  void forEachHead(const AttentionTiles::Head &unit,
                   llvm::function_ref<void(const AttentionTiles::Head &)> body);
  void emitHead(AttentionTiles &tiles, const AttentionTiles::Head &head,
                const AttentionTiles::Keys &block, Value tokens);

  IndexMath &math;
  AttentionOp op;
  AttentionPlan plan;
  Value batches, queries, keys, tokenBlocks;
};

} // namespace

void AttentionEmitter::emit() {
  tokenBlocks = math.ceilDiv(queries, plan.tokenBlock);
  Value units = math.mul(math.mul(batches, plan.keyHeads), tokenBlocks);
  Value perTask = countUnitsPerTask(units);
  Value tasks = math.div(math.add(units, math.sub(perTask, math.constant(1))), perTask);
  if (getConstantIntValue(tasks) == 1)
    return emitKernelRegion(math.builder, math.loc, [&] { emitUnits(math.constant(0), units); });
  auto forall = scf::ForallOp::create(math.builder, math.loc,
                                      ArrayRef<OpFoldResult>{getAsOpFoldResult(tasks)},
                                      ValueRange{}, std::nullopt);
  OpBuilder::InsertionGuard guard(math.builder);
  math.builder.setInsertionPointToStart(forall.getBody());
  Value begin = math.mul(forall.getInductionVars().front(), perTask);
  emitUnits(begin, math.min(math.add(begin, perTask), units));
}

/// At least 1, and as many as make a task worth its while; all of them if that is less than two.
Value AttentionEmitter::countUnitsPerTask(Value units) {
  Value tokens = math.min(queries, math.constant(plan.tokenBlock));
  Value products = math.mul(math.mul(tokens, keys), plan.group * (plan.headSize + plan.valueSize));
  Value one = math.constant(1);
  auto atLeastOne = [&](Value value) {
    return math.builder.createOrFold<arith::MaxUIOp>(math.loc, value, one);
  };
  Value count = atLeastOne(math.div(math.constant(grain), atLeastOne(products)));
  // No short last task beside a single full one.
  Value tasks = atLeastOne(math.div(units, count));
  return atLeastOne(math.div(math.add(units, math.sub(tasks, one)), tasks));
}

void AttentionEmitter::emitUnits(Value begin, Value end) {
  auto type = MemRefType::get({plan.scratchSize}, math.builder.getF32Type());
  Value scratch = makeKernelScratch(math.builder, math.loc, type);
  math.loop(begin, end, 1, [&](Value unit) {
    Value block = math.rem(unit, tokenBlocks), rest = math.div(unit, tokenBlocks);
    Value keyHead = math.rem(rest, plan.keyHeads), batch = math.div(rest, plan.keyHeads);
    emitUnit(batch, keyHead, math.mul(block, plan.tokenBlock), scratch);
  });
}

void AttentionEmitter::forEachHead(const AttentionTiles::Head &unit,
                                   llvm::function_ref<void(const AttentionTiles::Head &)> body) {
  math.loop(math.constant(0), math.constant(plan.group), 1, [&](Value member) {
    AttentionTiles::Head head = unit;
    head.head = math.add(math.mul(unit.keyHead, plan.group), member);
    head.firstState = math.mul(member, plan.tokenBlock);
    body(head);
  });
}

void AttentionEmitter::emitUnit(Value batch, Value keyHead, Value firstToken, Value scratch) {
  AttentionTiles tiles(math, op, plan, scratch);
  AttentionTiles::Head unit{batch, keyHead, nullptr, firstToken, nullptr};
  Value tokens = math.min(math.sub(queries, firstToken), math.constant(plan.tokenBlock));
  forEachHead(unit, [&](const AttentionTiles::Head &head) { tiles.clearStates(head, tokens); });
  math.loop(math.constant(0), keys, plan.keyBlock, [&](Value first) {
    Value count = math.min(math.sub(keys, first), math.constant(plan.keyBlock));
    AttentionTiles::Keys block{first, count};
    tiles.transposeKeys(unit, block);
    forEachHead(unit,
                [&](const AttentionTiles::Head &head) { emitHead(tiles, head, block, tokens); });
  });
  forEachHead(unit, [&](const AttentionTiles::Head &head) { tiles.divide(head, tokens, keys); });
}

/// High tiles as long as they fit, lower ones for the rest.
void AttentionEmitter::emitHead(AttentionTiles &tiles, const AttentionTiles::Head &head,
                                const AttentionTiles::Keys &block, Value tokens) {
  Value done = math.constant(0);
  for (int64_t rows : plan.heights) {
    Value end = math.add(done, math.mul(math.div(math.sub(tokens, done), rows), rows));
    math.loop(done, end, rows, [&](Value offset) {
      tiles.emitTile(head, block, math.add(head.firstToken, offset), rows);
    });
    done = end;
  }
}

LogicalResult mlir::halftone::lowerAttention(OpBuilder &builder, AttentionOp op) {
  std::optional<StringRef> name = op.getKernel();
  const KernelRow *row = name ? findKernelRow(*name) : nullptr;
  if (!row || row->elements != KernelElements::F32)
    return op.emitOpError() << "names kernel '" << name.value_or("")
                            << "', which the instruction table does not have for it";
  IndexMath math(builder, op.getLoc());
  AttentionEmitter(math, op, *row).emit();
  return success();
}
