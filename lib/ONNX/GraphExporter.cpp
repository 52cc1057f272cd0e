// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "GraphExporter.h"
#include "NBitsWeights.h"
#include "NodeExporter.h"

#include "halftone/Analysis/NodeName.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "onnx/onnx_pb.h"
#include "llvm/ADT/ScopeExit.h"

using namespace mlir;
using namespace mlir::halftone;

GraphExporter::GraphExporter(onnx::ModelProto &model, const ExportOptions &options)
    : model(model), current(model.mutable_graph()), options(options) {}

LogicalResult GraphExporter::run(func::FuncOp function) {
  if (!function.getBody().hasOneBlock())
    return function.emitError("expects a function of one block to write it as ONNX");
  claimNames(function);
  absorbWeights(function);
  if (failed(exportInputs(function)))
    return failure();
  for (Operation &op : function.getBody().front().without_terminator())
    if (failed(exportOp(op)))
      return failure();
  if (failed(exportOutputs(function)))
    return failure();
  dropUnusedInitializers();
  finishModel(function);
  for (auto [text, count] : substitutes)
    emitRemark(UnknownLoc::get(function.getContext()))
        << text << " (" << count << (count == 1 ? " op)" : " ops)");
  return success();
}

static std::string getPromisedName(DictionaryAttr attrs, StringRef fallback, unsigned index) {
  if (attrs)
    if (auto name = attrs.getAs<StringAttr>("halftone.name"); name && !name.empty())
      return name.str();
  return fallback.str() + std::to_string(index);
}

static bool isQuantization(Operation *op) {
  return llvm::isa<QuantizeOp, DequantizeOp, DynamicQuantizeOp, LookupOp, BinaryDecodeOp>(op);
}

/// Scales that passes insert are called after the op they serve, which keeps its name itself.
void GraphExporter::claimNames(func::FuncOp function) {
  for (bool quantization : {false, true})
    function.walk([&](Operation *op) {
      StringRef name = getNodeName(op->getLoc());
      if (!name.empty() && op != function && !llvm::isa<ConstantOp>(op) &&
          isQuantization(op) == quantization)
        owners.try_emplace(name, op);
    });
  for (const auto &owner : owners)
    nodeNames.make(owner.getKey());
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    valueNames.make(getPromisedName(function.getResultAttrDict(i), "result", i));
  auto results = function.getBody().front().getTerminator()->getOperands();
  for (auto [i, value] : llvm::enumerate(results))
    if (value.getDefiningOp() && !value.getDefiningOp<ConstantOp>())
      outputNames.try_emplace(value, getPromisedName(function.getResultAttrDict(i), "result", i));
}

bool GraphExporter::describe(onnx::ValueInfoProto &info, StringRef name, RankedTensorType type,
                             ArrayAttr dimNames) {
  std::optional<StoredType> stored = getStoredType(type.getElementType());
  if (!stored)
    return false;
  requireOpset(stored->opset);
  info.set_name(name.str());
  onnx::TypeProto::Tensor &tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(stored->dataType);
  onnx::TensorShapeProto &shape = *tensor.mutable_shape();
  for (auto [i, size] : llvm::enumerate(type.getShape())) {
    auto &dim = *shape.add_dim();
    if (!ShapedType::isDynamic(size))
      dim.set_dim_value(size);
    else if (dimNames && i < dimNames.size())
      if (auto dimName = llvm::dyn_cast<StringAttr>(dimNames[i]); dimName && !dimName.empty())
        dim.set_dim_param(dimName.str());
  }
  return true;
}

/// Weights that only MatMulNBits reads are written there.
void GraphExporter::absorbWeights(func::FuncOp function) {
  auto isInBits = [&](Operation *user) {
    auto product = llvm::dyn_cast<MatMulOp>(user);
    return product && matchNBitsWeights(product, options);
  };
  function.walk([&](DequantizeOp op) {
    if (!op->use_empty() && llvm::all_of(op->getUsers(), isInBits))
      absorbed.insert(op);
  });
}

