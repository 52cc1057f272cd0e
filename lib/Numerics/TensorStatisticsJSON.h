// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_LIB_NUMERICS_TENSORSTATISTICSJSON_H
#define HALFTONE_LIB_NUMERICS_TENSORSTATISTICSJSON_H

#include "halftone/Numerics/TensorStatistics.h"

#include "llvm/Support/JSON.h"

namespace halftone {

/// Writes and reads the statistics of one tensor. Floats are written with nine significant digits,
/// which determine them. A list of counts leaves out trailing zeros and writes other runs of zeros
/// as -length.
struct TensorStatisticsJSON {
  /// Writes the attributes of an object.
  static void write(llvm::json::OStream &out, const TensorStatistics &statistics);
  /// False if `value` is not what `write` writes; `path` then knows why.
  static bool read(const llvm::json::Value &value, TensorStatistics &statistics,
                   llvm::json::Path path);

private:
  static bool isConsistent(const TensorStatistics &statistics, llvm::json::Path path);
};

/// Writes an attribute whose value `writeValue` writes as JSON text.
void writeAttribute(llvm::json::OStream &out, llvm::StringRef key,
                    llvm::function_ref<void(llvm::raw_ostream &)> writeValue);

} // namespace halftone

#endif // HALFTONE_LIB_NUMERICS_TENSORSTATISTICSJSON_H
