// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LoopBuilder.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

class LoopBuilder {
public:
  LoopBuilder(NodeImporter &node, const LoopParts &parts) : node(node), parts(parts) {
    for (Value init : parts.inits)
      states.push_back(llvm::to_vector(node.getShapes().dims(init)));
  }

  SmallVector<Value> build(LoopBody buildBody);

private:
  void addArgument(Block &block, Value like, ArrayRef<Dim> dims);
  /// Fills `region`; what the body yields.
  SmallVector<Value> fill(Region &region, LoopBody buildBody);
  bool checkYielded(ArrayRef<Value> yielded);
  /// Forgets the dimensions of states that an iteration changes. Whether there were any.
  bool widen(ArrayRef<Value> yielded);
  SmallVector<Value> yieldedStates(ArrayRef<Value> yielded);

  NodeImporter &node;
  const LoopParts &parts;
  /// The dimensions of the states at the start of an iteration.
  SmallVector<SmallVector<Dim>> states;
  /// Those that an iteration changes.
  llvm::DenseSet<Dim> varying;
};

} // namespace

void LoopBuilder::addArgument(Block &block, Value like, ArrayRef<Dim> dims) {
  SmallVector<int64_t> shape;
  for (Dim dim : dims)
    shape.push_back(ShapeContext::asConstant(dim).value_or(ShapedType::kDynamic));
  auto type = RankedTensorType::get(shape, NodeImporter::getElementType(like));
  node.getShapes().setArgument(block.addArgument(type, node.getLoc()), dims);
}

SmallVector<Value> LoopBuilder::fill(Region &region, LoopBody buildBody) {
  ShapeContext &shapes = node.getShapes();
  OpBuilder &builder = node.getBuilder();
  Block &block = region.emplaceBlock();
  auto iteration = RankedTensorType::get({}, builder.getI64Type());
  shapes.setArgument(block.addArgument(iteration, node.getLoc()), {},
                     SmallVector<AffineExpr>{shapes.freshSymbol()});
  for (auto [init, dims] : llvm::zip_equal(parts.inits, states))
    addArgument(block, init, dims);
  for (Value input : parts.scanInputs)
    addArgument(block, input, llvm::to_vector(shapes.dims(input).drop_front()));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&block);
  SmallVector<Value> yielded = buildBody(block.getArguments());
  if (!node.hasFailed())
    YieldOp::create(builder, node.getLoc(), yielded);
  return yielded;
}

SmallVector<Value> LoopBuilder::yieldedStates(ArrayRef<Value> yielded) {
  return SmallVector<Value>(yielded.slice(parts.condition ? 1 : 0, parts.inits.size()));
}

bool LoopBuilder::checkYielded(ArrayRef<Value> yielded) {
  if (node.hasFailed())
    return false;
  size_t expected = (parts.condition ? 1 : 0) + parts.inits.size() + parts.numStacked;
  if (yielded.size() != expected) {
    node.emitError() << "its body has " << yielded.size() << " outputs, expected " << expected;
    return false;
  }
  for (auto [index, init, value] : llvm::enumerate(parts.inits, yieldedStates(yielded)))
    if (NodeImporter::getRank(init) != NodeImporter::getRank(value)) {
      node.emitError() << "state " << index << " changes its number of dimensions: it is "
                       << init.getType() << ", and " << value.getType() << " after an iteration";
      return false;
    }
  return true;
}

bool LoopBuilder::widen(ArrayRef<Value> yielded) {
  ShapeContext &shapes = node.getShapes();
  bool isWidened = false;
  for (auto [dims, value] : llvm::zip_equal(states, yieldedStates(yielded)))
    for (auto [dim, after] : llvm::zip_equal(dims, shapes.dims(value)))
      if (dim != after && !varying.contains(dim)) {
        dim = shapes.freshSymbol();
        varying.insert(dim);
        isWidened = true;
      }
  return isWidened;
}

SmallVector<Value> LoopBuilder::build(LoopBody buildBody) {
  size_t numResults = parts.inits.size() + parts.numStacked;
  auto body = std::make_unique<Region>();
  while (true) {
    SmallVector<Value> yielded = fill(*body, buildBody);
    if (!checkYielded(yielded))
      return SmallVector<Value>(numResults);
    if (!widen(yielded))
      break;
    body = std::make_unique<Region>();
  }
  auto moveBody = [&](LoopOp loop) { loop.getBody().takeBody(*body); };
  return node.createFilled<LoopOp>(numResults, moveBody, parts.tripCount, parts.condition,
                                   parts.inits, parts.scanInputs, parts.reversedInputs,
                                   parts.reversedOutputs);
}

SmallVector<Value> halftone::buildLoop(NodeImporter &node, const LoopParts &parts,
                                       LoopBody buildBody) {
  if (node.hasFailed())
    return SmallVector<Value>(parts.inits.size() + parts.numStacked);
  return LoopBuilder(node, parts).build(buildBody);
}
