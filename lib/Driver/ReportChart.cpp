// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ReportChart.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include <algorithm>
#include <cmath>

using namespace mlir::halftone;

// Units of the drawing; the page stretches it.
static constexpr int kWidth = 960, kHeight = 200, kComb = 22;
// From this many lines on they are drawn lightly, and from this many as a comb.
static constexpr size_t kSomeNumbers = 24, kManyNumbers = 64;

std::string mlir::halftone::escapeHTML(StringRef text) {
  std::string escaped;
  llvm::raw_string_ostream stream(escaped);
  llvm::printHTMLEscaped(llvm::json::fixUTF8(text), stream);
  return escaped;
}

std::string mlir::halftone::formatNumber(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.3g", value);
  return text;
}

ReportChart::ReportChart(const ReportHistogram &histogram, std::string id, StringRef ink)
    : histogram(histogram), id(std::move(id)), ink(ink), low(histogram.min), high(histogram.max) {
  if (!histogram.grid.empty()) {
    low = std::min(low, double(histogram.grid.front()));
    high = std::max(high, double(histogram.grid.back()));
  }
  if (low == high) { // One value, drawn in the middle.
    low -= 1;
    high += 1;
  }
}

double ReportChart::toX(double value) const { return (value - low) / (high - low) * kWidth; }

void ReportChart::printBars(llvm::raw_ostream &out) const {
  uint64_t most = *std::max_element(histogram.counts.begin(), histogram.counts.end());
  double begin = toX(histogram.min), end = toX(histogram.max);
  if (end - begin < 1) { // A single value is still to be seen.
    begin -= 2;
    end += 2;
  }
  double width = (end - begin) / double(histogram.counts.size());
  out << "<path class=\"bars\" d=\"M" << llvm::format("%.1f %d", begin, kHeight);
  for (size_t bin = 0; bin != histogram.counts.size(); ++bin) {
    double height = most == 0 ? 0 : std::sqrt(double(histogram.counts[bin]) / double(most));
    out << llvm::format("V%.0fH%.1f", kHeight * (1 - 0.86 * height),
                        begin + double(bin + 1) * width);
  }
  out << "V" << kHeight << "z\"/>";
}

void ReportChart::printNumbers(llvm::raw_ostream &out) const {
  size_t count = histogram.grid.size();
  if (count == 0)
    return;
  // Many lines would cover everything: they become a comb between the first and the last one.
  bool isMany = count > kManyNumbers;
  out << "<path class=\"numbers " << ink << (count > kSomeNumbers ? " some" : "") << "\" d=\"";
  for (size_t i = 0; i != count; ++i) {
    bool isEnd = i == 0 || i + 1 == count;
    out << llvm::format("M%.1f 0V%d", toX(histogram.grid[i]), isMany && !isEnd ? kComb : kHeight);
  }
  out << "\"/>";
}

void ReportChart::printAxis(llvm::raw_ostream &out) const {
  out << "<div class=\"axis\"><span class=\"low\">" << formatNumber(low) << "</span>";
  double zero = -low / (high - low) * 100;
  constexpr double margin = 14; // Percent that the ends take.
  if (zero > margin && zero < 100 - margin)
    out << "<span class=\"zero\" style=\"left:" << llvm::format("%.1f", zero) << "%\">0</span>";
  out << "<span class=\"high\">" << formatNumber(high) << "</span></div>\n";
}

static void beginDrawing(llvm::raw_ostream &out, llvm::StringRef style, const llvm::Twine &title) {
  out << "<svg" << style << " viewBox=\"0 0 " << kWidth << " " << kHeight
      << "\" preserveAspectRatio=\"none\" role=\"img\"><title>" << escapeHTML(title.str())
      << "</title>";
}

void ReportChart::print(llvm::raw_ostream &out, const llvm::Twine &title) const {
  beginDrawing(out, "", title);
  out << "<g id=\"" << id << "\">";
  printBars(out);
  printNumbers(out);
  out << "</g></svg>\n";
  printAxis(out);
}

void ReportChart::printThumbnail(llvm::raw_ostream &out, const llvm::Twine &title) const {
  beginDrawing(out, " class=\"thumb\"", title);
  out << "<use href=\"#" << id << "\"/></svg>";
}
