// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The tables of a module file, as LLVM globals with the layout of halftone/runtime.h.
#include "Emission.h"

#include "halftone/CPU/ModuleAttributes.h"
#include "halftone/Target/Signature.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/IR/Constants.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

class DescriptorBuilder {
public:
  DescriptorBuilder(ModuleOp module, const EmitOptions &options, ArrayRef<DeviceImage> images,
                    llvm::Module &llvmModule)
      : module(module), options(options), images(images), llvmModule(llvmModule),
        context(llvmModule.getContext()), pointer(llvm::PointerType::get(context, 0)),
        i32(llvm::Type::getInt32Ty(context)), i64(llvm::Type::getInt64Ty(context)),
        null(llvm::ConstantPointerNull::get(pointer)) {}

  llvm::Error build();

private:
  llvm::Constant *number32(int64_t value) { return llvm::ConstantInt::get(i32, value); }
  llvm::Constant *number64(int64_t value) { return llvm::ConstantInt::get(i64, value); }
  llvm::Constant *text(StringRef value, bool addZero = true);
  llvm::Constant *table(llvm::ArrayRef<llvm::Constant *> rows);
  llvm::Constant *dimNames(const EntryTensor &tensor);
  llvm::Constant *tensorTable(ArrayAttr tensors);
  llvm::Expected<llvm::Constant *> entry(LLVM::LLVMFuncOp function);
  llvm::Constant *observePoints(ArrayAttr names);
  llvm::Constant *profileTable(ArrayAttr regions);
  llvm::Constant *layerTable();
  llvm::Constant *deviceTable();
  llvm::Constant *weights(int64_t size);
  int64_t moduleNumber(StringRef attribute);

  ModuleOp module;
  const EmitOptions &options;
  ArrayRef<DeviceImage> images;
  llvm::Module &llvmModule;
  llvm::LLVMContext &context;
  llvm::PointerType *pointer;
  llvm::Type *i32, *i64;
  llvm::Constant *null;
};

llvm::Constant *DescriptorBuilder::text(StringRef value, bool addZero) {
  auto *bytes = llvm::ConstantDataArray::getString(context, value, addZero);
  auto *global = new llvm::GlobalVariable(llvmModule, bytes->getType(), /*isConstant=*/true,
                                          llvm::GlobalValue::PrivateLinkage, bytes);
  global->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
  return global;
}

/// A global array; null for no rows.
llvm::Constant *DescriptorBuilder::table(llvm::ArrayRef<llvm::Constant *> rows) {
  if (rows.empty())
    return null;
  auto *type = llvm::ArrayType::get(rows.front()->getType(), rows.size());
  return new llvm::GlobalVariable(llvmModule, type, /*isConstant=*/true,
                                  llvm::GlobalValue::PrivateLinkage,
                                  llvm::ConstantArray::get(type, rows));
}

llvm::Constant *DescriptorBuilder::dimNames(const EntryTensor &tensor) {
  llvm::SmallVector<llvm::Constant *> names;
  for (StringRef name : tensor.dimNames)
    names.push_back(name.empty() ? null : text(name));
  return table(names);
}

llvm::Constant *DescriptorBuilder::tensorTable(ArrayAttr tensors) {
  llvm::SmallVector<llvm::Constant *> rows;
  for (const EntryTensor &tensor : readEntryTensors(tensors)) {
    llvm::SmallVector<llvm::Constant *> dims;
    for (int64_t dim : tensor.type.getShape())
      dims.push_back(number64(ShapedType::isDynamic(dim) ? HALFTONE_DYNAMIC : dim));
    std::optional<halftone_dtype> code = getElementCode(tensor.type.getElementType());
    rows.push_back(llvm::ConstantStruct::getAnon(
        {text(tensor.name), number32(code ? *code : HALFTONE_DTYPE_INVALID),
         number32(tensor.type.getRank()), table(dims), dimNames(tensor)}));
  }
  return table(rows);
}

llvm::Expected<llvm::Constant *> DescriptorBuilder::entry(LLVM::LLVMFuncOp function) {
  llvm::Function *code = llvmModule.getFunction(function.getSymName());
  if (!code)
    return llvm::createStringError("the entry '" + function.getSymName() + "' has no code");
  code->setLinkage(llvm::GlobalValue::InternalLinkage);
  auto inputs = function->getAttrOfType<ArrayAttr>(attributes::inputs);
  auto outputs = function->getAttrOfType<ArrayAttr>(attributes::outputs);
  StringRef name = function->getAttrOfType<StringAttr>(attributes::entryFor).getValue();
  return llvm::ConstantStruct::getAnon({text(name), number32(inputs.size()),
                                        number32(outputs.size()), tensorTable(inputs),
                                        tensorTable(outputs), code});
}

llvm::Constant *DescriptorBuilder::observePoints(ArrayAttr names) {
  llvm::SmallVector<llvm::Constant *> rows;
  for (auto [id, name] : llvm::enumerate(names.getAsRange<StringAttr>()))
    rows.push_back(llvm::ConstantStruct::getAnon({number64(id), text(name.getValue())}));
  return table(rows);
}

