// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Analysis/ParameterAxis.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;

bool mlir::halftone::variesOnlyAlong(Value parameter, int64_t rank, int64_t axis,
                                     int64_t parameterAxis) {
  auto type = llvm::cast<RankedTensorType>(parameter.getType());
  if (type.hasStaticShape() && type.getNumElements() == 1)
    return true;
  if (type.getRank() == 1 && rank != 1)
    return (parameterAxis < 0 ? parameterAxis + rank : parameterAxis) == axis;
  if (type.getRank() != rank)
    return false;
  for (int64_t i = 0; i < rank; ++i)
    if (i != axis && type.getDimSize(i) != 1)
      return false;
  return true;
}
