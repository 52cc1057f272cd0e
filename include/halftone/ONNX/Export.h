// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The halftone dialect to ONNX models, float or with QuantizeLinear and DequantizeLinear.
#ifndef HALFTONE_ONNX_EXPORT_H
#define HALFTONE_ONNX_EXPORT_H

#include "mlir/IR/BuiltinOps.h"
#include <string>

namespace mlir::halftone {

/// The opset of the domain ai.onnx that exporting writes; a newer one where an op or a type needs
/// it.
constexpr int64_t kExportOpset = 21;

struct ExportOptions {
  /// Write products with constant weights of 2, 4 or 8 bits in groups as com.microsoft.MatMulNBits.
  bool matmulNBits = false;
  /// Weights of more bytes than this in all go into a file of their own beside the model.
  uint64_t maxInlineBytes = 1500000000;
  /// What the model says has made it.
  std::string producerVersion;
};

/// Writes the one function of `module` as an ONNX model to `path`, or reports an error and fails. A
/// file appears under its name only when it is complete. What QDQ cannot say is written as other
/// ops of the same value; a remark says so for each kind.
///
/// Names and dimension names are those that importModel has left in attributes and locations.
LogicalResult exportModel(ModuleOp module, StringRef path, const ExportOptions &options);

} // namespace mlir::halftone

#endif // HALFTONE_ONNX_EXPORT_H
