// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Serves editors that open .mlir files: diagnostics, definitions, hovers.
#include "halftone/Pipelines/Register.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::halftone::registerAllDialects(registry);
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
