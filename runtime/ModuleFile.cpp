// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checks of a module file before it is mapped. The file is read, not mapped: a file that shrinks
// meanwhile is then an error, not a signal.
#include "Module.h"

#include <cerrno>
#include <cstring>
#include <elf.h>
#include <unistd.h>

#include <xxhash.h>

using namespace halftone;

static constexpr uint64_t smallWeights = uint64_t(64) << 20;
static constexpr size_t bufferSize = size_t(256) << 10;

namespace {

/// A file with its name for errors.
class ModuleFile {
public:
  ModuleFile(const char *path, int file, halftone_error *error)
      : path(path), file(file), error(error) {}

  halftone_status read(uint64_t offset, void *data, size_t size) const;
  halftone_status hash(XXH3_state_t &state, uint64_t begin, uint64_t end, void *buffer) const;
  halftone_status describeMissingTrailer(uint64_t size) const;

  const char *const path;

private:
  const int file;
  halftone_error *const error;
};

} // namespace

halftone_status ModuleFile::read(uint64_t offset, void *data, size_t size) const {
  char *position = static_cast<char *>(data);
  while (size > 0) {
    ssize_t got = pread(file, position, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return setError(error, HALFTONE_STATUS_SYSTEM, "cannot read '%s': %s", path, strerror(errno));
    if (got == 0)
      return setError(error, HALFTONE_STATUS_TRUNCATED, "'%s' became shorter while it was read",
                      path);
    position += got;
    offset += static_cast<uint64_t>(got);
    size -= static_cast<size_t>(got);
  }
  return HALFTONE_STATUS_OK;
}

halftone_status ModuleFile::hash(XXH3_state_t &state, uint64_t begin, uint64_t end,
                                 void *buffer) const {
  while (begin < end) {
    size_t size = end - begin < bufferSize ? static_cast<size_t>(end - begin) : bufferSize;
    halftone_status status = read(begin, buffer, size);
    if (status != HALFTONE_STATUS_OK)
      return status;
    XXH3_64bits_update(&state, buffer, size);
    begin += size;
  }
  return HALFTONE_STATUS_OK;
}

/// A file without a trailer is a module that lost its end, or no module. Linkers write the table
/// of sections last, so an ELF file that does not end exactly there lost something.
halftone_status ModuleFile::describeMissingTrailer(uint64_t size) const {
  Elf64_Ehdr header;
  bool isElf = size >= SELFMAG && read(0, &header, SELFMAG) == HALFTONE_STATUS_OK &&
               memcmp(header.e_ident, ELFMAG, SELFMAG) == 0;
  if (!isElf)
    return setError(error, HALFTONE_STATUS_NOT_A_MODULE, "'%s' is not a halftone module", path);
  if (size >= sizeof(header)) {
    halftone_status status = read(0, &header, sizeof(header));
    if (status != HALFTONE_STATUS_OK)
      return status;
    if (header.e_shoff + uint64_t(header.e_shentsize) * header.e_shnum == size)
      return setError(error, HALFTONE_STATUS_NOT_A_MODULE,
                      "'%s' is a library, but not a halftone module", path);
  }
  return setError(error, HALFTONE_STATUS_TRUNCATED,
                  "'%s' is truncated: its end (%llu bytes) is not the end of a halftone module",
                  path, static_cast<unsigned long long>(size));
}

static halftone_status checkTrailer(const char *path, uint64_t size,
                                    const halftone_trailer &trailer, halftone_error *error) {
  if (trailer.abi_version != HALFTONE_ABI_VERSION)
    return setError(error, HALFTONE_STATUS_WRONG_ABI,
                    "'%s' was compiled for version %u of the runtime's interface, this runtime "
                    "has version %u: compile the model again",
                    path, trailer.abi_version, HALFTONE_ABI_VERSION);
  if (trailer.file_size != size)
    return setError(
        error, size < trailer.file_size ? HALFTONE_STATUS_TRUNCATED : HALFTONE_STATUS_ALTERED,
        "'%s' has %llu bytes, but was written with %llu", path,
        static_cast<unsigned long long>(size), static_cast<unsigned long long>(trailer.file_size));
  uint64_t content = size - sizeof(trailer);
  if (trailer.trailer_size != sizeof(trailer) || trailer.weights_offset > content ||
      trailer.weights_size > content - trailer.weights_offset)
    return setError(error, HALFTONE_STATUS_ALTERED, "'%s' was altered: its trailer is inconsistent",
                    path);
  return HALFTONE_STATUS_OK;
}

static halftone_status checkHashes(const ModuleFile &file, const halftone_trailer &trailer,
                                   bool withWeights, void *buffer, halftone_error *error) {
  const uint64_t weightsEnd = trailer.weights_offset + trailer.weights_size;
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  halftone_status status = file.hash(state, 0, trailer.weights_offset, buffer);
  if (status == HALFTONE_STATUS_OK)
    status = file.hash(state, weightsEnd, trailer.file_size - sizeof(trailer), buffer);
  if (status != HALFTONE_STATUS_OK)
    return status;
  halftone_trailer unhashed = trailer;
  unhashed.content_hash = 0;
  XXH3_64bits_update(&state, &unhashed, sizeof(unhashed));
  if (XXH3_64bits_digest(&state) != trailer.content_hash)
    return setError(error, HALFTONE_STATUS_ALTERED,
                    "'%s' was altered: its content does not match its hash", file.path);
  if (!withWeights)
    return HALFTONE_STATUS_OK;
  XXH3_64bits_reset(&state);
  status = file.hash(state, trailer.weights_offset, weightsEnd, buffer);
  if (status != HALFTONE_STATUS_OK)
    return status;
  if (XXH3_64bits_digest(&state) != trailer.weights_hash)
    return setError(error, HALFTONE_STATUS_ALTERED,
                    "'%s' was altered: its weights do not match their hash", file.path);
  return HALFTONE_STATUS_OK;
}

halftone_status halftone::checkModuleFile(const char *path, int descriptor, uint64_t size,
                                          halftone_verify_weights verify, halftone_trailer &trailer,
                                          halftone_error *error) {
  ModuleFile file(path, descriptor, error);
  if (size < sizeof(trailer))
    return file.describeMissingTrailer(size);
  halftone_status status = file.read(size - sizeof(trailer), &trailer, sizeof(trailer));
  if (status != HALFTONE_STATUS_OK)
    return status;
  if (trailer.magic != HALFTONE_TRAILER_MAGIC)
    return file.describeMissingTrailer(size);
  status = checkTrailer(path, size, trailer, error);
  if (status != HALFTONE_STATUS_OK)
    return status;
  void *buffer = malloc(bufferSize);
  if (!buffer)
    return setError(error, HALFTONE_STATUS_OUT_OF_MEMORY, "no memory to read '%s'", path);
  bool withWeights =
      verify == HALFTONE_VERIFY_WEIGHTS_ALWAYS ||
      (verify == HALFTONE_VERIFY_WEIGHTS_SMALL && trailer.weights_size <= smallWeights);
  status = checkHashes(file, trailer, withWeights, buffer, error);
  free(buffer);
  return status;
}
