// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TemporaryFile.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Signals.h"

using namespace mlir::halftone;

// What cannot be removed stays: nobody could do more about it.
static void removeQuietly(llvm::StringRef path) {
  [[maybe_unused]] std::error_code code = llvm::sys::fs::remove(path);
}

llvm::Expected<TemporaryFile> TemporaryFile::create(llvm::StringRef name, llvm::StringRef suffix) {
  llvm::SmallString<128> path;
  if (std::error_code code = llvm::sys::fs::createTemporaryFile("halftone-" + name, suffix, path))
    return llvm::createStringError("cannot create a temporary file: " + code.message());
  std::string error;
  if (llvm::sys::RemoveFileOnSignal(path, &error)) {
    removeQuietly(path);
    return llvm::createStringError("cannot create a temporary file: " + error);
  }
  return TemporaryFile(path.str().str());
}

TemporaryFile::~TemporaryFile() {
  if (path.empty())
    return;
  removeQuietly(path);
  llvm::sys::DontRemoveFileOnSignal(path);
}
