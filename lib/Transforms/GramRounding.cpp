// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "GramRounding.h"

#include "RoundedFile.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Numerics/WeakInputs.h"
#include "halftone/Transforms/GramInputs.h"
#include <cmath>

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::EncodedTensor;
using ::halftone::EncodeOptions;
using ::halftone::Format;
using ::halftone::RoundingInputs;
using ::halftone::RoundingProblem;
using ::halftone::WeightMatrix;
using ::halftone::WeightScheme;

static double toDecibels(double power, double error) { return 10 * std::log10(power / error); }

double RoundedWeights::sqnr() const { return toDecibels(power, error); }
double RoundedWeights::nearestSqnr() const { return toDecibels(power, nearestError); }

void RoundedWeights::layKeptOver(const WeightMatrix &view) {
  for (auto [i, input] : llvm::enumerate(weakInputs))
    for (int64_t channel = 0; channel != view.channels; ++channel)
      numbers[view.at(input, channel)] = kept[i * size_t(view.channels) + size_t(channel)];
}

void RoundedWeights::complete(const WeightContraction &contraction, const Format &format,
                              const ::halftone::Granularity &blocks) {
  for (::halftone::EncodedScales &scales : tensor.scales)
    scales.granularity = blocks;
  if (format.coding == Format::Coding::Codebook)
    tensor.blocks = blocks;
  numbers = ::halftone::decodeTensor(tensor, format);
  WeightMatrix view =
      WeightMatrix::get(contraction.getWeightsType().getShape(), unsigned(contraction.channelAxis));
  layKeptOver(view);
}

LogicalResult GramRounding::read(const WeightContraction &contraction, ElementsAttr constant,
                                 Matrices &matrices) {
  int64_t size = contraction.reduction;
  SmallVector<int64_t> shape = {size, size};
  int64_t groups = countGramMatrices(contraction);
  if (groups != 1)
    shape.insert(shape.begin(), groups);
  auto type = RankedTensorType::get(shape, Float32Type::get(constant.getContext()));
  if (constant.getType() != type)
    return contraction.op->emitError("the Gram matrix of its inputs is ")
           << constant.getType() << ", expected " << type;
  if (constant == matrices.constant)
    return success();
  matrices = Matrices();
  if (std::optional<ArrayRef<char>> bytes = getRawBytes(constant)) {
    matrices.elements = {reinterpret_cast<const float *>(bytes->data()),
                         size_t(type.getNumElements())};
  } else {
    std::optional<std::vector<float>> floats = readFloats(constant);
    if (!floats)
      return contraction.op->emitError("the Gram matrix of its inputs has no data in memory");
    matrices.copied = std::move(*floats);
    matrices.elements = matrices.copied;
  }
  matrices.constant = constant;
  return success();
}

LogicalResult GramRounding::readMatrices(const WeightContraction &contraction, bool holdsBack) {
  ElementsAttr gram = getGramMatrix(contraction.op);
  ElementsAttr judge = holdsBack ? getHeldBackGramMatrix(contraction.op) : gram;
  bool isKnown = gram && gram == fitted.constant;
  if (failed(read(contraction, gram, fitted)) || failed(read(contraction, judge, heldBack)))
    return failure();
  if (isKnown)
    return success();
  inputs.clear();
  int64_t size = contraction.reduction;
  for (int64_t group = 0, end = countGramMatrices(contraction); group != end; ++group)
    inputs.push_back({fitted.elements.slice(size_t(group * size * size), size_t(size * size)),
                      size,
                      std::nullopt,
                      {}});
  return success();
}

/// One after the other along the first dimension; scales and codebooks are cut by channels.
static void append(EncodedTensor &all, EncodedTensor part) {
  if (all.codes.empty()) {
    all = std::move(part);
    return;
  }
  llvm::append_range(all.codes, part.codes);
  llvm::append_range(all.zeroPoints, part.zeroPoints);
  llvm::append_range(all.values, part.values);
  for (auto [scales, others] : llvm::zip_equal(all.scales, part.scales))
    llvm::append_range(scales.values, others.values);
}

