// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/ModuleAttributes.h"
#include "halftone/Target/Passes.h"
#include "halftone/Target/Signature.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_EMITENTRY
#include "halftone/Target/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// Builds the wrapper of one entry.
class EntryBuilder {
public:
  EntryBuilder(LLVM::LLVMFuncOp function)
      : builder(function.getContext()), loc(function.getLoc()), function(function),
        pointer(LLVM::LLVMPointerType::get(function.getContext())) {}

  void build();

private:
  Value createConstant(int64_t value) {
    return LLVM::ConstantOp::create(builder, loc, builder.getI64Type(), value);
  }
  Value createAddress(Value base, int64_t bytes) {
    return LLVM::GEPOp::create(builder, loc, pointer, builder.getI8Type(), base,
                               ArrayRef<LLVM::GEPArg>{(int32_t)bytes},
                               LLVM::GEPNoWrapFlags::inbounds);
  }
  Value loadField(Type type, Value base, int64_t offset) {
    return LLVM::LoadOp::create(builder, loc, type, createAddress(base, offset));
  }
  void appendArgument(Value inputs, int64_t index, RankedTensorType type);
  void storeResult(Value outputs, int64_t index, RankedTensorType type, Value descriptor);

  OpBuilder builder;
  Location loc;
  LLVM::LLVMFuncOp function;
  Type pointer;
  SmallVector<Value> arguments;
};

// The parts of a memref as func-to-llvm spreads them over arguments: allocated pointer, aligned
// pointer, offset, sizes, strides.
void EntryBuilder::appendArgument(Value inputs, int64_t index, RankedTensorType type) {
  int64_t base = index * HALFTONE_TENSOR_SIZE;
  Value data = loadField(pointer, inputs, base + HALFTONE_TENSOR_DATA_OFFSET);
  SmallVector<Value> sizes, strides(type.getRank());
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    sizes.push_back(type.isDynamicDim(dim) ? loadField(builder.getI64Type(), inputs,
                                                       base + HALFTONE_TENSOR_DIMS_OFFSET + 8 * dim)
                                           : createConstant(type.getDimSize(dim)));
  Value stride = createConstant(1);
  for (int64_t dim = type.getRank() - 1; dim >= 0; --dim) {
    strides[dim] = stride;
    if (dim > 0)
      stride = LLVM::MulOp::create(builder, loc, stride, sizes[dim]);
  }
  arguments.append({data, data, createConstant(0)});
  arguments.append(sizes);
  arguments.append(strides);
}

void EntryBuilder::storeResult(Value outputs, int64_t index, RankedTensorType type,
                               Value descriptor) {
  int64_t base = index * HALFTONE_TENSOR_SIZE;
  auto extract = [&](ArrayRef<int64_t> position) -> Value {
    return LLVM::ExtractValueOp::create(builder, loc, descriptor, position);
  };
  // The buffer may be a part of another one, so its offset counts.
  Type element = type.getElementType();
  // Narrow elements are held in bytes, which 8-bit floats are to LLVM in any case.
  if (unsigned bits = element.getIntOrFloatBitWidth(); bits > 1 && bits <= 8)
    element = builder.getI8Type();
  Value data = LLVM::GEPOp::create(builder, loc, pointer, element, extract({1}),
                                   ArrayRef<LLVM::GEPArg>{extract({2})});
  LLVM::StoreOp::create(builder, loc, data,
                        createAddress(outputs, base + HALFTONE_TENSOR_DATA_OFFSET));
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    LLVM::StoreOp::create(builder, loc, extract({3, dim}),
                          createAddress(outputs, base + HALFTONE_TENSOR_DIMS_OFFSET + 8 * dim));
}

void EntryBuilder::build() {
  builder.setInsertionPointAfter(function);
  auto type = LLVM::LLVMFunctionType::get(builder.getI32Type(), {pointer, pointer});
  auto wrapper = LLVM::LLVMFuncOp::create(builder, loc,
                                          ("halftone_entry_" + function.getSymName()).str(), type);
  StringAttr name = function->getAttrOfType<StringAttr>(attributes::entry);
  wrapper->setAttr(attributes::entryFor, name ? name : function.getSymNameAttr());
  for (StringRef attribute : {attributes::inputs, attributes::outputs})
    wrapper->setAttr(attribute, function->removeAttr(attribute));

  builder.setInsertionPointToStart(wrapper.addEntryBlock(builder));
  Value inputs = wrapper.getArgument(0), outputs = wrapper.getArgument(1);
  auto inputTensors = readEntryTensors(wrapper->getAttrOfType<ArrayAttr>(attributes::inputs));
  auto outputTensors = readEntryTensors(wrapper->getAttrOfType<ArrayAttr>(attributes::outputs));
  for (auto [i, tensor] : llvm::enumerate(inputTensors))
    appendArgument(inputs, i, tensor.type);
  auto call = LLVM::CallOp::create(builder, loc, function, arguments);
  for (auto [i, tensor] : llvm::enumerate(outputTensors)) {
    Value descriptor = call.getResult();
    if (outputTensors.size() > 1)
      descriptor = LLVM::ExtractValueOp::create(builder, loc, descriptor, (int64_t)i);
    storeResult(outputs, i, tensor.type, descriptor);
  }
  LLVM::ReturnOp::create(builder, loc,
                         LLVM::ConstantOp::create(builder, loc, builder.getI32Type(), 0));
}

struct EmitEntry : halftone::impl::EmitEntryBase<EmitEntry> {
  void runOnOperation() override {
    auto functions = llvm::to_vector(getOperation().getOps<LLVM::LLVMFuncOp>());
    for (LLVM::LLVMFuncOp function : functions) {
      if (function.isExternal())
        continue;
      bool isEntry = function->hasAttr(attributes::inputs);
      function.setLinkage(LLVM::Linkage::Internal);
      if (isEntry)
        EntryBuilder(function).build();
    }
  }
};

} // namespace
