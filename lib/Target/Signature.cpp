// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Target/Signature.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::halftone;

static std::optional<halftone_dtype> getIntegerCode(IntegerType type) {
  bool isUnsigned = type.isUnsigned();
  switch (type.getWidth()) {
  case 1:
    return HALFTONE_DTYPE_BOOL;
  case 2:
    return isUnsigned ? HALFTONE_DTYPE_U2 : HALFTONE_DTYPE_I2;
  case 4:
    return isUnsigned ? HALFTONE_DTYPE_U4 : HALFTONE_DTYPE_I4;
  case 8:
    return isUnsigned ? HALFTONE_DTYPE_U8 : HALFTONE_DTYPE_I8;
  case 16:
    return isUnsigned ? HALFTONE_DTYPE_U16 : HALFTONE_DTYPE_I16;
  case 32:
    return isUnsigned ? HALFTONE_DTYPE_U32 : HALFTONE_DTYPE_I32;
  case 64:
    return isUnsigned ? HALFTONE_DTYPE_U64 : HALFTONE_DTYPE_I64;
  default:
    return std::nullopt;
  }
}

std::optional<halftone_dtype> mlir::halftone::getElementCode(Type type) {
  using Code = std::optional<halftone_dtype>;
  return llvm::TypeSwitch<Type, Code>(type)
      .Case([](IntegerType integer) { return getIntegerCode(integer); })
      .Case([](Float16Type) { return HALFTONE_DTYPE_F16; })
      .Case([](BFloat16Type) { return HALFTONE_DTYPE_BF16; })
      .Case([](Float32Type) { return HALFTONE_DTYPE_F32; })
      .Case([](Float64Type) { return HALFTONE_DTYPE_F64; })
      .Case([](Float8E4M3FNType) { return HALFTONE_DTYPE_F8E4M3FN; })
      .Case([](Float8E4M3FNUZType) { return HALFTONE_DTYPE_F8E4M3FNUZ; })
      .Case([](Float8E5M2Type) { return HALFTONE_DTYPE_F8E5M2; })
      .Case([](Float8E5M2FNUZType) { return HALFTONE_DTYPE_F8E5M2FNUZ; })
      .Case([](Float8E8M0FNUType) { return HALFTONE_DTYPE_F8E8M0FNU; })
      .Case([](Float4E2M1FNType) { return HALFTONE_DTYPE_F4E2M1FN; })
      .Default([](Type) { return Code(); });
}

EntryTensor EntryTensor::fromAttribute(DictionaryAttr attribute) {
  EntryTensor tensor;
  tensor.name = attribute.getAs<StringAttr>("name").getValue();
  tensor.type = llvm::cast<RankedTensorType>(attribute.getAs<TypeAttr>("type").getValue());
  if (auto names = attribute.getAs<ArrayAttr>("dim_names"))
    for (StringAttr name : names.getAsRange<StringAttr>())
      tensor.dimNames.push_back(name.getValue());
  return tensor;
}

DictionaryAttr EntryTensor::toAttribute(MLIRContext *context) const {
  Builder builder(context);
  SmallVector<NamedAttribute> entries = {builder.getNamedAttr("name", builder.getStringAttr(name)),
                                         builder.getNamedAttr("type", TypeAttr::get(type))};
  if (!dimNames.empty())
    entries.push_back(builder.getNamedAttr("dim_names", builder.getStrArrayAttr(dimNames)));
  return builder.getDictionaryAttr(entries);
}

SmallVector<EntryTensor> mlir::halftone::readEntryTensors(ArrayAttr attribute) {
  return llvm::map_to_vector(attribute.getAsRange<DictionaryAttr>(), EntryTensor::fromAttribute);
}
