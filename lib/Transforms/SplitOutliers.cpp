// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ColumnProduct.h"
#include "ModelObservations.h"
#include "halftone/Analysis/NodeName.h"
#include "halftone/Analysis/ObservedTensors.h"
#include "halftone/Analysis/WeightContraction.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Transforms/Passes.h"
#include "halftone/Transforms/SchemeAttribute.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_SPLITOUTLIERS
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::Observations;

static bool hasStaticOutliers(Operation *op) {
  std::optional<::halftone::Scheme> scheme = getScheme(op);
  return scheme && scheme->hasStaticOutliers() && llvm::isa<MatMulOp>(op);
}

/// The rows of a matrix of `numColumns` columns.
static std::vector<float> selectRows(ArrayRef<float> matrix, int64_t numColumns,
                                     ArrayRef<int64_t> rows) {
  std::vector<float> selected;
  selected.reserve(rows.size() * size_t(numColumns));
  for (int64_t row : rows)
    llvm::append_range(selected, matrix.slice(row * numColumns, numColumns));
  return selected;
}

namespace {
/// The input columns of a product, and what of each is read.
struct Columns {
  SmallVector<int64_t> kept, outliers;
};

struct SplitOutliers : public mlir::halftone::impl::SplitOutliersBase<SplitOutliers> {
  using Base::Base;

  void runOnOperation() override {
    gathered.clear(); // One pass object sees many functions.
    SmallVector<WeightContraction> layers;
    getOperation().walk([&](Operation *op) {
      if (std::optional<WeightContraction> layer = matchWeightContraction(op);
          layer && hasStaticOutliers(op))
        layers.push_back(*layer);
    });
    if (layers.empty())
      return;
    if (file.empty()) {
      InFlightDiagnostic diag = layers.front().op->emitError(
          "no calibration data says which columns of its input are outliers");
      diag.attachNote() << "give calibration data or an observations file, or find outliers with "
                           "'when: dynamic'";
      return signalPassFailure();
    }
    FailureOr<Observations> observations = loadObservations(getOperation(), file);
    if (failed(observations))
      return signalPassFailure();
    ObservedTensors names = nameObservedTensors(getOperation());
    for (const WeightContraction &layer : layers)
      if (failed(split(layer, names, *observations)))
        return signalPassFailure();
  }

private:
  LogicalResult split(const WeightContraction &layer, const ObservedTensors &names,
                      const Observations &observations) {
    // What others round to a static scale is read as it was.
    Value input = layer.activations->get();
    if (auto observer = input.getDefiningOp<ObserveOp>())
      layer.activations->set(input = observer.getInput());
    FailureOr<ArrayRef<float>> maxima =
        findChannelMaxima(layer.op->getLoc(), observations, names.lookup(input),
                          layer.getInputAxis(), layer.reduction);
    if (failed(maxima))
      return failure();
    double threshold = getScheme(layer.op)->activations.outliers->threshold;
    Columns columns;
    for (auto [column, maximum] : llvm::enumerate(*maxima))
      (maximum >= threshold ? columns.outliers : columns.kept).push_back(int64_t(column));
    if (columns.outliers.empty())
      return success(); // A product of codes.
    ++numSplit;
    if (!columns.kept.empty())
      return multiplyApart(layer, input, columns);
    removeScheme(layer.op); // A product of floats.
    return success();
  }

  LogicalResult multiplyApart(const WeightContraction &layer, Value input, const Columns &columns) {
    std::optional<std::vector<float>> weights = readFloats(layer.getWeights());
    if (!weights)
      return layer.op->emitError("the weights have no data in memory");
    Value outlierRows = buildRows(layer, *weights, columns.outliers, ".outliers");
    Value keptRows = buildRows(layer, *weights, columns.kept, ".kept");
    releasePages(layer.getWeights());
    layer.weights->set(keptRows);
    layer.activations->set(getColumns(layer, input, columns.kept));
    auto numOutliers = int64_t(columns.outliers.size());
    layer.op->setAttr(kNumOutliersName, Builder(&getContext()).getI64IntegerAttr(numOutliers));
    OpBuilder b(&getContext());
    b.setInsertionPointAfter(layer.op);
    addColumnProduct(b, layer.op, getColumns(layer, input, columns.outliers), outlierRows);
    return success();
  }

  static Value buildRows(const WeightContraction &layer, ArrayRef<float> weights,
                         ArrayRef<int64_t> rows, StringRef suffix) {
    OpBuilder b(layer.op);
    Location loc = layer.op->getLoc();
    int64_t numColumns = layer.getWeightsType().getDimSize(1);
    auto type = RankedTensorType::get({int64_t(rows.size()), numColumns}, b.getF32Type());
    return ConstantOp::create(b, loc,
                              makeConstant(type, ArrayRef(selectRows(weights, numColumns, rows)),
                                           (getNodeName(loc) + suffix).str()));
  }

  /// Query, key and value read the same columns.
  Value getColumns(const WeightContraction &layer, Value input, ArrayRef<int64_t> columns) {
    Value &shared = gathered[{input.getAsOpaquePointer(), columns.vec()}];
    if (!shared) {
      OpBuilder b(&getContext());
      b.setInsertionPointAfterValue(input);
      Location loc = layer.op->getLoc();
      std::string name = (getNodeName(loc) + ".columns").str();
      shared = gatherColumns(b, loc, input, buildColumnIndices(b, loc, columns, name));
    }
    return shared;
  }

  std::map<std::pair<const void *, std::vector<int64_t>>, Value> gathered;
};
} // namespace
