// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/IO/TensorProto.h"

#include "halftone/IO/FileError.h"

#include "llvm/Support/MemoryBuffer.h"

#include <cstring>
#include <onnx/onnx_pb.h>

using namespace halftone;
using namespace llvm;

// By number: the data types above 16 are newer than the protobuf definitions of libonnx 1.12.
static halftone_dtype convertDataType(int dataType) {
  static constexpr halftone_dtype table[] = {
      HALFTONE_DTYPE_INVALID,    HALFTONE_DTYPE_F32,    HALFTONE_DTYPE_U8,
      HALFTONE_DTYPE_I8,         HALFTONE_DTYPE_U16,    HALFTONE_DTYPE_I16,
      HALFTONE_DTYPE_I32,        HALFTONE_DTYPE_I64,    HALFTONE_DTYPE_INVALID, // string
      HALFTONE_DTYPE_BOOL,       HALFTONE_DTYPE_F16,    HALFTONE_DTYPE_F64,
      HALFTONE_DTYPE_U32,        HALFTONE_DTYPE_U64,    HALFTONE_DTYPE_INVALID, // complex
      HALFTONE_DTYPE_INVALID,    HALFTONE_DTYPE_BF16,   HALFTONE_DTYPE_F8E4M3FN,
      HALFTONE_DTYPE_F8E4M3FNUZ, HALFTONE_DTYPE_F8E5M2, HALFTONE_DTYPE_F8E5M2FNUZ,
      HALFTONE_DTYPE_U4,         HALFTONE_DTYPE_I4,     HALFTONE_DTYPE_F4E2M1FN,
      HALFTONE_DTYPE_F8E8M0FNU,  HALFTONE_DTYPE_U2,     HALFTONE_DTYPE_I2};
  if (dataType < 0 || static_cast<size_t>(dataType) >= std::size(table))
    return HALFTONE_DTYPE_INVALID;
  return table[dataType];
}

template <typename T, typename Field> static Error copyValues(const Field &field, Array &array) {
  MutableArrayRef<T> values = array.values<T>();
  if (static_cast<size_t>(field.size()) != values.size())
    return createStringError("has " + Twine(field.size()) + " values for " + array.type());
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<T>(field.Get(static_cast<int>(i)));
  return Error::success();
}

/// Values in the field that ONNX prescribes for their type. Narrow types lie in int32_data as bit
/// patterns, 4-bit ones as one packed byte each.
static Error copyTypedValues(const onnx::TensorProto &proto, Array &array) {
  switch (array.dtype()) {
  case HALFTONE_DTYPE_F32:
    return copyValues<float>(proto.float_data(), array);
  case HALFTONE_DTYPE_F64:
    return copyValues<double>(proto.double_data(), array);
  case HALFTONE_DTYPE_I64:
    return copyValues<int64_t>(proto.int64_data(), array);
  case HALFTONE_DTYPE_U64:
    return copyValues<uint64_t>(proto.uint64_data(), array);
  case HALFTONE_DTYPE_U32:
    return copyValues<uint32_t>(proto.uint64_data(), array);
  case HALFTONE_DTYPE_I32:
    return copyValues<int32_t>(proto.int32_data(), array);
  case HALFTONE_DTYPE_I16:
  case HALFTONE_DTYPE_U16:
  case HALFTONE_DTYPE_F16:
  case HALFTONE_DTYPE_BF16:
    return copyValues<uint16_t>(proto.int32_data(), array);
  default:
    return copyValues<uint8_t>(proto.int32_data(), array);
  }
}

static Expected<Array> convertTensor(const onnx::TensorProto &proto) {
  if (proto.data_location() == onnx::TensorProto::EXTERNAL)
    return createStringError("its data lies in another file");
  halftone_dtype dtype = convertDataType(proto.data_type());
  if (dtype == HALFTONE_DTYPE_INVALID)
    return createStringError("unsupported ONNX data type " + Twine(proto.data_type()));
  SmallVector<int64_t> dims(proto.dims().begin(), proto.dims().end());
  Expected<int64_t> bytes = arrayBytes(dtype, dims);
  if (!bytes)
    return bytes.takeError();
  // Before the memory is asked for: no byte of the file holds more than 8 of a tensor.
  if (static_cast<uint64_t>(*bytes) > 8 * proto.ByteSizeLong())
    return createStringError("has too little data for " + arrayType(dtype, dims));
  if (proto.has_raw_data()) {
    if (proto.raw_data().size() != static_cast<size_t>(*bytes))
      return createStringError("has " + Twine(proto.raw_data().size()) + " bytes for " +
                               arrayType(dtype, dims));
    return Array::copyOf(dtype, dims, proto.raw_data().data());
  }
  Expected<Array> array = Array::create(dtype, dims);
  if (!array)
    return array;
  if (Error error = copyTypedValues(proto, *array))
    return std::move(error);
  return array;
}

Expected<NamedArray> halftone::readTensorProto(StringRef path) {
  auto file = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return makeFileError(path, file.getError());
  onnx::TensorProto proto;
  const size_t size = (*file)->getBufferSize();
  if (size > INT_MAX || !proto.ParseFromArray((*file)->getBufferStart(), static_cast<int>(size)))
    return makeFileError(path, "is not an ONNX tensor");
  Expected<Array> array = convertTensor(proto);
  if (!array)
    return makeFileError(path, toString(array.takeError()));
  return NamedArray{proto.name(), std::move(*array)};
}
