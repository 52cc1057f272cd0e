// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Driver/CalibrateModel.h"

#include "ModelTask.h"
#include "halftone/IO/FileError.h"
#include "llvm/Support/FileSystem.h"
#include <chrono>

using namespace halftone;

namespace {
class Calibration : mlir::halftone::ModelTask {
public:
  explicit Calibration(const CalibrateModelOptions &options)
      : ModelTask(options), options(options), observations("") {}

  std::optional<ObservationsSummary> run();

private:
  bool startObservations();
  bool calibrate();
  llvm::Error saveNowAndThen();
  void warnOfNonFinite();

  const CalibrateModelOptions &options;
  Observations observations;
  std::chrono::steady_clock::time_point lastSave;
};
} // namespace

static ObservationsSummary summarize(const Observations &observations, uint64_t numBefore = 0) {
  uint64_t numSamples = observations.getSamples().size();
  return {numSamples - numBefore, numSamples, observations.getTensors().size()};
}

/// What the file has, or nothing yet.
bool Calibration::startObservations() {
  observations = Observations(sourceHash);
  if (!options.resume || !llvm::sys::fs::exists(options.output))
    return true;
  llvm::Expected<Observations> before = Observations::load(options.output, sourceHash);
  if (!before)
    return fail(before.takeError());
  observations = std::move(*before);
  return true;
}

llvm::Error Calibration::saveNowAndThen() {
  constexpr std::chrono::seconds interval(30);
  auto now = std::chrono::steady_clock::now();
  if (now - lastSave < interval)
    return llvm::Error::success();
  lastSave = now;
  return observations.save(options.output);
}

bool Calibration::calibrate() {
  lastSave = std::chrono::steady_clock::now();
  CalibrationOptions calibration;
  calibration.samples = options.samples;
  calibration.checkpoint = [&] { return saveNowAndThen(); };
  if (!observe(std::move(calibration), observations))
    return false;
  if (llvm::Error error = observations.save(options.output))
    return fail(std::move(error));
  return true;
}

/// Not an error: only a recipe that needs the tensor's range cannot use it.
void Calibration::warnOfNonFinite() {
  for (const auto &[name, statistics] : observations.getTensors())
    if (uint64_t count = statistics.getNumNaNs() + statistics.getNumInfinities())
      llvm::errs() << options.model << ": warning: tensor '" << name << "' had " << count
                   << " values that are not finite; no static scale can be made for it\n";
}

std::optional<ObservationsSummary> Calibration::run() {
  // A path that cannot be written is said before the work, not after it.
  if (llvm::Expected<AtomicFile> probe = AtomicFile::create(options.output); !probe) {
    fail(probe.takeError());
    return std::nullopt;
  }
  if (!phase("import", [&] { return importModel(); }) || !startObservations())
    return std::nullopt;
  uint64_t numBefore = observations.getSamples().size();
  if (!phase("simplify", [&] { return simplify(); }) ||
      !phase("calibrate", [&] { return calibrate(); }))
    return std::nullopt;
  warnOfNonFinite();
  return summarize(observations, numBefore);
}

std::optional<ObservationsSummary> halftone::calibrateModel(const CalibrateModelOptions &options) {
  return Calibration(options).run();
}

static std::nullopt_t failMerge(const llvm::Twine &message) {
  llvm::errs() << "error: " << message << "\n";
  return std::nullopt;
}

std::optional<ObservationsSummary> halftone::mergeObservations(llvm::ArrayRef<std::string> files,
                                                               llvm::StringRef output) {
  std::optional<Observations> merged;
  for (const std::string &file : files) {
    llvm::Expected<Observations> next = Observations::load(file);
    if (!next)
      return failMerge(llvm::toString(next.takeError()));
    if (!merged)
      merged = std::move(*next);
    else if (llvm::Error error = merged->merge(*next))
      return failMerge(file + ": " + llvm::toString(std::move(error)));
  }
  if (llvm::Error error = merged->save(output))
    return failMerge(llvm::toString(std::move(error)));
  return summarize(*merged);
}