/// Rounds the channels of one group; `judge` is the matrix that its error is measured with.
static llvm::Error roundGroup(const ::halftone::RoundingMethod &method,
                              const RoundingProblem &problem, RoundingInputs &inputs,
                              ArrayRef<float> judge, EncodedTensor &nearest,
                              RoundedWeights &result) {
  llvm::Expected<EncodedTensor> plain =
      ::halftone::encodeTensor(problem.values, problem.shape, problem.format, problem.options);
  if (!plain)
    return plain.takeError();
  llvm::Expected<EncodedTensor> rounded = method.round(problem, inputs);
  if (!rounded)
    return rounded.takeError();
  WeightMatrix view = WeightMatrix::get(problem.shape, problem.options.channelAxis);
  auto measureError = [&](const EncodedTensor &tensor) {
    return ::halftone::measureOutputError(problem.values, tensor, problem.format, view, judge);
  };
  result.power += ::halftone::measureOutputPower(problem.values, view, judge);
  result.nearestError += measureError(*plain);
  result.error += measureError(*rounded);
  append(nearest, std::move(*plain));
  append(result.tensor, std::move(*rounded));
  return llvm::Error::success();
}

/// Rounds all weights but those of the inputs that cost most.
static llvm::Error roundAroundWeak(const ::halftone::RoundingMethod &method,
                                   const RoundingProblem &problem, RoundingInputs &inputs,
                                   ArrayRef<float> judge, int64_t numWeak, EncodedTensor &nearest,
                                   RoundedWeights &result) {
  WeightMatrix view = WeightMatrix::get(problem.shape, problem.options.channelAxis);
  llvm::Expected<EncodedTensor> plain =
      ::halftone::encodeTensor(problem.values, problem.shape, problem.format, problem.options);
  if (!plain)
    return plain.takeError();
  result.weakInputs = ::halftone::findWeakInputs(problem.values, *plain, problem.format, view,
                                                 inputs.gram, numWeak);
  llvm::Expected<::halftone::WeakInputs> weak = ::halftone::WeakInputs::create(
      inputs.gram, inputs.size, result.weakInputs, problem.scheme.gptq.damping);
  if (!weak)
    return weak.takeError();
  RoundingInputs others{weak->getGram(), inputs.size, std::nullopt, {}};
  std::vector<float> values = weak->leaveOut(problem.values, view);
  llvm::Expected<EncodedTensor> rounded = method.round(
      {values, problem.shape, problem.format, problem.options, problem.scheme}, others);
  if (!rounded)
    return rounded.takeError();
  result.numbers = ::halftone::decodeTensor(*rounded, problem.format);
  const ::halftone::ElementCodec &half = ::halftone::findFormat("f16")->codec;
  for (float weight : weak->compensate(problem.values, result.numbers, view))
    result.kept.push_back(half.decode(half.encode(weight)));
  std::vector<float> errors(problem.values.begin(), problem.values.end());
  result.layKeptOver(view);
  for (auto [error, number] : llvm::zip_equal(errors, result.numbers))
    error -= number;
  result.power = ::halftone::measureOutputPower(problem.values, view, judge);
  result.nearestError =
      ::halftone::measureOutputError(problem.values, *plain, problem.format, view, judge);
  result.error = ::halftone::measureOutputPower(errors, view, judge);
  nearest = std::move(*plain);
  result.tensor = std::move(*rounded);
  return llvm::Error::success();
}

