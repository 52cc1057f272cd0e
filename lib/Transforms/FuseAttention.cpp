// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "AttentionPattern.h"
#include "FunctionShapes.h"
#include "halftone/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/Debug.h"

#define DEBUG_TYPE "halftone-fuse-attention"

namespace mlir::halftone {
#define GEN_PASS_DEF_FUSEATTENTION
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

using Part = AttentionOp::Part;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

namespace {

/// Builds the op, and what gives its operands 4 dimensions.
class AttentionBuilder {
public:
  AttentionBuilder(OpBuilder &builder, AttentionMatch &match)
      : builder(builder), loc(match.product.getLoc()), match(match) {}

  /// Replaces all uses of the product, or of a transpose behind it; returns which of them.
  Operation *replaceProduct();

private:
  Value toFourDims(Value value);
  Value toQueryOrKey(const AttentionOperand &operand);
  Value buildMask();
  Value fillWhere(Value condition, Value fill);
  TransposeOp findOutputTranspose(bool &isReshaped);
  Value buildEmpty(Value query, Value value, bool isByToken);
  OpFoldResult size(Value tensor, int64_t dim);

  OpBuilder &builder;
  Location loc;
  AttentionMatch &match;
};

struct FuseAttention : public halftone::impl::FuseAttentionBase<FuseAttention> {
  void runOnOperation() override;
};

} // namespace

OpFoldResult AttentionBuilder::size(Value tensor, int64_t dim) {
  if (!typeOf(tensor).isDynamicDim(dim))
    return builder.getIndexAttr(typeOf(tensor).getDimSize(dim));
  return tensor::DimOp::create(builder, loc, tensor, dim).getResult();
}

/// Ones for what is missing in front; behind the batches of a product without heads.
Value AttentionBuilder::toFourDims(Value value) {
  RankedTensorType type = typeOf(value);
  if (type.getRank() == 5) {
    // Heads split into groups, in a mask that does not distinguish them.
    SmallVector<int64_t> shape(type.getShape());
    shape.erase(shape.begin() + 2);
    return SqueezeOp::create(builder, loc, type.clone(shape), value, ArrayRef<int64_t>{2});
  }
  if (type.getRank() == 4)
    return value;
  bool hasBatches = type.getRank() == 3 && typeOf(match.product.getOutput()).getRank() == 3;
  SmallVector<int64_t> shape(type.getShape());
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, 4 - type.getRank()));
  if (hasBatches)
    axes = {1};
  for (int64_t axis : axes)
    shape.insert(shape.begin() + axis, 1);
  return UnsqueezeOp::create(builder, loc, type.clone(shape), value, axes);
}

Value AttentionBuilder::toQueryOrKey(const AttentionOperand &operand) {
  Value value = operand.tensor;
  if (operand.isTransposed) {
    int64_t rank = typeOf(value).getRank();
    SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank));
    std::swap(permutation[rank - 1], permutation[rank - 2]);
    SmallVector<int64_t> shape(typeOf(value).getShape());
    std::swap(shape[rank - 1], shape[rank - 2]);
    value = TransposeOp::create(builder, loc, typeOf(value).clone(shape), value, permutation);
  }
  return typeOf(value).getRank() == 3 ? toFourDims(value) : value;
}

/// 0 where the scores stay.
Value AttentionBuilder::fillWhere(Value condition, Value fill) {
  auto scalar = RankedTensorType::get({}, builder.getF32Type());
  Value zero = ConstantOp::create(builder, loc, DenseElementsAttr::get(scalar, 0.0f));
  RankedTensorType fillType = typeOf(fill);
  RankedTensorType type = RankedTensorType::get(typeOf(condition).getShape(), builder.getF32Type());
  // The fill has one element, but perhaps more dimensions than the condition.
  SmallVector<int64_t> shape(type.getShape());
  while (int64_t(shape.size()) < fillType.getRank())
    shape.insert(shape.begin(), 1);
  type = type.clone(shape);
  return match.maskedIf ? WhereOp::create(builder, loc, type, condition, fill, zero).getOutput()
                        : WhereOp::create(builder, loc, type, condition, zero, fill).getOutput();
}

Value AttentionBuilder::buildMask() {
  if (!match.mask)
    return nullptr;
  return toFourDims(match.condition ? fillWhere(match.condition, match.mask) : match.mask);
}

