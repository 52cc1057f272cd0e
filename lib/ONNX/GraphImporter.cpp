// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "GraphImporter.h"
#include "ElementTypes.h"
#include "Refusals.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Iterators.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "onnx/onnx_pb.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::halftone;

std::string halftone::getNodeName(const onnx::NodeProto &node) {
  if (!node.name().empty())
    return node.name();
  for (const std::string &output : node.output())
    if (!output.empty())
      return output;
  return node.op_type();
}

Location halftone::getNodeLocation(const onnx::NodeProto &node, MLIRContext *context) {
  return NameLoc::get(StringAttr::get(context, getNodeName(node)));
}

InFlightDiagnostic halftone::emitNodeError(const onnx::NodeProto &node, int64_t opset,
                                           MLIRContext *context) {
  InFlightDiagnostic diag = emitError(getNodeLocation(node, context));
  diag << "node '" << getNodeName(node) << "' (";
  if (!node.domain().empty())
    diag << node.domain() << ".";
  diag << node.op_type() << ", opset " << opset << "): ";
  return diag;
}

static constexpr StringLiteral kWayOutOfSequences = "join its tensors with ConcatFromSequence";

/// The default domain has two spellings.
static StringRef normalizeDomain(StringRef domain) { return domain == "ai.onnx" ? "" : domain; }

GraphImporter::GraphImporter(std::shared_ptr<const onnx::ModelProto> model, StringRef folder,
                             const ImportOptions &options, ModuleOp module, Location fileLoc)
    : source(std::make_shared<ModelSource>(ModelSource{model, {}})), model(source, model.get()),
      graph(model->graph()), fileLoc(fileLoc), builder(module.getBodyRegion()),
      shapes(module.getContext()), tensors(this->model, folder, module.getContext()),
      functions(source), inputDims(options.dims) {}

LogicalResult GraphImporter::run() {
  scopes.emplace_back();
  if (failed(readOpsets()) || failed(checkNodesSupported()) || failed(indexInitializers(graph)) ||
      failed(indexProducers(graph)) || failed(importInputs()))
    return failure();
  for (const onnx::NodeProto &node : graph.node())
    if (failed(importNode(node)))
      return failure();
  if (failed(importOutputs()))
    return failure();
  eraseUnusedOps();
  return success();
}

LogicalResult GraphImporter::readOpsets() {
  for (const onnx::OperatorSetIdProto &import : model->opset_import()) {
    StringRef domain = normalizeDomain(import.domain());
    if (!opsets.insert({domain, import.version()}).second)
      return emitError(fileLoc) << "two opsets of domain '" << import.domain() << "' are imported";
  }
  std::optional<int64_t> opset = findOpset("");
  // Where no node needs it, the error is the domain that they need instead.
  bool isNeeded = llvm::any_of(graph.node(), [](const onnx::NodeProto &node) {
    return normalizeDomain(node.domain()).empty();
  });
  if (!opset && !isNeeded && graph.node_size() > 0)
    return success();
  if (!opset)
    return emitError(fileLoc)
           << "no opset of the domain ai.onnx is imported; add it to opset_import";
  if (*opset < kFirstOpset || *opset > kNewestOpset)
    return emitError(fileLoc) << "opset " << *opset << " is not supported: expected " << kFirstOpset
                              << " to " << kNewestOpset
                              << "; export the model again, or convert it with "
                                 "onnx.version_converter";
  return success();
}

std::optional<int64_t> GraphImporter::findOpset(StringRef domain) const {
  auto it = opsets.find(normalizeDomain(domain));
  return it == opsets.end() ? std::nullopt : std::optional<int64_t>(it->second);
}

/// Says in which opsets an op would have been understood.
static void explainUnsupported(InFlightDiagnostic &diag, const OpTable &table,
                               const onnx::NodeProto &node) {
  StringRef domain = normalizeDomain(node.domain());
  ArrayRef<OpEntry> entries = table.findAll(domain, node.op_type());
  StringRef refusal = findRefusal(domain, node.op_type());
  if (!table.hasDomain(domain)) {
    diag << "ops of the domain '" << domain << "' are not supported"
         << (refusal.empty() ? StringRef("; export the model without them") : ": ") << refusal;
    return;
  }
  if (!refusal.empty()) {
    diag << "the op is not supported: " << refusal;
    return;
  }
  if (entries.empty()) {
    diag << "the op is not supported; express it by other ops, or export the model without it";
    return;
  }
  diag << "the op is supported in opsets ";
  llvm::interleaveComma(entries, diag, [&](const OpEntry &entry) {
    diag << entry.opsets.min << " to " << entry.opsets.max;
  });
  diag << "; export the model with one of these";
}