llvm::Constant *DescriptorBuilder::profileTable(ArrayAttr regions) {
  llvm::SmallVector<llvm::Constant *> rows;
  for (auto region : regions.getAsRange<DictionaryAttr>()) {
    auto number = [&](StringRef name) { return region.getAs<IntegerAttr>(name).getInt(); };
    auto string = [&](StringRef name) { return text(region.getAs<StringAttr>(name).getValue()); };
    rows.push_back(llvm::ConstantStruct::getAnon(
        {string("nodes"), string("kind"), number64(number("macs")), number64(number("bytes")),
         number32(number("dtype")), number32(0)}));
  }
  return table(llvm::ConstantStruct::getAnon({number64(int64_t(rows.size())), table(rows)}));
}

llvm::Constant *DescriptorBuilder::layerTable() {
  llvm::SmallVector<llvm::Constant *> rows;
  for (const ModuleLayer &layer : options.layers)
    rows.push_back(llvm::ConstantStruct::getAnon(
        {text(layer.node), text(layer.format), text(layer.granularity), number64(layer.group),
         number64(layer.numWeights), number64(layer.bytes), number64(layer.moduleBytes)}));
  return table(llvm::ConstantStruct::getAnon({number64(int64_t(rows.size())), table(rows)}));
}

llvm::Constant *DescriptorBuilder::deviceTable() {
  llvm::SmallVector<llvm::Constant *> names, rows;
  for (StringRef kernel : listKernels(module))
    names.push_back(text(kernel));
  for (const DeviceImage &image : images)
    // The data ends with a zero of its own.
    rows.push_back(llvm::ConstantStruct::getAnon(
        {text(image.target.chip), number32(image.target.major), number32(image.target.minor),
         number32(image.target.isExact), number32(0), text(image.data, /*addZero=*/false),
         number64(int64_t(image.data.size()))}));
  return table(llvm::ConstantStruct::getAnon(
      {number32(int64_t(names.size())), number32(int64_t(rows.size())), table(names), table(rows),
       number64(moduleNumber(attributes::deviceArenaSize)), number64(0)}));
}

llvm::Constant *DescriptorBuilder::weights(int64_t size) {
  if (size == 0)
    return null;
  auto *type = llvm::ArrayType::get(llvm::Type::getInt8Ty(context), size);
  auto *global =
      new llvm::GlobalVariable(llvmModule, type, /*isConstant=*/true,
                               llvm::GlobalValue::ExternalLinkage, nullptr, weightsSymbol);
  global->setVisibility(llvm::GlobalValue::HiddenVisibility);
  // May lie more than 2 GB away from the code.
  global->setCodeModel(llvm::CodeModel::Large);
  return global;
}

int64_t DescriptorBuilder::moduleNumber(StringRef attribute) {
  auto value = module->getAttrOfType<IntegerAttr>(attribute);
  return value ? value.getInt() : 0;
}

llvm::Error DescriptorBuilder::build() {
  llvm::SmallVector<llvm::Constant *> entries;
  for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
    if (!function->hasAttr(attributes::entryFor))
      continue;
    llvm::Expected<llvm::Constant *> row = entry(function);
    if (!row)
      return row.takeError();
    entries.push_back(*row);
  }
  if (entries.empty())
    return llvm::createStringError("the module has no entry");
  auto points = module->getAttrOfType<ArrayAttr>(attributes::observePoints);
  int64_t weightsSize = moduleNumber(attributes::weightsSize);
  auto regions = module->getAttrOfType<ArrayAttr>(attributes::profileRegions);
  // The fields of halftone_module_descriptor, whose padding LLVM computes as C does.
  auto *descriptor =
      llvm::ConstantStruct::getAnon({number64(HALFTONE_MODULE_MAGIC),
                                     number32(HALFTONE_ABI_VERSION),
                                     number32(sizeof(halftone_module_descriptor)),
                                     text(options.target.triple),
                                     text(options.target.cpu),
                                     number64(findRequiredFeatures(module, options.target)),
                                     table(entries),
                                     number32(entries.size()),
                                     number32(points ? points.size() : 0),
                                     points ? observePoints(points) : null,
                                     number64(moduleNumber(attributes::arenaSize)),
                                     weights(weightsSize),
                                     number64(weightsSize),
                                     text(options.provenance.recipe),
                                     text(options.provenance.sourceHash),
                                     text(options.provenance.compilerVersion),
                                     regions ? profileTable(regions) : null,
                                     options.layers.empty() ? null : layerTable(),
                                     images.empty() ? null : deviceTable(),
                                     null});
  assert(llvmModule.getDataLayout().getTypeAllocSize(descriptor->getType()) ==
             sizeof(halftone_module_descriptor) &&
         "descriptor layout differs from the header");
  new llvm::GlobalVariable(llvmModule, descriptor->getType(), /*isConstant=*/true,
                           llvm::GlobalValue::ExternalLinkage, descriptor, HALFTONE_MODULE_SYMBOL);
  return llvm::Error::success();
}

} // namespace

llvm::Error mlir::halftone::addModuleDescriptor(ModuleOp module, const EmitOptions &options,
                                                ArrayRef<DeviceImage> images,
                                                llvm::Module &llvmModule) {
  return DescriptorBuilder(module, options, images, llvmModule).build();
}