static ArrayAttr getDimNames(DictionaryAttr attrs) {
  return attrs ? attrs.getAs<ArrayAttr>(HalftoneDialect::kDimNamesAttrName) : nullptr;
}

LogicalResult GraphExporter::exportInputs(func::FuncOp function) {
  for (BlockArgument argument : function.getArguments()) {
    unsigned index = argument.getArgNumber();
    DictionaryAttr attrs = function.getArgAttrDict(index);
    std::string name = getPromisedName(attrs, "arg", index);
    auto type = llvm::dyn_cast<RankedTensorType>(argument.getType());
    if (!type || !describe(*current->add_input(), name, type, getDimNames(attrs)))
      return function.emitError("input '")
             << name << "' cannot be written as ONNX: it has no type for " << argument.getType();
    if (valueNames.make(name) != name)
      return function.emitError("two inputs or outputs are called '") << name << "'";
    setName(argument, name);
  }
  return success();
}

LogicalResult GraphExporter::exportOp(Operation &op) {
  // Constants are written where they are used.
  if (llvm::isa<ConstantOp>(op) || isAbsorbed(&op))
    return success();
  NodeExporter node(*this, &op);
  const ExportTable::Write *write = table.find(op.getName().getStringRef());
  if (!write)
    return node.refuse() << "it belongs to no op of ONNX; export the model before it is lowered";
  // Many ops got bf16 only then.
  if (llvm::any_of(op.getResultTypes(), [](Type type) {
        return llvm::cast<ShapedType>(type).getElementType().isBF16();
      }))
    requireOpset(22);
  if (failed((*write)(node)))
    return failure();
  assert(llvm::all_of(op.getResults(), [&](Value result) { return names.contains(result); }) &&
         "every result has a name");
  return success();
}

LogicalResult GraphExporter::exportOutput(Value value, std::string wanted, Operation *user,
                                          ArrayAttr dimNames) {
  NodeExporter node(*this, user);
  auto type = llvm::dyn_cast<RankedTensorType>(value.getType());
  if (!type || !describe(*current->add_output(), wanted, type, dimNames))
    return node.refuse() << "it has no type for " << value.getType();
  std::string name = node.getOperand(value, "output");
  if (name.empty())
    return failure();
  if (name == wanted)
    return success();
  onnx::NodeProto &identity = addNode("Identity", "", name);
  identity.set_name(nodeNames.make(wanted + "/Identity"));
  identity.add_output(wanted);
  return success();
}

LogicalResult GraphExporter::exportOutputs(func::FuncOp function) {
  Operation *terminator = function.getBody().front().getTerminator();
  for (auto [i, value] : llvm::enumerate(terminator->getOperands())) {
    DictionaryAttr attrs = function.getResultAttrDict(i);
    if (failed(exportOutput(value, getPromisedName(attrs, "result", i), terminator,
                            getDimNames(attrs))))
      return failure();
  }
  return success();
}

LogicalResult GraphExporter::exportBlock(onnx::GraphProto &graph, Block &block,
                                         llvm::function_ref<LogicalResult()> prologue,
                                         ValueRange outputs, Operation *user) {
  onnx::GraphProto *outer = std::exchange(current, &graph);
  auto leave = llvm::scope_exit([&] { current = outer; });
  if (failed(prologue()))
    return failure();
  for (Operation &op : block.without_terminator())
    if (failed(exportOp(op)))
      return failure();
  for (Value value : outputs)
    if (failed(exportOutput(value, valueNames.make(getNodeName(user->getLoc()).str() + "/output"),
                            user, nullptr)))
      return failure();
  return success();
}

std::string GraphExporter::getName(Value value, Operation *user, StringRef role) {
  if (auto it = names.find(value); it != names.end())
    return it->second;
  auto constant = value.getDefiningOp<ConstantOp>();
  if (!constant)
    return "";
  std::string base = getNodeName(constant.getLoc()).str();
  if (auto resource = llvm::dyn_cast<DenseResourceElementsAttr>(constant.getValue()))
    base = resource.getRawHandle().getKey().str();
  else if (base.empty() || owners.contains(base))
    base = (getNodeName(user->getLoc()) + "/" + role).str();
  return names[value] = addInitializer(constant.getValue(), base);
}

