// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "IndexMath.h"

using namespace mlir;
using namespace mlir::halftone;

void IndexMath::loop(Value begin, Value end, int64_t step, llvm::function_ref<void(Value)> body) {
  std::optional<int64_t> first = getConstantIntValue(begin), last = getConstantIntValue(end);
  if (first && last && *last <= *first)
    return;
  if (first && last && *last - *first <= step)
    return body(begin);
  auto loop = scf::ForOp::create(builder, loc, begin, end, constant(step));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}
