// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Codes that index tables, and binary planes: standard ops of the same value.
#include "ExportGrid.h"

#include "halftone/Dialect/ConstantData.h"

using namespace mlir;
using namespace mlir::halftone;

/// The first index of the codebook of each element in all of them one after the other: one vector
/// per dimension in blocks, to be added. Empty names for dimensions that do not matter.
static Names createOffsets(NodeExporter &node, RankedTensorType codes, RankedTensorType tables,
                           ArrayRef<int64_t> blocks) {
  Names offsets;
  int64_t stride = tables.getShape().back();
  for (int64_t dim = codes.getRank() - 1; dim >= 0; --dim) {
    int64_t count = tables.getDimSize(dim);
    if (count != 1) {
      SmallVector<int64_t> first(codes.getDimSize(dim)), shape(codes.getRank(), 1);
      for (auto [i, offset] : llvm::enumerate(first))
        offset = int64_t(i) / blocks[dim] * stride;
      shape[dim] = codes.getDimSize(dim);
      auto type = RankedTensorType::get(shape, IntegerType::get(codes.getContext(), 64));
      offsets.push_back(
          node.createConstant(DenseElementsAttr::get(type, ArrayRef<int64_t>(first)), "codebooks"));
    }
    stride *= count;
  }
  return offsets;
}

static LogicalResult exportLookup(NodeExporter &node, LookupOp op) {
  node.noteSubstitute(
      "codebooks (lookup), which QDQ cannot say, are written as Gather on their table");
  RankedTensorType codes = NodeExporter::getType(op.getCodes());
  RankedTensorType tables = NodeExporter::getType(op.getTable());
  std::string table = node.getOperand(op.getTable(), "table");
  std::string index = node.createCast(node.getOperand(op.getCodes(), "codes"),
                                      IntegerType::get(op.getContext(), 64));
  if (op.getBlocks() && tables.getRank() > 1) {
    if (!codes.hasStaticShape() || !tables.hasStaticShape())
      return node.refuse() << "its codebooks need codes of known dimensions, not " << codes;
    for (const std::string &offset : createOffsets(node, codes, tables, *op.getBlocks()))
      index = node.create("Add", {index, offset});
    table = node.createReshape(table, {-1});
  }
  return node.define("Gather", {table, index}, NodeAttr("axis", 0));
}

/// Plane or scales number `index`.
static std::string pickPlane(NodeExporter &node, StringRef planes, int64_t index) {
  return node.create("Gather", {planes.str(), node.createIndex(index)}, NodeAttr("axis", 0));
}

static LogicalResult exportBinaryDecode(NodeExporter &node, BinaryDecodeOp op) {
  node.noteSubstitute(
      "binary planes (binary_decode), which QDQ cannot say, are written as Where and Add");
  RankedTensorType planes = NodeExporter::getType(op.getPlanes());
  RankedTensorType scales = NodeExporter::getType(op.getScales());
  int64_t numPlanes = planes.getDimSize(0);
  if (ShapedType::isDynamic(numPlanes) || numPlanes == 0)
    return node.refuse() << "the number of its planes must be known, but they are " << planes;
  ArrayRef<int64_t> dims = planes.getShape().drop_front();
  GridValue sum{node.getOperand(op.getOffset(), "offset"), NodeExporter::getType(op.getOffset()),
                getConstant(op.getOffset())};
  if (!spreadBlocks(node, sum, dims, op.getBlocks()))
    return failure();
  std::string planesName = node.getOperand(op.getPlanes(), "planes");
  std::string scalesName = node.getOperand(op.getScales(), "scales");
  auto scaleType = RankedTensorType::get(scales.getShape().drop_front(), scales.getElementType());
  for (int64_t i = 0; i < numPlanes; ++i) {
    GridValue scale{pickPlane(node, scalesName, i), scaleType, nullptr};
    if (!spreadBlocks(node, scale, dims, op.getBlocks()))
      return failure();
    std::string negative = node.create("Neg", scale.name);
    std::string term = node.create("Where", {pickPlane(node, planesName, i), scale.name, negative});
    if (i + 1 == numPlanes)
      return node.define("Add", {sum.name, term});
    sum.name = node.create("Add", {sum.name, term});
  }
  return failure(); // There is a last plane.
}

void mlir::halftone::addCodebookExports(ExportTable &table) {
  table.add(exportBinaryDecode);
  table.add(exportLookup);
}
