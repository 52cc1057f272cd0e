// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A module with observers that runs on one sample after the other.
#ifndef HALFTONE_LIB_CALIBRATION_SAMPLERUN_H
#define HALFTONE_LIB_CALIBRATION_SAMPLERUN_H

#include "halftone/IO/Model.h"
#include "halftone/IO/SampleSource.h"

namespace halftone {

class SampleRun {
public:
  /// Is given the observed tensors of a run. The run's result is its first error.
  using Visitor = std::function<llvm::Error(llvm::StringRef tensor, llvm::ArrayRef<float> values,
                                            llvm::ArrayRef<int64_t> dims)>;

  /// `data` as SampleSource has it; no samples at all are an error. 0 threads: one per CPU.
  static llvm::Expected<std::unique_ptr<SampleRun>>
  open(llvm::StringRef modulePath, llvm::StringRef data, int threads, Visitor visitor);

  int64_t getNumSamples() const { return source->size(); }
  llvm::Error skip() { return source->skip(); }
  /// Runs on the next sample. Memory holds one sample, whatever their number.
  llvm::Error run();
  /// Of the last run; valid until the next.
  llvm::ArrayRef<halftone_tensor> getOutputs() const { return outputs; }
  const halftone_entry &entry() const { return model.entries().front(); }

private:
  SampleRun(Model model, Visitor visitor) : model(std::move(model)), visitor(std::move(visitor)) {}

  void observe(llvm::StringRef tensor, const halftone_tensor &value);

  Model model;
  Visitor visitor;
  std::unique_ptr<SampleSource> source;
  std::optional<Session> session;
  std::vector<halftone_tensor> outputs;
  /// The runtime's callback cannot fail, so the first error waits until the run ends.
  std::string message;
};

} // namespace halftone

#endif // HALFTONE_LIB_CALIBRATION_SAMPLERUN_H
