// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/Transforms/Passes.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_GATHERCODES
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

static RankedTensorType getType(Value value) {
  return llvm::cast<RankedTensorType>(value.getType());
}

static bool hasOneElement(Value value) {
  RankedTensorType type = getType(value);
  return type.hasStaticShape() && type.getNumElements() == 1;
}

namespace {
/// Rebuilds what decodes a constant so that only the rows that are read are decoded. A first look
/// says whether that is possible; nothing is built then.
class RowDecoder {
public:
  RowDecoder(OpBuilder &b, GatherOp gather) : RowDecoder(b, gather.getLoc(), gather.getIndices()) {}

  /// Why the rows of `value` cannot be decoded alone; empty if they can.
  StringRef findObstacle(Value value) const;
  /// The rows of `value` that the gather chooses; of those of blocks the ones that these are in.
  Value gatherRows(Value value);

private:
  RowDecoder(OpBuilder &b, Location loc, Value indices) : b(b), loc(loc), indices(indices) {}

  /// The same for what has one row for each block of `numRows` rows.
  RowDecoder ofBlocks(std::optional<ArrayRef<int64_t>> blocks, int64_t numRows);
  int64_t numIndexDims() const { return getType(indices).getRank(); }
  /// A type with the dimensions of the indices for the dimension `axis` of `type`.
  RankedTensorType replaceDim(RankedTensorType type, int64_t axis) const;
  Value buildGather(Value value, int64_t axis);
  DenseI64ArrayAttr replaceBlock(std::optional<ArrayRef<int64_t>> blocks) const;
  /// A tensor with one element, without dimensions.
  Value makeScalar(Value parameter);
  /// A scale or zero point of `op`.
  Value gatherParameter(DequantizeOp op, Value parameter);
  Value gatherDequantize(DequantizeOp op);

  OpBuilder &b;
  Location loc;
  Value indices;
};
} // namespace

static StringRef findParameterObstacle(DequantizeOp op, Value parameter) {
  RankedTensorType type = getType(parameter), input = getType(op.getInput());
  if (hasOneElement(parameter) || op.getBlocks() || type.getRank() == 1)
    return "";
  bool hasRows = type.getRank() == input.getRank() && type.getDimSize(0) == input.getDimSize(0);
  return hasRows ? "" : "the scales broadcast";
}

StringRef RowDecoder::findObstacle(Value value) const {
  if (getConstant(value))
    return "";
  if (auto dequantize = value.getDefiningOp<DequantizeOp>()) {
    bool isOwnScale = !hasOneElement(dequantize.getScale()) && !getConstant(dequantize.getScale());
    StringRef obstacle = findObstacle(dequantize.getInput());
    if (obstacle.empty() && isOwnScale)
      obstacle = findObstacle(dequantize.getScale());
    if (obstacle.empty() && !getConstant(dequantize.getZeroPoint()))
      obstacle = "the zero point is not constant";
    for (Value parameter : {dequantize.getScale(), dequantize.getZeroPoint()})
      if (obstacle.empty())
        obstacle = findParameterObstacle(dequantize, parameter);
    return obstacle;
  }
  if (auto cast = value.getDefiningOp<CastOp>())
    return findObstacle(cast.getInput());
  if (auto lookup = value.getDefiningOp<LookupOp>())
    return findObstacle(lookup.getCodes());
  if (auto decode = value.getDefiningOp<BinaryDecodeOp>()) {
    bool areConstants = getConstant(decode.getPlanes()) && getConstant(decode.getScales());
    return areConstants ? "" : "the planes are not constant";
  }
  return "it reads no codes";
}

RowDecoder RowDecoder::ofBlocks(std::optional<ArrayRef<int64_t>> blocks, int64_t numRows) {
  if (!blocks || blocks->front() == 1)
    return *this;
  RankedTensorType type = getType(indices);
  auto constant = [&](int64_t value) -> Value {
    auto scalar = RankedTensorType::get({}, type.getElementType());
    return ConstantOp::create(
        b, loc, DenseElementsAttr::get(scalar, b.getIntegerAttr(type.getElementType(), value)));
  };
  // Negative indices count from the end.
  Value isNegative = LessOp::create(b, loc, type.clone(b.getI1Type()), indices, constant(0));
  Value fromEnd = AddOp::create(b, loc, type, indices, constant(numRows));
  Value rows = WhereOp::create(b, loc, type, isNegative, fromEnd, indices);
  return {b, loc, DivOp::create(b, loc, type, rows, constant(blocks->front()))};
}

RankedTensorType RowDecoder::replaceDim(RankedTensorType type, int64_t axis) const {
  SmallVector<int64_t> shape(type.getShape().take_front(axis));
  llvm::append_range(shape, getType(indices).getShape());
  llvm::append_range(shape, type.getShape().drop_front(axis + 1));
  return type.clone(shape);
}

Value RowDecoder::buildGather(Value value, int64_t axis) {
  return GatherOp::create(b, loc, replaceDim(getType(value), axis), value, indices, axis);
}

