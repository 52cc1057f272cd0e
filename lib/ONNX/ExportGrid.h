// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scales and zero points in the forms that QuantizeLinear and DequantizeLinear know.
#ifndef HALFTONE_LIB_ONNX_EXPORTGRID_H
#define HALFTONE_LIB_ONNX_EXPORTGRID_H

#include "NodeExporter.h"

namespace mlir::halftone {

/// A scale, zero point or table: its name and what is known of it.
struct GridValue {
  std::string name;
  RankedTensorType type;
  /// Null if it is computed.
  ElementsAttr constant;

  bool isSingle() const { return type.hasStaticShape() && type.getNumElements() == 1; }
  /// Whether it is a constant of these numbers alone.
  bool isAll(double number) const;
};

/// What codes are rendered with, in the dialect's words.
struct ExportGrid {
  /// Of the codes.
  RankedTensorType type;
  GridValue scale, zeroPoint;
  int64_t axis = 0;
  std::optional<SmallVector<int64_t>> blocks;

  static GridValue readValue(NodeExporter &node, Value value, StringRef role);
};

/// The operands and attributes of QuantizeLinear and DequantizeLinear after the first one.
struct LinearGrid {
  std::string scale;
  /// Empty for zero.
  std::string zeroPoint;
  SmallVector<NodeAttr> attrs;
};
/// nullopt where these ops cannot say it, or after an error.
std::optional<LinearGrid> writeLinearGrid(NodeExporter &node, const ExportGrid &grid);

/// A parameter with one value per block, repeated so that it broadcasts to a tensor of `dims`.
/// `dims` with more than one block must be known; false after an error.
bool spreadBlocks(NodeExporter &node, GridValue &value, ArrayRef<int64_t> dims,
                  ArrayRef<int64_t> blocks);
/// A scale or zero point of `grid`, so that it broadcasts to the codes. False after an error.
bool spreadParameter(NodeExporter &node, const ExportGrid &grid, GridValue &value);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_EXPORTGRID_H
