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

  /// Seconds that a phase took.
  void addPhase(llvm::StringRef name, double seconds);

  /// One entry per contraction with constant weights: node, op, shape, bytes as float.
  void addLayers(ModuleOp simplified);

  /// Formats and bytes of those whose weights are codes in `quantized`.
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

  llvm::json::Object root;
  llvm::json::Array phases;
  std::vector<Layer> layers;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_REPORT_H
