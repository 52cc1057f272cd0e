// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RNN, GRU and LSTM: the products with all inputs of the sequence are one matrix product, and a
// loop carries the states through the steps.
//
// Inside, sequences are [steps, batch, …]. The directions of a node are built one by one.
#include "Compose.h"
#include "LoopBuilder.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// One entry of `activations` with its parameters.
struct Activation {
  std::string name;
  std::optional<float> alpha, beta;
};

/// What distinguishes the cells.
struct CellKind {
  int64_t numGates, numStates;
  /// Activations of one direction.
  SmallVector<StringRef> activations;
};

/// What all directions of a node share.
struct Sequence {
  Value input, lengths;
  bool batchFirst = false;
  std::optional<float> clip;
  /// Coupled forget gate of LSTM; the other order of products of GRU.
  bool inputForget = false, linearBeforeReset = false;
  SmallVector<Activation> activations;
};

/// The weights of one direction, [input, gates * hidden] and so on; null where absent.
struct Direction {
  Value inputWeights, hiddenWeights, inputBias, hiddenBias, peepholes;
  SmallVector<Value> inits;
  ArrayRef<Activation> activations;
  bool isReversed = false;
};

/// Builds one kind of cell.
class Recurrent {
public:
  Recurrent(NodeImporter &node, CellKind kind) : node(node), kind(std::move(kind)) {}
  virtual ~Recurrent() = default;

  LogicalResult import();

protected:
  /// What is added to the products with the inputs before the loop: every bias that does not
  /// depend on another gate.
  virtual Value staticBias(const Direction &direction) {
    if (!direction.inputBias)
      return nullptr;
    return node.create<AddOp>(direction.inputBias, direction.hiddenBias);
  }
  /// The states after a step; `projected` is [batch, gates * hidden].
  virtual SmallVector<Value> step(const Direction &direction, Value projected,
                                  ArrayRef<Value> states) = 0;

  Value gate(Value gates, int64_t index) {
    return buildSlice(node, gates, NodeImporter::getRank(gates) - 1, index * hidden,
                      (index + 1) * hidden);
  }
  Value gates(Value value, int64_t first, int64_t last) {
    return buildSlice(node, value, NodeImporter::getRank(value) - 1, first * hidden, last * hidden);
  }
  Value add(Value lhs, Value rhs) { return node.create<AddOp>(lhs, rhs); }
  Value mul(Value lhs, Value rhs) { return node.create<MulOp>(lhs, rhs); }
  /// Of the clipped value.
  Value activate(const Activation &activation, Value value);
  Value apply(const Activation &activation, Value value);

  NodeImporter &node;
  CellKind kind;
  Sequence sequence;
  int64_t hidden = 0;

private:
  bool readAttributes();
  bool readActivations(size_t numDirections);
  bool readOperands();
  Direction readDirection(int64_t index);
  Value readState(unsigned operand, int64_t index);
  Value part(Value value, int64_t index);
  Value zeroState();
  SmallVector<Value> buildDirection(const Direction &direction);
  SmallVector<Value> maskStep(const Direction &direction, Value iteration, ArrayRef<Value> before,
                              SmallVector<Value> after);
  Value joinDirections(ArrayRef<Value> values, int64_t axis);

  StringRef directionName;
  Value weights, recurrence, bias, peepholes;
};

} // namespace

//===--- Activations ---===//

using BuildActivation = Value (*)(NodeImporter &, Value, float alpha, float beta);

/// The parameters that a function has, and ONNX's defaults for them; NaN for a parameter that
/// must be given.
struct ActivationEntry {
  StringRef name;
  BuildActivation build;
  int numParameters = 0;
  float alpha = 0, beta = 0;
};

template <typename OpT> static Value buildPlain(NodeImporter &node, Value x, float, float) {
  return node.create<OpT>(x);
}

template <typename OpT>
static Value buildWithAlpha(NodeImporter &node, Value x, float alpha, float) {
  return node.create<OpT>(x, APFloat(alpha));
}

