// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Dialect/DecodeOps.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::halftone;

#define GET_OP_CLASSES
#include "halftone/Dialect/DecodeOps.cpp.inc"
