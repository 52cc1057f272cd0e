// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "OpTable.h"

using namespace mlir;
using namespace mlir::halftone;

OpTable::OpTable() {
  addElementwiseOps(*this);
  addActivationOps(*this);
  addConstantOps(*this);
  addShapeOps(*this);
  addIndexingOps(*this);
  addReductionOps(*this);
  addContractionOps(*this);
  addPoolingOps(*this);
  addNormalizationOps(*this);
  addQuantizationOps(*this);
  addResizeOps(*this);
  addEinsumOps(*this);
  addControlFlowOps(*this);
  addRecurrentOps(*this);
  addRetiredOps(*this);
  addAttentionOps(*this);
  addLinearAttentionOps(*this);
  addSamplingOps(*this);
  addSelectionOps(*this);
  addSpectralOps(*this);
  addWindowIndexOps(*this);
  addContribAttentionOps(*this);
  addContribBlockOps(*this);
  addContribFusedOps(*this);
  addContribPackedAttentionOps(*this);
  addContribQuantizedOps(*this);
  addNGramOps(*this);
  addSequenceOps(*this);
}

static std::string makeKey(StringRef domain, StringRef name) { return (domain + ":" + name).str(); }

void OpTable::add(OpEntry entry) {
  domains.insert({entry.domain, true});
  entries[makeKey(entry.domain, entry.name)].push_back(entry);
}

ArrayRef<OpEntry> OpTable::findAll(StringRef domain, StringRef name) const {
  auto it = entries.find(makeKey(domain, name));
  return it == entries.end() ? ArrayRef<OpEntry>() : ArrayRef<OpEntry>(it->second);
}

const OpEntry *OpTable::find(StringRef domain, StringRef name, int64_t opset) const {
  for (const OpEntry &entry : findAll(domain, name))
    if (entry.opsets.contains(opset))
      return &entry;
  return nullptr;
}

std::vector<ArrayRef<OpEntry>> OpTable::list() const {
  std::vector<ArrayRef<OpEntry>> ops;
  for (const auto &item : entries)
    ops.push_back(item.second);
  llvm::sort(ops, [](ArrayRef<OpEntry> lhs, ArrayRef<OpEntry> rhs) {
    return std::pair(lhs.front().domain, lhs.front().name) <
           std::pair(rhs.front().domain, rhs.front().name);
  });
  return ops;
}