static Value buildHardSigmoid(NodeImporter &node, Value x, float alpha, float beta) {
  return node.create<HardSigmoidOp>(x, APFloat(alpha), APFloat(beta));
}

static Value buildAffine(NodeImporter &node, Value x, float alpha, float beta) {
  return buildShift(node, buildScale(node, x, alpha), beta);
}

static Value buildScaledTanh(NodeImporter &node, Value x, float alpha, float beta) {
  return buildScale(node, node.create<TanhOp>(buildScale(node, x, beta)), alpha);
}

static ArrayRef<ActivationEntry> activationTable() {
  static constexpr float kRequired = std::numeric_limits<float>::quiet_NaN();
  static const ActivationEntry table[] = {
      {"affine", buildAffine, 2, kRequired, kRequired},
      {"elu", buildWithAlpha<EluOp>, 1, 1.0f},
      {"hardsigmoid", buildHardSigmoid, 2, 0.2f, 0.5f},
      {"leakyrelu", buildWithAlpha<LeakyReluOp>, 1, 0.01f},
      {"relu", buildPlain<ReluOp>},
      {"scaledtanh", buildScaledTanh, 2, kRequired, kRequired},
      {"sigmoid", buildPlain<SigmoidOp>},
      {"softplus", buildPlain<SoftplusOp>},
      {"softsign", buildPlain<SoftsignOp>},
      {"tanh", buildPlain<TanhOp>},
      {"thresholdedrelu", buildWithAlpha<ThresholdedReluOp>, 1, 1.0f},
  };
  return table;
}

static const ActivationEntry *findActivation(StringRef name) {
  for (const ActivationEntry &entry : activationTable())
    if (entry.name == name)
      return &entry;
  return nullptr;
}

Value Recurrent::activate(const Activation &activation, Value value) {
  if (sequence.clip && !node.hasFailed()) {
    Value high = node.createScalarLike(value, *sequence.clip);
    Value low = node.createScalarLike(value, -*sequence.clip);
    value = node.create<ClipOp>(value, low, high);
  }
  return apply(activation, value);
}

Value Recurrent::apply(const Activation &activation, Value value) {
  const ActivationEntry *entry = findActivation(activation.name);
  return entry->build(node, value, activation.alpha.value_or(entry->alpha),
                      activation.beta.value_or(entry->beta));
}

//===--- Reading the node ---===//

/// Parameters are listed only for the functions that have them, in the order of the functions.
bool Recurrent::readActivations(size_t numDirections) {
  SmallVector<std::string> names =
      node.getStrings("activations").value_or(SmallVector<std::string>());
  if (names.empty())
    for (size_t i = 0; i < numDirections; ++i)
      llvm::append_range(names, kind.activations);
  size_t expected = numDirections * kind.activations.size();
  if (names.size() != expected && !node.hasFailed())
    node.emitError() << "attribute 'activations' has " << names.size() << " values, expected "
                     << expected;
  SmallVector<float> alphas = node.getFloats("activation_alpha").value_or(SmallVector<float>());
  SmallVector<float> betas = node.getFloats("activation_beta").value_or(SmallVector<float>());
  ArrayRef<float> nextAlphas = alphas, nextBetas = betas;
  auto take = [](ArrayRef<float> &values) -> std::optional<float> {
    if (values.empty())
      return std::nullopt;
    float value = values.front();
    values = values.drop_front();
    return value;
  };
  for (StringRef name : names) {
    if (node.hasFailed())
      return false;
    Activation activation{name.lower(), std::nullopt, std::nullopt};
    const ActivationEntry *entry = findActivation(activation.name);
    if (!entry) {
      node.emitError() << "activation '" << name << "' is not known";
      return false;
    }
    if (entry->numParameters > 0)
      activation.alpha = take(nextAlphas);
    if (entry->numParameters > 1)
      activation.beta = take(nextBetas);
    bool isMissing = (std::isnan(entry->alpha) && !activation.alpha) ||
                     (std::isnan(entry->beta) && !activation.beta);
    if (isMissing)
      node.emitError() << "activation '" << name << "' needs an alpha and a beta";
    sequence.activations.push_back(activation);
  }
  return !node.hasFailed();
}

