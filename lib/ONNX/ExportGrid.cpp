// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ExportGrid.h"

#include "halftone/Dialect/ConstantData.h"

using namespace mlir;
using namespace mlir::halftone;

static bool isNumber(const APFloat &value, double number) {
  APFloat expected(number);
  bool losesInfo = false;
  expected.convert(value.getSemantics(), APFloat::rmNearestTiesToEven, &losesInfo);
  return value == expected;
}

bool GridValue::isAll(double number) const {
  if (!constant)
    return false;
  if (std::optional<std::vector<int64_t>> integers = readIntegers(constant))
    return llvm::all_of(*integers, [&](int64_t value) { return double(value) == number; });
  auto dense = llvm::dyn_cast<DenseElementsAttr>(constant);
  return dense && llvm::isa<FloatType>(dense.getElementType()) &&
         llvm::all_of(dense.getValues<APFloat>(),
                      [&](const APFloat &value) { return isNumber(value, number); });
}

GridValue ExportGrid::readValue(NodeExporter &node, Value value, StringRef role) {
  return {node.getOperand(value, role), NodeExporter::getType(value), getConstant(value)};
}

/// The same elements in other dimensions: another constant, or a Reshape.
static void reshape(NodeExporter &node, GridValue &value, ArrayRef<int64_t> shape) {
  if (value.type.getShape() == shape)
    return;
  SmallVector<int64_t> target(shape);
  bool isStatic = !ShapedType::isDynamicShape(shape);
  RankedTensorType type = RankedTensorType::get(shape, value.type.getElementType());
  if (auto dense = llvm::dyn_cast_or_null<DenseElementsAttr>(value.constant); dense && isStatic) {
    value.constant = dense.reshape(type);
    value.name = node.createConstant(value.constant, "parameter");
  } else {
    llvm::replace(target, ShapedType::kDynamic, int64_t(-1));
    value.name = node.createReshape(value.name, target);
    value.constant = nullptr;
  }
  value.type = type;
}

namespace {
/// How the codes share scales: the size of a block along each dimension, kDynamic for a whole
/// dimension of unknown size.
struct Sharing {
  SmallVector<int64_t> blocks;
  /// Dimensions along which more than one element shares a scale, and those with several scales.
  SmallVector<int64_t> shared, varying;
};
} // namespace

static Sharing getSharing(const ExportGrid &grid) {
  Sharing sharing;
  ArrayRef<int64_t> dims = grid.type.getShape(), scales = grid.scale.type.getShape();
  for (auto [i, dim] : llvm::enumerate(dims)) {
    int64_t block = grid.blocks ? (*grid.blocks)[i] : (scales[i] == 1 ? dim : 1);
    if (!ShapedType::isDynamic(dim) && block > dim)
      block = std::max<int64_t>(dim, 1);
    sharing.blocks.push_back(block);
    if (block != 1)
      sharing.shared.push_back(i);
    if (scales[i] != 1)
      sharing.varying.push_back(i);
  }
  return sharing;
}

/// Zero points like the scales; empty for zero.
static std::string writeZeroPoint(NodeExporter &node, GridValue zeroPoint, const GridValue &scale,
                                  llvm::function_ref<bool(GridValue &)> shape) {
  if (zeroPoint.isAll(0))
    return "";
  if (!zeroPoint.isSingle() || scale.isSingle())
    return shape(zeroPoint) ? zeroPoint.name : "";
  // One for all scales: ONNX wants as many.
  auto dense = llvm::dyn_cast_or_null<DenseElementsAttr>(zeroPoint.constant);
  if (dense && scale.type.hasStaticShape()) {
    RankedTensorType type =
        RankedTensorType::get(scale.type.getShape(), zeroPoint.type.getElementType());
    return node.createConstant(dense.reshape(zeroPoint.type.clone({1})).resizeSplat(type),
                               "zero_points");
  }
  if (zeroPoint.type.getElementTypeBitWidth() < 8 || !zeroPoint.type.getElementType().isInteger())
    node.refuse() << "a zero point of " << zeroPoint.type.getElementType()
                  << " that is computed must have the shape of the scales";
  reshape(node, zeroPoint, {});
  return node.create("Expand",
                     {zeroPoint.name, node.createDims(scale.name, 0, scale.type.getRank())});
}

static LinearGrid finishGrid(NodeExporter &node, const ExportGrid &grid,
                             SmallVector<NodeAttr> attrs,
                             llvm::function_ref<bool(GridValue &)> shape) {
  GridValue scale = grid.scale;
  if (!shape(scale))
    return {};
  std::string zeroPoint = writeZeroPoint(node, grid.zeroPoint, scale, shape);
  return {scale.name, zeroPoint, std::move(attrs)};
}

/// Repeats the scales of all shared dimensions but `kept`, whose blocks ONNX can say.
static LinearGrid writeBlocked(NodeExporter &node, const ExportGrid &grid, const Sharing &sharing,
                               int64_t kept) {
  SmallVector<int64_t> blocks = sharing.blocks;
  int64_t size = blocks[kept];
  blocks[kept] = 1;
  SmallVector<int64_t> dims(grid.type.getShape());
  dims[kept] = grid.scale.type.getDimSize(kept);
  return finishGrid(node, grid, {{"axis", kept}, {"block_size", size}}, [&](GridValue &value) {
    // Whole dimensions are repeated too: ONNX does not broadcast scales.
    return spreadBlocks(node, value, dims, blocks);
  });
}