LogicalResult
GraphImporter::findUnsupported(const onnx::GraphProto &searched,
                               SmallVectorImpl<const onnx::NodeProto *> &unsupported) {
  for (const onnx::NodeProto &node : searched.node()) {
    std::optional<int64_t> opset = findOpset(node.domain());
    if (!opset)
      return emitNodeError(node, 0, builder.getContext())
             << "the model imports no opset of the domain '" << node.domain()
             << "'; add it to opset_import";
    if (!table.find(normalizeDomain(node.domain()), node.op_type(), *opset) &&
        !functions.contains(node, *opset))
      unsupported.push_back(&node);
    for (const onnx::AttributeProto &attr : node.attribute())
      if (attr.has_g() && failed(findUnsupported(attr.g(), unsupported)))
        return failure();
  }
  return success();
}

LogicalResult GraphImporter::checkNodesSupported() {
  SmallVector<const onnx::NodeProto *> unsupported;
  if (failed(findUnsupported(graph, unsupported)))
    return failure();
  if (unsupported.empty())
    return success();
  const onnx::NodeProto &first = *unsupported.front();
  InFlightDiagnostic diag = emitNodeError(first, *findOpset(first.domain()), builder.getContext());
  explainUnsupported(diag, table, first);
  llvm::SetVector<StringRef> names;
  for (const onnx::NodeProto *node : unsupported)
    names.insert(node->op_type());
  if (names.size() > 1) {
    Diagnostic &note = diag.attachNote() << "all unsupported ops of the model: ";
    llvm::interleaveComma(names, note, [&](StringRef name) { note << name; });
  }
  return diag;
}

LogicalResult GraphImporter::indexInitializers(const onnx::GraphProto &indexed) {
  if (indexed.sparse_initializer_size() > 0)
    return emitError(fileLoc)
           << "sparse initializers are not supported; store them as dense tensors";
  for (const onnx::TensorProto &initializer : indexed.initializer()) {
    if (initializer.name().empty())
      return emitError(fileLoc) << "an initializer has no name";
    if (!scopes.back().initializers.insert({initializer.name(), &initializer}).second)
      return emitError(fileLoc) << "two initializers are called '" << initializer.name() << "'";
  }
  return success();
}

LogicalResult GraphImporter::indexProducers(const onnx::GraphProto &indexed) {
  Names &names = scopes.back();
  for (const onnx::NodeProto &node : indexed.node()) {
    auto fail = [&](StringRef output) {
      return emitNodeError(node, findOpset(node.domain()).value_or(0), builder.getContext())
             << "output '" << output << "' ";
    };
    for (const std::string &output : node.output()) {
      if (output.empty())
        continue;
      if (names.initializers.contains(output))
        return fail(output) << "is also the name of an initializer";
      auto [it, isNew] = names.producers.insert({output, &node});
      if (!isNew)
        return fail(output) << "is also an output of node '" << getNodeName(*it->second) << "'";
    }
  }
  return success();
}

LogicalResult GraphImporter::importInputs() {
  if (failed(inputDims.checkOverrides(fileLoc)))
    return failure();
  SmallVector<const onnx::ValueInfoProto *> infos;
  SmallVector<InputType> inputs;
  for (const onnx::ValueInfoProto &info : graph.input()) {
    // Up to IR version 3 initializers are listed among the inputs; later they are their defaults.
    if (scopes.back().initializers.contains(info.name()))
      continue;
    if (info.name().empty() || scopes.back().producers.contains(info.name()))
      return emitError(fileLoc) << "the name of input '" << info.name()
                                << (info.name().empty() ? "' is empty"
                                                        : "' is also a node's output");
    FailureOr<InputType> input = inputDims.read(info, "input", fileLoc);
    if (failed(input))
      return failure();
    infos.push_back(&info);
    inputs.push_back(*input);
  }
  if (failed(inputDims.checkAllUsed(fileLoc)))
    return failure();

  SmallVector<Type> types =
      llvm::map_to_vector(inputs, [](auto &input) -> Type { return input.type; });
  std::string name = graph.name().empty() ? "main" : graph.name();
  function = func::FuncOp::create(builder, NameLoc::get(builder.getStringAttr(name)), "main",
                                  builder.getFunctionType(types, {}));
  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  for (auto [i, info, input] : llvm::enumerate(infos, inputs)) {
    BlockArgument argument = entry->getArgument(i);
    argument.setLoc(NameLoc::get(builder.getStringAttr(info->name())));
    if (!scopes.back().values.insert({info->name(), argument}).second)
      return emitError(fileLoc) << "two inputs are called '" << info->name() << "'";
    shapes.setArgument(argument, inputDims.makeSymbols(input, shapes));
    function.setArgAttr(i, "halftone.name", builder.getStringAttr(info->name()));
    function.setArgAttr(i, "halftone.dim_names", getDimNames(input.names));
  }
  return success();
}