bool Recurrent::readAttributes() {
  directionName = node.getString("direction", "forward");
  if (directionName != "forward" && directionName != "reverse" && directionName != "bidirectional")
    node.emitError() << "attribute 'direction' is '" << directionName
                     << "', expected 'forward', 'reverse' or 'bidirectional'";
  sequence.batchFirst = node.getOpset() >= 14 && node.getFlag("layout", false);
  if (node.hasAttr("clip"))
    sequence.clip = node.getFloat("clip", 0.0f);
  if (node.getOpset() < 7)
    node.ignoreAttr("output_sequence"); // An output that is named is wanted.
  return !node.hasFailed() && readActivations(directionName == "bidirectional" ? 2 : 1);
}

bool Recurrent::readOperands() {
  sequence.input = node.getOperand(0);
  weights = node.getOperand(1);
  recurrence = node.getOperand(2);
  bias = node.getOperand(3);
  sequence.lengths = node.getOperand(4);
  if (kind.numStates > 1)
    peepholes = node.getOperand(7);
  for (Value value : {sequence.input, weights, recurrence})
    if (NodeImporter::getRank(value) != 3) {
      node.emitError() << "expects an input and weights of 3 dimensions, but one is "
                       << value.getType();
      return false;
    }
  hidden = node.requireStaticDim(recurrence, 2);
  int64_t stated = node.getInt("hidden_size", hidden);
  int64_t numDirections = node.requireStaticDim(weights, 0);
  bool isBoth = directionName == "bidirectional";
  if (!node.hasFailed() && (stated != hidden || numDirections != (isBoth ? 2 : 1)))
    node.emitError() << "has weights of type " << recurrence.getType() << " for " << stated
                     << " hidden values in " << (isBoth ? 2 : 1) << " directions";
  if (sequence.batchFirst && !node.hasFailed())
    sequence.input = buildTranspose(node, sequence.input, {1, 0, 2});
  return !node.hasFailed();
}

/// Element `index` of the leading dimension.
Value Recurrent::part(Value value, int64_t index) {
  if (!value || node.hasFailed())
    return nullptr;
  return node.create<SqueezeOp>(buildSlice(node, value, 0, index, index + 1), ArrayRef<int64_t>{0});
}

/// Zeros of [batch, hidden].
Value Recurrent::zeroState() {
  if (node.hasFailed())
    return nullptr;
  Value shape =
      buildConcat(node, {node.createDims(sequence.input, 1, 2), node.createInts({hidden})}, 0);
  return buildFilled(node, shape, NodeImporter::getElementType(sequence.input), 0);
}

Value Recurrent::readState(unsigned operand, int64_t index) {
  Value init = node.getOperand(operand);
  if (!init)
    return zeroState();
  if (NodeImporter::getRank(init) != 3) {
    node.emitError() << "expects initial states of 3 dimensions, but one is " << init.getType();
    return nullptr;
  }
  return part(sequence.batchFirst ? buildTranspose(node, init, {1, 0, 2}) : init, index);
}

Direction Recurrent::readDirection(int64_t index) {
  Direction direction;
  direction.isReversed = directionName == "reverse" || index == 1;
  direction.inputWeights = buildMatrixTranspose(node, part(weights, index));
  direction.hiddenWeights = buildMatrixTranspose(node, part(recurrence, index));
  if (Value both = part(bias, index)) {
    direction.inputBias = gates(both, 0, kind.numGates);
    direction.hiddenBias = gates(both, kind.numGates, 2 * kind.numGates);
  }
  direction.peepholes = part(peepholes, index);
  for (int64_t state = 0; state < kind.numStates; ++state)
    direction.inits.push_back(readState(5 + state, index));
  size_t count = kind.activations.size();
  direction.activations = ArrayRef(sequence.activations).slice(index * count, count);
  return direction;
}

//===--- Building ---===//

