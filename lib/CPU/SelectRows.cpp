// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of a constant matrix of codes that are gathered and then decoded: embeddings.
#include "CodedWeights.h"

#include "halftone/Dialect/DecodeOps.h"
#include "halftone/Numerics/PackedCodes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::halftone;

/// The gather of the codes that `op` decodes, or null.
static GatherOp findRowGather(Operation *op) {
  auto rowsOf = [](Value codes, uint64_t axis) -> GatherOp {
    auto gather = codes.getDefiningOp<GatherOp>();
    bool readsRows = gather && gather.getAxis() == axis && getConstant(gather.getInput()) &&
                     tensorTypeOf(gather.getInput()).getRank() == int64_t(axis) + 2;
    return readsRows ? gather : nullptr;
  };
  if (auto dequantize = llvm::dyn_cast<DequantizeOp>(op)) {
    auto lookup = dequantize.getInput().getDefiningOp<LookupOp>();
    return rowsOf(lookup ? lookup.getCodes() : dequantize.getInput(), 0);
  }
  if (auto lookup = llvm::dyn_cast<LookupOp>(op))
    return rowsOf(lookup.getCodes(), 0);
  if (auto decode = llvm::dyn_cast<BinaryDecodeOp>(op))
    return rowsOf(decode.getPlanes(), 1);
  return nullptr;
}

bool mlir::halftone::decodesRows(Operation *op) {
  // What only makes the codes or the scales of another is a part of that.
  return findRowGather(op) && llvm::none_of(op->getUsers(), [](Operation *user) {
           return llvm::isa<DequantizeOp, LookupOp>(user);
         });
}

/// All dimensions as one.
static Value flatten(KernelBuilder &builder, Value indices) {
  RankedTensorType type = tensorTypeOf(indices);
  if (type.getRank() == 1)
    return indices;
  if (type.getRank() == 0)
    return tensor::ExpandShapeOp::create(builder.rewriter, builder.loc,
                                         RankedTensorType::get({1}, type.getElementType()), indices,
                                         ArrayRef<ReassociationIndices>());
  ReassociationIndices all = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  return tensor::CollapseShapeOp::create(builder.rewriter, builder.loc, indices,
                                         ArrayRef<ReassociationIndices>(all));
}

/// [M, N] with the dimensions of `indices` in the place of M.
static Value unflatten(KernelBuilder &builder, Value rows, Value indices) {
  RewriterBase &rewriter = builder.rewriter;
  Location loc = builder.loc;
  auto type = llvm::cast<RankedTensorType>(builder.op->getResult(0).getType());
  int64_t rank = type.getRank() - 1;
  if (rank == 0)
    rows = tensor::CollapseShapeOp::create(rewriter, loc, rows,
                                           ArrayRef<ReassociationIndices>({{0, 1}}));
  if (rank > 1) {
    RankedTensorType indexType = tensorTypeOf(indices);
    SmallVector<int64_t> shape(indexType.getShape());
    shape.push_back(type.getShape().back());
    SmallVector<OpFoldResult> sizes;
    for (int64_t dim = 0; dim < rank; ++dim)
      sizes.push_back(builder.size(indices, dim));
    sizes.push_back(rewriter.getIndexAttr(shape.back()));
    SmallVector<ReassociationIndices> groups = {llvm::to_vector(llvm::seq<int64_t>(0, rank)),
                                                {rank}};
    rows = tensor::ExpandShapeOp::create(
        rewriter, loc, RankedTensorType::get(shape, type.getElementType()), rows, groups, sizes);
  }
  if (rows.getType() != type)
    rows = tensor::CastOp::create(rewriter, loc, type, rows);
  return rows;
}

LogicalResult mlir::halftone::selectRows(KernelBuilder &builder) {
  GatherOp gather = findRowGather(builder.op);
  Value indices = gather.getIndices();
  Type indexType = tensorTypeOf(indices).getElementType();
  if (!indexType.isInteger(32) && !indexType.isInteger(64))
    return builder.decline("the indices are no i32 or i64");
  ArrayRef<int64_t> codeShape = tensorTypeOf(gather.getInput()).getShape().take_back(2);
  int64_t depth = codeShape[0], columns = codeShape[1];
  if (depth == 0 || columns == 0 ||
      !tensorTypeOf(builder.op->getResult(0)).getElementType().isF32())
    return builder.decline("the rows are empty, or not f32");
  FailureOr<CodedWeights> weights =
      matchCodedRows(builder, builder.op->getResult(0), indices, depth);
  if (failed(weights))
    return failure(); // The matcher has said why.
  const KernelRow &row =
      chooseContractRow(builder.target, KernelElements::F32Codes, {std::nullopt, columns, depth});
  FailureOr<CodeLayout> layout = chooseRowLayout(builder, *weights, row);
  if (failed(layout))
    return failure(); // chooseRowLayout has said why.

  RewriterBase &rewriter = builder.rewriter;
  Value codes = packCodes(builder, *weights, *layout);
  Decoder decoder = makeDecoder(builder, *weights, *layout);
  Value flat = flatten(builder, indices);
  auto type =
      RankedTensorType::get({tensorTypeOf(flat).getDimSize(0), columns}, rewriter.getF32Type());
  Value init = builder.makeEmpty(type, [&](int64_t dim) { return builder.size(flat, dim); });
  unsigned bits = weights->codes.element.getIntOrFloatBitWidth();
  int64_t kr = bits > 8 ? 1 : ::halftone::getCodeRows(bits);
  auto packing =
      PackingAttr::get(builder.op->getContext(), row.name, layout->nr, kr, depth, columns);
  auto rows = DecodeRowsOp::create(rewriter, builder.loc, type, codes, flat, decoder.inputs, init,
                                   packing, decoder.attribute);
  builder.replacement = unflatten(builder, rows.getOutput(), indices);
  return success();
}
