// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SampleRun.h"

using namespace halftone;

llvm::Expected<std::unique_ptr<SampleRun>>
SampleRun::open(llvm::StringRef modulePath, llvm::StringRef data, int threads, Visitor visitor) {
  llvm::Expected<Model> model = Model::load(modulePath);
  if (!model)
    return model.takeError();
  std::unique_ptr<SampleRun> run(new SampleRun(std::move(*model), std::move(visitor)));
  std::vector<std::string> names;
  for (const halftone_tensor_info &input :
       llvm::ArrayRef(run->entry().inputs, run->entry().num_inputs))
    names.push_back(input.name);
  llvm::Expected<std::unique_ptr<SampleSource>> source = SampleSource::open(data, names);
  if (!source)
    return source.takeError();
  if ((*source)->size() == 0)
    return llvm::createStringError("'" + data + "' has no samples");
  run->source = std::move(*source);
  SessionOptions options;
  options.threads = threads;
  options.observer = [state = run.get()](int64_t, llvm::StringRef name,
                                         const halftone_tensor &tensor) {
    state->observe(name, tensor);
  };
  llvm::Expected<Session> session = Session::create(run->model, options);
  if (!session)
    return session.takeError();
  run->session.emplace(std::move(*session));
  return run;
}

void SampleRun::observe(llvm::StringRef name, const halftone_tensor &tensor) {
  if (!message.empty())
    return;
  if (tensor.dtype != HALFTONE_DTYPE_F32) {
    message = ("tensor '" + name + "' is observed, but not f32").str();
    return;
  }
  llvm::ArrayRef<float> values(static_cast<const float *>(tensor.data),
                               size_t(halftone_tensor_bytes(&tensor)) / sizeof(float));
  if (llvm::Error error = visitor(name, values, llvm::ArrayRef(tensor.dims, tensor.rank)))
    message = llvm::toString(std::move(error));
}

llvm::Error SampleRun::run() {
  llvm::Expected<std::optional<NamedArrays>> sample = source->next();
  if (!sample)
    return sample.takeError();
  assert(*sample && "run is called once for each sample");
  llvm::Expected<std::vector<Array>> arrays = bindInputs(entry(), **sample);
  if (!arrays)
    return arrays.takeError();
  std::vector<halftone_tensor> inputs;
  outputs.resize(entry().num_outputs);
  for (const Array &array : *arrays)
    inputs.push_back(array.tensor());
  if (llvm::Error error = session->run(0, inputs, outputs))
    return error;
  if (!message.empty())
    return llvm::createStringError(std::exchange(message, ""));
  return llvm::Error::success();
}
