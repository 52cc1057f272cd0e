// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "NodeImporter.h"
#include "GraphImporter.h"

#include "halftone/Dialect/ConstantData.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Verifier.h"
#include "onnx/onnx_pb.h"

using namespace mlir;
using namespace mlir::halftone;

NodeImporter::NodeImporter(Scope scope, const onnx::NodeProto &proto, int64_t opset,
                           SmallVector<Value> operands)
    : builder(scope.builder), shapes(scope.shapes), tensors(scope.tensors),
      subgraphs(scope.subgraphs), proto(proto), opset(opset),
      location(getNodeLocation(proto, builder.getContext())),
      placeholder(UnrankedTensorType::get(builder.getF32Type())), operands(std::move(operands)),
      readOperands(this->operands.size(), false) {}

StringRef NodeImporter::getOpType() const { return proto.op_type(); }

InFlightDiagnostic NodeImporter::emitError() {
  failedOnce = true;
  return emitNodeError(proto, opset, builder.getContext());
}

FailureOr<SmallVector<Value>> NodeImporter::run(const OpEntry &entry) {
  if (!checkAttrs() || !checkCounts(entry) || !checkAllTensors(entry) ||
      failed(entry.build(*this)) || !checkAllRead())
    return failure();
  return results;
}

bool NodeImporter::checkCounts(const OpEntry &entry) {
  int64_t count = operands.size();
  if (count < entry.inputs.min || count > entry.inputs.max) {
    InFlightDiagnostic diag = emitError() << "expects ";
    if (entry.inputs.max == kAnyNumber)
      diag << "at least " << entry.inputs.min;
    else if (entry.inputs.min == entry.inputs.max)
      diag << entry.inputs.min;
    else
      diag << entry.inputs.min << " to " << entry.inputs.max;
    diag << " inputs, but has " << count;
    return false;
  }
  for (int64_t i = 0; i < entry.inputs.min; ++i)
    if (!operands[i]) {
      emitError() << "input " << i << " is required but its name is empty";
      return false;
    }
  if (proto.output_size() == 0) {
    emitError() << "has no outputs";
    return false;
  }
  return true;
}

bool NodeImporter::checkAllTensors(const OpEntry &entry) {
  for (auto [i, operand] : llvm::enumerate(operands))
    if (operand && !entry.takesSequences && !llvm::isa<RankedTensorType>(operand.getType())) {
      emitError()
          << "input " << i << " ('" << proto.input(i)
          << "') is a sequence of tensors, which is not supported for this op; pick one with "
             "SequenceAt or join them with ConcatFromSequence";
      return false;
    }
  return true;
}

bool NodeImporter::checkAllRead() {
  for (const onnx::AttributeProto &attr : proto.attribute())
    if (!readAttrs.contains(attr.name())) {
      emitError() << "attribute '" << attr.name() << "' is not known for this op and opset";
      return false;
    }
  for (auto [i, read] : llvm::enumerate(readOperands))
    if (!read && operands[i]) {
      emitError() << "input " << i << " ('" << proto.input(i)
                  << "') is not known for this op and opset";
      return false;
    }
  return true;
}

Value NodeImporter::getOperand(unsigned index) {
  if (index >= operands.size())
    return nullptr;
  readOperands[index] = true;
  return operands[index];
}

SmallVector<Value> NodeImporter::getOperands() {
  std::fill(readOperands.begin(), readOperands.end(), true);
  return operands;
}

std::optional<SmallVector<int64_t>> NodeImporter::getConstantOperand(unsigned index,
                                                                     StringRef name) {
  Value operand = getOperand(index);
  if (!operand)
    return std::nullopt;
  if (std::optional<SmallVector<int64_t>> values = shapes.constantValues(operand))
    return values;
  if (ElementsAttr elements = getConstant(operand))
    if (std::optional<std::vector<int64_t>> values = readIntegers(elements))
      return SmallVector<int64_t>(values->begin(), values->end());
  emitNotConstant(index, name);
  return std::nullopt;
}

std::optional<SmallVector<float>> NodeImporter::getConstantFloatOperand(unsigned index,
                                                                        StringRef name) {
  Value operand = getOperand(index);
  if (!operand)
    return std::nullopt;
  if (ElementsAttr elements = getConstant(operand))
    if (std::optional<std::vector<float>> values = readFloats(elements))
      return SmallVector<float>(values->begin(), values->end());
  emitNotConstant(index, name);
  return std::nullopt;
}

