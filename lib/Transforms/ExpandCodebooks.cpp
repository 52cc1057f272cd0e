// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_EXPANDCODEBOOKS
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {
/// A lookup of constants, and the bytes of codes and tables and of the numbers.
struct Match {
  ElementsAttr codes, table;
  int64_t codedBytes, bytes;
};

FailureOr<Match> match(LookupOp op, RewriterBase &rewriter) {
  Match found{getConstant(op.getCodes()), getConstant(op.getTable()), 0, 0};
  if (!found.codes || !found.table || !found.table.getElementType().isF32())
    return rewriter.notifyMatchFailure(op, "the codes or f32 tables are not constant");
  int64_t size = found.codes.getNumElements();
  unsigned bits = found.codes.getElementType().getIntOrFloatBitWidth();
  found.bytes = size * int64_t(sizeof(float));
  found.codedBytes = int64_t(llvm::divideCeil(uint64_t(size) * bits, 8)) +
                     found.table.getNumElements() * int64_t(sizeof(float));
  if (!op.getBlocks() || found.codedBytes <= found.bytes)
    return rewriter.notifyMatchFailure(op, "the numbers take at least as many bytes");
  return found;
}

/// output[i…] = table[floor(i / blocks)…, codes[i…]].
std::optional<std::vector<float>> lookUp(LookupOp op, const Match &found) {
  std::optional<std::vector<int64_t>> codes = readIntegers(found.codes);
  std::optional<std::vector<float>> tables = readFloats(found.table);
  if (!codes || !tables)
    return std::nullopt;
  ArrayRef<int64_t> shape = found.codes.getShapedType().getShape(), blocks = *op.getBlocks();
  ArrayRef<int64_t> grid = found.table.getShapedType().getShape();
  std::vector<float> numbers(codes->size());
  SmallVector<int64_t> at(shape.size(), 0);
  for (auto [code, number] : llvm::zip_equal(*codes, numbers)) {
    int64_t place = 0;
    for (auto [index, block, count] : llvm::zip_equal(at, blocks, grid.drop_back()))
      place = place * count + index / block;
    number = (*tables)[place * grid.back() + code];
    for (size_t dim = shape.size(); dim-- > 0;) {
      at[dim] = (at[dim] + 1) % shape[dim];
      if (at[dim] != 0)
        break;
    }
  }
  return numbers;
}

struct ExpandCodebooks : public halftone::impl::ExpandCodebooksBase<ExpandCodebooks> {
  using Base::Base;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation().walk([&](LookupOp op) {
      FailureOr<Match> found = match(op, rewriter);
      std::optional<std::vector<float>> numbers =
          succeeded(found) ? lookUp(op, *found) : std::nullopt;
      if (!numbers)
        return;
      op->emitRemark("codes and codebooks of ")
          << found->codedBytes << " bytes are " << found->bytes
          << " bytes as floats, which the program holds: larger groups, or fewer bits, take less";
      rewriter.setInsertionPoint(op);
      ElementsAttr constant = makeConstant(llvm::cast<RankedTensorType>(op.getOutput().getType()),
                                           ArrayRef<float>(*numbers), "numbers");
      rewriter.replaceOpWithNewOp<ConstantOp>(op, constant);
      ++numExpanded;
    });
  }
};
} // namespace