/// How many of its inputs keep their weights: of a product those that the scheme's bits have room
/// for.
static int64_t countWeak(const WeightContraction &contraction, const WeightScheme &scheme,
                         const Format &format) {
  if (scheme.owqBits == 0)
    return 0;
  int64_t count =
      ::halftone::countWeakInputs(contraction.reduction, double(format.codec.bits), scheme.owqBits);
  if (!llvm::isa<MatMulOp>(contraction.op))
    contraction.op->emitRemark("all its weights become codes: 'owq' keeps those of the inputs of "
                               "products");
  else if (count == 0)
    contraction.op->emitRemark("all its weights become codes: ")
        << scheme.owqBits << " bits have no room for one input of " << contraction.reduction
        << " in f16";
  return llvm::isa<MatMulOp>(contraction.op) ? count : 0;
}

static LogicalResult failWithoutData(Operation *op, const WeightScheme &scheme) {
  InFlightDiagnostic diag = op->emitError("its weights are rounded by '")
                            << scheme.rounding
                            << "', but no calibration data says what its inputs are";
  diag.attachNote() << "give calibration data, or 'rounding: nearest'";
  return diag;
}

FailureOr<RoundedWeights> GramRounding::round(const WeightContraction &contraction,
                                              const WeightScheme &scheme, ArrayRef<float> values,
                                              const Format &format, const EncodeOptions &options) {
  const ::halftone::RoundingMethod &method = *::halftone::findRoundingMethod(scheme.rounding);
  if (!getGramMatrix(contraction.op) ||
      (method.holdsBack && !getHeldBackGramMatrix(contraction.op)))
    return LogicalResult(failWithoutData(contraction.op, scheme));
  if (failed(readMatrices(contraction, method.holdsBack)))
    return failure();
  SmallVector<int64_t> shape(contraction.getWeightsType().getShape());
  auto groups = int64_t(inputs.size());
  shape.front() /= groups; // More than one are those of a filter: its channels come first.
  size_t size = values.size() / size_t(groups);
  size_t square = size_t(contraction.reduction) * size_t(contraction.reduction);
  EncodedTensor nearest;
  RoundedWeights result;
  int64_t numWeak = countWeak(contraction, scheme, format);
  for (auto [group, input] : llvm::enumerate(inputs)) {
    RoundingProblem problem{values.slice(group * size, size), shape, format, options, scheme};
    ArrayRef<float> judge = heldBack.elements.slice(group * square, square);
    if (llvm::Error error =
            numWeak == 0 ? roundGroup(method, problem, input, judge, nearest, result)
                         : roundAroundWeak(method, problem, input, judge, numWeak, nearest, result))
      return LogicalResult(contraction.op->emitError("cannot quantize the weights: ")
                           << llvm::toString(std::move(error)) << "; skip this node in the recipe");
  }
  if (!(result.error <= result.nearestError)) { // Beyond the range of f16, the error is no number.
    result.error = result.nearestError;
    result.tensor = std::move(nearest);
    result.weakInputs.clear();
    result.kept.clear();
  }
  result.complete(contraction, format,
                  ::halftone::makeGranularity(contraction.getWeightsType().getShape(), options));
  if (StringRef path = getRoundedFile(contraction.op); !path.empty())
    if (llvm::Error error = writeRoundedFile(path, result))
      return LogicalResult(contraction.op->emitError("cannot keep its rounded weights: ")
                           << llvm::toString(std::move(error)));
  return result;
}

FailureOr<RoundedWeights> GramRounding::load(const WeightContraction &contraction,
                                             const WeightScheme &scheme, const Format &format,
                                             const EncodeOptions &options) {
  countWeak(contraction, scheme, format); // For its remarks.
  llvm::Expected<RoundedWeights> rounded =
      readRoundedFile(getRoundedFile(contraction.op), contraction, format, options);
  if (rounded)
    return std::move(*rounded);
  InFlightDiagnostic diag = contraction.op->emitError("cannot use its rounded weights: ")
                            << llvm::toString(rounded.takeError());
  diag.attachNote() << "remove the file, so that they are rounded again";
  return LogicalResult(diag);
}
