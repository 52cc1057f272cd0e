// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The header of numpy's file format. Private to this library.
#ifndef HALFTONE_LIB_IO_NPYHEADER_H
#define HALFTONE_LIB_IO_NPYHEADER_H

#include "ByteSource.h"

#include "halftone/IO/Array.h"

namespace halftone {

struct NpyHeader {
  halftone_dtype dtype = HALFTONE_DTYPE_INVALID;
  llvm::SmallVector<int64_t, 6> dims;
  bool isFortranOrder = false;
  bool isBigEndian = false;
};

/// Reads magic, version and dictionary; the source then stands at the data.
llvm::Expected<NpyHeader> readNpyHeader(ByteSource &source);

/// Reads the data of the header's type and `dims` in the file's order, in this machine's byte
/// order.
llvm::Expected<Array> readNpyData(ByteSource &source, const NpyHeader &header,
                                  llvm::ArrayRef<int64_t> dims);

/// Reads what follows the header as a row-major array.
llvm::Expected<Array> readNpyArray(ByteSource &source);

/// The header of a row-major array, with which numpy reads it. Types that numpy does not have are
/// written as ml_dtypes writes them. Elements narrower than a byte have no form.
std::string encodeNpyHeader(halftone_dtype dtype, llvm::ArrayRef<int64_t> dims);

} // namespace halftone

#endif