ArrayAttr GraphImporter::getDimNames(ArrayRef<std::string> names) {
  return builder.getStrArrayAttr(llvm::to_vector_of<StringRef>(names));
}

Value GraphImporter::importInitializer(const onnx::TensorProto &initializer) {
  Location loc = NameLoc::get(builder.getStringAttr(initializer.name()));
  // Outside of every region, so that whatever comes later may use it.
  OpBuilder::InsertionGuard guard(builder);
  if (scopes.size() > 1)
    builder.setInsertionPointToEnd(&function.getBody().front());
  ElementsAttr elements = tensors.read(initializer, initializer.name(), [&] {
    return emitError(fileLoc) << "initializer '" << initializer.name() << "': ";
  });
  if (!elements)
    return nullptr;
  auto op = ConstantOp::create(builder, loc, elements);
  if (failed(op.inferShapes(shapes)))
    return nullptr;
  return op.getOutput();
}

Value GraphImporter::resolve(StringRef name, llvm::function_ref<InFlightDiagnostic()> emitError) {
  for (Names &names : llvm::reverse(scopes)) {
    if (auto it = names.values.find(name); it != names.values.end())
      return it->second;
    if (auto it = names.initializers.find(name); it != names.initializers.end())
      return names.values[name] = importInitializer(*it->second);
    if (auto it = names.producers.find(name); it != names.producers.end()) {
      emitError() << "'" << name << "' is used before node '" << getNodeName(*it->second)
                  << "' makes it: the graph has a cycle or its nodes are not sorted";
      return nullptr;
    }
  }
  emitError() << "there is no value called '" << name
              << "': no input, initializer or node defines it";
  return nullptr;
}

FailureOr<SmallVector<Value>> GraphImporter::importSubgraph(const onnx::GraphProto &subgraph,
                                                            ValueRange arguments) {
  // Each level takes stack; no exporter nests so deep.
  constexpr size_t kDeepest = 64;
  if (scopes.size() > kDeepest)
    return emitError(fileLoc) << "graph '" << subgraph.name() << "' is nested more than "
                              << kDeepest << " levels deep";
  scopes.emplace_back();
  FailureOr<SmallVector<Value>> values = importNodes(subgraph, arguments);
  scopes.pop_back();
  return values;
}

FailureOr<SmallVector<Value>> GraphImporter::importNodes(const onnx::GraphProto &subgraph,
                                                         ValueRange arguments) {
  if (failed(indexInitializers(subgraph)) || failed(indexProducers(subgraph)))
    return failure();
  for (auto [input, argument] : llvm::zip_equal(subgraph.input(), arguments)) {
    bool isDefined = input.name().empty() || scopes.back().producers.contains(input.name());
    if (isDefined || !scopes.back().values.insert({input.name(), argument}).second)
      return emitError(fileLoc) << "input '" << input.name() << "' of graph '" << subgraph.name()
                                << "' has no name of its own";
  }
  for (const onnx::NodeProto &node : subgraph.node())
    if (failed(importNode(node)))
      return failure();
  SmallVector<Value> values;
  for (const onnx::ValueInfoProto &output : subgraph.output()) {
    values.push_back(resolve(output.name(), [&] {
      return emitError(fileLoc) << "output '" << output.name() << "' of graph '" << subgraph.name()
                                << "': ";
    }));
    if (!values.back())
      return failure();
    if (!llvm::isa<RankedTensorType>(values.back().getType()))
      return emitError(fileLoc) << "output '" << output.name() << "' of graph '" << subgraph.name()
                                << "' is a sequence of tensors, which is not supported; "
                                << kWayOutOfSequences;
  }
  return values;
}

LogicalResult GraphImporter::importCall(const onnx::NodeProto &node, int64_t opset,
                                        ArrayRef<Value> operands) {
  // Functions may call each other, but no exporter nests them so deep: one calls itself.
  constexpr int kDeepest = 64;
  auto emitError = [&] { return emitNodeError(node, opset, builder.getContext()); };
  if (callDepth >= kDeepest)
    return emitError() << "functions call each other more than " << kDeepest << " levels deep";
  // Functions that each call the next one twice are a small file, but 2^levels nodes.
  constexpr size_t kMostCalls = 50000;
  if (source->calls.size() >= kMostCalls)
    return emitError() << "the functions of the model amount to more than " << kMostCalls
                       << " calls; export the model without functions that multiply";
  SmallVector<Type> types = llvm::map_to_vector(
      operands, [](Value operand) { return operand ? operand.getType() : Type(); });
  ExpandedCall *call = functions.expand(node, opset, types);
  if (!call) {
    InFlightDiagnostic diag = emitError();
    explainUnsupported(diag, table, node);
    return diag;
  }
  ++callDepth;
  std::swap(opsets, call->opsets);
  LogicalResult result = success();
  for (const onnx::NodeProto &inner : call->nodes)
    if (succeeded(result))
      result = importNode(inner);
  std::swap(opsets, call->opsets);
  --callDepth;
  for (const std::string &output : node.output())
    if (succeeded(result) && !output.empty() && !scopes.back().values.contains(output))
      return emitError() << "its function makes no output '" << output << "'";
  return result;
}

