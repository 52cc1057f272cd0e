// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_IO_NPZ_H
#define HALFTONE_IO_NPZ_H

#include "halftone/IO/Array.h"

#include <vector>

namespace halftone {

/// A numpy archive, members stored or deflated. Arrays are read when asked for.
class NpzReader {
public:
  static llvm::Expected<NpzReader> open(llvm::StringRef path);

  /// Names of the arrays, without ".npy", in the archive's order.
  llvm::ArrayRef<std::string> names() const { return arrayNames; }
  bool contains(llvm::StringRef name) const;
  llvm::StringRef path() const { return archivePath; }

  llvm::Expected<Array> read(llvm::StringRef name) const;

private:
  NpzReader() = default;

  std::string archivePath;
  std::vector<std::string> arrayNames;
};

/// Reads every array of an archive.
llvm::Expected<NamedArrays> readNpz(llvm::StringRef path);

enum class NpzCompression { Store, Deflate };

/// Writes an archive that numpy reads, or none. The same arrays give the same bytes.
llvm::Error writeNpz(llvm::StringRef path, const NamedArrays &arrays,
                     NpzCompression compression = NpzCompression::Store);

} // namespace halftone

#endif