void NodeImporter::emitNotConstant(unsigned index, StringRef name) {
  emitError() << "input '" << name << "' must be known when compiling, but '" << proto.input(index)
              << "' is computed when the model runs; fixing dynamic dimensions (--dim) may make it "
                 "a constant";
}

std::optional<SmallVector<int64_t>>
NodeImporter::getIntsAttrOrOperand(StringRef name, int64_t lastOpset, unsigned index) {
  return opset <= lastOpset ? getInts(name) : getConstantOperand(index, name);
}

RankedTensorType NodeImporter::getType(Value value) {
  return llvm::cast<RankedTensorType>(value.getType());
}

int64_t NodeImporter::normalizeAxis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank) {
    if (!failedOnce)
      emitError() << "axis " << axis << " is out of range for " << rank << " dimensions";
    return 0;
  }
  return axis < 0 ? axis + rank : axis;
}

SmallVector<int64_t> NodeImporter::normalizeAxes(ArrayRef<int64_t> axes, int64_t rank) {
  SmallVector<int64_t> normalized =
      llvm::map_to_vector(axes, [&](int64_t axis) { return normalizeAxis(axis, rank); });
  llvm::sort(normalized);
  auto duplicate = std::adjacent_find(normalized.begin(), normalized.end());
  if (duplicate != normalized.end() && !failedOnce)
    emitError() << "axis " << *duplicate << " is given twice";
  return normalized;
}

int64_t NodeImporter::requireStaticDim(Value value, int64_t dim) {
  if (failedOnce)
    return 1;
  RankedTensorType type = getType(value);
  if (dim < type.getRank() && !type.isDynamicDim(dim))
    return type.getDimSize(dim);
  emitError() << "dimension " << dim << " of " << type
              << " must be known when compiling; fix the dynamic dimensions it depends on (--dim)";
  return 1;
}

/// Reports what inferShapes or a verifier says as an error of the node, once.
bool NodeImporter::inferTypes(Operation *op) {
  SmallVector<std::string> messages;
  LogicalResult inferred = success();
  {
    ScopedDiagnosticHandler handler(op->getContext(), [&](Diagnostic &diag) {
      messages.push_back(diag.str());
      for (Diagnostic &note : diag.getNotes())
        messages.push_back(note.str());
    });
    inferred = llvm::cast<SymbolicShapeOpInterface>(op).inferShapes(shapes);
    // What is in regions has been verified; where they are is not known until all graphs around
    // them are complete.
    if (succeeded(inferred))
      inferred = op->getNumRegions() > 0 ? op->getName().verifyInvariants(op) : verify(op);
  }
  if (succeeded(inferred))
    return true;
  InFlightDiagnostic diag = emitError();
  diag << (messages.empty() ? "the types of its results cannot be inferred" : messages.front());
  for (const std::string &note : llvm::drop_begin(messages, messages.empty() ? 0 : 1))
    diag.attachNote() << note;
  return false;
}

bool NodeImporter::finish(Operation *op) {
  if (!inferTypes(op))
    return false;
  folded.assign(op->result_begin(), op->result_end());
  // Only what builders ask to be constant is folded here; the rest stays one to one.
  if (llvm::isa<ConstantOp>(op) || foldReshapedConstant(op))
    return true;
  SmallVector<Value> constants = llvm::map_to_vector(
      op->getResults(), [&](OpResult result) { return foldWithShapes(result); });
  if (llvm::all_of(constants, [](Value value) { return bool(value); }))
    folded = constants;
  return true;
}

/// Gives a constant its new shape, without touching the elements: weights stay recognizable.
bool NodeImporter::foldReshapedConstant(Operation *op) {
  if (!llvm::isa<ReshapeOp, FlattenOp, SqueezeOp, UnsqueezeOp>(op))
    return false;
  auto type = llvm::cast<RankedTensorType>(op->getResult(0).getType());
  ElementsAttr elements = getConstant(op->getOperand(0));
  if (!elements || !type.hasStaticShape())
    return false;
  ElementsAttr reshaped;
  if (auto dense = llvm::dyn_cast<DenseElementsAttr>(elements))
    reshaped = dense.reshape(type);
  else if (auto resource = llvm::dyn_cast<DenseResourceElementsAttr>(elements))
    reshaped = DenseResourceElementsAttr::get(type, resource.getRawHandle());
  Value value = reshaped ? createConstant(reshaped) : Value();
  if (value)
    folded = {value};
  return bool(value);
}

