// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Makes a module of a library that was not built by the compiler.
#include "halftone/IO/ModuleTrailer.h"

#include "llvm/Support/raw_ostream.h"

int main(int argc, char **argv) {
  if (argc != 2) {
    llvm::errs() << "usage: AppendTrailer LIBRARY.so\n";
    return 2;
  }
  if (llvm::Error error = halftone::appendTrailer(argv[1], /*cpuFeatures=*/0)) {
    llvm::errs() << "AppendTrailer: " << llvm::toString(std::move(error)) << "\n";
    return 1;
  }
  return 0;
}
