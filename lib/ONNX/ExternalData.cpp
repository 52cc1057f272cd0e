// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ExternalData.h"

#include "onnx/onnx_pb.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::halftone;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

namespace {
struct Reference {
  std::string location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};
} // namespace

static std::optional<Reference> parseReference(const onnx::TensorProto &tensor,
                                               ExternalData::EmitError emitError) {
  Reference reference;
  for (const onnx::StringStringEntryProto &entry : tensor.external_data()) {
    StringRef key = entry.key(), value = entry.value();
    uint64_t number = 0;
    bool isNumber = key == "offset" || key == "length";
    if (isNumber && value.getAsInteger(10, number)) {
      emitError() << "external data has " << key << " '" << value
                  << "', expected a number that is not negative";
      return std::nullopt;
    }
    if (key == "location")
      reference.location = value.str();
    else if (key == "offset")
      reference.offset = number;
    else if (key == "length")
      reference.length = number;
  }
  return reference;
}

/// Whether `location` names something below the folder it is relative to.
static bool staysInside(StringRef location) {
  if (location.empty() || path::is_absolute(location) || location.contains('\0'))
    return false;
  return llvm::none_of(llvm::make_range(path::begin(location), path::end(location)),
                       [](StringRef part) { return part == ".."; });
}

/// The same, with symbolic links followed.
static bool resolvesInside(StringRef folder, StringRef file) {
  SmallString<128> realFolder, realFile;
  if (fs::real_path(folder.empty() ? "." : folder, realFolder) || fs::real_path(file, realFile))
    return false;
  if (!realFolder.ends_with("/"))
    realFolder += '/';
  return StringRef(realFile).starts_with(realFolder);
}

ExternalData::Mapping ExternalData::map(StringRef location, EmitError emitError) {
  if (auto it = mappings.find(location); it != mappings.end())
    return it->second;
  if (!staysInside(location)) {
    emitError() << "external data at '" << location
                << "' is outside of the model's folder; it must be a relative path without '..'";
    return nullptr;
  }
  SmallString<128> file(folder);
  path::append(file, location);
  auto fail = [&](std::error_code error) -> Mapping {
    emitError() << "cannot read the external data '" << file << "': " << error.message();
    return nullptr;
  };
  fs::file_status status;
  if (std::error_code error = fs::status(file, status))
    return fail(error);
  if (!fs::is_regular_file(status)) {
    emitError() << "external data '" << file << "' is not a regular file";
    return nullptr;
  }
  if (!resolvesInside(folder, file)) {
    emitError() << "external data '" << file
                << "' is a link that leads outside of the model's folder";
    return nullptr;
  }
  llvm::Expected<fs::file_t> handle = fs::openNativeFileForRead(file);
  if (!handle)
    return fail(llvm::errorToErrorCode(handle.takeError()));
  auto closeFile = llvm::scope_exit([&] { (void)fs::closeFile(*handle); });
  std::error_code error;
  auto mapping = std::make_shared<fs::mapped_file_region>();
  // An empty file cannot be mapped; a null mapping has size 0.
  if (status.getSize() > 0)
    *mapping = fs::mapped_file_region(*handle, fs::mapped_file_region::readonly, status.getSize(),
                                      /*offset=*/0, error);
  if (error)
    return fail(error);
  return mappings[location] = mapping;
}

std::optional<TensorBytes> ExternalData::find(const onnx::TensorProto &tensor, uint64_t size,
                                              EmitError emitError) {
  std::optional<Reference> reference = parseReference(tensor, emitError);
  if (!reference)
    return std::nullopt;
  if (reference->length.value_or(size) != size) {
    emitError() << "external data has length " << *reference->length << ", but the tensor needs "
                << size << " bytes; save the model and its data again";
    return std::nullopt;
  }
  Mapping mapping = map(reference->location, emitError);
  if (!mapping)
    return std::nullopt;
  uint64_t fileSize = *mapping ? mapping->size() : 0;
  if (size > fileSize || reference->offset > fileSize - size) {
    emitError() << "external data '" << reference->location << "' has " << fileSize
                << " bytes, too few for " << size << " bytes at offset " << reference->offset
                << "; copy it again";
    return std::nullopt;
  }
  if (size == 0)
    return TensorBytes{};
  return TensorBytes{ArrayRef<char>(mapping->const_data() + reference->offset, size), mapping,
                     /*areMapped=*/true};
}
