// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_IO_TENSORPROTO_H
#define HALFTONE_IO_TENSORPROTO_H

#include "halftone/IO/Array.h"

namespace halftone {

struct NamedArray {
  std::string name; // empty when the file gives none
  Array array;
};

/// Reads an ONNX TensorProto, as in the test data of ONNX models (input_0.pb).
llvm::Expected<NamedArray> readTensorProto(llvm::StringRef path);

} // namespace halftone

#endif