/// The transpose that is the only user of the product, or of its heads joined.
TransposeOp AttentionBuilder::findOutputTranspose(bool &isReshaped) {
  Value result = match.product.getOutput();
  isReshaped = false;
  if (!result.hasOneUse())
    return nullptr;
  Operation *user = *result.user_begin();
  if (typeOf(result).getRank() == 5 && isa<ReshapeOp>(user) && user->getResult(0).hasOneUse() &&
      typeOf(user->getResult(0)).getRank() == 4 &&
      typeOf(user->getResult(0)).getDimSize(1) == match.heads) {
    isReshaped = true;
    user = *user->getResult(0).user_begin();
  }
  auto transpose = dyn_cast<TransposeOp>(user);
  bool exchanges = transpose && transpose.getPermutation() == ArrayRef<int64_t>({0, 2, 1, 3});
  return exchanges ? transpose : TransposeOp();
}

Value AttentionBuilder::buildEmpty(Value query, Value value, bool isByToken) {
  SmallVector<OpFoldResult> sizes{size(query, 0), builder.getIndexAttr(match.heads),
                                  size(query, match.query.isByToken ? 1 : 2), size(value, 3)};
  if (isByToken)
    std::swap(sizes[1], sizes[2]);
  return tensor::EmptyOp::create(builder, loc, sizes, builder.getF32Type());
}

Operation *AttentionBuilder::replaceProduct() {
  MatMulOp product = match.product;
  int64_t rank = typeOf(product.getOutput()).getRank();
  bool isReshaped = false;
  TransposeOp transpose = findOutputTranspose(isReshaped);
  Value query = toQueryOrKey(match.query), key = toQueryOrKey(match.key),
        value = toQueryOrKey(match.value), mask = buildMask();
  Value init = buildEmpty(query, value, bool(transpose));
  SmallVector<bool> byToken{match.query.isByToken, match.key.isByToken, match.value.isByToken,
                            bool(transpose)};
  DenseBoolArrayAttr layout =
      llvm::is_contained(byToken, true) ? builder.getDenseBoolArrayAttr(byToken) : nullptr;
  auto attention = AttentionOp::create(builder, loc, init.getType(), query, key, value, mask, init,
                                       builder.getF32FloatAttr(float(match.scale)), layout,
                                       match.zeroEmpty ? builder.getUnitAttr() : nullptr,
                                       /*kernel=*/nullptr);
  Value output = attention.getOutput();
  if (transpose) {
    if (output.getType() != transpose.getType())
      output = tensor::CastOp::create(builder, loc, transpose.getType(), output);
    transpose.getOutput().replaceAllUsesWith(output);
    return transpose;
  }
  RankedTensorType type = typeOf(product.getOutput());
  if (rank == 3)
    output = SqueezeOp::create(builder, loc, type, output, ArrayRef<int64_t>{1});
  else if (rank == 5)
    output = tensor::ExpandShapeOp::create(
        builder, loc, type, output, SmallVector<ReassociationIndices>{{0}, {1, 2}, {3}, {4}});
  else if (output.getType() != type)
    output = tensor::CastOp::create(builder, loc, type, output);
  product.getOutput().replaceAllUsesWith(output);
  return product;
}

/// Erases `op` and what only it used.
static void eraseDead(Operation *op) {
  SmallVector<Operation *> worklist{op};
  while (!worklist.empty()) {
    Operation *dead = worklist.pop_back_val();
    if (!dead->use_empty() || !isMemoryEffectFree(dead))
      continue;
    SetVector<Operation *> operands;
    for (Value operand : dead->getOperands())
      if (Operation *definition = operand.getDefiningOp())
        operands.insert(definition);
    llvm::erase(worklist, dead);
    dead->erase();
    worklist.append(operands.begin(), operands.end());
  }
}

void FuseAttention::runOnOperation() {
  func::FuncOp func = getOperation();
  if (func.isExternal())
    return;
  ShapeContext shapes(&getContext());
  nameArguments(func, shapes);
  SmallVector<MatMulOp> products;
  WalkResult result = func.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (auto product = dyn_cast<MatMulOp>(op))
      products.push_back(product);
    return failed(inferOp(op, shapes)) ? WalkResult::interrupt() : WalkResult::advance();
  });
  if (result.wasInterrupted())
    return signalPassFailure();
  // All matches first: what is built has no symbolic shapes.
  SmallVector<AttentionMatch> matches;
  for (MatMulOp product : products) {
    StringRef reason;
    if (std::optional<AttentionMatch> match = matchAttention(product, shapes, reason))
      matches.push_back(*match);
    else if (!reason.empty())
      LLVM_DEBUG(llvm::dbgs() << product.getLoc() << " is no attention: " << reason << "\n");
  }
  OpBuilder builder(&getContext());
  // What is replaced may be an operand of a later match.
  SmallVector<Operation *> replaced;
  for (AttentionMatch &match : matches) {
    builder.setInsertionPoint(match.product);
    replaced.push_back(AttentionBuilder(builder, match).replaceProduct());
    ++numFused;
  }
  llvm::for_each(replaced, eraseDead);
}
