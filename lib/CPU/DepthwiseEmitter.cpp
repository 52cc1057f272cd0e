// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Depthwise convolutions: vectors along the channels, a strip of output pixels at a time.
#include "ContractEmitter.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <numeric>

using namespace mlir;
using namespace mlir::halftone;

namespace {

// Pixels of a strip: enough accumulators to hide the latency, few enough to leave registers for the
// taps.
constexpr int64_t maxStrip = 8;
constexpr int64_t dynamicStrip = 4;

class DepthwiseEmitter {
public:
  DepthwiseEmitter(IndexMath &math, DepthwiseOp op, const KernelRow &row);
  void emit();

private:
  /// `lanes` channels: where they begin, and which exist (null: all).
  struct Channels {
    Value index;
    Value first;
    Value mask;
  };

  void emitChannels(const TaskRange &range, llvm::function_ref<void(const Channels &)> body);
  /// Whether the input of one row of windows is more than the first-level cache holds. Then a
  /// strip's pixels are read with all their channels, one behind the other in memory; otherwise the
  /// weights of some channels stay in registers for the whole row.
  bool readsManyBytes();
  void forEachStrip(const TaskRange &range,
                    llvm::function_ref<void(int64_t pixels, Value firstPixel)> body);
  void emitStrip(int64_t pixels, Value firstPixel, ArrayRef<Value> outer, const Channels &channels,
                 ArrayRef<Value> taps);
  SmallVector<Value> loadTaps(const Channels &channels);
  /// The `kr` vertically adjacent elements of each channel from window row `group * kr` on.
  Value loadColumn(ArrayRef<Value> outer, Value column, int64_t group, const Channels &channels);
  Value loadElements(ArrayRef<Value> outer, Value column, int64_t windowRow,
                     const Channels &channels);
  Value interleave(ArrayRef<Value> rows);
  int64_t numGroups() const { return (kernelRows + row.kr - 1) / row.kr; }

  IndexMath &math;
  const KernelRow &row;
  IterationSpace space;
  EpilogueEmitter epilogue;
  DotEmitter dot;
  int64_t kernelRows, kernelColumns;
  ArrayRef<int64_t> strides, dilations;
  int64_t strip;
  Value taps;
};

} // namespace

DepthwiseEmitter::DepthwiseEmitter(IndexMath &math, DepthwiseOp op, const KernelRow &row)
    : math(math), row(row), space(makeImageSpace(math, op.getLhs(), op.getInit(),
                                                 op.getEpilogueInputs(), op.getEpilogueMaps())),
      epilogue(math, space, op.getEpilogue(), row.lanes), dot(math, row) {
  WindowAttr window = *op.getWindow();
  kernelRows = window.getKernel()[0];
  kernelColumns = window.getKernel()[1];
  strides = window.getStrides();
  dilations = window.getDilations();
  strip = dynamicStrip;
  if (std::optional<int64_t> pixels = getConstantIntValue(space.rows)) {
    int64_t count = std::max<int64_t>(1, (*pixels + maxStrip - 1) / maxStrip);
    strip = std::max<int64_t>(1, (*pixels + count - 1) / count);
  }
  taps = memref::CollapseShapeOp::create(math.builder, math.loc, op.getRhs(),
                                         SmallVector<ReassociationIndices>{{0}, {1}, {2}, {3, 4}});
}

void DepthwiseEmitter::emit() {
  Value numBlocks = math.ceilDiv(math.get(space.columns), row.lanes);
  TaskCosts costs;
  costs.perRowAndPanel = row.lanes * kernelRows * kernelColumns;
  costs.grain = 256 << 10;
  costs.rowAlignment = strip;
  costs.maxRows = std::numeric_limits<int32_t>::max();
  costs.cutPanelsFirst = true;
  TaskPlan plan = makeTaskPlan(space, getAsOpFoldResult(numBlocks), costs);
  emitTasks(math, space, plan, [&](const TaskRange &range) {
    emitOuterLoops(math, space, range, [&](ArrayRef<Value> outer) {
      if (readsManyBytes())
        return forEachStrip(range, [&](int64_t pixels, Value firstPixel) {
          emitChannels(range, [&](const Channels &channels) {
            emitStrip(pixels, firstPixel, outer, channels, loadTaps(channels));
          });
        });
      emitChannels(range, [&](const Channels &channels) {
        SmallVector<Value> weights = loadTaps(channels);
        forEachStrip(range, [&](int64_t pixels, Value firstPixel) {
          emitStrip(pixels, firstPixel, outer, channels, weights);
        });
      });
    });
  });
}

