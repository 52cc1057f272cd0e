// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sequences of tensors whose length is known when compiling. They exist while importing only: a
// cast of the tensors to a tuple holds them together, and nothing else ever reads it.
#include "Compose.h"

using namespace mlir;
using namespace mlir::halftone;

using Sequence = SmallVector<Value>;

static LogicalResult setSequence(NodeImporter &node, ValueRange tensors) {
  if (node.hasFailed())
    return failure();
  OpBuilder &builder = node.getBuilder();
  Type type = TupleType::get(builder.getContext(), tensors.getTypes());
  auto cast = UnrealizedConversionCastOp::create(builder, node.getLoc(), type, tensors);
  return node.setResults({cast.getResult(0)});
}

/// The tensors of a sequence; nullopt after an error.
static std::optional<Sequence> getSequence(NodeImporter &node, unsigned index) {
  Value operand = node.getOperand(index);
  auto cast =
      operand ? operand.getDefiningOp<UnrealizedConversionCastOp>() : UnrealizedConversionCastOp();
  if (cast)
    return llvm::to_vector(cast.getInputs());
  if (!node.hasFailed())
    node.emitError() << "input " << index << " is not a sequence that the model makes from tensors";
  return std::nullopt;
}

/// Reports a tensor where only a sequence was expected, or the other way round.
static bool isTensor(NodeImporter &node, unsigned index) {
  if (llvm::isa<RankedTensorType>(node.getOperand(index).getType()))
    return true;
  node.emitError() << "input " << index << " is a sequence of tensors, expected a tensor";
  return false;
}

/// A position in a sequence, counted from the front; `last` for an absent operand. nullopt after an
/// error.
static std::optional<int64_t> getPosition(NodeImporter &node, unsigned index, int64_t size,
                                          int64_t last) {
  if (!node.getOperand(index))
    return last;
  if (!isTensor(node, index))
    return std::nullopt;
  std::optional<SmallVector<int64_t>> given = node.getConstantOperand(index, "position");
  if (!given || given->size() != 1) {
    if (!node.hasFailed())
      node.emitError() << "expects one position";
    return std::nullopt;
  }
  int64_t position = given->front() < 0 ? given->front() + size : given->front();
  if (position >= 0 && position <= last)
    return position;
  node.emitError() << "position " << given->front() << " is out of range for a sequence of " << size
                   << " tensors";
  return std::nullopt;
}

static LogicalResult importSequenceConstruct(NodeImporter &node) {
  Sequence tensors = node.getOperands();
  for (unsigned i = 0; i < tensors.size(); ++i)
    if (!tensors[i] || !isTensor(node, i))
      return node.hasFailed() ? failure() : node.emitError() << "input " << i << " is required";
  return setSequence(node, tensors);
}

static LogicalResult importSequenceEmpty(NodeImporter &node) {
  node.ignoreAttr("dtype"); // The tensors that come in have it.
  return setSequence(node, {});
}

static LogicalResult importSequenceAt(NodeImporter &node) {
  std::optional<Sequence> tensors = getSequence(node, 0);
  if (!tensors || !isTensor(node, 1))
    return failure();
  int64_t size = tensors->size();
  std::optional<int64_t> position = getPosition(node, 1, size, size - 1);
  return position ? node.setResults({(*tensors)[*position]}) : failure();
}

static LogicalResult importSequenceInsert(NodeImporter &node) {
  std::optional<Sequence> tensors = getSequence(node, 0);
  if (!tensors || !isTensor(node, 1))
    return failure();
  int64_t size = tensors->size();
  std::optional<int64_t> position = getPosition(node, 2, size, size);
  if (!position)
    return failure();
  tensors->insert(tensors->begin() + *position, node.getOperand(1));
  return setSequence(node, *tensors);
}

static LogicalResult importSequenceErase(NodeImporter &node) {
  std::optional<Sequence> tensors = getSequence(node, 0);
  if (!tensors)
    return failure();
  int64_t size = tensors->size();
  if (size == 0)
    return node.emitError() << "erases from an empty sequence";
  std::optional<int64_t> position = getPosition(node, 1, size, size - 1);
  if (!position)
    return failure();
  tensors->erase(tensors->begin() + *position);
  return setSequence(node, *tensors);
}

