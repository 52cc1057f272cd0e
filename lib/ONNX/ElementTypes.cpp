// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ElementTypes.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/MLIRContext.h"

using namespace mlir;

namespace {
// TensorProto.DataType. Plain numbers: the installed protobuf need not know the newer ones.
constexpr const char *kNames[] = {
    "undefined",      "float",    "uint8",        "int8",           "uint16",
    "int16",          "int32",    "int64",        "string",         "bool",
    "float16",        "double",   "uint32",       "uint64",         "complex64",
    "complex128",     "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2",
    "float8e5m2fnuz", "uint4",    "int4",         "float4e2m1",     "float8e8m0",
    "uint2",          "int2"};
} // namespace

std::string halftone::nameOfDataType(int64_t dataType) {
  if (dataType >= 0 && dataType < int64_t(std::size(kNames)))
    return kNames[dataType];
  return "data type number " + std::to_string(dataType);
}

static Type importIntegerType(int64_t dataType, MLIRContext *context) {
  // Signed integers are signless: see the dialect's description.
  auto makeSigned = [&](unsigned width) { return IntegerType::get(context, width); };
  auto makeUnsigned = [&](unsigned width) {
    return IntegerType::get(context, width, IntegerType::Unsigned);
  };
  switch (dataType) {
  case 2:
    return makeUnsigned(8);
  case 3:
    return makeSigned(8);
  case 4:
    return makeUnsigned(16);
  case 5:
    return makeSigned(16);
  case 6:
    return makeSigned(32);
  case 7:
    return makeSigned(64);
  case 9:
    return makeSigned(1);
  case 12:
    return makeUnsigned(32);
  case 13:
    return makeUnsigned(64);
  case 21:
    return makeUnsigned(4);
  case 22:
    return makeSigned(4);
  case 25:
    return makeUnsigned(2);
  case 26:
    return makeSigned(2);
  default:
    return nullptr;
  }
}

Type halftone::importElementType(int64_t dataType, MLIRContext *context) {
  switch (dataType) {
  case 1:
    return Float32Type::get(context);
  case 10:
    return Float16Type::get(context);
  case 11:
    return Float64Type::get(context);
  case 16:
    return BFloat16Type::get(context);
  case 17:
    return Float8E4M3FNType::get(context);
  case 18:
    return Float8E4M3FNUZType::get(context);
  case 19:
    return Float8E5M2Type::get(context);
  case 20:
    return Float8E5M2FNUZType::get(context);
  case 23:
    return Float4E2M1FNType::get(context);
  case 24:
    return Float8E8M0FNUType::get(context);
  default:
    return importIntegerType(dataType, context);
  }
}

int32_t halftone::exportElementType(Type type) {
  for (int32_t number = 1; number < int32_t(std::size(kNames)); ++number)
    if (importElementType(number, type.getContext()) == type)
      return number;
  return 0;
}
