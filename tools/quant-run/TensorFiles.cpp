// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TensorFiles.h"

#include "halftone/IO/FileError.h"
#include "halftone/IO/Npy.h"
#include "halftone/IO/Npz.h"
#include "halftone/IO/TensorProto.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <optional>

using namespace halftone;
using namespace llvm;

bool halftone::isTensorFile(StringRef path) {
  StringRef extension = sys::path::extension(path);
  return extension == ".npz" || extension == ".npy" || extension == ".pb" ||
         sys::fs::is_directory(path);
}

/// 3 for "…/input_3.pb" and the prefix "input".
static std::optional<size_t> fileNumber(StringRef path, StringRef prefix) {
  StringRef stem = sys::path::stem(path);
  size_t number;
  if (!stem.consume_front(prefix) || !stem.consume_front("_") || stem.getAsInteger(10, number))
    return std::nullopt;
  return number;
}

namespace {

class TensorFileReader {
public:
  TensorFileReader(ArrayRef<halftone_tensor_info> table, StringRef prefix)
      : table(table), prefix(prefix) {}

  Error readPath(StringRef path);
  NamedArrays take() { return std::move(arrays); }

private:
  Error readFolder(StringRef path);
  Error readArchive(StringRef path);
  Error addSingle(StringRef path, StringRef name, Array array);
  Expected<StringRef> chooseName(StringRef path, StringRef name) const;

  const ArrayRef<halftone_tensor_info> table;
  const StringRef prefix;
  size_t numSingles = 0;
  NamedArrays arrays;
};

} // namespace

Error TensorFileReader::readArchive(StringRef path) {
  Expected<NpzReader> archive = NpzReader::open(path);
  if (!archive)
    return archive.takeError();
  // Only what the model has: an archive may also hold labels, of any type.
  for (const halftone_tensor_info &info : table) {
    if (!archive->contains(info.name))
      continue;
    Expected<Array> array = archive->read(info.name);
    if (!array)
      return array.takeError();
    arrays.insert_or_assign(info.name, std::move(*array));
  }
  return Error::success();
}

Error TensorFileReader::readFolder(StringRef path) {
  std::vector<std::string> files;
  std::error_code code;
  for (sys::fs::directory_iterator it(path, code), end; it != end && !code; it.increment(code))
    if (sys::path::extension(it->path()) == ".pb" && fileNumber(it->path(), prefix))
      files.push_back(it->path());
  if (code)
    return makeFileError(path, code);
  if (files.empty())
    return makeFileError(path, "has no files " + prefix + "_0.pb");
  llvm::sort(files);
  for (const std::string &file : files)
    if (Error error = readPath(file))
      return error;
  return Error::success();
}

Expected<StringRef> TensorFileReader::chooseName(StringRef path, StringRef name) const {
  auto isNamed = [&](const halftone_tensor_info &info) { return name == info.name; };
  if (!name.empty() && any_of(table, isNamed))
    return name;
  size_t index = fileNumber(path, prefix).value_or(numSingles);
  if (index < table.size())
    return StringRef(table[index].name);
  return makeFileError(path, "is for " + prefix + " " + Twine(index) + ", but the model has " +
                                 Twine(table.size()));
}

Error TensorFileReader::addSingle(StringRef path, StringRef name, Array array) {
  Expected<StringRef> target = chooseName(path, name);
  if (!target)
    return target.takeError();
  ++numSingles;
  if (!arrays.try_emplace(target->str(), std::move(array)).second)
    return makeFileError(path, "is a second file for " + prefix + " '" + *target + "'");
  return Error::success();
}

Error TensorFileReader::readPath(StringRef path) {
  if (sys::fs::is_directory(path))
    return readFolder(path);
  StringRef extension = sys::path::extension(path);
  if (extension == ".npz")
    return readArchive(path);
  if (extension == ".npy") {
    Expected<Array> array = readNpy(path);
    return array ? addSingle(path, "", std::move(*array)) : array.takeError();
  }
  if (extension != ".pb")
    return makeFileError(path, "expected a file .npz, .npy or .pb, or a folder");
  Expected<NamedArray> tensor = readTensorProto(path);
  return tensor ? addSingle(path, tensor->name, std::move(tensor->array)) : tensor.takeError();
}

Expected<NamedArrays> halftone::readTensorFiles(ArrayRef<std::string> paths,
                                                ArrayRef<halftone_tensor_info> table,
                                                StringRef prefix) {
  TensorFileReader reader(table, prefix);
  for (const std::string &path : paths)
    if (Error error = reader.readPath(path))
      return std::move(error);
  return reader.take();
}
