// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What pages of reports are made of.
#ifndef HALFTONE_LIB_DRIVER_REPORTELEMENTS_H
#define HALFTONE_LIB_DRIVER_REPORTELEMENTS_H

#include "llvm/ADT/Twine.h"
#include "llvm/Support/raw_ostream.h"
#include <optional>
#include <string>

namespace mlir::halftone {

/// "12,345".
std::string withSeparators(int64_t number);
/// "12.3 kB".
std::string formatBytes(int64_t bytes);
std::string fixed(double value, int digits);

/// From the beginning of the page to that of <main>; `kind` stands above the model's file name.
void writePageHead(llvm::raw_ostream &out, llvm::StringRef kind, llvm::StringRef model);
/// From the end of <main> on; `footer` is text.
void writePageEnd(llvm::raw_ostream &out, const llvm::Twine &footer);

/// A figure of the summary, with a line of explanation; both are HTML.
void writeTile(llvm::raw_ostream &out, llvm::StringRef name, const llvm::Twine &value,
               const llvm::Twine &more);
/// The head of a column, with a tooltip.
void writeColumn(llvm::raw_ostream &out, llvm::StringRef name, llvm::StringRef title,
                 bool sorts = true, bool isText = false);
/// A cell with a number and what it is sorted by.
void writeNumber(llvm::raw_ostream &out, std::optional<double> value, llvm::StringRef text);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_REPORTELEMENTS_H
