// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A small valid model to break, and an import that collects what was reported.
#ifndef HALFTONE_TEST_UNIT_ONNX_TESTMODEL_H
#define HALFTONE_TEST_UNIT_ONNX_TESTMODEL_H

#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/ONNX/Import.h"
#include "mlir/IR/MLIRContext.h"
#include "onnx/onnx_pb.h"
#include <string>
#include <vector>

namespace mlir::halftone::test {

/// y = relu(x * w + b): x is float[batch, 4], w float[4, 3] in raw_data, b float[3] in float_data.
onnx::ModelProto makeModel();

/// The only initializer of a model whose result is that initializer.
onnx::ModelProto makeConstantModel(const onnx::TensorProto &tensor);

struct Imported {
  /// Outlives the module, which points into it.
  std::unique_ptr<MLIRContext> context = std::make_unique<MLIRContext>();
  OwningOpRef<ModuleOp> module;
  std::vector<std::string> errors;

  /// The first constant; null if there is none.
  ElementsAttr firstConstant();
};

Imported importBytes(const std::string &bytes, const std::string &folder = "",
                     const ImportOptions &options = {});
Imported importProto(const onnx::ModelProto &model, const std::string &folder = "",
                     const ImportOptions &options = {});

} // namespace mlir::halftone::test

#endif // HALFTONE_TEST_UNIT_ONNX_TESTMODEL_H