static LogicalResult importSequenceLength(NodeImporter &node) {
  std::optional<Sequence> tensors = getSequence(node, 0);
  if (!tensors)
    return failure();
  return node.setResults(
      {node.createScalar(node.getBuilder().getI64Type(), double(tensors->size()))});
}

static LogicalResult importConcatFromSequence(NodeImporter &node) {
  std::optional<Sequence> tensors = getSequence(node, 0);
  int64_t axis = node.requireInt("axis");
  bool isNew = node.getFlag("new_axis", false);
  if (!tensors || node.hasFailed())
    return failure();
  if (tensors->empty())
    return node.emitError() << "joins an empty sequence";
  axis = node.normalizeAxis(axis, NodeImporter::getRank(tensors->front()) + isNew);
  if (isNew)
    for (Value &tensor : *tensors)
      tensor = buildUnsqueeze(node, tensor, axis);
  return node.setResults({buildConcat(node, *tensors, axis)});
}

/// The sizes of the pieces of a dimension; empty after an error.
static SmallVector<int64_t> getPieces(NodeImporter &node, int64_t size) {
  constexpr int64_t kMostPieces = 4096;
  SmallVector<int64_t> pieces;
  std::optional<SmallVector<int64_t>> given = node.getConstantOperand(1, "split");
  if (node.hasFailed())
    return {};
  bool isList = given && NodeImporter::getRank(node.getOperand(1)) == 1;
  int64_t each = given && !given->empty() ? given->front() : 1;
  if (isList)
    pieces = *given;
  else if (each > 0 && size / each <= kMostPieces)
    for (int64_t start = 0; start < size; start += each)
      pieces.push_back(std::min(each, size - start));
  int64_t rest = size;
  bool fits = llvm::all_of(pieces, [&](int64_t piece) {
    bool isLeft = piece >= 0 && piece <= rest;
    rest -= isLeft ? piece : 0;
    return isLeft;
  });
  if (fits && rest == 0 && int64_t(pieces.size()) <= kMostPieces)
    return pieces;
  node.emitError() << "cannot split a dimension of size " << size
                   << " that way; expected at most 4096 positive pieces that add up to it";
  return {};
}

static LogicalResult importSplitToSequence(NodeImporter &node) {
  Value input = node.getOperand(0);
  int64_t axis = node.normalizeAxis(node.getInt("axis", 0), NodeImporter::getRank(input));
  bool keepsDim = node.getFlag("keepdims", true) || node.getOperand(1);
  int64_t size = node.requireStaticDim(input, axis);
  SmallVector<int64_t> pieces = getPieces(node, size);
  Sequence tensors;
  int64_t start = 0;
  for (int64_t piece : pieces) {
    Value tensor = buildSlice(node, input, axis, start, start + piece);
    if (!keepsDim)
      tensor = node.create<SqueezeOp>(tensor, ArrayRef<int64_t>(axis));
    tensors.push_back(tensor);
    start += piece;
  }
  return setSequence(node, tensors);
}

void halftone::addSequenceOps(OpTable &table) {
  OpNotes isKnown = limitedTo("sequences that the model makes, of a length known when compiling");
  OpEntry entries[] = {
      {"ConcatFromSequence", 1, importConcatFromSequence, fromOpset(11)},
      {"SequenceAt", 2, importSequenceAt, fromOpset(11)},
      {"SequenceConstruct", {1, kAnyNumber}, importSequenceConstruct, fromOpset(11)},
      {"SequenceEmpty", 0, importSequenceEmpty, fromOpset(11)},
      {"SequenceErase", {1, 2}, importSequenceErase, fromOpset(11)},
      {"SequenceInsert", {2, 3}, importSequenceInsert, fromOpset(11)},
      {"SequenceLength", 1, importSequenceLength, fromOpset(11)},
      {"SplitToSequence", {1, 2}, importSplitToSequence, fromOpset(11)},
  };
  for (OpEntry &entry : entries) {
    entry.notes = isKnown;
    entry.takesSequences = entry.name != "SplitToSequence";
    table.add(entry);
  }
}
