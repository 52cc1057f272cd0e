// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic, comparison, logic, bits, casts and choices.
#include "Builders.h"

using namespace mlir;
using namespace mlir::halftone;

/// Sum, Min, Max of any number of operands, from the left.
template <typename OpT> static LogicalResult importVariadic(NodeImporter &node) {
  SmallVector<Value> operands = node.getOperands();
  Value result = operands.front();
  for (Value operand : llvm::drop_begin(operands))
    result = node.create<OpT>(result, operand);
  return node.setResults({result});
}

static LogicalResult importMean(NodeImporter &node) {
  SmallVector<Value> operands = node.getOperands();
  Value sum = operands.front();
  for (Value operand : llvm::drop_begin(operands))
    sum = node.create<AddOp>(sum, operand);
  Value count = node.createScalarLike(operands.front(), double(operands.size()));
  return node.setResults({node.create<DivOp>(sum, count)});
}

static LogicalResult importMod(NodeImporter &node) {
  bool fmod = node.getFlag("fmod", false);
  return node.setResults({node.create<ModOp>(node.getOperand(0), node.getOperand(1), fmod)});
}

static LogicalResult importBitShift(NodeImporter &node) {
  StringRef direction = node.requireString("direction");
  if (!node.hasFailed() && direction != "LEFT" && direction != "RIGHT")
    return node.emitError() << "attribute 'direction' is '" << direction
                            << "', expected 'LEFT' or 'RIGHT'";
  bool right = direction == "RIGHT";
  return node.setResults({node.create<BitShiftOp>(node.getOperand(0), node.getOperand(1), right)});
}

static LogicalResult importWhere(NodeImporter &node) {
  return node.setResults(
      {node.create<WhereOp>(node.getOperand(0), node.getOperand(1), node.getOperand(2))});
}

static LogicalResult importCast(NodeImporter &node) {
  node.requireInt("to");
  Type to = node.getElementTypeAttr("to", nullptr);
  bool saturate = node.getFlag("saturate", true);
  node.expectString("round_mode", "up");
  return node.setResults({node.create<CastOp>(node.getOperand(0), to, saturate)});
}

static LogicalResult importCastLike(NodeImporter &node) {
  bool saturate = node.getFlag("saturate", true);
  node.expectString("round_mode", "up");
  Type to = NodeImporter::getElementType(node.getOperand(1));
  return node.setResults({node.create<CastOp>(node.getOperand(0), to, saturate)});
}

/// Bools are 0 and 1 in a byte each.
static LogicalResult importBitCast(NodeImporter &node) {
  node.requireInt("to");
  Value input = node.getOperand(0);
  Type to = node.getElementTypeAttr("to", nullptr);
  if (node.hasFailed())
    return failure();
  bool isBool = to.isInteger(1) || NodeImporter::getElementType(input).isInteger(1);
  if (isBool && to.getIntOrFloatBitWidth() <= 8)
    return node.setResults({node.castTo(input, to)});
  return node.setResults({node.create<BitCastOp>(input, to)});
}

static LogicalResult importIdentity(NodeImporter &node) {
  return node.setResults({node.getOperand(0)});
}

// Until opset 10 the bounds were attributes.
static LogicalResult importClipByAttrs(NodeImporter &node) {
  Value input = node.getOperand(0);
  auto getBound = [&](StringRef name) -> Value {
    return node.hasAttr(name) ? node.createScalarLike(input, node.getFloat(name, 0)) : Value();
  };
  Value min = getBound("min"), max = getBound("max");
  return node.setResults({node.create<ClipOp>(input, min, max)});
}

static LogicalResult importClip(NodeImporter &node) {
  return node.setResults(
      {node.create<ClipOp>(node.getOperand(0), node.getOperand(1), node.getOperand(2))});
}

static LogicalResult importIsInf(NodeImporter &node) {
  bool negative = node.getFlag("detect_negative", true);
  bool positive = node.getFlag("detect_positive", true);
  return node.setResults({node.create<IsInfOp>(node.getOperand(0), negative, positive)});
}