std::string GraphExporter::makeResultName(OpResult result, StringRef nodeName) {
  if (auto it = outputNames.find(result); it != outputNames.end())
    return it->second;
  std::string base = nodeName.str();
  if (result.getOwner()->getNumResults() > 1)
    base += ":" + std::to_string(result.getResultNumber());
  return valueNames.make(base);
}

std::string GraphExporter::makeNodeName(Operation *op, StringRef opType, bool isHelper) {
  StringRef name = getNodeName(op->getLoc());
  if (name.empty())
    return nodeNames.make(opType);
  if (!isHelper && owners.lookup(name) == op)
    return name.str();
  return nodeNames.make((name + "/" + opType).str());
}

std::string GraphExporter::addInitializer(ElementsAttr elements, StringRef base) {
  std::string &name = initializers[elements];
  if (!name.empty())
    return name;
  onnx::TensorProto &tensor = *model.mutable_graph()->add_initializer();
  if (!tensors.add(tensor, elements)) {
    model.mutable_graph()->mutable_initializer()->RemoveLast();
    return "";
  }
  requireOpset(getStoredType(elements.getElementType())->opset);
  name = valueNames.make(base);
  tensor.set_name(name);
  return name;
}

onnx::NodeProto &GraphExporter::addNode(StringRef opType, StringRef domain,
                                        ArrayRef<std::string> inputs) {
  onnx::NodeProto &node = *current->add_node();
  node.set_op_type(opType.str());
  if (!domain.empty()) {
    node.set_domain(domain.str());
    requireDomain(domain);
  }
  // Operands left out at the end are not even listed.
  while (!inputs.empty() && inputs.back().empty())
    inputs = inputs.drop_back();
  for (const std::string &input : inputs) {
    node.add_input(input);
    used.insert(input);
  }
  return node;
}

LogicalResult GraphExporter::fillTensor(onnx::TensorProto &tensor, ElementsAttr elements) {
  TensorWriter writer;
  if (!writer.add(tensor, elements))
    return failure();
  requireOpset(getStoredType(elements.getElementType())->opset);
  return success(!llvm::errorToBool(writer.writeInline()));
}

/// Constants that only helped to decide how something is written.
void GraphExporter::dropUnusedInitializers() {
  auto &all = *model.mutable_graph()->mutable_initializer();
  auto isUsed = [&](const onnx::TensorProto &tensor) { return used.contains(tensor.name()); };
  tensors.keepOnly(isUsed);
  int kept = 0;
  for (int i = 0; i < all.size(); ++i)
    if (isUsed(all.Get(i)))
      all.SwapElements(kept++, i);
  all.DeleteSubrange(kept, all.size() - kept);
}

/// The first IR version that may hold models of an opset.
static int64_t getIRVersion(int64_t opset) {
  if (opset >= 25)
    return 13;
  if (opset >= 24)
    return 12;
  return opset >= 23 ? 11 : 10;
}

void GraphExporter::finishModel(func::FuncOp function) {
  auto module = function->getParentOfType<ModuleOp>();
  auto graphName = module->getAttrOfType<StringAttr>("halftone.graph_name");
  bool hasName = graphName && !graphName.empty();
  model.mutable_graph()->set_name(hasName ? graphName.str() : function.getName().str());
  model.set_ir_version(getIRVersion(newestOpset));
  model.set_producer_name("halftone");
  model.set_producer_version(options.producerVersion);
  onnx::OperatorSetIdProto &opset = *model.add_opset_import();
  opset.set_domain("");
  opset.set_version(newestOpset);
  for (StringRef domain : domains) {
    onnx::OperatorSetIdProto &import = *model.add_opset_import();
    import.set_domain(domain.str());
    import.set_version(1);
  }
}
