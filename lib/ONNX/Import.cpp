// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/ONNX/Import.h"
#include "GraphImporter.h"
#include "ModelFile.h"

#include "mlir/IR/Verifier.h"
#include "onnx/onnx_pb.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::halftone;

static Location getFileLocation(StringRef path, MLIRContext *context) {
  return NameLoc::get(StringAttr::get(context, path));
}

OwningOpRef<ModuleOp> halftone::importModel(llvm::MemoryBufferRef buffer, StringRef folder,
                                            const ImportOptions &options, MLIRContext *context) {
  context->loadDialect<func::FuncDialect, HalftoneDialect>();
  Location fileLoc = getFileLocation(buffer.getBufferIdentifier(), context);
  bool isText = options.text || buffer.getBufferIdentifier().ends_with(".onnxtxt");
  std::shared_ptr<onnx::ModelProto> model = readModel(buffer, isText, fileLoc);
  if (!model)
    return nullptr;
  // The path of the file is not part of the result: it must depend on nothing but the content.
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(context));
  (*module)->setAttr("halftone.graph_name", StringAttr::get(context, model->graph().name()));
  GraphImporter importer(model, folder, options, *module, fileLoc);
  if (failed(importer.run()) || failed(verify(*module)))
    return nullptr;
  return module;
}

OwningOpRef<ModuleOp> halftone::importModel(StringRef path, const ImportOptions &options,
                                            MLIRContext *context) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (std::error_code error = buffer.getError()) {
    emitError(getFileLocation(path, context)) << "cannot read the model: " << error.message();
    return nullptr;
  }
  return importModel(**buffer, llvm::sys::path::parent_path(path), options, context);
}