/// A step behind the end of a sequence keeps the states, and its output is 0.
SmallVector<Value> Recurrent::maskStep(const Direction &direction, Value iteration,
                                       ArrayRef<Value> before, SmallVector<Value> after) {
  if (node.hasFailed())
    return {};
  if (!sequence.lengths) {
    after.push_back(after.front());
    return after;
  }
  Value position = iteration;
  if (direction.isReversed) {
    Value last = buildShift(node, buildSize(node, sequence.input, 0), -1);
    position = node.create<SubOp>(last, iteration);
  }
  Value lengths = node.appendUnitDims(node.castToI64(sequence.lengths), 1);
  Value isInside = node.create<LessOp>(position, lengths);
  Value output =
      node.create<WhereOp>(isInside, after.front(), node.createScalarLike(after.front(), 0));
  for (auto [old, value] : llvm::zip_equal(before, after))
    value = node.create<WhereOp>(isInside, value, old);
  after.push_back(output);
  return after;
}

/// The states after the last step, and the outputs of all steps.
SmallVector<Value> Recurrent::buildDirection(const Direction &direction) {
  Value projected = node.create<MatMulOp>(sequence.input, direction.inputWeights);
  if (Value bias = staticBias(direction))
    projected = add(projected, bias);
  if (node.hasFailed())
    return {};
  LoopParts parts;
  parts.inits = direction.inits;
  parts.scanInputs = {projected};
  parts.numStacked = 1;
  if (direction.isReversed) {
    parts.reversedInputs = {true};
    parts.reversedOutputs = {true};
  }
  return buildLoop(node, parts, [&](Block::BlockArgListType arguments) {
    SmallVector<Value> before =
        llvm::to_vector_of<Value>(arguments.slice(1, direction.inits.size()));
    SmallVector<Value> after = step(direction, arguments.back(), before);
    return maskStep(direction, arguments[0], before, std::move(after));
  });
}

/// One value per direction, side by side in the new dimension `axis`.
Value Recurrent::joinDirections(ArrayRef<Value> values, int64_t axis) {
  SmallVector<Value> parts;
  for (Value value : values)
    parts.push_back(node.hasFailed() ? Value() : node.create<UnsqueezeOp>(value, axis));
  return parts.size() == 1 || node.hasFailed() ? parts.front() : buildConcat(node, parts, axis);
}

LogicalResult Recurrent::import() {
  if (!readAttributes() || !readOperands())
    return failure();
  // Per result of the node: the outputs of all steps, then the states.
  SmallVector<SmallVector<Value>> results(1 + kind.numStates);
  for (int64_t index = 0, end = directionName == "bidirectional" ? 2 : 1; index < end; ++index) {
    Direction direction = readDirection(index);
    if (node.hasFailed())
      return failure();
    SmallVector<Value> values = buildDirection(direction);
    if (node.hasFailed())
      return failure();
    results[0].push_back(values.back());
    for (int64_t state = 0; state < kind.numStates; ++state)
      results[1 + state].push_back(values[state]);
  }
  SmallVector<Value> joined;
  for (auto [index, values] : llvm::enumerate(results)) {
    // [steps, directions, batch, hidden] and [directions, batch, hidden].
    Value value = joinDirections(values, index == 0 ? 1 : 0);
    if (sequence.batchFirst && !node.hasFailed())
      value = index == 0 ? buildTranspose(node, value, {2, 0, 1, 3})
                         : buildTranspose(node, value, {1, 0, 2});
    joined.push_back(value);
  }
  return node.setResults(joined);
}

namespace {

/// H = f(X W + H R + b)
struct RNN : Recurrent {
  explicit RNN(NodeImporter &node) : Recurrent(node, {1, 1, {"Tanh"}}) {}

  SmallVector<Value> step(const Direction &direction, Value projected,
                          ArrayRef<Value> states) override {
    Value product = node.create<MatMulOp>(states[0], direction.hiddenWeights);
    return {activate(direction.activations[0], add(product, projected))};
  }
};

/// Gates z (update), r (reset), h (hidden): H = (1 - z) * h + z * H
struct GRU : Recurrent {
  explicit GRU(NodeImporter &node) : Recurrent(node, {3, 1, {"Sigmoid", "Tanh"}}) {
    sequence.linearBeforeReset = node.getOpset() >= 3 && node.getInt("linear_before_reset", 0) != 0;
  }

