// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// gather of constant codes of less than 8 bits, whose rows are packed: the module holds the bits
// that the format says and not a byte for each code.
#include "IndexAccess.h"

#include "halftone/Dialect/ConstantData.h"
#include "halftone/Numerics/PackedCodes.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::CodeField;

namespace {

/// The fields of one row: the code `step * numColumns + column` of a row is that of this step and
/// column (see packRows).
class PackedRow {
public:
  PackedRow(unsigned bits, int64_t size)
      : fields(::halftone::getCodeFields(bits)), numSteps(::halftone::getCodeRows(bits)),
        numColumns(llvm::divideCeil(size, numSteps)) {}

  int64_t getNumSteps() const { return numSteps; }
  int64_t getNumColumns() const { return numColumns; }

  /// A byte with the code in its low bits; `row` are the indices of the row.
  Value readCode(OpBuilder &builder, Location loc, Value packed, ArrayRef<Value> row, Value step,
                 Value column) const {
    ImplicitLocOpBuilder b(loc, builder);
    auto index = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, value); };
    Type byte = elementType(packed);
    Value code;
    int64_t begin = 0;
    for (const CodeField &field : fields) {
      Value byteRow = arith::DivUIOp::create(b, step, index(field.rowsPerByte()));
      Value place = arith::MulIOp::create(b, byteRow, index(numColumns));
      SmallVector<Value> at(row);
      at.push_back(arith::AddIOp::create(b, arith::AddIOp::create(b, place, index(begin)), column));
      Value bits = tensor::ExtractOp::create(b, packed, at);
      Value inByte = arith::RemUIOp::create(b, step, index(field.rowsPerByte()));
      Value shift = arith::MulIOp::create(b, inByte, index(field.width));
      bits = arith::ShRUIOp::create(b, bits, arith::IndexCastOp::create(b, byte, shift));
      bits = arith::AndIOp::create(b, bits, constant(b, byte, (1 << field.width) - 1));
      bits = arith::ShLIOp::create(b, bits, constant(b, byte, field.shift));
      code = code ? arith::OrIOp::create(b, code, bits) : bits;
      begin += numSteps / field.rowsPerByte() * numColumns;
    }
    return code;
  }

private:
  static Value constant(ImplicitLocOpBuilder &b, Type type, int64_t value) {
    return arith::ConstantOp::create(b, b.getIntegerAttr(type, value));
  }

  SmallVector<CodeField, 3> fields;
  int64_t numSteps, numColumns;
};

class ConvertPackedGather : public LoweringPattern<GatherOp> {
public:
  ConvertPackedGather(const TypeConverter &converter, MLIRContext *context, const ShapeFacts &facts)
      : LoweringPattern(converter, context, facts, /*benefit=*/2) {}

  LogicalResult matchAndRewrite(GatherOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    ElementsAttr elements = getConstant(op.getInput());
    if (!elements || elements.getElementType().getIntOrFloatBitWidth() >= 8 || elements.isSplat() ||
        isFoldedIntoArith(elements))
      return rewriter.notifyMatchFailure(op, "reads no codes of less than a byte");
    int64_t axis = op.getAxis();
    ArrayRef<int64_t> rowShape = elements.getShapedType().getShape().drop_front(axis + 1);
    int64_t rowSize = ShapedType::getNumElements(rowShape);
    if (rowSize < 2)
      return rewriter.notifyMatchFailure(op, "the codes of an index cannot share bytes");
    Lowering b(op, rewriter, facts);
    Value packed = buildPacked(b, elements, axis, rowSize);
    if (!packed)
      return rewriter.notifyMatchFailure(op, "a resource without data");
    Value indices = adaptor.getIndices();
    Value size = checkIndicesAlong(b, op.getIndices(), indices, adaptor.getInput(), axis);
    auto type = cast<RankedTensorType>(convertedType(op.getOutput()));
    Value rows = readRows(b, packed, indices, size, elements.getElementType(),
                          type.getElementType(), rowSize);
    rewriter.replaceOp(op, b.castTo(shapeRows(b, rows, rowShape), type));
    return success();
  }

private:
  /// [dimensions before the axis..., those of the axis, bytes of a row]; null without data.
  static Value buildPacked(Lowering &b, ElementsAttr elements, int64_t axis, int64_t rowSize) {
    std::optional<std::vector<char>> codes = copyRawBytes(elements);
    releasePages(elements);
    if (!codes)
      return nullptr;
    unsigned bits = elements.getElementType().getIntOrFloatBitWidth();
    std::vector<uint8_t> packed = ::halftone::packRows(
        bits, rowSize, ArrayRef(reinterpret_cast<const uint8_t *>(codes->data()), codes->size()));
    SmallVector<int64_t> shape(elements.getShapedType().getShape().take_front(axis + 1));
    shape.push_back(::halftone::getPackedRowBytes(bits, rowSize));
    auto resource = dyn_cast<DenseResourceElementsAttr>(elements);
    std::string name = resource ? resource.getRawHandle().getKey().str() : "codes";
    auto type = RankedTensorType::get(shape, b.getI8Type());
    return ConstantOp::create(b, makeConstant(type, ArrayRef<uint8_t>(packed), name + ".rows"));
  }

