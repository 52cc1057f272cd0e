// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/IO/ModuleTrailer.h"

#include "halftone/IO/FileError.h"
#include "halftone/runtime.h"

#include "llvm/Object/ELF.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

#include <xxhash.h>

using namespace halftone;
using namespace llvm;

namespace {
struct Range {
  uint64_t offset = 0;
  uint64_t size = 0;
};
} // namespace

static Expected<Range> findSection(StringRef image, StringRef name) {
  using Elf = object::ELFFile<object::ELF64LE>;
  Expected<Elf> elf = Elf::create(image);
  if (!elf)
    return elf.takeError();
  auto sections = elf->sections();
  if (!sections)
    return sections.takeError();
  for (const auto &section : *sections) {
    Expected<StringRef> sectionName = elf->getSectionName(section);
    if (!sectionName)
      return sectionName.takeError();
    if (*sectionName != name)
      continue;
    if (section.sh_offset > image.size() || section.sh_size > image.size() - section.sh_offset)
      return createStringError("section '" + name + "' reaches beyond the file");
    return Range{section.sh_offset, section.sh_size};
  }
  return Range{};
}

static uint64_t hashContent(StringRef image, const halftone_trailer &trailer) {
  StringRef head = image.substr(0, trailer.weights_offset);
  StringRef tail = image.substr(trailer.weights_offset + trailer.weights_size);
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  XXH3_64bits_update(&state, head.data(), head.size());
  XXH3_64bits_update(&state, tail.data(), tail.size());
  XXH3_64bits_update(&state, &trailer, sizeof(trailer));
  return XXH3_64bits_digest(&state);
}

static halftone_trailer makeTrailer(StringRef image, Range weights, uint64_t cpuFeatures) {
  halftone_trailer trailer = {};
  trailer.magic = HALFTONE_TRAILER_MAGIC;
  trailer.abi_version = HALFTONE_ABI_VERSION;
  trailer.trailer_size = sizeof(trailer);
  trailer.file_size = image.size() + sizeof(trailer);
  trailer.cpu_features = cpuFeatures;
  trailer.weights_offset = weights.offset;
  trailer.weights_size = weights.size;
  trailer.weights_hash = XXH3_64bits(image.data() + weights.offset, weights.size);
  trailer.content_hash = hashContent(image, trailer);
  return trailer;
}

static Error appendBytes(StringRef path, const void *data, size_t size) {
  int file;
  if (std::error_code code =
          sys::fs::openFileForWrite(path, file, sys::fs::CD_OpenExisting, sys::fs::OF_Append))
    return makeFileError(path, code);
  Error error = writeBytes(path, file, data, size);
  std::error_code closed = sys::fs::closeFile(file);
  if (error || !closed)
    return error;
  return makeFileError(path, closed);
}

Error halftone::appendTrailer(StringRef path, uint64_t cpuFeatures, StringRef weightsSection) {
  auto image = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!image)
    return makeFileError(path, image.getError());
  StringRef content = (*image)->getBuffer();
  Expected<Range> weights = findSection(content, weightsSection);
  if (!weights)
    return makeFileError(path, toString(weights.takeError()));
  halftone_trailer trailer = makeTrailer(content, *weights, cpuFeatures);
  image->reset();
  return appendBytes(path, &trailer, sizeof(trailer));
}
