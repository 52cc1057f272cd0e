// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "GramRounding.h"

#include "halftone/Dialect/ConstantData.h"
#include "halftone/Numerics/OutputError.h"
#include "halftone/Transforms/GramInputs.h"
#include <cmath>

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::EncodedTensor;
using ::halftone::EncodeOptions;
using ::halftone::Format;
using ::halftone::GPTQScheme;
using ::halftone::GramFactor;
using ::halftone::WeightMatrix;
using ::halftone::WeightScheme;

static double toDecibels(double power, double error) { return 10 * std::log10(power / error); }

double RoundedWeights::sqnr() const { return toDecibels(power, error); }
double RoundedWeights::nearestSqnr() const { return toDecibels(power, nearestError); }

LogicalResult GramRounding::readMatrix(const WeightContraction &contraction) {
  ElementsAttr gram = getGramMatrix(contraction.op);
  if (!gram) {
    InFlightDiagnostic diag = contraction.op->emitError(
        "its weights are rounded by 'gptq', but no calibration data says what its inputs are");
    diag.attachNote() << "give calibration data, or 'rounding: nearest'";
    return diag;
  }
  int64_t size = contraction.reduction;
  auto type = RankedTensorType::get({size, size}, Float32Type::get(gram.getContext()));
  if (gram.getType() != type)
    return contraction.op->emitError("the Gram matrix of its inputs is ")
           << gram.getType() << ", expected " << type;
  if (gram == matrix)
    return success();
  matrix = nullptr;
  factor.reset();
  copied.clear();
  if (std::optional<ArrayRef<char>> bytes = getRawBytes(gram)) {
    elements = {reinterpret_cast<const float *>(bytes->data()), size_t(size * size)};
  } else {
    std::optional<std::vector<float>> floats = readFloats(gram);
    if (!floats)
      return contraction.op->emitError("the Gram matrix of its inputs has no data in memory");
    copied = std::move(*floats);
    elements = copied;
  }
  matrix = gram;
  return success();
}

LogicalResult GramRounding::factorize(const WeightContraction &contraction,
                                      const GPTQScheme &scheme) {
  bool descending = scheme.order == "descending";
  if (factor && factorOptions.damping == scheme.damping && factorOptions.descending == descending)
    return success();
  factor.reset(); // One of them is large enough.
  factorOptions = {scheme.damping, descending};
  llvm::Expected<GramFactor> created =
      GramFactor::create(elements, contraction.reduction, factorOptions);
  if (!created)
    return contraction.op->emitError("cannot round the weights: ")
           << llvm::toString(created.takeError());
  factor.emplace(std::move(*created));
  return success();
}

FailureOr<RoundedWeights> GramRounding::round(const WeightContraction &contraction,
                                              const WeightScheme &scheme, ArrayRef<float> values,
                                              const Format &format, const EncodeOptions &options) {
  if (failed(readMatrix(contraction)) || failed(factorize(contraction, scheme.gptq)))
    return failure();
  ArrayRef<int64_t> shape = contraction.getWeightsType().getShape();
  auto fail = [&](llvm::Error error) -> LogicalResult {
    return contraction.op->emitError("cannot quantize the weights: ")
           << llvm::toString(std::move(error)) << "; skip this node in the recipe";
  };
  llvm::Expected<EncodedTensor> nearest = ::halftone::encodeTensor(values, shape, format, options);
  if (!nearest)
    return fail(nearest.takeError());
  llvm::Expected<EncodedTensor> rounded =
      ::halftone::encodeByGPTQ(values, shape, format, options, *factor, scheme.gptq.staticGroups);
  if (!rounded)
    return fail(rounded.takeError());
  WeightMatrix view = WeightMatrix::get(shape, options.channelAxis);
  RoundedWeights result;
  result.power = ::halftone::measureOutputPower(values, view, elements);
  auto measureError = [&](const EncodedTensor &tensor) {
    return ::halftone::measureOutputError(values, tensor, format, view, elements);
  };
  result.nearestError = measureError(*nearest);
  result.error = measureError(*rounded);
  result.tensor = std::move(*rounded);
  if (result.error > result.nearestError) {
    result.error = result.nearestError;
    result.tensor = std::move(*nearest);
  }
  return result;
}
