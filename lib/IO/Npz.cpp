// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/IO/Npz.h"

#include "NpyHeader.h"

#include "halftone/IO/FileError.h"

#include "llvm/ADT/STLExtras.h"

#include <list>
#include <zip.h>

using namespace halftone;
using namespace llvm;

// The first of January 1980, the start of zip's calendar: the same arrays give the same file.
static constexpr zip_uint16_t fixedDate = 1 << 5 | 1;

Expected<NpzReader> NpzReader::open(StringRef path) {
  Expected<Archive> archive = openArchive(path);
  if (!archive)
    return archive.takeError();
  NpzReader reader;
  reader.archivePath = path.str();
  zip_int64_t count = zip_get_num_entries(archive->get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    const char *name = zip_get_name(archive->get(), static_cast<zip_uint64_t>(i), 0);
    StringRef array = name ? name : "";
    if (!array.consume_back(".npy"))
      return makeFileError(path, "is not a numpy archive: it contains '" + array + "'");
    reader.arrayNames.push_back(array.str());
  }
  return reader;
}

bool NpzReader::contains(StringRef name) const { return is_contained(arrayNames, name); }

Expected<Array> NpzReader::read(StringRef name) const {
  auto position = llvm::find(arrayNames, name);
  if (position == arrayNames.end())
    return makeFileError(archivePath, "has no array '" + name + "'");
  Expected<Archive> archive = openArchive(archivePath);
  if (!archive)
    return archive.takeError();
  auto source = openMember(archivePath, std::move(*archive), position - arrayNames.begin());
  if (!source)
    return source.takeError();
  return readNpyArray(**source);
}

Expected<NamedArrays> halftone::readNpz(StringRef path) {
  Expected<NpzReader> reader = NpzReader::open(path);
  if (!reader)
    return reader.takeError();
  NamedArrays arrays;
  for (const std::string &name : reader->names()) {
    Expected<Array> array = reader->read(name);
    if (!array)
      return array.takeError();
    arrays.insert_or_assign(name, std::move(*array));
  }
  return arrays;
}

namespace {

/// An archive being written. libzip writes it beside its path and renames it at the end.
class NpzWriter {
public:
  static Expected<NpzWriter> create(StringRef path);

  Error add(const std::string &name, const Array &array, NpzCompression compression);
  Error commit();

private:
  explicit NpzWriter(StringRef path) : path(path) {}
  Error archiveError() const { return makeFileError(path, zip_strerror(archive.get())); }

  std::string path;
  Archive archive;
  // libzip reads the arrays when it closes the archive.
  std::list<std::string> headers;
  std::list<Array> unpacked;
};

} // namespace

Expected<NpzWriter> NpzWriter::create(StringRef path) {
  // Errors of the folder show here, not as libzip's error at the end; and devices are refused.
  Expected<AtomicFile> probe = AtomicFile::create(path);
  if (!probe)
    return probe.takeError();
  NpzWriter writer(path);
  int code = 0;
  writer.archive.reset(zip_open(writer.path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code));
  if (writer.archive)
    return std::move(writer);
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string what = zip_error_strerror(&error);
  zip_error_fini(&error);
  return makeFileError(path, what);
}

Error NpzWriter::add(const std::string &name, const Array &given, NpzCompression compression) {
  Expected<Array> array = unpackElements(given);
  if (!array)
    return makeFileError(path, toString(array.takeError()));
  headers.push_back(encodeNpyHeader(array->dtype(), array->dims()));
  unpacked.push_back(std::move(*array));
  zip_buffer_fragment_t parts[2] = {
      {reinterpret_cast<zip_uint8_t *>(headers.back().data()), headers.back().size()},
      {unpacked.back().data(), static_cast<zip_uint64_t>(unpacked.back().byteSize())}};
  zip_source_t *source = zip_source_buffer_fragment(archive.get(), parts, 2, /*freep=*/0);
  if (!source)
    return archiveError();
  zip_int64_t index =
      zip_file_add(archive.get(), (name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    return archiveError();
  }
  auto member = static_cast<zip_uint64_t>(index);
  int method = compression == NpzCompression::Store ? ZIP_CM_STORE : ZIP_CM_DEFLATE;
  if (zip_set_file_compression(archive.get(), member, method, 0) != 0 ||
      zip_file_set_dostime(archive.get(), member, 0, fixedDate, 0) != 0)
    return archiveError();
  return Error::success();
}

Error NpzWriter::commit() {
  zip_t *open = archive.release();
  if (zip_close(open) == 0)
    return Error::success();
  archive.reset(open); // An archive that could not be closed is to be discarded.
  return archiveError();
}

Error halftone::writeNpz(StringRef path, const NamedArrays &arrays, NpzCompression compression) {
  Expected<NpzWriter> writer = NpzWriter::create(path);
  if (!writer)
    return writer.takeError();
  for (const auto &[name, array] : arrays)
    if (Error error = writer->add(name, array, compression))
      return error;
  return writer->commit();
}
