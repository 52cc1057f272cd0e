// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/IO/SampleSource.h"

#include "NpyHeader.h"

#include "halftone/IO/FileError.h"
#include "halftone/IO/Npz.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace halftone;
using namespace llvm;

static Expected<std::vector<std::string>> chooseNames(const NpzReader &archive,
                                                      ArrayRef<std::string> wanted) {
  if (wanted.empty()) {
    if (archive.names().empty())
      return makeFileError(archive.path(), "has no arrays");
    return archive.names().vec();
  }
  for (const std::string &name : wanted)
    if (!archive.contains(name))
      return makeFileError(archive.path(),
                           "has no array '" + name + "', it has: " + join(archive.names(), ", "));
  return wanted.vec();
}

namespace {

/// One array of an archive, read sample by sample.
struct SampleStream {
  std::string name;
  std::unique_ptr<ByteSource> source;
  NpyHeader header;

  int64_t numSamples() const { return header.dims.front(); }
  static Expected<SampleStream> open(const NpzReader &archive, StringRef name);
};

/// An .npz with a leading axis. Each array has its own decompressing reader, so that deflated
/// members too are never in memory as a whole.
class ArchiveSamples : public SampleSource {
public:
  explicit ArchiveSamples(NpzReader archive) : archive(std::move(archive)) {}

  Error start(ArrayRef<std::string> wanted);

  int64_t size() const override { return numSamples; }
  Expected<std::optional<NamedArrays>> next() override;
  // Deflated members are read from their start.
  Error skip() override { return next().takeError(); }
  Error rewind() override;

private:
  Error checkSizes() const;

  const NpzReader archive;
  std::vector<std::string> names;
  std::vector<SampleStream> streams;
  int64_t numSamples = 0;
  int64_t position = 0;
};

/// A folder of .npz files.
class FolderSamples : public SampleSource {
public:
  FolderSamples(std::vector<std::string> files, ArrayRef<std::string> names)
      : files(std::move(files)), names(names.vec()) {}

  int64_t size() const override { return static_cast<int64_t>(files.size()); }
  Expected<std::optional<NamedArrays>> next() override;
  Error skip() override {
    ++position;
    return Error::success();
  }
  Error rewind() override {
    position = 0;
    return Error::success();
  }

private:
  const std::vector<std::string> files;
  const std::vector<std::string> names;
  size_t position = 0;
};

} // namespace

Expected<SampleStream> SampleStream::open(const NpzReader &archive, StringRef name) {
  Expected<Archive> file = openArchive(archive.path());
  if (!file)
    return file.takeError();
  int64_t index = llvm::find(archive.names(), name) - archive.names().begin();
  auto source = openMember(archive.path(), std::move(*file), index);
  if (!source)
    return source.takeError();
  Expected<NpyHeader> header = readNpyHeader(**source);
  if (!header)
    return header.takeError();
  if (header->dims.empty())
    return makeFileError((*source)->name(), "has no leading axis of samples");
  // In Fortran order one sample is spread over the whole array.
  if (header->isFortranOrder && header->dims.size() > 1)
    return makeFileError((*source)->name(), "samples in Fortran order: save a C-ordered copy");
  return SampleStream{name.str(), std::move(*source), std::move(*header)};
}

Error ArchiveSamples::start(ArrayRef<std::string> wanted) {
  Expected<std::vector<std::string>> chosen = chooseNames(archive, wanted);
  if (!chosen)
    return chosen.takeError();
  names = std::move(*chosen);
  return rewind();
}

Error ArchiveSamples::checkSizes() const {
  for (const SampleStream &stream : streams)
    if (stream.numSamples() != numSamples)
      return makeFileError(archive.path(), "array '" + stream.name + "' has " +
                                               Twine(stream.numSamples()) + " samples, but '" +
                                               streams.front().name + "' has " + Twine(numSamples));
  return Error::success();
}

Error ArchiveSamples::rewind() {
  streams.clear();
  position = 0;
  for (const std::string &name : names) {
    Expected<SampleStream> stream = SampleStream::open(archive, name);
    if (!stream)
      return stream.takeError();
    streams.push_back(std::move(*stream));
  }
  numSamples = streams.front().numSamples();
  return checkSizes();
}

Expected<std::optional<NamedArrays>> ArchiveSamples::next() {
  if (position == numSamples)
    return std::nullopt;
  NamedArrays sample;
  for (SampleStream &stream : streams) {
    ArrayRef<int64_t> dims = ArrayRef<int64_t>(stream.header.dims).drop_front();
    Expected<Array> array = readNpyData(*stream.source, stream.header, dims);
    if (!array)
      return array.takeError();
    sample.insert_or_assign(stream.name, std::move(*array));
  }
  ++position;
  return sample;
}

Expected<std::optional<NamedArrays>> FolderSamples::next() {
  if (position == files.size())
    return std::nullopt;
  Expected<NpzReader> archive = NpzReader::open(files[position++]);
  if (!archive)
    return archive.takeError();
  Expected<std::vector<std::string>> chosen = chooseNames(*archive, names);
  if (!chosen)
    return chosen.takeError();
  NamedArrays sample;
  for (const std::string &name : *chosen) {
    Expected<Array> array = archive->read(name);
    if (!array)
      return array.takeError();
    sample.insert_or_assign(name, std::move(*array));
  }
  return sample;
}

static Expected<std::vector<std::string>> listSampleFiles(StringRef folder) {
  std::vector<std::string> files;
  std::error_code code;
  for (sys::fs::directory_iterator it(folder, code), end; it != end && !code; it.increment(code))
    if (sys::path::extension(it->path()) == ".npz")
      files.push_back(it->path());
  if (code)
    return makeFileError(folder, code);
  if (files.empty())
    return makeFileError(folder, "has no .npz files");
  llvm::sort(files);
  return files;
}

Expected<std::unique_ptr<SampleSource>> SampleSource::open(StringRef path,
                                                           ArrayRef<std::string> names) {
  if (sys::fs::is_directory(path)) {
    Expected<std::vector<std::string>> files = listSampleFiles(path);
    if (!files)
      return files.takeError();
    return std::make_unique<FolderSamples>(std::move(*files), names);
  }
  Expected<NpzReader> archive = NpzReader::open(path);
  if (!archive)
    return archive.takeError();
  auto samples = std::make_unique<ArchiveSamples>(std::move(*archive));
  if (Error error = samples->start(names))
    return std::move(error);
  return samples;
}
