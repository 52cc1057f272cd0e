// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// If, Loop and Scan, whose graphs read values of the graphs around them.
#include "Compose.h"
#include "LoopBuilder.h"

#include "onnx/onnx_pb.h"

using namespace mlir;
using namespace mlir::halftone;

/// Ranks are known when compiling, so both branches must agree in them.
static LogicalResult checkBranches(NodeImporter &node, ValueRange ifTrue, ValueRange ifFalse) {
  if (int64_t(ifTrue.size()) != node.getNumResults() || ifFalse.size() != ifTrue.size())
    return node.emitError() << "its branches have " << ifTrue.size() << " and " << ifFalse.size()
                            << " outputs, expected " << node.getNumResults();
  for (auto [index, lhs, rhs] : llvm::enumerate(ifTrue, ifFalse))
    if (NodeImporter::getRank(lhs) != NodeImporter::getRank(rhs))
      return node.emitError() << "output " << index << " is " << lhs.getType() << " or "
                              << rhs.getType()
                              << ", and which of them is only known when the model "
                              << "runs; fixing dynamic dimensions (--dim) may decide it";
  return success();
}

/// Whether each value of a branch is that of the other branch without dimensions of size 1.
/// Exporters write this for a squeeze of one dimension, which the ops behind it rely on.
static bool squeezes(ValueRange values, ValueRange others) {
  return !values.empty() && values.size() == others.size() &&
         llvm::all_of(llvm::zip_equal(values, others), [](auto pair) {
           auto squeeze = std::get<0>(pair).template getDefiningOp<SqueezeOp>();
           return squeeze && squeeze.getInput() == std::get<1>(pair);
         });
}

static LogicalResult importIf(NodeImporter &node) {
  Value condition = node.getOperand(0);
  const onnx::GraphProto *ifTrue = node.requireGraph("then_branch");
  const onnx::GraphProto *ifFalse = node.requireGraph("else_branch");
  if (node.hasFailed())
    return failure();
  // Exporters leave branches that only differ in rank; one of them never runs.
  std::optional<SmallVector<int64_t>> known = node.getShapes().constantValues(condition);
  if (known && known->size() == 1)
    return node.setResults(node.importGraph(known->front() ? *ifTrue : *ifFalse, {}));
  OpBuilder &builder = node.getBuilder();
  const onnx::GraphProto *graphs[] = {ifTrue, ifFalse};
  Region regions[2];
  YieldOp yields[2];
  for (auto [graph, region, yield] : llvm::zip_equal(graphs, regions, yields)) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&region.emplaceBlock());
    yield = YieldOp::create(builder, node.getLoc(), node.importGraph(*graph, {}));
  }
  if (node.hasFailed())
    return failure();
  // The run ends with an error where the dimension is not 1.
  for (int64_t taken : {0, 1})
    if (squeezes(yields[taken].getValues(), yields[1 - taken].getValues()))
      return node.setResults(node.importGraph(*graphs[taken], {}));
  if (failed(checkBranches(node, yields[0].getValues(), yields[1].getValues())))
    return failure();
  auto fill = [&](IfOp op) {
    op.getThenRegion().takeBody(regions[0]);
    op.getElseRegion().takeBody(regions[1]);
  };
  return node.setResults(node.createFilled<IfOp>(node.getNumResults(), fill, condition));
}

/// Whether a value is the constant true.
static bool isTrue(NodeImporter &node, Value value) {
  std::optional<SmallVector<int64_t>> known = node.getShapes().constantValues(value);
  return known && known->size() == 1 && known->front() != 0;
}

/// Whether the condition that the body of a Loop yields is the one it gets, or the constant true.
static bool keepsCondition(const onnx::GraphProto &body) {
  const std::string &output = body.output(0).name();
  for (const onnx::NodeProto &producer : body.node())
    if (llvm::is_contained(producer.output(), output))
      return producer.op_type() == "Identity" && producer.input_size() == 1 &&
             producer.input(0) == body.input(1).name();
  return output == body.input(1).name();
}