/// Each index is a row of its own.
DenseI64ArrayAttr RowDecoder::replaceBlock(std::optional<ArrayRef<int64_t>> blocks) const {
  if (!blocks)
    return nullptr;
  SmallVector<int64_t> result(numIndexDims(), 1);
  llvm::append_range(result, blocks->drop_front());
  return b.getDenseI64ArrayAttr(result);
}

Value RowDecoder::gatherParameter(DequantizeOp op, Value parameter) {
  RankedTensorType type = getType(parameter), input = getType(op.getInput());
  int64_t axis = op.getAxis() < 0 ? int64_t(op.getAxis()) + input.getRank() : op.getAxis();
  bool isPerChannel = !op.getBlocks() && type.getRank() == 1 && input.getRank() != 1;
  if (hasOneElement(parameter) || (isPerChannel && axis != 0))
    return parameter;
  if (!isPerChannel)
    return gatherRows(parameter);
  // One per row: ones for the other dimensions make it broadcast.
  Value rows = buildGather(parameter, 0);
  SmallVector<int64_t> axes =
      llvm::to_vector(llvm::seq<int64_t>(numIndexDims(), numIndexDims() + input.getRank() - 1));
  SmallVector<int64_t> shape(getType(rows).getShape());
  shape.append(axes.size(), 1);
  return UnsqueezeOp::create(b, loc, type.clone(shape), rows, b.getDenseI64ArrayAttr(axes));
}

Value RowDecoder::makeScalar(Value parameter) {
  RankedTensorType type = getType(parameter);
  if (type.getRank() == 0)
    return parameter;
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  return SqueezeOp::create(b, loc, type.clone(ArrayRef<int64_t>()), parameter,
                           b.getDenseI64ArrayAttr(axes));
}

Value RowDecoder::gatherDequantize(DequantizeOp op) {
  int64_t rank = getType(op.getInput()).getRank();
  int64_t axis = op.getAxis() < 0 ? int64_t(op.getAxis()) + rank : op.getAxis();
  Value codes = gatherRows(op.getInput());
  // One block for all rows is none: rows that are read have more or fewer elements than it.
  if (op.getBlocks() && hasOneElement(op.getScale()) && hasOneElement(op.getZeroPoint()))
    return DequantizeOp::create(b, loc, replaceDim(getType(op.getOutput()), 0), codes,
                                makeScalar(op.getScale()), makeScalar(op.getZeroPoint()),
                                /*axis=*/0, /*blocks=*/nullptr);
  RowDecoder parameters = ofBlocks(op.getBlocks(), getType(op.getInput()).getDimSize(0));
  Value scale = parameters.gatherParameter(op, op.getScale());
  Value zeroPoint = parameters.gatherParameter(op, op.getZeroPoint());
  return DequantizeOp::create(b, loc, replaceDim(getType(op.getOutput()), 0), codes, scale,
                              zeroPoint, axis == 0 ? 0 : axis + numIndexDims() - 1,
                              replaceBlock(op.getBlocks()));
}

Value RowDecoder::gatherRows(Value value) {
  if (auto dequantize = value.getDefiningOp<DequantizeOp>())
    return gatherDequantize(dequantize);
  if (auto cast = value.getDefiningOp<CastOp>())
    return CastOp::create(b, loc, replaceDim(getType(value), 0), gatherRows(cast.getInput()),
                          cast.getTo());
  if (auto lookup = value.getDefiningOp<LookupOp>()) {
    RowDecoder tables = ofBlocks(lookup.getBlocks(), getType(value).getDimSize(0));
    Value table = lookup.getBlocks() ? tables.buildGather(lookup.getTable(), 0) : lookup.getTable();
    return LookupOp::create(b, loc, replaceDim(getType(value), 0), gatherRows(lookup.getCodes()),
                            table, replaceBlock(lookup.getBlocks()));
  }
  if (auto decode = value.getDefiningOp<BinaryDecodeOp>()) {
    RowDecoder parameters = ofBlocks(decode.getBlocks(), getType(value).getDimSize(0));
    return BinaryDecodeOp::create(
        b, loc, replaceDim(getType(value), 0), buildGather(decode.getPlanes(), 1),
        parameters.buildGather(decode.getScales(), 1),
        parameters.buildGather(decode.getOffset(), 0), replaceBlock(decode.getBlocks()));
  }
  return buildGather(value, 0);
}

namespace {
struct GatherCodes : public mlir::halftone::impl::GatherCodesBase<GatherCodes> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<GatherOp> gathers;
    getOperation().walk([&](GatherOp gather) { gathers.push_back(gather); });
    for (GatherOp gather : gathers) {
      OpBuilder b(gather);
      RowDecoder decoder(b, gather);
      bool isDecoded = llvm::isa_and_nonnull<DequantizeOp, LookupOp, BinaryDecodeOp>(
          gather.getInput().getDefiningOp());
      if (!isDecoded || gather.getAxis() != 0 || !decoder.findObstacle(gather.getInput()).empty())
        continue;
      gather.replaceAllUsesWith(decoder.gatherRows(gather.getInput()));
      gather.erase();
      ++numMoved;
    }
  }
};
} // namespace
