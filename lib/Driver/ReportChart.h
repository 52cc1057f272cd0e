// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DRIVER_REPORTCHART_H
#define HALFTONE_LIB_DRIVER_REPORTCHART_H

#include "ReportData.h"
#include "llvm/Support/raw_ostream.h"

namespace mlir::halftone {

/// A histogram as SVG, the numbers of its grid drawn over it as lines. Bars are as high as the
/// square roots of the counts: tails, which decide on ranges, would be invisible otherwise.
class ReportChart {
public:
  /// `id` is unique in the page; `ink` is the class of the lines.
  ReportChart(const ReportHistogram &histogram, std::string id, StringRef ink);

  /// The picture with its axis. `title` says what it shows.
  void print(llvm::raw_ostream &out, const llvm::Twine &title) const;
  /// A small copy of what `print` draws, on the same page.
  void printThumbnail(llvm::raw_ostream &out, const llvm::Twine &title) const;

private:
  double toX(double value) const;
  void printBars(llvm::raw_ostream &out) const;
  void printNumbers(llvm::raw_ostream &out) const;
  void printAxis(llvm::raw_ostream &out) const;

  const ReportHistogram &histogram;
  std::string id;
  StringRef ink;
  /// What the picture spans: all values and all numbers of the grid.
  double low, high;
};

/// Text of the model, safe in HTML and in attributes.
std::string escapeHTML(StringRef text);

/// Short, for people: 3 digits.
std::string formatNumber(double value);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_REPORTCHART_H
