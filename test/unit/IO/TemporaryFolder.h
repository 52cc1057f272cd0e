// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TEST_UNIT_IO_TEMPORARYFOLDER_H
#define HALFTONE_TEST_UNIT_IO_TEMPORARYFOLDER_H

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace halftone_test {

/// A folder that disappears with the test.
class TemporaryFolder {
public:
  TemporaryFolder() {
    if (std::error_code code = llvm::sys::fs::createUniqueDirectory("halftone-io", path))
      llvm::report_fatal_error(llvm::Twine(code.message()));
  }
  ~TemporaryFolder() { EXPECT_FALSE(llvm::sys::fs::remove_directories(path)); }
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;

  std::string file(llvm::StringRef name) const { return (path + "/" + name).str(); }

  std::string write(llvm::StringRef name, llvm::StringRef bytes) const {
    std::ofstream(file(name), std::ios::binary).write(bytes.data(), bytes.size());
    return file(name);
  }

  size_t numFiles() const {
    size_t count = 0;
    std::error_code code;
    for (llvm::sys::fs::directory_iterator it(path, code), end; it != end; it.increment(code))
      ++count;
    return count;
  }

private:
  llvm::SmallString<128> path;
};

/// The message of a failure, or "" of a success.
template <typename T> std::string messageOf(llvm::Expected<T> value) {
  return value ? "" : llvm::toString(value.takeError());
}
inline std::string messageOf(llvm::Error error) {
  return error ? llvm::toString(std::move(error)) : "";
}

} // namespace halftone_test

#endif
