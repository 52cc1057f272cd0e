// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// If and Loop. Nested graphs read the values of the graphs around them, as regions do.
#include "GraphExporter.h"
#include "NodeExporter.h"

#include "onnx/onnx_pb.h"

using namespace mlir;
using namespace mlir::halftone;

static LogicalResult exportIf(NodeExporter &node, IfOp op) {
  std::string condition = node.getScalar(op.getCondition());
  onnx::GraphProto ifTrue, ifFalse;
  ifTrue.set_name("then");
  ifFalse.set_name("else");
  GraphExporter &graph = node.getGraph();
  auto none = [] { return success(); };
  if (node.hasFailed() ||
      failed(graph.exportBlock(ifTrue, op.getThenRegion().front(), none,
                               op.getThenYield().getValues(), op)) ||
      failed(graph.exportBlock(ifFalse, op.getElseRegion().front(), none,
                               op.getElseYield().getValues(), op)))
    return failure();
  return node.define("If", condition, {{"then_branch", ifTrue}, {"else_branch", ifFalse}});
}

namespace {
/// Writes a loop. Scan inputs are values of the graph around it, of which the body gathers slices.
class LoopExporter {
public:
  LoopExporter(NodeExporter &node, LoopOp op) : node(node), graph(node.getGraph()), op(op) {}

  LogicalResult run();

private:
  LogicalResult addInputs(onnx::GraphProto &body);
  LogicalResult gatherSlices();
  LogicalResult finishResults(ArrayRef<std::string> outputs);

  NodeExporter &node;
  GraphExporter &graph;
  LoopOp op;
  std::string count, iteration, condition;
  Names scanned;
};
} // namespace

LogicalResult LoopExporter::addInputs(onnx::GraphProto &body) {
  MLIRContext *context = op.getContext();
  auto add = [&](std::string &name, StringRef base, Type type) {
    name = graph.makeValueName(base);
    return graph.describe(*body.add_input(), name, llvm::cast<RankedTensorType>(type));
  };
  bool described =
      add(iteration, "iteration", op.getIteration().getType()) &&
      add(condition, "condition", RankedTensorType::get({}, IntegerType::get(context, 1)));
  graph.setName(op.getIteration(), iteration);
  for (BlockArgument state : op.getStates()) {
    std::string name;
    described &= add(name, "state", state.getType());
    graph.setName(state, name);
  }
  return described ? success() : LogicalResult(node.refuse() << "a state has no type in ONNX");
}

LogicalResult LoopExporter::gatherSlices() {
  for (auto [i, slice] : llvm::enumerate(op.getSlices())) {
    std::string index = iteration;
    if (op.isInputReversed(i)) {
      std::string last = node.create("Sub", {count, node.createIndex(1)});
      index = node.create("Sub", {last, iteration});
    }
    graph.setName(slice, node.create("Gather", {scanned[i], index}, NodeAttr("axis", 0)));
  }
  return failure(node.hasFailed());
}

/// Stacked results that are filled from their end.
LogicalResult LoopExporter::finishResults(ArrayRef<std::string> outputs) {
  for (auto [i, output] : llvm::enumerate(outputs)) {
    std::string name = output;
    bool isStacked = i >= op.getNumStates();
    if (isStacked && op.isOutputReversed(i - op.getNumStates()))
      name = node.create("Slice", {output, node.createInts({-1}), node.createInts({INT64_MIN}),
                                   node.createInts({0}), node.createInts({-1})});
    if (failed(node.alias(name, i)))
      return failure();
  }
  return success();
}

LogicalResult LoopExporter::run() {
  for (Value input : op.getScanInputs())
    scanned.push_back(node.getOperand(input));
  count = op.getTripCount() ? node.getScalar(op.getTripCount()) : "";
  if (!scanned.empty())
    count = node.createReshape(node.createDims(scanned.front(), 0, 1), {});
  Names inputs = {count, op.getCondition() ? node.getScalar(op.getCondition()) : ""};
  for (Value init : op.getInits())
    inputs.push_back(node.getOperand(init));
  // A condition left out is one too few where nothing follows it.
  if (inputs.back().empty())
    inputs.back() = node.createScalar(IntegerType::get(op.getContext(), 1), 1, "true");

  onnx::GraphProto body;
  body.set_name("body");
  if (node.hasFailed() || failed(addInputs(body)))
    return failure();
  // A body that does not yield the condition keeps it.
  std::string kept = graph.makeValueName("kept_condition");
  auto prologue = [&] {
    if (!op.getYieldedCondition()) {
      auto type = RankedTensorType::get({}, IntegerType::get(op.getContext(), 1));
      graph.describe(*body.add_output(), kept, type);
      onnx::NodeProto &identity = graph.addNode("Identity", "", condition);
      identity.add_output(kept);
    }
    return gatherSlices();
  };
  if (failed(
          graph.exportBlock(body, op.getBody().front(), prologue, op.getYield().getValues(), op)))
    return failure();
  if (op.getReversedOutputs().empty())
    return node.define("Loop", inputs, NodeAttr("body", body));
  FailureOr<Names> outputs = node.createMany("Loop", inputs, NodeAttr("body", body));
  return failed(outputs) ? failure() : finishResults(*outputs);
}

static LogicalResult exportLoop(NodeExporter &node, LoopOp op) {
  return LoopExporter(node, op).run();
}

void mlir::halftone::addControlFlowExports(ExportTable &table) {
  table.add(exportIf);
  table.add(exportLoop);
  table.refuse<YieldOp>("it belongs to a kernel, which is made for a target");
}
