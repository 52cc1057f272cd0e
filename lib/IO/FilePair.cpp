// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/IO/FilePair.h"

#include "llvm/Support/FileSystem.h"

using namespace halftone;
using namespace llvm;

Error halftone::commitPair(AtomicFile first, StringRef firstPath, AtomicFile second) {
  // Beside the file, under a name that is already this process's own.
  std::string previous = (first.temporaryPath() + ".previous").str();
  bool hadPrevious = sys::fs::exists(firstPath);
  if (hadPrevious)
    if (std::error_code code = sys::fs::rename(firstPath, previous))
      return makeFileError(firstPath, code);
  auto restore = [&](Error error) -> Error {
    std::error_code code =
        hadPrevious ? sys::fs::rename(previous, firstPath) : sys::fs::remove(firstPath);
    return code ? joinErrors(std::move(error), makeFileError(firstPath, code)) : std::move(error);
  };
  if (Error error = first.commit())
    return restore(std::move(error));
  if (Error error = second.commit())
    return restore(std::move(error));
  // Both are in place; a file that stays behind harms nobody.
  if (hadPrevious)
    (void)sys::fs::remove(previous);
  return Error::success();
}
