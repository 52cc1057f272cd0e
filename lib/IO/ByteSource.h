// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sequential reading of a file or of a member of a zip archive. Private to this library.
#ifndef HALFTONE_LIB_IO_BYTESOURCE_H
#define HALFTONE_LIB_IO_BYTESOURCE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>

struct zip;
struct zip_file;

namespace halftone {

/// Bytes in order. `name` is how errors call them.
class ByteSource {
public:
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource &) = delete;
  ByteSource &operator=(const ByteSource &) = delete;

  /// Reads at most `size` bytes, 0 only at the end.
  virtual llvm::Expected<size_t> readSome(void *data, size_t size) = 0;

  /// Reads exactly `size` bytes; an earlier end is an error.
  llvm::Error read(void *data, size_t size);

  llvm::StringRef name() const { return sourceName; }

  /// No more bytes than this can come; what a header asks for beyond is a lie.
  uint64_t sizeLimit() const { return limit; }

protected:
  ByteSource(std::string name, uint64_t limit) : sourceName(std::move(name)), limit(limit) {}

private:
  const std::string sourceName;
  const uint64_t limit;
};

llvm::Expected<std::unique_ptr<ByteSource>> openFile(llvm::StringRef path);

struct CloseArchive {
  void operator()(zip *archive) const;
};
/// An archive open for reading.
using Archive = std::unique_ptr<zip, CloseArchive>;

llvm::Expected<Archive> openArchive(llvm::StringRef path);

/// The member with this index. The source keeps the archive open.
llvm::Expected<std::unique_ptr<ByteSource>> openMember(llvm::StringRef path, Archive archive,
                                                       int64_t index);

} // namespace halftone

#endif
