// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/IO/FileError.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"

#include <cerrno>
#include <unistd.h>

using namespace halftone;
using namespace llvm;

Error halftone::makeFileError(StringRef path, const Twine &what) {
  return createStringError("'" + path + "': " + what);
}

Error halftone::makeFileError(StringRef path, std::error_code code) {
  return makeFileError(path, code.message());
}

static std::error_code lastError() { return std::error_code(errno, std::generic_category()); }

Error halftone::writeBytes(StringRef path, int file, const void *data, size_t size) {
  const char *position = static_cast<const char *>(data);
  while (size > 0) {
    ssize_t written = ::write(file, position, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return makeFileError(path, lastError());
    position += written;
    size -= static_cast<size_t>(written);
  }
  return Error::success();
}

Expected<AtomicFile> AtomicFile::create(StringRef path) {
  // Renaming onto a device or a pipe would replace it.
  sys::fs::file_status status;
  if (!sys::fs::status(path, status) && status.type() != sys::fs::file_type::regular_file)
    return makeFileError(path, "exists and is not a regular file");
  SmallString<128> temporary;
  int file;
  unsigned mode = sys::fs::all_read | sys::fs::all_write;
  if (std::error_code code = sys::fs::createUniqueFile(path + ".%%%%%%%%.tmp", file, temporary,
                                                       sys::fs::OF_None, mode))
    return makeFileError(path, code);
  return AtomicFile(path, temporary.str().str(), file);
}

AtomicFile::AtomicFile(AtomicFile &&other)
    : path(std::move(other.path)), temporary(std::move(other.temporary)), file(other.file) {
  other.temporary.clear();
  other.file = -1;
}

AtomicFile::~AtomicFile() {
  if (file >= 0)
    ::close(file);
  if (!temporary.empty())
    ::unlink(temporary.c_str());
}

Error AtomicFile::write(StringRef bytes) {
  return writeBytes(path, file, bytes.data(), bytes.size());
}

Error AtomicFile::commit() {
  int closed = ::close(file);
  file = -1;
  // Some file systems report a full disk only here.
  if (closed != 0)
    return makeFileError(path, lastError());
  if (std::error_code code = sys::fs::rename(temporary, path))
    return makeFileError(path, code);
  temporary.clear();
  return Error::success();
}