static void addUnaryOps(OpTable &table) {
  table.add({
      {"Abs", 1, importUnary<AbsOp>},
      {"Acos", 1, importUnary<AcosOp>},
      {"Acosh", 1, importUnary<AcoshOp>},
      {"Asin", 1, importUnary<AsinOp>},
      {"Asinh", 1, importUnary<AsinhOp>},
      {"Atan", 1, importUnary<AtanOp>},
      {"Atanh", 1, importUnary<AtanhOp>},
      {"BitCast", 1, importBitCast, fromOpset(26)},
      {"BitwiseNot", 1, importUnary<NotOp>, fromOpset(18)},
      {"Cast", 1, importCast},
      {"CastLike", 2, importCastLike, fromOpset(15)},
      {"Ceil", 1, importUnary<CeilOp>},
      {"Cos", 1, importUnary<CosOp>},
      {"Cosh", 1, importUnary<CoshOp>},
      {"Erf", 1, importUnary<ErfOp>, fromOpset(9)},
      {"Exp", 1, importUnary<ExpOp>},
      {"Floor", 1, importUnary<FloorOp>},
      {"Identity", 1, importIdentity, always(), kOnnxDomain, {}, /*takesSequences=*/true},
      {"IsInf", 1, importIsInf, fromOpset(10)},
      {"IsNaN", 1, importUnary<IsNaNOp>, fromOpset(9)},
      {"Log", 1, importUnary<LogOp>},
      {"Neg", 1, importUnary<NegOp>},
      {"Not", 1, importUnary<NotOp>, always()},
      {"Reciprocal", 1, importUnary<ReciprocalOp>},
      {"Round", 1, importUnary<RoundOp>, fromOpset(11)},
      {"Sign", 1, importUnary<SignOp>, fromOpset(9)},
      {"Sin", 1, importUnary<SinOp>},
      {"Sinh", 1, importUnary<SinhOp>},
      {"Sqrt", 1, importUnary<SqrtOp>},
      {"Tan", 1, importUnary<TanOp>},
  });
}

void halftone::addElementwiseOps(OpTable &table) {
  addUnaryOps(table);
  table.add({
      {"Add", 2, importBroadcasting<AddOp>},
      {"And", 2, importBroadcasting<AndOp>},
      {"BitShift", 2, importBitShift, fromOpset(11)},
      {"BitwiseAnd", 2, importBinary<AndOp>, fromOpset(18)},
      {"BitwiseOr", 2, importBinary<OrOp>, fromOpset(18)},
      {"BitwiseXor", 2, importBinary<XorOp>, fromOpset(18)},
      {"Clip", 1, importClipByAttrs, untilOpset(10)},
      {"Clip", {1, 3}, importClip, fromOpset(11)},
      {"Div", 2, importBroadcasting<DivOp>},
      {"Equal", 2, importBroadcasting<EqualOp>},
      {"Greater", 2, importBroadcasting<GreaterOp>},
      {"GreaterOrEqual", 2, importBinary<GreaterOrEqualOp>, fromOpset(12)},
      {"Less", 2, importBroadcasting<LessOp>},
      {"LessOrEqual", 2, importBinary<LessOrEqualOp>, fromOpset(12)},
      {"Max", {1, kAnyNumber}, importVariadic<MaxOp>},
      {"Mean", {1, kAnyNumber}, importMean},
      {"Min", {1, kAnyNumber}, importVariadic<MinOp>},
      {"Mod", 2, importMod, fromOpset(10)},
      {"Mul", 2, importBroadcasting<MulOp>},
      {"Or", 2, importBroadcasting<OrOp>},
      {"Pow", 2, importBroadcasting<PowOp>},
      {"Sub", 2, importBroadcasting<SubOp>},
      {"Sum", {1, kAnyNumber}, importVariadic<AddOp>},
      {"Where", 3, importWhere, fromOpset(9)},
      {"Xor", 2, importBroadcasting<XorOp>},
  });
}
