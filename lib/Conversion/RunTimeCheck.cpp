// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Conversion/RunTimeCheck.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

void mlir::halftone::createCheck(OpBuilder &builder, Location loc, Value condition,
                                 const Twine &message) {
  if (!matchPattern(condition, m_One()))
    cf::AssertOp::create(builder, loc, condition, message.str());
}