  Value staticBias(const Direction &direction) override {
    if (!direction.inputBias || !sequence.linearBeforeReset)
      return Recurrent::staticBias(direction);
    // The hidden bias of h is multiplied by the reset gate.
    Value both = add(gates(direction.inputBias, 0, 2), gates(direction.hiddenBias, 0, 2));
    return buildConcat(node, {both, gate(direction.inputBias, 2)}, 0);
  }

  SmallVector<Value> step(const Direction &direction, Value projected,
                          ArrayRef<Value> states) override {
    const Activation &f = direction.activations[0], &g = direction.activations[1];
    Value update, reset, candidate;
    if (sequence.linearBeforeReset) {
      Value product = node.create<MatMulOp>(states[0], direction.hiddenWeights);
      std::tie(update, reset) = buildGates(f, gates(product, 0, 2), projected);
      Value hiddenPart = gate(product, 2);
      if (direction.hiddenBias)
        hiddenPart = add(hiddenPart, gate(direction.hiddenBias, 2));
      candidate = mul(reset, hiddenPart);
    } else {
      Value product = node.create<MatMulOp>(states[0], gates(direction.hiddenWeights, 0, 2));
      std::tie(update, reset) = buildGates(f, product, projected);
      candidate = node.create<MatMulOp>(mul(reset, states[0]), gate(direction.hiddenWeights, 2));
    }
    candidate = activate(g, add(candidate, gate(projected, 2)));
    // (1 - z) * h + z * H
    Value difference = node.create<SubOp>(states[0], candidate);
    return {add(candidate, mul(update, difference))};
  }

private:
  std::pair<Value, Value> buildGates(const Activation &f, Value product, Value projected) {
    Value sum = add(product, gates(projected, 0, 2));
    return {activate(f, gate(sum, 0)), activate(f, gate(sum, 1))};
  }
};

/// Gates i (input), o (output), f (forget), c (cell): C = f * C + i * c; H = o * h(C)
struct LSTM : Recurrent {
  explicit LSTM(NodeImporter &node) : Recurrent(node, {4, 2, {"Sigmoid", "Tanh", "Tanh"}}) {
    sequence.inputForget = node.getInt("input_forget", 0) != 0;
  }

  SmallVector<Value> step(const Direction &direction, Value projected,
                          ArrayRef<Value> states) override {
    const Activation &f = direction.activations[0];
    Value sum = add(node.create<MatMulOp>(states[0], direction.hiddenWeights), projected);
    Value input = activate(f, peep(direction, gate(sum, 0), states[1], 0));
    Value forget;
    if (!sequence.inputForget)
      forget = activate(f, peep(direction, gate(sum, 2), states[1], 2));
    else if (!node.hasFailed())
      forget = node.create<SubOp>(node.createScalarLike(input, 1), input);
    Value candidate = activate(direction.activations[1], gate(sum, 3));
    Value cell = add(mul(forget, states[1]), mul(input, candidate));
    Value output = activate(f, peep(direction, gate(sum, 1), cell, 1));
    // ONNX Runtime clips what goes into gates, not the cell.
    return {mul(output, apply(direction.activations[2], cell)), cell};
  }

private:
  /// Adds what gate `index` sees of the cell.
  Value peep(const Direction &direction, Value sum, Value cell, int64_t index) {
    if (!direction.peepholes)
      return sum;
    return add(sum, mul(gate(direction.peepholes, index), cell));
  }
};

} // namespace

template <typename Cell> static LogicalResult importCell(NodeImporter &node) {
  return Cell(node).import();
}

void halftone::addRecurrentOps(OpTable &table) {
  table.add({
      {"GRU", {3, 6}, importCell<GRU>},
      {"LSTM", {3, 8}, importCell<LSTM>},
      {"RNN", {3, 6}, importCell<RNN>},
  });
}
