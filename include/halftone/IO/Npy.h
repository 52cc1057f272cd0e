// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_IO_NPY_H
#define HALFTONE_IO_NPY_H

#include "halftone/IO/Array.h"

namespace halftone {

/// Reads numpy's file format, versions 1 to 3, any byte order, C and Fortran order. Two-byte void
/// types are read as bf16 and one-byte ones as u8: so ml_dtypes arrays are saved.
llvm::Expected<Array> readNpy(llvm::StringRef path);

/// Writes a file that numpy reads, or none. bf16 and 8-bit floats are written as ml_dtypes does
/// (void types); elements narrower than a byte are unpacked.
llvm::Error writeNpy(llvm::StringRef path, const Array &array);

} // namespace halftone

#endif
