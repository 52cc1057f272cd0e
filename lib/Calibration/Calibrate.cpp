// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Calibration/Calibrate.h"

#include "halftone/IO/Model.h"
#include "halftone/IO/SampleSource.h"

using namespace halftone;

namespace {
/// Adds the tensors of one sample at a time. The runtime's callback cannot fail, so the first error
/// waits until the run ends.
class Collector {
public:
  explicit Collector(Observations &observations) : observations(observations) {}

  void startSample(uint64_t number) { sample = number; }

  void add(llvm::StringRef name, const halftone_tensor &tensor) {
    if (!message.empty())
      return;
    if (tensor.dtype != HALFTONE_DTYPE_F32) {
      message = ("tensor '" + name + "' is observed, but not f32").str();
      return;
    }
    llvm::Expected<TensorStatistics *> statistics = observations.getOrCreate(name);
    if (!statistics) {
      message = llvm::toString(statistics.takeError());
      return;
    }
    llvm::ArrayRef<float> values(static_cast<const float *>(tensor.data),
                                 size_t(halftone_tensor_bytes(&tensor)) / sizeof(float));
    if (llvm::Error error =
            (*statistics)->observe(sample, values, llvm::ArrayRef(tensor.dims, tensor.rank)))
      message = llvm::toString(std::move(error));
  }

  llvm::Error takeError() {
    if (message.empty())
      return llvm::Error::success();
    return llvm::createStringError(std::exchange(message, ""));
  }

private:
  Observations &observations;
  uint64_t sample = 0;
  std::string message;
};
} // namespace

static llvm::Error inSample(uint64_t number, llvm::Error error) {
  return llvm::createStringError("calibration sample " + llvm::Twine(number) + ": " +
                                 llvm::toString(std::move(error)));
}

static llvm::Error runSample(Session &session, const halftone_entry &entry, NamedArrays &sample) {
  llvm::Expected<std::vector<Array>> arrays = bindInputs(entry, sample);
  if (!arrays)
    return arrays.takeError();
  std::vector<halftone_tensor> inputs, outputs(entry.num_outputs);
  for (const Array &array : *arrays)
    inputs.push_back(array.tensor());
  return session.run(0, inputs, outputs);
}

static llvm::Error checkFinite(const Observations &observations) {
  for (const auto &[name, statistics] : observations.getTensors())
    if (uint64_t bad = statistics.getNumNaNs() + statistics.getNumInfinities())
      return llvm::createStringError(
          "calibration: tensor '" + name + "' has " + llvm::Twine(bad) +
          " values that are not finite; check the samples, or skip the nodes that read it");
  return llvm::Error::success();
}

llvm::Error halftone::calibrate(llvm::StringRef modulePath, const CalibrationOptions &options,
                                Observations &observations) {
  llvm::Expected<Model> model = Model::load(modulePath);
  if (!model)
    return model.takeError();
  const halftone_entry &entry = model->entries().front();
  std::vector<std::string> names;
  for (const halftone_tensor_info &input : llvm::ArrayRef(entry.inputs, entry.num_inputs))
    names.push_back(input.name);
  llvm::Expected<std::unique_ptr<SampleSource>> source = SampleSource::open(options.samples, names);
  if (!source)
    return source.takeError();
  if ((*source)->size() == 0)
    return llvm::createStringError("'" + options.samples + "' has no samples");

  Collector collector(observations);
  SessionOptions sessionOptions;
  sessionOptions.threads = options.threads;
  sessionOptions.observer = [&](int64_t, llvm::StringRef name, const halftone_tensor &tensor) {
    collector.add(name, tensor);
  };
  llvm::Expected<Session> session = Session::create(*model, sessionOptions);
  if (!session)
    return session.takeError();

  for (uint64_t number = 0;; ++number) {
    llvm::Expected<std::optional<NamedArrays>> sample = (*source)->next();
    if (!sample)
      return inSample(number, sample.takeError());
    if (!*sample)
      break;
    if (!observations.getSamples().contains(number)) {
      collector.startSample(number);
      if (llvm::Error error = runSample(*session, entry, **sample))
        return inSample(number, std::move(error));
      if (llvm::Error error = collector.takeError())
        return inSample(number, std::move(error));
      observations.addSample(number);
    }
    if (options.progress)
      options.progress(number + 1, (*source)->size());
  }
  return checkFinite(observations);
}
