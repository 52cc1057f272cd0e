// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which ONNX ops are understood, and the function that builds each.
#ifndef HALFTONE_LIB_ONNX_OPTABLE_H
#define HALFTONE_LIB_ONNX_OPTABLE_H

#include "halftone/ONNX/Import.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringMap.h"
#include <limits>

namespace mlir::halftone {

class NodeImporter;

/// An inclusive range of counts or of opsets.
struct Range {
  int64_t min, max;
  Range(int64_t exactly) : min(exactly), max(exactly) {}
  Range(int64_t min, int64_t max) : min(min), max(max) {}
  bool contains(int64_t value) const { return min <= value && value <= max; }
};

constexpr int64_t kAnyNumber = std::numeric_limits<int64_t>::max();

/// An op that is today what it was at first.
inline Range always() { return {kFirstOpset, kNewestOpset}; }
inline Range fromOpset(int64_t first) { return {first, kNewestOpset}; }
inline Range untilOpset(int64_t last) { return {kOldestOpset, last}; }

constexpr StringLiteral kOnnxDomain = "";

/// What docs/OpSupport.md says of an op beside what its entry shows.
struct OpNotes {
  StringRef limits, floatOp;

  /// Where the op is refused although ONNX allows it, in a few words.
  OpNotes limitedTo(StringRef text) const { return {text, floatOp}; }
  /// The op of which this one is a form on codes.
  OpNotes codesOf(StringRef op) const { return {limits, op}; }
};

inline OpNotes limitedTo(StringRef text) { return OpNotes().limitedTo(text); }
inline OpNotes codesOf(StringRef op) { return OpNotes().codesOf(op); }

/// One op as some range of opsets define it. `build` reads the node through NodeImporter, creates
/// ops and ends in NodeImporter::setResults. The first `inputs.min` operands are present when it
/// runs.
struct OpEntry {
  StringRef name;
  Range inputs;
  LogicalResult (*build)(NodeImporter &node);
  Range opsets = fromOpset(kOldestOpset);
  StringRef domain = kOnnxDomain;
  OpNotes notes = {};
  /// Whether operands may be sequences; `build` then looks at their types itself.
  bool takesSequences = false;
};

class OpTable {
public:
  /// Every op that importing understands.
  OpTable();

  void add(OpEntry entry);
  void add(std::initializer_list<OpEntry> entries) {
    for (const OpEntry &entry : entries)
      add(entry);
  }

  /// The entry that defines `name` in `opset` of `domain`; null if there is none.
  const OpEntry *find(StringRef domain, StringRef name, int64_t opset) const;
  /// All entries of `name`, to say which opsets are understood.
  ArrayRef<OpEntry> findAll(StringRef domain, StringRef name) const;
  bool hasDomain(StringRef domain) const { return domains.contains(domain); }
  /// Every op, all its entries in order, sorted by domain and name.
  std::vector<ArrayRef<OpEntry>> list() const;

private:
  llvm::StringMap<SmallVector<OpEntry, 2>> entries;
  llvm::StringMap<bool> domains;
};

// One function per family, each in a file of its name.
void addElementwiseOps(OpTable &table);
void addActivationOps(OpTable &table);
void addConstantOps(OpTable &table);
void addSequenceOps(OpTable &table);
void addShapeOps(OpTable &table);
void addIndexingOps(OpTable &table);
void addReductionOps(OpTable &table);
void addContractionOps(OpTable &table);
void addPoolingOps(OpTable &table);
void addNormalizationOps(OpTable &table);
void addQuantizationOps(OpTable &table);
void addResizeOps(OpTable &table);
void addEinsumOps(OpTable &table);
void addControlFlowOps(OpTable &table);
void addRecurrentOps(OpTable &table);
void addRetiredOps(OpTable &table);
void addAttentionOps(OpTable &table);
void addLinearAttentionOps(OpTable &table);
void addSamplingOps(OpTable &table);
void addSelectionOps(OpTable &table);
void addSpectralOps(OpTable &table);
void addWindowIndexOps(OpTable &table);
void addContribAttentionOps(OpTable &table);
void addContribBlockOps(OpTable &table);
void addContribFusedOps(OpTable &table);
void addContribPackedAttentionOps(OpTable &table);
void addContribQuantizedOps(OpTable &table);
void addNGramOps(OpTable &table);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_OPTABLE_H
