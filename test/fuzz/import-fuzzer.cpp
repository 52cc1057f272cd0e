// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Imports whatever bytes libFuzzer makes up: a model or one error, never a crash.
#include "halftone/ONNX/Import.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include <cstdlib>

using namespace mlir;
using namespace mlir::halftone;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  context.printOpOnDiagnostic(false);
  int errors = 0;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    errors += diagnostic.getSeverity() == DiagnosticSeverity::Error;
    return success();
  });
  llvm::StringRef bytes(reinterpret_cast<const char *>(data), size);
  // No file lies in the folder, so external data is never found.
  OwningOpRef<ModuleOp> module = importModel(llvm::MemoryBufferRef(bytes, "model.onnx"),
                                             "/nonexistent", ImportOptions(), &context);
  // A refusal says why.
  if (!module && errors == 0)
    std::abort();
  return 0;
}