bool DepthwiseEmitter::readsManyBytes() {
  constexpr int64_t cacheBytes = 32 * 1024, usualColumns = 64;
  MemRefType type = space.lhs.getType();
  int64_t columns = type.isDynamicDim(2) ? usualColumns : type.getDimSize(2);
  return kernelRows * columns * type.getDimSize(3) * type.getElementTypeBitWidth() / 8 > cacheBytes;
}

void DepthwiseEmitter::emitChannels(const TaskRange &range,
                                    llvm::function_ref<void(const Channels &)> body) {
  OpBuilder &builder = math.builder;
  int64_t columns = *getConstantIntValue(space.columns);
  int64_t fullBlocks = columns / row.lanes;
  Value full = math.constant(fullBlocks);
  math.loop(range.panelBegin, math.min(range.panelEnd, full), 1,
            [&](Value index) { body({index, math.mul(index, row.lanes), nullptr}); });
  if (columns % row.lanes == 0)
    return;
  auto buildLast = [&] {
    auto type = VectorType::get({row.lanes}, builder.getI1Type());
    Value mask =
        vector::CreateMaskOp::create(builder, math.loc, type, math.constant(columns % row.lanes));
    body({full, math.constant(fullBlocks * row.lanes), mask});
  };
  if (getConstantIntValue(range.panelEnd) == fullBlocks + 1)
    return buildLast();
  Value isHere =
      arith::CmpIOp::create(builder, math.loc, arith::CmpIPredicate::ugt, range.panelEnd, full);
  auto ifOp = scf::IfOp::create(builder, math.loc, isHere, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(ifOp.thenBlock());
  buildLast();
}

void DepthwiseEmitter::forEachStrip(
    const TaskRange &range, llvm::function_ref<void(int64_t pixels, Value firstPixel)> body) {
  Value count = math.sub(range.rowEnd, range.rowBegin);
  Value fullEnd = math.add(range.rowBegin, math.mul(math.div(count, strip), strip));
  math.loop(range.rowBegin, fullEnd, strip, [&](Value pixel) { body(strip, pixel); });
  std::optional<int64_t> known = getConstantIntValue(count);
  if (known && *known % strip)
    return body(*known % strip, fullEnd);
  if (!known)
    math.loop(fullEnd, range.rowEnd, 1, [&](Value pixel) { body(1, pixel); });
}

/// Called before a loop over pixels: a load inside could not be moved out of it past the stores.
SmallVector<Value> DepthwiseEmitter::loadTaps(const Channels &channels) {
  SmallVector<Value> weights;
  for (int64_t column = 0; column < kernelColumns; ++column)
    for (int64_t group = 0; group < numGroups(); ++group)
      weights.push_back(dot.loadRhs(
          taps, {channels.index, math.constant(column), math.constant(group), math.constant(0)}));
  return weights;
}

Value DepthwiseEmitter::loadElements(ArrayRef<Value> outer, Value column, int64_t windowRow,
                                     const Channels &channels) {
  OpBuilder &builder = math.builder;
  auto type = VectorType::get({row.lanes}, space.lhs.getElementType());
  Value zero = arith::ConstantOp::create(builder, math.loc, builder.getZeroAttr(type));
  Value y = math.add(math.mul(outer[1], strides[0]), windowRow * dilations[0]);
  SmallVector<Value> indices{outer[0], y, column, channels.first};
  if (!channels.mask)
    return vector::LoadOp::create(builder, math.loc, type, space.lhs.memref, indices);
  return vector::MaskedLoadOp::create(builder, math.loc, type, space.lhs.memref, indices,
                                      channels.mask, zero);
}

/// The elements of each channel side by side. In two steps, of which the second is a permutation of
/// all elements: one instruction where the CPU has it for bytes. Rows that the window does not have
/// meet weights of zero and repeat the first.
Value DepthwiseEmitter::interleave(ArrayRef<Value> rows) {
  int64_t lanes = row.lanes, size = row.kr * lanes;
  auto shuffle = [&](Value lhs, Value rhs, ArrayRef<int64_t> positions) -> Value {
    return vector::ShuffleOp::create(math.builder, math.loc, lhs, rhs, positions);
  };
  // Two rows behind each other, at the beginning of `size` elements.
  auto joinRows = [&](size_t first) {
    SmallVector<int64_t> positions(size, vector::ShuffleOp::kPoisonIndex);
    Value second = first + 1 < rows.size() ? rows[first + 1] : rows[first];
    std::iota(positions.begin(), positions.begin() + 2 * lanes, 0);
    return shuffle(rows[first], second, positions);
  };
  Value lower = joinRows(0), upper = rows.size() > 2 ? joinRows(2) : lower;
  SmallVector<int64_t> positions;
  for (int64_t lane = 0; lane < lanes; ++lane)
    for (int64_t element = 0; element < row.kr; ++element) {
      int64_t from = size_t(element) < rows.size() ? element : 0;
      positions.push_back(from / 2 * size + from % 2 * lanes + lane);
    }
  return shuffle(lower, upper, positions);
}

Value DepthwiseEmitter::loadColumn(ArrayRef<Value> outer, Value column, int64_t group,
                                   const Channels &channels) {
  SmallVector<Value> rows;
  int64_t first = group * row.kr, end = std::min(first + row.kr, kernelRows);
  for (int64_t windowRow = first; windowRow < end; ++windowRow)
    rows.push_back(loadElements(outer, column, windowRow, channels));
  return dot.prepareLhs(row.kr == 1 ? rows.front() : interleave(rows));
}

void DepthwiseEmitter::emitStrip(int64_t pixels, Value firstPixel, ArrayRef<Value> outer,
                                 const Channels &channels, ArrayRef<Value> weights) {
  SmallVector<Value> accumulators(pixels, dot.zeroAccumulator());
  Value firstColumn = math.mul(firstPixel, strides[1]);
  int64_t numColumns = (pixels - 1) * strides[1] + (kernelColumns - 1) * dilations[1] + 1;
  // Each input column is loaded once and used by every pixel whose window holds it.
  for (int64_t group = 0; group < numGroups(); ++group) {
    for (int64_t offset = 0; offset < numColumns; ++offset) {
      Value elements;
      for (int64_t tap = 0; tap < kernelColumns; ++tap) {
        int64_t position = offset - tap * dilations[1];
        if (position < 0 || position % strides[1] || position / strides[1] >= pixels)
          continue;
        if (!elements)
          elements = loadColumn(outer, math.add(firstColumn, offset), group, channels);
        Value &accumulator = accumulators[position / strides[1]];
        accumulator = dot.step(accumulator, elements, weights[tap * numGroups() + group]);
      }
    }
  }
  auto loopValues = [&](Value pixel) {
    SmallVector<Value> values(outer);
    values.append({pixel, channels.first});
    return values;
  };
  epilogue.clearShared();
  epilogue.loadShared(0, loopValues(firstPixel), channels.mask);
  for (int64_t pixel = 0; pixel < pixels; ++pixel)
    epilogue.store(0, accumulators[pixel], loopValues(math.add(firstPixel, pixel)), channels.mask);
}

LogicalResult mlir::halftone::lowerDepthwise(OpBuilder &builder, DepthwiseOp op) {
  const KernelRow *row = findKernelRow(op.getPacking().getKernel());
  if (!row || row->step == DotStep::Tiles)
    return op.emitOpError() << "names kernel '" << op.getPacking().getKernel()
                            << "', which the instruction table does not have for it";
  IndexMath math(builder, op.getLoc());
  DepthwiseEmitter(math, op, *row).emit();
  return success();
}