  /// [dimensions before the axis..., those of the indices..., codes of a row and what fills it up].
  static Value readRows(Lowering &b, Value packed, Value indices, Value size, Type code,
                        Type element, int64_t rowSize) {
    PackedRow row(code.getIntOrFloatBitWidth(), rowSize);
    int64_t axis = rankOf(packed) - 2, rank = axis + rankOf(indices);
    Sizes outer(ArrayRef(b.sizes(packed)).take_front(axis));
    Sizes inner = {b.getIndexAttr(row.getNumSteps()), b.getIndexAttr(row.getNumColumns())};
    Sizes rowSizes(outer), sizes(outer);
    llvm::append_range(rowSizes, inner);
    llvm::append_range(sizes, b.sizes(indices));
    llvm::append_range(sizes, inner);
    // The index is read outside of the loop over its row: that one has vectors then.
    Value codes = buildLoopNest(
        b, b.sizes(indices), b.empty(sizes, element),
        [&](OpBuilder &builder, Location loc, ValueRange at, Value result) {
          Value index = tensor::ExtractOp::create(builder, loc, indices, at);
          Value position = buildPosition(builder, loc, index, size);
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPoint(builder.getInsertionBlock(), builder.getInsertionPoint());
          Value codesOfRow = b.fromIndices(
              rowSizes, element, [&](OpBuilder &body, Location loc, ValueRange indices) -> Value {
                SmallVector<Value> place(indices.take_front(axis));
                place.push_back(position);
                Value bits =
                    row.readCode(body, loc, packed, place, indices[axis], indices[axis + 1]);
                return extendCode(body, loc, bits, code);
              });
          builder.setInsertionPoint(b.getInsertionBlock(), b.getInsertionPoint());
          return insertRow(builder, loc, codesOfRow, result, axis, at);
        });
    SmallVector<ReassociationIndices> groups;
    for (int64_t dim = 0; dim != rank; ++dim)
      groups.push_back({dim});
    groups.push_back({rank, rank + 1});
    return b.collapse(codes, groups);
  }

  /// Integers by their sign, as constants that are not packed.
  static Value extendCode(OpBuilder &builder, Location loc, Value bits, Type code) {
    ImplicitLocOpBuilder b(loc, builder);
    if (code.getIntOrFloatBitWidth() == 1)
      return arith::TruncIOp::create(b, b.getI1Type(), bits);
    if (!code.isSignlessInteger())
      return bits;
    Value unused = arith::ConstantOp::create(
        b, b.getIntegerAttr(bits.getType(), 8 - code.getIntOrFloatBitWidth()));
    return arith::ShRSIOp::create(b, arith::ShLIOp::create(b, bits, unused), unused);
  }

  /// Without what fills the rows up, and with their dimensions.
  static Value shapeRows(Lowering &b, Value rows, ArrayRef<int64_t> rowShape) {
    int64_t rank = rankOf(rows) - 1, rowSize = ShapedType::getNumElements(rowShape);
    Sizes sizes = b.sizes(rows), offsets(sizes.size(), b.getIndexAttr(0));
    if (getConstantIntValue(sizes.back()) != rowSize) {
      sizes.back() = b.getIndexAttr(rowSize);
      rows = b.slice(rows, offsets, sizes);
    }
    if (rowShape.size() == 1)
      return rows;
    sizes.pop_back();
    SmallVector<ReassociationIndices> groups;
    for (int64_t dim = 0; dim != rank; ++dim)
      groups.push_back({dim});
    ReassociationIndices &last = groups.emplace_back();
    for (auto [dim, size] : llvm::enumerate(rowShape)) {
      last.push_back(rank + int64_t(dim));
      sizes.push_back(b.getIndexAttr(size));
    }
    return b.expand(rows, sizes, groups);
  }
};

} // namespace

void mlir::halftone::populatePackedGatherPatterns(const TypeConverter &converter,
                                                  const ShapeFacts &facts,
                                                  RewritePatternSet &patterns) {
  patterns.add<ConvertPackedGather>(converter, patterns.getContext(), facts);
}