std::optional<LinearGrid> halftone::writeLinearGrid(NodeExporter &node, const ExportGrid &grid) {
  if (grid.scale.isSingle())
    return finishGrid(node, grid, {}, [&](GridValue &value) {
      // A computed zero point of 4 bits cannot be reshaped everywhere, so the scale adapts to it.
      const GridValue &model = grid.zeroPoint.constant ? grid.scale : grid.zeroPoint;
      bool isKept = model.isSingle() && model.type.getRank() == 1 && !model.constant;
      reshape(node, value, isKept ? ArrayRef<int64_t>(1) : ArrayRef<int64_t>());
      return !node.hasFailed();
    });
  auto flatten = [&](GridValue &value) {
    reshape(node, value, {value.type.hasStaticShape() ? value.type.getNumElements() : -1});
    return !node.hasFailed();
  };
  if (!grid.blocks && grid.scale.type.getRank() == 1)
    return finishGrid(node, grid, {{"axis", grid.axis}}, flatten);
  Sharing sharing = getSharing(grid);
  auto isKnown = [&](int64_t dim) { return !ShapedType::isDynamic(sharing.blocks[dim]); };
  if (sharing.shared.size() == 1 && isKnown(sharing.shared.front()))
    return writeBlocked(node, grid, sharing, sharing.shared.front());
  if (sharing.shared.empty())
    return writeBlocked(node, grid, sharing, 0);
  bool isPerAxis = sharing.varying.size() == 1 && sharing.blocks[sharing.varying.front()] == 1;
  if (isPerAxis)
    return finishGrid(node, grid, {{"axis", sharing.varying.front()}}, flatten);
  // All but one of the dimensions can be repeated, if their size is known.
  if (!grid.type.hasStaticShape())
    return std::nullopt;
  int64_t kept = *llvm::max_element(sharing.shared, [&](int64_t lhs, int64_t rhs) {
    return sharing.blocks[lhs] < sharing.blocks[rhs];
  });
  return writeBlocked(node, grid, sharing, kept);
}

/// A constant of bytes with the slices `indices` along `axis`. Null if it is not in memory.
static ElementsAttr pickSlices(ElementsAttr elements, int64_t axis, ArrayRef<int64_t> indices) {
  std::optional<std::vector<char>> bytes = copyRawBytes(elements);
  if (!bytes)
    return nullptr;
  SmallVector<int64_t> shape(elements.getShapedType().getShape());
  int64_t inner = 1, outer = 1, count = shape[axis];
  for (int64_t dim : ArrayRef(shape).take_front(axis))
    outer *= dim;
  for (int64_t dim : ArrayRef(shape).drop_front(axis + 1))
    inner *= dim;
  std::vector<char> picked;
  for (int64_t i = 0; i < outer; ++i)
    for (int64_t index : indices) {
      auto first = bytes->begin() + (i * count + index) * inner;
      picked.insert(picked.end(), first, first + inner);
    }
  shape[axis] = indices.size();
  auto type = RankedTensorType::get(shape, elements.getElementType());
  return makeConstant(type, ArrayRef<char>(picked), "zero_points");
}

/// Repeats the slices of `value` along `axis`. ONNX cannot gather zero points of few bits.
static void repeatSlices(NodeExporter &node, GridValue &value, int64_t axis,
                         ArrayRef<int64_t> indices) {
  if (value.constant && getStorageBits(value.constant.getElementType()) == 8) {
    value.constant = pickSlices(value.constant, axis, indices);
    if (!value.constant)
      node.refuse() << "the elements of its zero points are not in memory";
    else
      value.name = node.createConstant(value.constant, "zero_points");
    return;
  }
  value.name = node.create("Gather", {value.name, node.createInts(indices, "blocks")},
                           NodeAttr("axis", axis));
  value.constant = nullptr;
}

bool halftone::spreadBlocks(NodeExporter &node, GridValue &value, ArrayRef<int64_t> dims,
                            ArrayRef<int64_t> blocks) {
  SmallVector<int64_t> shape(value.type.getShape());
  for (auto [i, dim, block] : llvm::enumerate(dims, blocks)) {
    if (block == 1)
      continue;
    if (ShapedType::isDynamic(dim)) {
      node.refuse() << "dimension " << i
                    << " is in blocks, but of a size that is only known at run "
                    << "time; fix it (--dim)";
      return false;
    }
    SmallVector<int64_t> blockOf(dim);
    for (int64_t index = 0; index < dim; ++index)
      blockOf[index] = index / block;
    repeatSlices(node, value, int64_t(i), blockOf);
    if (node.hasFailed())
      return false;
    shape[i] = dim;
  }
  value.type = RankedTensorType::get(shape, value.type.getElementType());
  return !node.hasFailed();
}

bool halftone::spreadParameter(NodeExporter &node, const ExportGrid &grid, GridValue &value) {
  int64_t rank = grid.type.getRank();
  if (value.isSingle())
    return true;
  if (!grid.blocks && value.type.getRank() == 1) {
    SmallVector<int64_t> shape(rank - grid.axis, 1);
    shape.front() = value.type.getDimSize(0);
    reshape(node, value, shape);
    return !node.hasFailed();
  }
  if (!grid.blocks)
    return true; // It broadcasts as it is.
  SmallVector<int64_t> blocks = getSharing(grid).blocks;
  // One block along a dimension broadcasts.
  for (auto [block, dim] : llvm::zip_equal(blocks, value.type.getShape()))
    if (dim == 1)
      block = 1;
  return spreadBlocks(node, value, grid.type.getShape(), blocks);
}
