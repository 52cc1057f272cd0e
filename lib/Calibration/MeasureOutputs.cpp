// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Calibration/MeasureOutputs.h"

#include "SampleRun.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"

using namespace halftone;

static llvm::ArrayRef<int64_t> getDims(const halftone_tensor &tensor) {
  return llvm::ArrayRef(tensor.dims, size_t(tensor.rank));
}

static llvm::ArrayRef<float> getFloats(const halftone_tensor &tensor) {
  return {static_cast<const float *>(tensor.data),
          size_t(halftone_tensor_bytes(&tensor)) / sizeof(float)};
}

/// The reference may have more outputs.
static const halftone_tensor *findOutput(const SampleRun &run, llvm::StringRef name) {
  for (uint32_t index = 0; index != run.entry().num_outputs; ++index)
    if (name == run.entry().outputs[index].name)
      return &run.getOutputs()[index];
  return nullptr;
}

/// Of the last runs.
static llvm::Error addOutputs(const SampleRun &expected, const SampleRun &actual,
                              const llvm::StringMap<size_t> &apart, OutputError &sum) {
  for (uint32_t index = 0; index != actual.entry().num_outputs; ++index) {
    llvm::StringRef name = actual.entry().outputs[index].name;
    const halftone_tensor *left = findOutput(expected, name);
    const halftone_tensor &right = actual.getOutputs()[index];
    if (!left || left->dtype != HALFTONE_DTYPE_F32)
      continue;
    if (getDims(*left) != getDims(right))
      return llvm::createStringError("output '" + name +
                                     "' has another shape when the model is quantized");
    auto found = apart.find(name);
    ErrorMetrics &metrics = found == apart.end() ? sum.metrics : sum.apart[found->second];
    metrics.add(measureError(getFloats(*left), getFloats(right)));
  }
  return llvm::Error::success();
}

static bool hasFloatOutputs(const halftone_entry &entry) {
  return llvm::any_of(
      llvm::ArrayRef(entry.outputs, entry.num_outputs),
      [](const halftone_tensor_info &output) { return output.dtype == HALFTONE_DTYPE_F32; });
}

static llvm::Error runBoth(SampleRun &expected, SampleRun &actual,
                           const llvm::StringMap<size_t> &apart, OutputError &sum) {
  if (llvm::Error error = expected.run())
    return error;
  if (llvm::Error error = actual.run())
    return error;
  return addOutputs(expected, actual, apart, sum);
}

llvm::Expected<OutputError> halftone::measureOutputs(llvm::StringRef reference,
                                                     llvm::StringRef program,
                                                     const MeasureOptions &options) {
  auto ignore = [](llvm::StringRef, llvm::ArrayRef<float>, llvm::ArrayRef<int64_t>) {
    return llvm::Error::success();
  };
  auto expected = SampleRun::open(reference, options.samples, options.threads, ignore);
  if (!expected)
    return expected.takeError();
  auto actual = SampleRun::open(program, options.samples, options.threads, ignore);
  if (!actual)
    return actual.takeError();
  if (!hasFloatOutputs((*expected)->entry()))
    return llvm::createStringError("the model has no output of f32 whose error could be measured");
  OutputError result;
  result.apart.resize(options.apart.size());
  llvm::StringMap<size_t> apart;
  for (auto [index, name] : llvm::enumerate(options.apart))
    apart[name] = index;
  result.numSamples = (*expected)->getNumSamples();
  if (options.maxSamples != 0)
    result.numSamples = std::min(result.numSamples, options.maxSamples);
  for (int64_t sample = 0; sample != result.numSamples; ++sample)
    if (llvm::Error error = runBoth(**expected, **actual, apart, result))
      return llvm::createStringError("sample " + llvm::Twine(sample) + ": " +
                                     llvm::toString(std::move(error)));
  return result;
}
