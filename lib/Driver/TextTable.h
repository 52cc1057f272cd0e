// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tables and numbers for people.
#ifndef HALFTONE_LIB_DRIVER_TEXTTABLE_H
#define HALFTONE_LIB_DRIVER_TEXTTABLE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace mlir::halftone {

using TextRow = std::vector<std::string>;

/// Lines of columns as wide as their widest cell; the first `numTexts` begin at the left, the
/// others end at the right. All rows have as many cells.
std::string alignColumns(llvm::ArrayRef<TextRow> rows, size_t numTexts);

/// Two digits, or `exact`, which is what an infinite ratio means.
std::string formatDecibels(double value, llvm::StringRef exact);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_TEXTTABLE_H
