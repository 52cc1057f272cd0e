// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DRIVER_ROUNDINGCHECKPOINT_H
#define HALFTONE_LIB_DRIVER_ROUNDINGCHECKPOINT_H

#include "halftone/Driver/ModelOptions.h"
#include "halftone/Transforms/GramInputs.h"
#include "halftone/Transforms/Recipe.h"

namespace mlir::halftone {

/// Bytes from which rounded weights follow, as a hash of them in their order.
class Fingerprint {
public:
  void add(StringRef bytes);
  /// The content of a file, or of all files of a folder with their names. An error if it cannot be
  /// read.
  llvm::Error addFiles(StringRef path);
  /// 32 hexadecimal digits.
  std::string getText() const;

private:
  std::string hashes;
};

/// A folder with a file of rounded weights (RoundedFile) for each layer, called by the hash of all
/// that they follow from: the model, the samples, the compiler, the CPU, the layer's weights, their
/// scheme, its input, and, if layers are rounded one after the other, all that were rounded before.
/// What another model, data or scheme asks for has other names.
class RoundingCheckpoint {
public:
  /// Makes the folder if there is none. `follows`: what all layers' weights follow from. An error
  /// if no file can be written there.
  static llvm::Expected<RoundingCheckpoint> open(StringRef folder, const Fingerprint &follows);

  /// Gives the layers of `input` that are rounded their files' names.
  void assignFiles(const GramInput &input) const;
  /// From here on, names depend on what the layers of `input` were rounded to, too.
  void addRounded(const GramInput &input);

  /// Whether a layer of `input` has a file: those whose format depends on the input, too, have
  /// none.
  static bool hasFiles(const GramInput &input);
  /// Whether all that `input` is for is in its files; a warning says which of them are damaged.
  static bool isComplete(const GramInput &input);

private:
  RoundingCheckpoint(StringRef folder, const Fingerprint &follows)
      : folder(folder), follows(follows) {}

  std::string folder;
  Fingerprint follows;
};

/// Part `index` of `count`, from 1.
struct Share {
  int64_t index = 1, count = 1;
};

/// The inputs of one share, in their order. Together the shares have all inputs, each once, and
/// about the same work.
std::vector<GramInput> takeShare(ArrayRef<GramInput> inputs, Share share);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_ROUNDINGCHECKPOINT_H
