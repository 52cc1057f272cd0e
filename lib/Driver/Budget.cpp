// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Budget.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace mlir::halftone;

namespace {
struct Unit {
  llvm::StringLiteral name;
  double factor;
};
} // namespace

// The longest come first: `kB` ends in `B`.
static constexpr Unit kSizes[] = {{"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"kB", 1e3},
                                  {"MB", 1e6},     {"GB", 1e9},     {"B", 1}};
static constexpr Unit kRatios[] = {{"dB", 1}};
static constexpr Unit kTimes[] = {{"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}, {"s", 1}};

static llvm::Expected<double> readQuantity(llvm::StringRef text, llvm::StringRef value,
                                           llvm::ArrayRef<Unit> units, llvm::StringRef example) {
  for (const Unit &unit : units) {
    llvm::StringRef number = value;
    if (!number.consume_back(unit.name))
      continue;
    double quantity = 0;
    bool isNumber = !number.empty() && llvm::isDigit(number.front()) &&
                    !number.getAsDouble(quantity, /*AllowInexact=*/true);
    if (!isNumber || !std::isfinite(quantity * unit.factor) || quantity <= 0)
      break;
    return quantity * unit.factor;
  }
  std::vector<llvm::StringRef> names;
  for (const Unit &unit : units)
    names.push_back(unit.name);
  return llvm::createStringError("--budget '" + text + "': expected a number above 0 and a unit (" +
                                 llvm::join(names, ", ") + "), e.g. " + example);
}

llvm::Expected<Budget> Budget::parse(llvm::ArrayRef<std::string> texts) {
  Budget budget;
  for (llvm::StringRef text : texts) {
    auto [key, value] = text.split('=');
    if ((key == "size" && budget.bytes) || (key == "accuracy" && budget.decibels) ||
        (key == "latency" && budget.seconds))
      return llvm::createStringError("--budget '" + text + "': '" + key + "' was given twice");
    if (key == "size") {
      llvm::Expected<double> bytes = readQuantity(text, value, kSizes, "size=1.2MB");
      if (!bytes)
        return bytes.takeError();
      // More than any model has.
      budget.bytes = int64_t(std::min(std::floor(*bytes), 0x1p62));
    } else if (key == "accuracy") {
      llvm::Expected<double> decibels = readQuantity(text, value, kRatios, "accuracy=30dB");
      if (!decibels)
        return decibels.takeError();
      budget.decibels = *decibels;
    } else if (key == "latency") {
      llvm::Expected<double> seconds = readQuantity(text, value, kTimes, "latency=1.5ms");
      if (!seconds)
        return seconds.takeError();
      budget.seconds = *seconds;
    } else {
      return llvm::createStringError("--budget '" + text +
                                     "': expected size=1.2MB, accuracy=30dB or latency=1.5ms");
    }
  }
  return budget;
}
