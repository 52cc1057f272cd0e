// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ReportElements.h"

#include "ReportChart.h"
#include "ReportPage.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"

using namespace mlir::halftone;

std::string mlir::halftone::withSeparators(int64_t number) {
  std::string text = std::to_string(number);
  for (auto position = int64_t(text.size()) - 3; position > 0; position -= 3)
    text.insert(size_t(position), ",");
  return text;
}

std::string mlir::halftone::formatBytes(int64_t bytes) {
  struct Unit {
    double from, size;
    const char *name;
  };
  std::string text;
  llvm::raw_string_ostream stream(text);
  for (Unit unit : {Unit{1e9, 1e9, "GB"}, Unit{1e6, 1e6, "MB"}, Unit{1e4, 1e3, "kB"}}) {
    if (double(bytes) < unit.from)
      continue;
    double size = double(bytes) / unit.size;
    stream << llvm::format("%.*f ", size < 100 ? 1 : 0, size) << unit.name;
    return text;
  }
  stream << bytes << " B";
  return text;
}

std::string mlir::halftone::fixed(double value, int digits) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.*f", digits, value);
  return text;
}

/// A grey wedge as a printer makes it: dots that grow.
static void writeDots(llvm::raw_ostream &out) {
  constexpr int columns = 80, rows = 3, pitch = 12;
  out << "<svg class=\"dots\" viewBox=\"0 0 " << columns * pitch << " " << rows * pitch
      << "\" preserveAspectRatio=\"xMinYMid slice\" aria-hidden=\"true\">";
  for (int row = 0; row != rows; ++row)
    for (int column = 0; column != columns; ++column)
      out << "<circle cx=\"" << column * pitch + (row % 2 == 0 ? pitch / 2 : pitch) << "\" cy=\""
          << row * pitch + pitch / 2 << "\" r=\""
          << llvm::format("%.1f", 5.2 * (1 - double(column) / columns)) << "\"/>";
  out << "</svg>\n";
}

void mlir::halftone::writePageHead(llvm::raw_ostream &out, llvm::StringRef kind,
                                   llvm::StringRef model) {
  std::string name = escapeHTML(llvm::sys::path::filename(model));
  out << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      << "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" << name
      << " – Halftone</title>\n<style>" << getReportStyle()
      << "</style>\n</head>\n<body>\n<header>\n";
  writeDots(out);
  out << "<p>" << kind << "</p>\n<h1 title=\"" << escapeHTML(model) << "\">" << name
      << "</h1>\n</header>\n<main>\n";
}

void mlir::halftone::writePageEnd(llvm::raw_ostream &out, const llvm::Twine &footer) {
  out << "</main>\n<footer>" << escapeHTML(footer.str()) << "</footer>\n<script>"
      << getReportScript() << "</script>\n</body>\n</html>\n";
}

void mlir::halftone::writeTile(llvm::raw_ostream &out, llvm::StringRef name,
                               const llvm::Twine &value, const llvm::Twine &more) {
  out << "<div><dt>" << name << "</dt><dd>" << value;
  if (!more.isTriviallyEmpty())
    out << "<small>" << more << "</small>";
  out << "</dd></div>\n";
}

void mlir::halftone::writeColumn(llvm::raw_ostream &out, llvm::StringRef name,
                                 llvm::StringRef title, bool sorts, bool isText) {
  out << "<th scope=\"col\"" << (isText ? " class=\"text\"" : "") << (sorts ? " data-sort" : "")
      << " title=\"" << title << "\">" << name << "</th>";
}

void mlir::halftone::writeNumber(llvm::raw_ostream &out, std::optional<double> value,
                                 llvm::StringRef text) {
  out << "<td data-value=\"";
  if (value)
    out << llvm::format("%.9g", *value);
  out << "\">" << (value ? text : "") << "</td>";
}
