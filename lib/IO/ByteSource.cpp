// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ByteSource.h"

#include "halftone/IO/FileError.h"

#include "llvm/Support/FileSystem.h"

#include <cerrno>
#include <unistd.h>
#include <zip.h>

using namespace halftone;
using namespace llvm;

Error ByteSource::read(void *data, size_t size) {
  char *position = static_cast<char *>(data);
  while (size > 0) {
    Expected<size_t> got = readSome(position, size);
    if (!got)
      return got.takeError();
    if (*got == 0)
      return makeFileError(name(), "ends too early: " + Twine(size) + " bytes are missing");
    position += *got;
    size -= *got;
  }
  return Error::success();
}

namespace {

class FileSource : public ByteSource {
public:
  FileSource(StringRef path, int file, uint64_t size) : ByteSource(path.str(), size), file(file) {}
  ~FileSource() override { ::close(file); }

  Expected<size_t> readSome(void *data, size_t size) override {
    for (;;) {
      ssize_t got = ::read(file, data, size);
      if (got >= 0)
        return static_cast<size_t>(got);
      if (errno != EINTR)
        return makeFileError(name(), std::error_code(errno, std::generic_category()));
    }
  }

private:
  const int file;
};

class MemberSource : public ByteSource {
public:
  MemberSource(std::string name, uint64_t limit, Archive archive, zip_file_t *member)
      : ByteSource(std::move(name), limit), archive(std::move(archive)), member(member) {}
  ~MemberSource() override { zip_fclose(member); }

  Expected<size_t> readSome(void *data, size_t size) override {
    // libzip checks the member's checksum when it reaches the end.
    zip_int64_t got = zip_fread(member, data, size);
    if (got >= 0)
      return static_cast<size_t>(got);
    return makeFileError(name(), zip_error_strerror(zip_file_get_error(member)));
  }

private:
  Archive archive;
  zip_file_t *const member;
};

} // namespace

Expected<std::unique_ptr<ByteSource>> halftone::openFile(StringRef path) {
  int file;
  if (std::error_code code = sys::fs::openFileForRead(path, file))
    return makeFileError(path, code);
  sys::fs::file_status status;
  std::error_code code = sys::fs::status(file, status);
  if (!code && status.type() == sys::fs::file_type::regular_file)
    return std::make_unique<FileSource>(path, file, status.getSize());
  ::close(file);
  return code ? makeFileError(path, code) : makeFileError(path, "is not a regular file");
}

void CloseArchive::operator()(struct zip *archive) const { zip_discard(archive); }

Expected<Archive> halftone::openArchive(StringRef path) {
  int code = 0;
  zip_t *archive = zip_open(path.str().c_str(), ZIP_RDONLY, &code);
  if (archive)
    return Archive(archive);
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string what = zip_error_strerror(&error);
  zip_error_fini(&error);
  return makeFileError(path, what);
}

/// The directory's word for the size, unless no compressed data of that length could yield it.
static uint64_t possibleSize(const zip_stat_t &information) {
  // Deflate repeats at most 258 bytes with 2 bits.
  constexpr uint64_t deflateRatio = 1032;
  uint64_t most;
  if (__builtin_mul_overflow(information.comp_size, deflateRatio, &most))
    return information.size;
  return std::min<uint64_t>(information.size, most);
}

Expected<std::unique_ptr<ByteSource>> halftone::openMember(StringRef path, Archive archive,
                                                           int64_t index) {
  const char *memberName = zip_get_name(archive.get(), static_cast<zip_uint64_t>(index), 0);
  std::string name = (path + "(" + (memberName ? memberName : "?") + ")").str();
  zip_stat_t information;
  if (zip_stat_index(archive.get(), static_cast<zip_uint64_t>(index), 0, &information) != 0)
    return makeFileError(name, zip_strerror(archive.get()));
  zip_file_t *member = zip_fopen_index(archive.get(), static_cast<zip_uint64_t>(index), 0);
  if (!member)
    return makeFileError(name, zip_strerror(archive.get()));
  return std::make_unique<MemberSource>(std::move(name), possibleSize(information),
                                        std::move(archive), member);
}
