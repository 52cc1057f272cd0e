// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Dialect/MappedData.h"

#include "MappedRanges.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::halftone;
namespace fs = llvm::sys::fs;

static std::shared_ptr<MappedRanges> findRanges(MLIRContext *context) {
  auto *dialect = context->getLoadedDialect<HalftoneDialect>();
  auto *interface = dialect ? dialect->getRegisteredInterface<MappedRangesInterface>() : nullptr;
  return interface ? interface->ranges : nullptr;
}

AsmResourceBlob halftone::makeMappedBlob(MLIRContext *context, ArrayRef<char> data,
                                         size_t alignment, std::shared_ptr<const void> owner) {
  std::shared_ptr<MappedRanges> ranges = findRanges(context);
  if (ranges)
    ranges->add({data.data(), data.size()});
  auto release = [ranges, owner = std::move(owner)](void *bytes, size_t size, size_t) {
    if (ranges)
      ranges->remove({static_cast<const char *>(bytes), size});
  };
  return AsmResourceBlob(data, alignment, std::move(release), /*dataIsMutable=*/false);
}

bool halftone::isMapped(MLIRContext *context, ArrayRef<char> data) {
  std::shared_ptr<MappedRanges> ranges = findRanges(context);
  return ranges && ranges->contains({data.data(), data.size()});
}

/// Where large temporary files belong: /tmp may itself be memory.
static SmallString<128> findTemporaryFolder() {
  SmallString<128> folder;
  if (std::optional<std::string> chosen = llvm::sys::Process::GetEnv("TMPDIR"))
    folder = *chosen;
  else
    llvm::sys::path::system_temp_directory(/*ErasedOnReboot=*/false, folder);
  return folder;
}

/// An open file without a name.
static std::optional<fs::file_t> openTemporaryFile() {
  SmallString<128> model = findTemporaryFolder(), path;
  llvm::sys::path::append(model, "halftone-%%%%%%%%");
  int file = -1;
  if (fs::createUniqueFile(model, file, path))
    return std::nullopt;
  (void)fs::remove(path); // A name that stays does not make the content wrong.
  return file;
}

std::optional<AsmResourceBlob> halftone::spillToFile(MLIRContext *context, ArrayRef<char> bytes) {
  std::optional<fs::file_t> file = openTemporaryFile();
  if (!file)
    return std::nullopt;
  auto closeFile = llvm::scope_exit([&] { (void)fs::closeFile(*file); });
  llvm::raw_fd_ostream stream(*file, /*shouldClose=*/false, /*unbuffered=*/true);
  stream.write(bytes.data(), bytes.size());
  if (stream.has_error()) { // The disk is full, mostly.
    stream.clear_error();
    return std::nullopt;
  }
  std::error_code error;
  auto mapping = std::make_shared<fs::mapped_file_region>(*file, fs::mapped_file_region::readonly,
                                                          bytes.size(), /*offset=*/0, error);
  if (error)
    return std::nullopt;
  ArrayRef<char> data(mapping->const_data(), bytes.size());
  return makeMappedBlob(context, data, fs::mapped_file_region::alignment(), std::move(mapping));
}
