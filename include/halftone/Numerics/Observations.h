// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_OBSERVATIONS_H
#define HALFTONE_NUMERICS_OBSERVATIONS_H

#include "halftone/Numerics/SampleSet.h"
#include "halftone/Numerics/TensorStatistics.h"

#include "llvm/ADT/StringRef.h"

#include <map>
#include <string>

namespace halftone {

/// What calibration has learned about the tensors of one model, by tensor name, and which samples
/// it has learned it from.
///
/// File format: JSON. Keys and tensors have a fixed order and numbers are written exactly, so equal
/// observations are equal bytes: runs over disjoint parts of a data set, merged in any order, give
/// the file of one run over all of it.
class Observations {
public:
  static constexpr int64_t fileVersion = 1;

  /// `modelHash` identifies the model; any text.
  explicit Observations(llvm::StringRef modelHash) : modelHash(modelHash.str()) {}

  llvm::StringRef getModelHash() const { return modelHash; }

  /// The samples that went in completely. A run that resumes skips them.
  const SampleSet &getSamples() const { return samples; }
  void addSample(uint64_t sample) { samples.insert(sample); }

  const std::map<std::string, TensorStatistics, std::less<>> &getTensors() const { return tensors; }
  /// The statistics of `name`, or null.
  const TensorStatistics *find(llvm::StringRef name) const;
  /// The statistics of `name`, new ones if there are none, with channels if an axis is given. The
  /// reference stays valid. An error if there are some for another axis.
  llvm::Expected<TensorStatistics *> getOrCreate(llvm::StringRef name,
                                                 std::optional<int64_t> channelAxis = std::nullopt);

  /// Adds the observations of another run. An error, and nothing changed, if they are of another
  /// model, if a sample is in both, or if a tensor's channels differ.
  llvm::Error merge(const Observations &other);

  /// Writes a file; whoever reads `path` meanwhile sees the old file or the new one.
  llvm::Error save(llvm::StringRef path) const;
  /// Reads a file. An error that names the file if it cannot be read, is cut off or altered, has
  /// another version, or is of another model than `expectedModelHash`, if given.
  static llvm::Expected<Observations>
  load(llvm::StringRef path, std::optional<llvm::StringRef> expectedModelHash = std::nullopt);

  /// The text of the file.
  llvm::Expected<std::string> toJSON() const;
  static llvm::Expected<Observations> fromJSON(llvm::StringRef text);

private:
  std::string modelHash;
  SampleSet samples;
  std::map<std::string, TensorStatistics, std::less<>> tensors;
};

} // namespace halftone

#endif // HALFTONE_NUMERICS_OBSERVATIONS_H
