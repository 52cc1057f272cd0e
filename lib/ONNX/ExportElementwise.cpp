// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic, comparison, logic, bits, casts and choices.
#include "NodeExporter.h"

using namespace mlir;
using namespace mlir::halftone;

/// Logic of bools and of bits are different ops in ONNX.
template <typename OpT>
static LogicalResult exportLogic(NodeExporter &node, OpT op, StringRef ofBools, StringRef ofBits) {
  bool isBool = NodeExporter::getElementType(op->getOperand(0)).isInteger(1);
  return node.define(isBool ? ofBools : ofBits, node.getOperands());
}

static LogicalResult exportNot(NodeExporter &node, NotOp op) {
  return exportLogic(node, op, "Not", "BitwiseNot");
}
static LogicalResult exportAnd(NodeExporter &node, AndOp op) {
  return exportLogic(node, op, "And", "BitwiseAnd");
}
static LogicalResult exportOr(NodeExporter &node, OrOp op) {
  return exportLogic(node, op, "Or", "BitwiseOr");
}
static LogicalResult exportXor(NodeExporter &node, XorOp op) {
  return exportLogic(node, op, "Xor", "BitwiseXor");
}

static LogicalResult exportMod(NodeExporter &node, ModOp op) {
  return node.define("Mod", node.getOperands(), NodeAttr("fmod", op.getFmod()));
}

/// Only unsigned integers can be shifted.
static LogicalResult exportBitShift(NodeExporter &node, BitShiftOp op) {
  Type elementType = NodeExporter::getElementType(op.getLhs());
  NodeAttr direction("direction", StringRef(op.getRight() ? "RIGHT" : "LEFT"));
  if (elementType.isUnsignedInteger())
    return node.define("BitShift", node.getOperands(), direction);
  Type bits =
      IntegerType::get(op.getContext(), elementType.getIntOrFloatBitWidth(), IntegerType::Unsigned);
  std::string lhs = node.createCast(node.getOperand(op.getLhs()), bits);
  std::string rhs = node.createCast(node.getOperand(op.getRhs()), bits);
  std::string shifted = node.create("BitShift", {lhs, rhs}, direction);
  return node.defineCast(shifted, elementType);
}

static LogicalResult exportCast(NodeExporter &node, CastOp op) {
  return node.defineCast(node.getOperand(op.getInput()), op.getTo(), op.getSaturate());
}

static LogicalResult exportBitCast(NodeExporter &node, BitCastOp op) {
  std::optional<int32_t> dataType = node.getDataType(op.getTo());
  if (!dataType)
    return failure();
  node.requireOpset(26);
  return node.define("BitCast", node.getOperands(), NodeAttr("to", *dataType));
}

/// Bounds have no dimensions in ONNX.
static LogicalResult exportClip(NodeExporter &node, ClipOp op) {
  auto getBound = [&](Value bound) { return bound ? node.getScalar(bound) : std::string(); };
  std::string input = node.getOperand(op.getInput());
  return node.define("Clip", {input, getBound(op.getMin()), getBound(op.getMax())});
}

static LogicalResult exportIsInf(NodeExporter &node, IsInfOp op) {
  return node.define(
      "IsInf", node.getOperands(),
      {{"detect_negative", op.getDetectNegative()}, {"detect_positive", op.getDetectPositive()}});
}

/// ONNX broadcasts the slope to the input only, not the other way round.
static LogicalResult exportPRelu(NodeExporter &node, PReluOp op) {
  RankedTensorType input = NodeExporter::getType(op.getLhs());
  RankedTensorType slope = NodeExporter::getType(op.getRhs());
  bool broadcasts = slope.getRank() <= input.getRank();
  for (int64_t i = 1; broadcasts && i <= slope.getRank(); ++i) {
    int64_t size = slope.getDimSize(slope.getRank() - i);
    broadcasts = size == 1 || size == input.getDimSize(input.getRank() - i);
  }
  if (broadcasts)
    return node.define("PRelu", node.getOperands());
  std::string lhs = node.getOperand(op.getLhs()), rhs = node.getOperand(op.getRhs());
  std::string isNegative =
      node.create("Less", {lhs, node.createScalar(input.getElementType(), 0, "zero")});
  return node.define("Where", {isNegative, node.create("Mul", {lhs, rhs}), lhs});
}

static void addUnaryExports(ExportTable &table) {
  table.addPlain<AbsOp>("Abs");
  table.addPlain<AcosOp>("Acos");
  table.addPlain<AcoshOp>("Acosh");
  table.addPlain<AsinOp>("Asin");
  table.addPlain<AsinhOp>("Asinh");
  table.addPlain<AtanOp>("Atan");
  table.addPlain<AtanhOp>("Atanh");
  table.addPlain<CeilOp>("Ceil");
  table.addPlain<CosOp>("Cos");
  table.addPlain<CoshOp>("Cosh");
  table.addPlain<ErfOp>("Erf");
  table.addPlain<ExpOp>("Exp");
  table.addPlain<FloorOp>("Floor");
  table.addPlain<IsNaNOp>("IsNaN");
  table.addPlain<LogOp>("Log");
  table.addPlain<NegOp>("Neg");
  table.addPlain<ReciprocalOp>("Reciprocal");
  table.addPlain<RoundOp>("Round");
  table.addPlain<SignOp>("Sign");
  table.addPlain<SinOp>("Sin");
  table.addPlain<SinhOp>("Sinh");
  table.addPlain<SqrtOp>("Sqrt");
  table.addPlain<TanOp>("Tan");
  table.addPlain<TanhOp>("Tanh");
}

void mlir::halftone::addElementwiseExports(ExportTable &table) {
  addUnaryExports(table);
  table.addPlain<AddOp>("Add");
  table.addPlain<DivOp>("Div");
  table.addPlain<EqualOp>("Equal");
  table.addPlain<GreaterOp>("Greater");
  table.addPlain<GreaterOrEqualOp>("GreaterOrEqual");
  table.addPlain<LessOp>("Less");
  table.addPlain<LessOrEqualOp>("LessOrEqual");
  table.addPlain<MaxOp>("Max");
  table.addPlain<MinOp>("Min");
  table.addPlain<MulOp>("Mul");
  table.addPlain<PowOp>("Pow");
  table.addPlain<SubOp>("Sub");
  table.addPlain<WhereOp>("Where");
  table.add(exportAnd);
  table.add(exportBitCast);
  table.add(exportBitShift);
  table.add(exportCast);
  table.add(exportClip);
  table.add(exportIsInf);
  table.add(exportMod);
  table.add(exportNot);
  table.add(exportOr);
  table.add(exportPRelu);
  table.add(exportXor);
}
