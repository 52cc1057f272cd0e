// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs passes and pipelines on IR, as mlir-opt does.
#include "halftone/Pipelines/Register.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::halftone::registerAllPasses();
  mlir::DialectRegistry registry;
  mlir::halftone::registerAllDialects(registry);
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "Halftone optimizer driver\n", registry));
}
