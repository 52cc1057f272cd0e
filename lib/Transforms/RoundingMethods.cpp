// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "RoundingMethods.h"

#include "halftone/Numerics/AdaRound.h"
#include "halftone/Numerics/CentroidFit.h"
#include "halftone/Numerics/GPTQ.h"

using namespace halftone;

static llvm::Error factorize(const GPTQScheme &scheme, RoundingInputs &inputs) {
  bool descending = scheme.order == "descending";
  if (inputs.factor && inputs.factorOptions.damping == scheme.damping &&
      inputs.factorOptions.descending == descending)
    return llvm::Error::success();
  inputs.factor.reset(); // One of them is large enough.
  inputs.factorOptions = {scheme.damping, descending};
  llvm::Expected<GramFactor> created =
      GramFactor::create(inputs.gram, inputs.size, inputs.factorOptions);
  if (!created)
    return created.takeError();
  inputs.factor.emplace(std::move(*created));
  return llvm::Error::success();
}

static llvm::Expected<EncodedTensor> roundByGPTQ(const RoundingProblem &problem,
                                                 RoundingInputs &inputs) {
  if (llvm::Error error = factorize(problem.scheme.gptq, inputs))
    return std::move(error);
  return encodeByGPTQ(problem.values, problem.shape, problem.format, problem.options,
                      *inputs.factor, problem.scheme.gptq.staticGroups);
}

static llvm::Expected<EncodedTensor> roundByAdaRound(const RoundingProblem &problem,
                                                     RoundingInputs &inputs) {
  AdaRoundOptions options;
  options.iterations = problem.scheme.adaround.iterations;
  options.lambda = problem.scheme.adaround.lambda;
  return encodeByAdaRound(problem.values, problem.shape, problem.format, problem.options,
                          inputs.gram, options);
}

static llvm::Expected<EncodedTensor> fitCentroids(const RoundingProblem &problem,
                                                  RoundingInputs &inputs) {
  return encodeByCentroids(problem.values, problem.shape, problem.format, problem.options,
                           inputs.gram);
}

static constexpr RoundingMethod methods[] = {
    {"gptq", /*holdsBack=*/false, Format::Coding::Scaled, roundByGPTQ},
    {"adaround", /*holdsBack=*/true, Format::Coding::Scaled, roundByAdaRound},
    {"centroids", /*holdsBack=*/false, Format::Coding::Codebook, fitCentroids},
};

bool halftone::isFor(const RoundingMethod &method, const Format &format) {
  return format.coding == method.coding &&
         (format.coding != Format::Coding::Scaled || format.hasFreeScales());
}

llvm::ArrayRef<RoundingMethod> halftone::allRoundingMethods() { return methods; }

const RoundingMethod *halftone::findRoundingMethod(llvm::StringRef name) {
  for (const RoundingMethod &method : methods)
    if (method.name == name)
      return &method;
  return nullptr;
}

bool WeightScheme::roundsByInputs() const {
  return !format.empty() && findRoundingMethod(rounding) != nullptr;
}

bool WeightScheme::holdsBack() const {
  const RoundingMethod *method = findRoundingMethod(rounding);
  return !format.empty() && method && method->holdsBack;
}
