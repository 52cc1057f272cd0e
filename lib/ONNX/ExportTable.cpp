// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ExportTable.h"
#include "NodeExporter.h"

#include "halftone/Dialect/DecodeOps.h"

using namespace mlir;
using namespace mlir::halftone;

ExportTable::ExportTable() {
  addElementwiseExports(*this);
  addActivationExports(*this);
  addShapeExports(*this);
  addIndexingExports(*this);
  addContractionExports(*this);
  addReductionExports(*this);
  addNormalizationExports(*this);
  addResizeExports(*this);
  addSelectionExports(*this);
  addQuantizationExports(*this);
  addCodebookExports(*this);
  addControlFlowExports(*this);
  constexpr StringRef kLowered = "it is made for a target; export the model before it is lowered";
  refuse<AttentionOp>(kLowered);
  refuse<ContractOp>(kLowered);
  refuse<DepthwiseOp>(kLowered);
  refuse<DecodePanelsOp>(kLowered);
  refuse<DecodeRowsOp>(kLowered);
  refuse<WeightsViewOp>(kLowered);
  refuse<ArenaViewOp>(kLowered);
}

void ExportTable::insert(StringRef operationName, Write write) {
  bool isNew = entries.insert({operationName, std::move(write)}).second;
  assert(isNew && "an op has one entry");
  (void)isNew;
}

const ExportTable::Write *ExportTable::find(StringRef operationName) const {
  auto it = entries.find(operationName);
  return it == entries.end() ? nullptr : &it->second;
}

Operation *ExportTable::getOperation(NodeExporter &node) { return node.getOperation(); }

LogicalResult ExportTable::writePlain(NodeExporter &node, StringRef name, int64_t opset) {
  node.requireOpset(opset);
  return node.define(name, node.getOperands());
}

LogicalResult ExportTable::refuse(NodeExporter &node, StringRef reason) {
  return node.refuse() << reason;
}
