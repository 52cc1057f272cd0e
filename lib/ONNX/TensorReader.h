// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_ONNX_TENSORREADER_H
#define HALFTONE_LIB_ONNX_TENSORREADER_H

#include "ExternalData.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

namespace onnx {
class ModelProto;
} // namespace onnx

namespace mlir::halftone {

/// Turns TensorProtos into attributes. Large tensors become resources that point into the parsed
/// model or a mapped file and keep it alive, so weights are not copied again.
class TensorReader {
public:
  using EmitError = ExternalData::EmitError;

  TensorReader(std::shared_ptr<const onnx::ModelProto> model, StringRef folder,
               MLIRContext *context)
      : model(std::move(model)), externalData(folder), context(context) {}

  /// The elements of `tensor`, which belongs to the model; null after an error was reported.
  /// `name` is a hint for the resource's name.
  ElementsAttr read(const onnx::TensorProto &tensor, StringRef name, EmitError emitError);

private:
  RankedTensorType readType(const onnx::TensorProto &tensor, EmitError emitError);
  std::optional<TensorBytes> readBytes(const onnx::TensorProto &tensor, RankedTensorType type,
                                       uint64_t size, EmitError emitError);
  ElementsAttr makeAttribute(RankedTensorType type, TensorBytes bytes, StringRef name);

  std::shared_ptr<const onnx::ModelProto> model;
  ExternalData externalData;
  MLIRContext *context;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_TENSORREADER_H
