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

SmallVector<Value>
IndexMath::carry(OpFoldResult count, SmallVector<Value> values,
                 llvm::function_ref<SmallVector<Value>(Value, SmallVector<Value>)> body) {
  std::optional<int64_t> known = getConstantIntValue(count);
  if (known == 0)
    return values;
  if (known == 1)
    return body(constant(0), values);
  if (values.empty()) {
    loop(constant(0), get(count), 1, [&](Value index) { body(index, {}); });
    return values;
  }
  auto forOp = scf::ForOp::create(builder, loc, constant(0), get(count), constant(1), values);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(forOp.getBody());
  SmallVector<Value> results =
      body(forOp.getInductionVar(), llvm::to_vector_of<Value>(forOp.getRegionIterArgs()));
  scf::YieldOp::create(builder, loc, results);
  return llvm::to_vector_of<Value>(forOp.getResults());
}
