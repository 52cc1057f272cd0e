// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_ONNX_UNIQUENAMES_H
#define HALFTONE_LIB_ONNX_UNIQUENAMES_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringMap.h"
#include <string>

namespace mlir::halftone {

/// Names of which no two are the same.
class UniqueNames {
public:
  /// `base`, or `base_2` and so on where that is taken.
  std::string make(StringRef base) {
    std::string name = base.str();
    while (!taken.try_emplace(name, 1).second)
      name = base.str() + "_" + std::to_string(++taken[base]);
    return name;
  }

private:
  /// Each name, with the number of the last one made of it.
  llvm::StringMap<unsigned> taken;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_UNIQUENAMES_H
