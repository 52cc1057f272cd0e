// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TOOLS_PART_H
#define HALFTONE_TOOLS_PART_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>
#include <utility>

namespace halftone {

/// "i/n": part i of n, with 1 <= i <= n < 2^31; nullopt for anything else.
inline std::optional<std::pair<int64_t, int64_t>> parsePart(llvm::StringRef text) {
  auto [part, count] = text.split('/');
  std::pair<int64_t, int64_t> result;
  if (part.getAsInteger(10, result.first) || count.getAsInteger(10, result.second) ||
      result.first < 1 || result.first > result.second || result.second > INT32_MAX)
    return std::nullopt;
  return result;
}

} // namespace halftone

#endif // HALFTONE_TOOLS_PART_H
