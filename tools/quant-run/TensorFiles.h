// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TOOLS_QUANT_RUN_TENSORFILES_H
#define HALFTONE_TOOLS_QUANT_RUN_TENSORFILES_H

#include "halftone/IO/Array.h"

#include <vector>

namespace halftone {

/// Whether `path` looks like an argument that `readTensorFiles` takes.
bool isTensorFile(llvm::StringRef path);

/// Reads arrays for the tensors of `table` from files: .npz by array name; .npy and .pb each for
/// one tensor, by the number in a name like input_0.pb, by the name inside the .pb, or by position;
/// folders for their .pb files whose names begin with `prefix` ("input" or "output").
llvm::Expected<NamedArrays> readTensorFiles(llvm::ArrayRef<std::string> paths,
                                            llvm::ArrayRef<halftone_tensor_info> table,
                                            llvm::StringRef prefix);

} // namespace halftone

#endif