static LogicalResult importLoop(NodeImporter &node) {
  const onnx::GraphProto *body = node.requireGraph("body");
  if (node.hasFailed())
    return failure();
  SmallVector<Value> operands = node.getOperands();
  operands.resize(std::max<size_t>(operands.size(), 2));
  LoopParts parts;
  parts.tripCount = operands[0];
  parts.inits.assign(operands.begin() + 2, operands.end());
  if (llvm::is_contained(parts.inits, Value()))
    return node.emitError() << "a state has no initial value";
  parts.numStacked = node.getNumResults() - int64_t(parts.inits.size());
  if (parts.numStacked < 0 || body->output_size() < 1 || body->input_size() < 2)
    return node.emitError() << "has " << node.getNumResults() << " outputs and "
                            << parts.inits.size() << " states; its body has " << body->input_size()
                            << " inputs and " << body->output_size() << " outputs";
  bool isAlwaysTrue = !operands[1] || isTrue(node, operands[1]);
  if (!isAlwaysTrue || !parts.tripCount || !keepsCondition(*body))
    parts.condition =
        operands[1] ? operands[1] : node.createScalar(node.getBuilder().getI1Type(), 1);
  return node.setResults(buildLoop(node, parts, [&](Block::BlockArgListType arguments) {
    // The body only runs when its condition is true.
    SmallVector<Value> inputs = {arguments[0], node.createScalar(node.getBuilder().getI1Type(), 1)};
    llvm::append_range(inputs, arguments.drop_front());
    SmallVector<Value> values = node.importGraph(*body, inputs);
    if (!parts.condition && !values.empty())
      values.erase(values.begin());
    return values;
  }));
}

namespace {
/// The parts of a Scan: states first, then what is scanned.
struct ScanSpec {
  const onnx::GraphProto *body;
  int64_t numStates = 0;
  SmallVector<int64_t> inputAxes, outputAxes;
  SmallVector<bool> reversedInputs, reversedOutputs;
};
} // namespace

/// An attribute with one value per scanned tensor, 0 by default.
static SmallVector<int64_t> getPerTensor(NodeImporter &node, StringRef name, int64_t count) {
  SmallVector<int64_t> values = node.getInts(name).value_or(SmallVector<int64_t>(count, 0));
  if (int64_t(values.size()) == count)
    return values;
  if (!node.hasFailed())
    node.emitError() << "attribute '" << name << "' has " << values.size() << " values, expected "
                     << count;
  return SmallVector<int64_t>(count, 0);
}

/// Empty if nothing is reversed.
static SmallVector<bool> getDirections(NodeImporter &node, StringRef name, int64_t count) {
  SmallVector<bool> flags = llvm::map_to_vector(getPerTensor(node, name, count),
                                                [](int64_t value) { return value != 0; });
  return llvm::is_contained(flags, true) ? flags : SmallVector<bool>();
}

/// Until opset 8 there are no axes, and one list of directions.
static std::optional<ScanSpec> readScan(NodeImporter &node, int64_t numOperands) {
  ScanSpec spec;
  spec.body = node.requireGraph("body");
  int64_t numScanned = node.requireInt("num_scan_inputs");
  spec.numStates = numOperands - numScanned;
  int64_t numStacked = node.getNumResults() - spec.numStates;
  if (node.hasFailed())
    return std::nullopt;
  if (numScanned < 1 || spec.numStates < 0 || numStacked < 0) {
    node.emitError() << "has " << numOperands << " inputs and " << node.getNumResults()
                     << " outputs, but scans " << numScanned;
    return std::nullopt;
  }
  bool isOld = node.getOpset() < 9;
  spec.reversedInputs =
      getDirections(node, isOld ? "directions" : "scan_input_directions", numScanned);
  spec.inputAxes.assign(numScanned, 0);
  spec.outputAxes.assign(numStacked, 0);
  if (!isOld) {
    spec.reversedOutputs = getDirections(node, "scan_output_directions", numStacked);
    spec.inputAxes = getPerTensor(node, "scan_input_axes", numScanned);
    spec.outputAxes = getPerTensor(node, "scan_output_axes", numStacked);
  }
  return node.hasFailed() ? std::nullopt : std::optional(spec);
}

