// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ColumnProduct.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/Transforms/Passes.h"
#include "halftone/Transforms/SchemeAttribute.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_SELECTOUTLIERS
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

static RankedTensorType getType(Value value) {
  return llvm::cast<RankedTensorType>(value.getType());
}

static Value buildScalar(OpBuilder &b, Location loc, double value) {
  auto type = RankedTensorType::get({}, b.getF32Type());
  return ConstantOp::create(b, loc, DenseElementsAttr::get(type, float(value)));
}

/// Whether a magnitude in each column reaches the threshold: i1 [K].
static Value buildIsOutlier(OpBuilder &b, Location loc, Value input, double threshold) {
  RankedTensorType type = getType(input);
  auto columns = RankedTensorType::get({type.getShape().back()}, type.getElementType());
  Value magnitudes = AbsOp::create(b, loc, type, input);
  auto rows = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank() - 1));
  Value maxima =
      ReduceOp::create(b, loc, columns, magnitudes, ReduceKind::Max, rows, /*keepdims=*/false);
  return GreaterOrEqualOp::create(b, loc, columns.clone(b.getI1Type()), maxima,
                                  buildScalar(b, loc, threshold));
}

/// The indices of those that are true, rising: i64 [k]. Sorting is stable.
static Value buildTrueIndices(OpBuilder &b, Location loc, Value isTrue) {
  Type i64 = b.getI64Type();
  Value flags = CastOp::create(b, loc, getType(isTrue).clone(i64), isTrue, i64);
  Value count = ReduceOp::create(b, loc, RankedTensorType::get({1}, i64), flags, ReduceKind::Sum,
                                 ArrayRef<int64_t>{0}, /*keepdims=*/true);
  auto type = RankedTensorType::get({ShapedType::kDynamic}, i64);
  return TopKOp::create(b, loc, type, type, flags, count, /*axis=*/0, /*largest=*/true)
      .getIndices();
}

namespace {
/// An input without its outliers, and these.
struct Parts {
  Value codes, indices, outliers;
};

struct SelectOutliers : public mlir::halftone::impl::SelectOutliersBase<SelectOutliers> {
  using Base::Base;

  void runOnOperation() override {
    known.clear(); // One pass object sees many functions.
    SmallVector<MatMulOp> products;
    getOperation().walk([&](MatMulOp op) {
      if (std::optional<::halftone::Scheme> scheme = getScheme(op);
          scheme && scheme->hasDynamicOutliers() && getType(op.getRhs()).getRank() == 2)
        products.push_back(op);
    });
    for (MatMulOp product : products)
      split(product, getScheme(product)->activations.outliers->threshold);
  }

private:
  void split(MatMulOp product, double threshold) {
    Value input = product.getLhs(), weights = product.getRhs();
    if (auto observer = input.getDefiningOp<ObserveOp>())
      input = observer.getInput(); // What others round to a static scale is read as it was.
    const Parts &parts = getParts(product.getLoc(), input, threshold);
    product.setOperand(0, parts.codes);
    OpBuilder b(product);
    RankedTensorType type = getType(weights);
    Value rows = GatherOp::create(b, product.getLoc(),
                                  type.clone({ShapedType::kDynamic, type.getDimSize(1)}), weights,
                                  parts.indices, /*axis=*/0);
    b.setInsertionPointAfter(product);
    addColumnProduct(b, product, parts.outliers, rows);
    ++numSplit;
  }

  /// Query, key and value have the same outliers.
  const Parts &getParts(Location loc, Value input, double threshold) {
    Parts &parts = known[{input.getAsOpaquePointer(), threshold}];
    if (parts.codes)
      return parts;
    OpBuilder b(&getContext());
    b.setInsertionPointAfterValue(input);
    Value isOutlier = buildIsOutlier(b, loc, input, threshold);
    parts.codes =
        WhereOp::create(b, loc, input.getType(), isOutlier, buildScalar(b, loc, 0), input);
    parts.indices = buildTrueIndices(b, loc, isOutlier);
    parts.outliers = gatherColumns(b, loc, input, parts.indices);
    return parts;
  }

  std::map<std::pair<const void *, double>, Parts> known;
};
} // namespace
