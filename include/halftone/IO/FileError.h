// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Errors that begin with the name of their file, and writing that reports them.
#ifndef HALFTONE_IO_FILEERROR_H
#define HALFTONE_IO_FILEERROR_H

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"

#include <string>
#include <system_error>

namespace halftone {

/// "'path': what".
llvm::Error makeFileError(llvm::StringRef path, const llvm::Twine &what);
llvm::Error makeFileError(llvm::StringRef path, std::error_code code);

/// Writes all bytes to an open file; a full disk is an error.
llvm::Error writeBytes(llvm::StringRef path, int file, const void *data, size_t size);

/// A file that gets its name when it is complete: written beside `path` under a temporary name,
/// renamed by `commit`, removed when that does not happen.
class AtomicFile {
public:
  static llvm::Expected<AtomicFile> create(llvm::StringRef path);

  AtomicFile(AtomicFile &&other);
  AtomicFile &operator=(AtomicFile &&) = delete;
  ~AtomicFile();

  llvm::Error write(llvm::StringRef bytes);

  /// Where the content is until `commit`, for those who write by name.
  llvm::StringRef temporaryPath() const { return temporary; }

  llvm::Error commit();

private:
  AtomicFile(llvm::StringRef path, std::string temporary, int file)
      : path(path), temporary(std::move(temporary)), file(file) {}

  std::string path;
  std::string temporary; // empty once there is nothing to remove
  int file;
};

} // namespace halftone

#endif
