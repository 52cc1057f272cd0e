// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/IO/Npy.h"

#include "NpyHeader.h"

#include "halftone/IO/FileError.h"

#include <cstring>

using namespace halftone;
using namespace llvm;

static void swapBytes(Array &array, size_t width) {
  for (uint8_t *element = array.data(), *end = element + array.byteSize(); element < end;
       element += width)
    std::reverse(element, element + width);
}

Expected<Array> halftone::readNpyData(ByteSource &source, const NpyHeader &header,
                                      ArrayRef<int64_t> dims) {
  Expected<Array> array = Array::create(header.dtype, dims);
  if (!array)
    return makeFileError(source.name(), toString(array.takeError()));
  if (Error error = source.read(array->data(), static_cast<size_t>(array->byteSize())))
    return std::move(error);
  size_t width = halftone::arrayBytes(header.dtype, {1}).get();
  if (header.isBigEndian && width > 1)
    swapBytes(*array, width);
  return array;
}

/// Fortran order is row-major order of the reversed dimensions; writes its transpose.
static Expected<Array> transposeFortran(const Array &source) {
  ArrayRef<int64_t> dims = source.dims();
  Expected<Array> result = Array::create(source.dtype(), dims);
  if (!result || source.byteSize() == 0)
    return result;
  const int64_t elements = source.numElements();
  const size_t width = static_cast<size_t>(source.byteSize() / elements);
  SmallVector<int64_t> strides(dims.size(), 1), position(dims.size(), 0);
  for (size_t d = 1; d < dims.size(); ++d)
    strides[d] = strides[d - 1] * dims[d - 1];
  int64_t from = 0;
  for (int64_t to = 0; to < elements; ++to) {
    std::memcpy(result->data() + to * width, source.data() + from * width, width);
    for (size_t d = dims.size(); d-- > 0;) {
      from += strides[d];
      if (++position[d] < dims[d])
        break;
      from -= strides[d] * dims[d];
      position[d] = 0;
    }
  }
  return result;
}

Expected<Array> halftone::readNpyArray(ByteSource &source) {
  Expected<NpyHeader> header = readNpyHeader(source);
  if (!header)
    return header.takeError();
  Expected<Array> array = readNpyData(source, *header, header->dims);
  if (!array)
    return array;
  // Reading past the data makes an archive check the member's checksum.
  char extra;
  Expected<size_t> got = source.readSome(&extra, 1);
  if (!got)
    return got.takeError();
  if (*got != 0)
    return makeFileError(source.name(), "has more bytes than its header says");
  if (!header->isFortranOrder || header->dims.size() < 2)
    return array;
  return transposeFortran(*array);
}

Expected<Array> halftone::readNpy(StringRef path) {
  Expected<std::unique_ptr<ByteSource>> source = openFile(path);
  if (!source)
    return source.takeError();
  return readNpyArray(**source);
}

Error halftone::writeNpy(StringRef path, const Array &array) {
  Expected<Array> whole = unpackElements(array);
  if (!whole)
    return makeFileError(path, toString(whole.takeError()));
  Expected<AtomicFile> file = AtomicFile::create(path);
  if (!file)
    return file.takeError();
  if (Error error = file->write(encodeNpyHeader(whole->dtype(), whole->dims())))
    return error;
  StringRef data(reinterpret_cast<const char *>(whole->data()),
                 static_cast<size_t>(whole->byteSize()));
  if (Error error = file->write(data))
    return error;
  return file->commit();
}
