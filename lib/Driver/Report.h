// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DRIVER_REPORT_H
#define HALFTONE_LIB_DRIVER_REPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"
#include <string>
#include <vector>

namespace mlir::halftone {

/// Collects what happened to a model while it is compiled; written as one JSON object.
class Report {
public:
  void set(llvm::StringRef key, llvm::json::Value value) { root[key] = std::move(value); }

  /// One entry per contraction with constant weights: node, op, shape, bytes as float.
  void addLayers(ModuleOp simplified);

  /// Formats, bytes and errors of those whose weights are codes in `quantized`; takes what the
  /// passes wrote for it off the functions.
  void addQuantization(ModuleOp quantized);

  std::string toText() const;

private:
  struct Layer {
    std::string node;
    std::string op;
    std::vector<int64_t> weightShape;
    int64_t floatBytes = 0;
    llvm::json::Object quantization;
  };

  /// What the passes said of a node's weights.
  void addDescription(StringRef node, DictionaryAttr description);

  llvm::json::Object root;
  std::vector<Layer> layers;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_REPORT_H