/// A constant for an integer result whose elements are all known; null otherwise.
Value NodeImporter::foldWithShapes(OpResult result) {
  auto type = llvm::dyn_cast<RankedTensorType>(result.getType());
  if (!type || !type.hasStaticShape() || !type.getElementType().isInteger())
    return nullptr;
  std::optional<SmallVector<int64_t>> values = shapes.constantValues(result);
  if (!values)
    return nullptr;
  unsigned width = type.getElementTypeBitWidth();
  SmallVector<APInt> elements = llvm::map_to_vector(*values, [&](int64_t value) {
    return APInt(width, uint64_t(value), /*isSigned=*/false, /*implicitTrunc=*/true);
  });
  return createConstant(DenseElementsAttr::get(type, elements));
}

SmallVector<Value> NodeImporter::importGraph(const onnx::GraphProto &graph, ValueRange arguments) {
  if (failedOnce)
    return {};
  if (graph.input_size() != int64_t(arguments.size())) {
    emitError() << "its graph '" << graph.name() << "' has " << graph.input_size()
                << " inputs, expected " << arguments.size();
    return {};
  }
  FailureOr<SmallVector<Value>> values = subgraphs.importSubgraph(graph, arguments);
  failedOnce |= failed(values);
  return failed(values) ? SmallVector<Value>() : *values;
}

Value NodeImporter::createConstant(ElementsAttr value) {
  if (failedOnce)
    return nullptr;
  auto op = ConstantOp::create(builder, location, value);
  return inferTypes(op) ? op.getOutput() : Value();
}

Value NodeImporter::createInts(ArrayRef<int64_t> values) {
  auto type = RankedTensorType::get(int64_t(values.size()), builder.getI64Type());
  return createConstant(DenseElementsAttr::get(type, values));
}

Value NodeImporter::createFloats(ArrayRef<float> values) {
  auto type = RankedTensorType::get(int64_t(values.size()), builder.getF32Type());
  return createConstant(DenseElementsAttr::get(type, values));
}

Value NodeImporter::createScalar(Type elementType, double value) {
  auto type = RankedTensorType::get({}, elementType);
  if (llvm::isa<FloatType>(elementType))
    return createConstant(
        DenseElementsAttr::get(type, Attribute(FloatAttr::get(elementType, value))));
  APInt integer(elementType.getIntOrFloatBitWidth(), uint64_t(int64_t(value)),
                /*isSigned=*/false, /*implicitTrunc=*/true);
  return createConstant(DenseElementsAttr::get(type, integer));
}

Value NodeImporter::castTo(Value value, Type elementType) {
  if (failedOnce || getElementType(value) == elementType)
    return value;
  return create<CastOp>(value, elementType);
}

Value NodeImporter::appendUnitDims(Value value, int64_t count) {
  if (failedOnce || count <= 0)
    return value;
  int64_t rank = getRank(value);
  return create<UnsqueezeOp>(value, llvm::to_vector(llvm::seq(rank, rank + count)));
}

Value NodeImporter::createShape(Value value) { return createDims(value, 0, getRank(value)); }

Value NodeImporter::createDims(Value value, int64_t start, int64_t end) {
  return create<ShapeOp>(value, start, end);
}

int64_t NodeImporter::getNumResults() const { return proto.output_size(); }

bool NodeImporter::wantsResult(unsigned index) const {
  return int(index) < proto.output_size() && !proto.output(index).empty();
}

LogicalResult NodeImporter::setResults(ArrayRef<Value> values) {
  if (failedOnce)
    return failure();
  results.assign(values.begin(), values.end());
  results.resize(proto.output_size());
  for (auto [i, value] : llvm::enumerate(results))
    if (!value && wantsResult(i)) {
      emitError() << "output " << i << " ('" << proto.output(i) << "') is not supported";
      return failure();
    }
  return success();
}
