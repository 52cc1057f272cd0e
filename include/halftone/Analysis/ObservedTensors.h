// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_ANALYSIS_OBSERVEDTENSORS_H
#define HALFTONE_ANALYSIS_OBSERVEDTENSORS_H

#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/MapVector.h"
#include <string>

namespace mlir::halftone {

using ObservedTensors = llvm::MapVector<Value, std::string>;

/// The activations that contractions with constant weights read below `root`, in the order of the
/// program, and what observations call them: by their tensor name, and where one ONNX node became
/// several ops by `name`, `name#1`, … It is the same whether they
/// are observed already or not.
ObservedTensors nameObservedTensors(Operation *root);

} // namespace mlir::halftone

#endif // HALFTONE_ANALYSIS_OBSERVEDTENSORS_H
