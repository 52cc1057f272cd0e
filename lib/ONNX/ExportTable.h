// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which ops of the dialect ONNX can say, and the function that writes each.
#ifndef HALFTONE_LIB_ONNX_EXPORTTABLE_H
#define HALFTONE_LIB_ONNX_EXPORTTABLE_H

#include "halftone/ONNX/Export.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/StringMap.h"
#include <functional>

namespace mlir::halftone {

class NodeExporter;

class ExportTable {
public:
  using Write = std::function<LogicalResult(NodeExporter &)>;

  /// Every op of the dialect: those that ONNX has no word for are refused with a reason.
  ExportTable();

  /// An op that `write` writes: it ends in NodeExporter::define or NodeExporter::alias.
  template <typename OpT> void add(LogicalResult (*write)(NodeExporter &, OpT)) {
    insert(OpT::getOperationName(), [write](NodeExporter &node) { return dispatch(node, write); });
  }
  /// An op that ONNX has with the same operands and results, and without attributes.
  template <typename OpT> void addPlain(StringRef name, int64_t opset = kExportOpset) {
    insert(OpT::getOperationName(),
           [name, opset](NodeExporter &node) { return writePlain(node, name, opset); });
  }
  template <typename OpT> void refuse(StringRef reason) {
    insert(OpT::getOperationName(), [reason](NodeExporter &node) { return refuse(node, reason); });
  }

  /// Null for ops of other dialects.
  const Write *find(StringRef operationName) const;

private:
  template <typename OpT>
  static LogicalResult dispatch(NodeExporter &node, LogicalResult (*write)(NodeExporter &, OpT)) {
    return write(node, llvm::cast<OpT>(getOperation(node)));
  }
  static Operation *getOperation(NodeExporter &node);
  static LogicalResult writePlain(NodeExporter &node, StringRef name, int64_t opset);
  static LogicalResult refuse(NodeExporter &node, StringRef reason);
  void insert(StringRef operationName, Write write);

  llvm::StringMap<Write> entries;
};

// One function per family, each in a file of its name.
void addElementwiseExports(ExportTable &table);
void addActivationExports(ExportTable &table);
void addShapeExports(ExportTable &table);
void addIndexingExports(ExportTable &table);
void addContractionExports(ExportTable &table);
void addReductionExports(ExportTable &table);
void addNormalizationExports(ExportTable &table);
void addResizeExports(ExportTable &table);
void addSelectionExports(ExportTable &table);
void addQuantizationExports(ExportTable &table);
void addCodebookExports(ExportTable &table);
void addControlFlowExports(ExportTable &table);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_EXPORTTABLE_H
