// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// lookup and binary_decode.
#include "Blocks.h"

#include "IndexAccess.h"

using namespace mlir;
using namespace mlir::halftone;

// Up to this size choices between all entries, which vectors make, take less than reading one.
constexpr int64_t maxChosenEntries = 16;

namespace {

/// The entry whose index is in the low bits of `code`: one bit after the other halves them.
Value chooseEntry(OpBuilder &builder, Location loc, Value code, SmallVector<Value> entries) {
  Type type = code.getType();
  auto constant = [&](int64_t number) -> Value {
    return arith::ConstantOp::create(builder, loc, builder.getIntegerAttr(type, number));
  };
  for (int64_t bit = 1; entries.size() > 1; bit *= 2) {
    Value part = arith::AndIOp::create(builder, loc, code, constant(bit));
    Value isSet = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, part, constant(0));
    for (size_t i = 0; i != entries.size() / 2; ++i)
      entries[i] = arith::SelectOp::create(builder, loc, isSet, entries[2 * i + 1], entries[2 * i]);
    entries.truncate(entries.size() / 2);
  }
  return entries.front();
}

class ConvertLookup : public LoweringPattern<LookupOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(LookupOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value codes = adaptor.getCodes(), table = adaptor.getTable();
    auto type = cast<RankedTensorType>(convertedType(op.getOutput()));
    // Without blocks there is one codebook, and the loop is that over the elements.
    SmallVector<int64_t> single(rankOf(codes), 1);
    BlockGrid grid(b, tensorType(codes).getShape(), b.sizes(codes),
                   op.getBlocks().value_or(ArrayRef<int64_t>(single)));
    if (op.getBlocks())
      grid.checkCount(table, /*first=*/0);
    Value result = b.elementwise(
        grid.getLoopSizes(), type.getElementType(), grid.split(codes), {b.identity(grid.getRank())},
        [&](OpBuilder &builder, Location loc, ValueRange args) {
          SmallVector<Value> at;
          if (op.getBlocks())
            at = grid.blockIndices(builder, loc);
          auto read = [&](Value index) -> Value {
            SmallVector<Value> place(at);
            place.push_back(index);
            return tensor::ExtractOp::create(builder, loc, table, place);
          };
          int64_t size = tensorType(table).getShape().back();
          if (size > maxChosenEntries || !llvm::isPowerOf2_64(uint64_t(size)))
            return read(
                arith::IndexCastUIOp::create(builder, loc, builder.getIndexType(), args[0]));
          SmallVector<Value> entries;
          for (int64_t entry = 0; entry != size; ++entry)
            entries.push_back(read(arith::ConstantIndexOp::create(builder, loc, entry)));
          return chooseEntry(builder, loc, args[0], std::move(entries));
        });
    rewriter.replaceOp(op, b.castTo(grid.join(result), type));
    return success();
  }
};

class ConvertBinaryDecode : public LoweringPattern<BinaryDecodeOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(BinaryDecodeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value planes = adaptor.getPlanes(), scales = adaptor.getScales();
    auto type = cast<RankedTensorType>(convertedType(op.getOutput()));
    ArrayRef<int64_t> shape = tensorType(planes).getShape().drop_front();
    Sizes sizes(ArrayRef(b.sizes(planes)).drop_front());
    BlockGrid grid(b, shape, sizes, op.getBlocks());
    grid.checkCount(scales, /*first=*/1);
    grid.checkCount(adaptor.getOffset(), /*first=*/0);

    BlockGrid::Operand offset = grid.perBlock(adaptor.getOffset());
    Value start =
        b.elementwise(grid.getLoopSizes(), type.getElementType(), offset.tensor, offset.map,
                      [](OpBuilder &, Location, ValueRange args) { return args[0]; });
    Value result = addPlanes(b, grid, planes, scales, start);
    rewriter.replaceOp(op, b.castTo(grid.join(result), type));
    return success();
  }

private:
  /// Planes known in number are added one after the other, which fuses into one loop over elements.
  static Value addPlanes(Lowering &b, const BlockGrid &grid, Value planes, Value scales,
                         Value start) {
    int64_t count = tensorType(planes).getDimSize(0);
    b.checkEqual(b.index(b.size(planes, 0)), b.index(b.size(scales, 0)), "not one scale per plane");
    if (ShapedType::isDynamic(count))
      return buildLoopNest(
          b, b.size(planes, 0), start, [&](OpBuilder &builder, Location, ValueRange at, Value sum) {
            OpBuilder::InsertionGuard guard(b);
            b.setInsertionPoint(builder.getInsertionBlock(), builder.getInsertionPoint());
            return addPlane(b, grid, planes, scales, at[0], sum);
          });
    Value sum = start;
    for (int64_t plane = 0; plane < count; ++plane)
      sum = addPlane(b, grid, planes, scales, b.getIndexAttr(plane), sum);
    return sum;
  }

  /// The part of `tensor` at `plane` of its first dimension.
  static Value takePlane(Lowering &b, Value tensor, OpFoldResult plane) {
    Sizes sizes = b.sizes(tensor), offsets(sizes.size(), b.getIndexAttr(0));
    offsets[0] = plane;
    sizes[0] = b.getIndexAttr(1);
    return b.squeeze(b.slice(tensor, offsets, sizes), /*axes=*/{0});
  }

  static Value addPlane(Lowering &b, const BlockGrid &grid, Value planes, Value scales,
                        OpFoldResult plane, Value sum) {
    BlockGrid::Operand scale = grid.perBlock(takePlane(b, scales, plane));
    AffineMap identity = b.identity(grid.getRank());
    return b.elementwise(grid.getLoopSizes(), elementType(sum),
                         {grid.split(takePlane(b, planes, plane)), scale.tensor, sum},
                         {identity, scale.map, identity},
                         [](OpBuilder &builder, Location loc, ValueRange args) -> Value {
                           Value minus = arith::NegFOp::create(builder, loc, args[1]);
                           Value term =
                               arith::SelectOp::create(builder, loc, args[0], args[1], minus);
                           return arith::AddFOp::create(builder, loc, args[2], term);
                         });
  }
};

} // namespace

void mlir::halftone::populateCodebookPatterns(const TypeConverter &converter,
                                              const ShapeFacts &facts,
                                              RewritePatternSet &patterns) {
  patterns.add<ConvertLookup, ConvertBinaryDecode>(converter, patterns.getContext(), facts);
}
