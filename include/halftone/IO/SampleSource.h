// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_IO_SAMPLESOURCE_H
#define HALFTONE_IO_SAMPLESOURCE_H

#include "halftone/IO/Array.h"

#include <memory>
#include <optional>
#include <vector>

namespace halftone {

/// Samples for calibration or evaluation, one at a time, whatever their number: memory holds one.
class SampleSource {
public:
  /// `path` is an .npz whose arrays carry one leading axis, samples, before the shape of the
  /// model's input; or a folder of .npz files, one per sample, in the order of their names. Only
  /// the arrays in `names` are read, and each must be there; empty `names` means all.
  static llvm::Expected<std::unique_ptr<SampleSource>> open(llvm::StringRef path,
                                                            llvm::ArrayRef<std::string> names);

  virtual ~SampleSource() = default;

  virtual int64_t size() const = 0;

  /// The next sample, arrays by name, or nothing after the last one.
  virtual llvm::Expected<std::optional<NamedArrays>> next() = 0;

  /// Passes over the next sample; there must be one.
  virtual llvm::Error skip() = 0;

  /// Starts again with the first sample.
  virtual llvm::Error rewind() = 0;

protected:
  SampleSource() = default;
};

} // namespace halftone

#endif
