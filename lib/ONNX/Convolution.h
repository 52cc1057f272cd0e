// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_ONNX_CONVOLUTION_H
#define HALFTONE_LIB_ONNX_CONVOLUTION_H

#include "NodeImporter.h"

namespace mlir::halftone {

/// A convolution with the attributes of the node; `bias` may be null. Null after an error.
Value buildConvolution(NodeImporter &node, Value input, Value filter, Value bias);
/// The product of a Gemm node and its first three inputs. Null after an error.
Value buildGemm(NodeImporter &node);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_CONVOLUTION_H
