// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_ONNX_INPUTDIMS_H
#define HALFTONE_LIB_ONNX_INPUTDIMS_H

#include "halftone/Dialect/ShapeContext.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringMap.h"
#include <string>
#include <utility>
#include <vector>

namespace onnx {
class ValueInfoProto;
} // namespace onnx

namespace mlir::halftone {

/// An input as the model declares it, with the user's sizes put in.
struct InputType {
  RankedTensorType type;
  /// The names of the dimensions that are still dynamic; empty elsewhere.
  SmallVector<std::string> names;
};

/// Gives the dynamic dimensions of the inputs names and, where the user asked for it, sizes.
class InputDims {
public:
  explicit InputDims(const std::vector<std::pair<std::string, int64_t>> &overrides)
      : overrides(overrides), used(overrides.size(), false) {}

  /// Reports a size that is not positive, or a name given twice.
  LogicalResult checkOverrides(Location loc) const;
  /// Reads the type of an input or output; reports what is not a ranked tensor of a known type.
  FailureOr<InputType> read(const onnx::ValueInfoProto &info, StringRef what, Location loc);
  /// Reports sizes for dimensions that no input has. To be called after all inputs were read.
  LogicalResult checkAllUsed(Location loc) const;
  /// Inputs first; then symbols by name are known for the outputs.
  SmallVector<Dim> makeSymbols(const InputType &input, ShapeContext &shapes);
  /// The name of a symbol that makeSymbols made; empty for other dimensions.
  std::string nameOf(Dim dim) const { return symbolNames.lookup(dim); }

private:
  int64_t applyOverride(StringRef key);

  const std::vector<std::pair<std::string, int64_t>> &overrides;
  std::vector<bool> used;
  llvm::StringMap<bool> known;
  std::vector<std::string> knownInOrder;
  llvm::DenseMap<Dim, std::string> symbolNames;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_INPUTDIMS_H