/// Moves dimension `from` to the place `to`.
static Value moveAxis(NodeImporter &node, Value value, int64_t from, int64_t to) {
  if (node.hasFailed() || from == to)
    return value;
  SmallVector<int64_t> permutation =
      llvm::to_vector(llvm::seq<int64_t>(0, NodeImporter::getRank(value)));
  permutation.erase(permutation.begin() + from);
  permutation.insert(permutation.begin() + to, from);
  return buildTranspose(node, value, permutation);
}

static SmallVector<Value> buildScan(NodeImporter &node, const ScanSpec &spec,
                                    ArrayRef<Value> operands) {
  LoopParts parts;
  parts.inits.assign(operands.begin(), operands.begin() + spec.numStates);
  for (auto [input, axis] : llvm::zip_equal(operands.drop_front(spec.numStates), spec.inputAxes)) {
    int64_t from = node.normalizeAxis(axis, NodeImporter::getRank(input));
    parts.scanInputs.push_back(moveAxis(node, input, from, 0));
  }
  parts.reversedInputs = spec.reversedInputs;
  parts.reversedOutputs = spec.reversedOutputs;
  parts.numStacked = spec.outputAxes.size();
  auto buildBody = [&](Block::BlockArgListType arguments) {
    return node.importGraph(*spec.body, ValueRange(arguments.drop_front()));
  };
  SmallVector<Value> results = buildLoop(node, parts, buildBody);
  for (auto [index, axis] : llvm::enumerate(spec.outputAxes)) {
    Value &result = results[spec.numStates + index];
    int64_t to = result ? node.normalizeAxis(axis, NodeImporter::getRank(result)) : 0;
    result = moveAxis(node, result, 0, to);
  }
  return results;
}

static LogicalResult checkScanned(NodeImporter &node, ArrayRef<Value> operands, int64_t rank) {
  for (Value operand : operands)
    if (NodeImporter::getRank(operand) < rank)
      return node.emitError() << "expects inputs of at least " << rank << " dimensions";
  return success();
}

static LogicalResult importScan(NodeImporter &node) {
  SmallVector<Value> operands = node.getOperands();
  std::optional<ScanSpec> spec = readScan(node, operands.size());
  if (!spec || llvm::is_contained(operands, Value()))
    return node.hasFailed() ? failure() : LogicalResult(node.emitError() << "an input is missing");
  if (failed(checkScanned(node, ArrayRef(operands).drop_front(spec->numStates), 1)))
    return failure();
  return node.setResults(buildScan(node, *spec, operands));
}

/// Opset 8: everything has a batch in front, and each element of it is scanned by itself.
static LogicalResult importBatchedScan(NodeImporter &node) {
  SmallVector<Value> operands = node.getOperands();
  if (operands.empty())
    return node.emitError() << "has no inputs";
  if (operands.front())
    return node.emitError() << "sequence lengths are not supported; they are gone since opset 9";
  operands.erase(operands.begin());
  std::optional<ScanSpec> spec = readScan(node, operands.size());
  if (!spec || failed(checkScanned(node, operands, 1)) ||
      failed(checkScanned(node, ArrayRef(operands).drop_front(spec->numStates), 2)))
    return failure();
  LoopParts batch;
  batch.scanInputs = operands;
  batch.numStacked = node.getNumResults();
  return node.setResults(buildLoop(node, batch, [&](Block::BlockArgListType arguments) {
    SmallVector<Value> elements = llvm::to_vector_of<Value>(arguments.drop_front());
    return buildScan(node, *spec, elements);
  }));
}

void halftone::addControlFlowOps(OpTable &table) {
  table.add({
      {"If", 1, importIf, fromOpset(kOldestOpset), kOnnxDomain,
       limitedTo("branches that give the same element types and ranks")},
      {"Loop", {0, kAnyNumber}, importLoop},
      {"Scan", {0, kAnyNumber}, importBatchedScan, {8, 8}},
      {"Scan", {1, kAnyNumber}, importScan, fromOpset(9)},
  });
}