LogicalResult GraphImporter::importNode(const onnx::NodeProto &node) {
  std::optional<int64_t> imported = findOpset(node.domain());
  if (!imported)
    return emitNodeError(node, 0, builder.getContext())
           << "its function imports no opset of the domain '" << node.domain()
           << "'; add it to opset_import";
  int64_t opset = *imported;
  auto emitError = [&] { return emitNodeError(node, opset, builder.getContext()); };
  SmallVector<Value> operands;
  for (const std::string &input : node.input()) {
    operands.push_back(input.empty() ? Value() : resolve(input, emitError));
    if (!input.empty() && !operands.back())
      return failure();
  }
  const OpEntry *entry = table.find(normalizeDomain(node.domain()), node.op_type(), opset);
  if (!entry)
    return importCall(node, opset, operands);
  NodeImporter importer({builder, shapes, tensors, *this}, node, opset, std::move(operands));
  FailureOr<SmallVector<Value>> results = importer.run(*entry);
  if (failed(results))
    return failure();
  for (auto [name, value] : llvm::zip_equal(node.output(), *results))
    if (!name.empty())
      scopes.back().values[name] = value;
  return success();
}

/// The declared type of an output is not used, but contradicting it means that something is wrong.
LogicalResult GraphImporter::checkOutputType(const onnx::ValueInfoProto &output, Value value,
                                             Location loc) {
  if (!output.type().has_tensor_type())
    return success();
  const onnx::TypeProto::Tensor &declared = output.type().tensor_type();
  auto type = llvm::cast<RankedTensorType>(value.getType());
  Type elementType = importElementType(declared.elem_type(), builder.getContext());
  if (declared.elem_type() != 0 && elementType != type.getElementType())
    return emitError(loc) << "output '" << output.name() << "' is declared with element type "
                          << nameOfDataType(declared.elem_type()) << ", but is " << type;
  if (!declared.has_shape())
    return success();
  bool differs = declared.shape().dim_size() != type.getRank();
  for (int64_t i = 0; !differs && i < type.getRank(); ++i) {
    int64_t size = declared.shape().dim(i).dim_value();
    differs = size > 0 && !type.isDynamicDim(i) && size != type.getDimSize(i);
  }
  if (differs)
    emitWarning(loc) << "output '" << output.name()
                     << "' is declared with another shape than it has: " << type;
  return success();
}

LogicalResult GraphImporter::importOutputs() {
  if (graph.output_size() == 0)
    return emitError(fileLoc) << "the graph has no outputs; declare what it computes";
  SmallVector<Value> results;
  SmallVector<DictionaryAttr> attrs;
  llvm::StringMap<bool> seen;
  for (const onnx::ValueInfoProto &output : graph.output()) {
    if (!seen.insert({output.name(), true}).second)
      return emitError(fileLoc) << "two outputs are called '" << output.name() << "'";
    Value value = resolve(
        output.name(), [&] { return emitError(fileLoc) << "output '" << output.name() << "': "; });
    if (value && !llvm::isa<RankedTensorType>(value.getType()))
      return emitError(fileLoc) << "output '" << output.name()
                                << "' is a sequence of tensors, which is not supported; "
                                << kWayOutOfSequences;
    if (!value || failed(checkOutputType(output, value, fileLoc)))
      return failure();
    results.push_back(value);
    SmallVector<std::string> names;
    for (auto [i, dim] : llvm::enumerate(shapes.dims(value))) {
      bool isStatic = ShapeContext::asConstant(dim).has_value();
      names.push_back(isStatic ? "" : inputDims.nameOf(dim));
    }
    attrs.push_back(builder.getDictionaryAttr(
        {builder.getNamedAttr("halftone.name", builder.getStringAttr(output.name())),
         builder.getNamedAttr("halftone.dim_names", getDimNames(names))}));
  }
  func::ReturnOp::create(builder, function.getLoc(), results);
  function.setType(builder.getFunctionType(function.getArgumentTypes(), ValueRange(results)));
  for (auto [i, attr] : llvm::enumerate(attrs))
    function.setResultAttrs(i, attr);
  return success();
}

/// Shape arithmetic that became constants, and what the model computes in vain.
void GraphImporter::eraseUnusedOps() {
  function.walk<WalkOrder::PostOrder, ReverseIterator>([](Operation *op) {
    if (isOpTriviallyDead(op))
      op->erase();
  });
}
