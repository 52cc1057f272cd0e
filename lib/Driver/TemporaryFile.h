// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DRIVER_TEMPORARYFILE_H
#define HALFTONE_LIB_DRIVER_TEMPORARYFILE_H

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Error.h"
#include <string>

namespace mlir::halftone {

/// A file for as long as the object lives. It goes as well when a signal ends the process, but for
/// SIGKILL.
class TemporaryFile {
public:
  /// Called halftone-NAME, some characters that no other has, and .SUFFIX, where the system keeps
  /// such files.
  static llvm::Expected<TemporaryFile> create(llvm::StringRef name, llvm::StringRef suffix);

  TemporaryFile(TemporaryFile &&other) noexcept : path(std::move(other.path)) {
    other.path.clear();
  }
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &operator=(TemporaryFile &&) = delete;
  ~TemporaryFile();

  const std::string &getPath() const { return path; }

private:
  explicit TemporaryFile(std::string path) : path(std::move(path)) {}

  std::string path;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_TEMPORARYFILE_H
