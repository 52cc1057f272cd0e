// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TensorStatisticsJSON.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <cmath>

using namespace halftone;
namespace json = llvm::json;

static void writeFloat(llvm::raw_ostream &out, float value) {
  out << llvm::format("%.9g", double(value));
}

static void writeRange(llvm::raw_ostream &out, Range range) {
  writeFloat(out, range.min);
  out << ", ";
  writeFloat(out, range.max);
}

static void writeCounts(llvm::raw_ostream &out, llvm::ArrayRef<uint64_t> counts) {
  while (!counts.empty() && counts.back() == 0)
    counts = counts.drop_back();
  out << '[';
  llvm::StringRef separator = "";
  for (size_t bin = 0; bin != counts.size();) {
    size_t numZeros = counts.drop_front(bin).take_while([](uint64_t n) { return n == 0; }).size();
    out << separator;
    separator = ",";
    if (numZeros == 0)
      out << counts[bin++];
    else
      out << '-' << numZeros;
    bin += numZeros;
  }
  out << ']';
}

void halftone::writeAttribute(json::OStream &out, llvm::StringRef key,
                              llvm::function_ref<void(llvm::raw_ostream &)> writeValue) {
  out.attributeBegin(key);
  out.rawValue(writeValue);
  out.attributeEnd();
}

static void writeRecentSamples(llvm::raw_ostream &out, const std::map<uint64_t, Range> &samples) {
  out << '[';
  llvm::StringRef separator = "";
  for (auto &[sample, range] : samples) {
    out << separator << '[' << sample << ", ";
    writeRange(out, range);
    out << ']';
    separator = ", ";
  }
  out << ']';
}

static void writeFloats(llvm::raw_ostream &out, llvm::ArrayRef<float> values) {
  out << '[';
  for (size_t i = 0; i != values.size(); ++i) {
    if (i != 0)
      out << ',';
    writeFloat(out, values[i]);
  }
  out << ']';
}

void TensorStatisticsJSON::write(json::OStream &out, const TensorStatistics &statistics) {
  out.attribute("zeros", statistics.numZeros);
  out.attribute("nans", statistics.numNaNs);
  out.attribute("infinities", statistics.numInfinities);
  if (statistics.range)
    writeAttribute(out, "range", [&](llvm::raw_ostream &os) {
      os << '[';
      writeRange(os, *statistics.range);
      os << ']';
    });
  out.attribute("exponent", statistics.histogram.getExponent());
  writeAttribute(out, "positive", [&](llvm::raw_ostream &os) {
    writeCounts(os, statistics.histogram.getPositive());
  });
  writeAttribute(out, "negative", [&](llvm::raw_ostream &os) {
    writeCounts(os, statistics.histogram.getNegative());
  });
  writeAttribute(out, "recent",
                 [&](llvm::raw_ostream &os) { writeRecentSamples(os, statistics.recentSamples); });
  if (!statistics.channels)
    return;
  out.attribute("channel-axis", statistics.channels->axis);
  writeAttribute(out, "channel-absmax",
                 [&](llvm::raw_ostream &os) { writeFloats(os, statistics.channels->absmax); });
}

static bool readFloat(double value, float &result, json::Path path) {
  result = float(value);
  if (std::isfinite(result))
    return true;
  path.report("expected a finite number");
  return false;
}

static bool readRange(llvm::ArrayRef<double> values, Range &range, json::Path path) {
  if (values.size() != 2) {
    path.report("expected a minimum and a maximum");
    return false;
  }
  if (!readFloat(values[0], range.min, path) || !readFloat(values[1], range.max, path))
    return false;
  if (range.min <= range.max)
    return true;
  path.report("expected a minimum not above the maximum");
  return false;
}

static bool appendCounts(const json::Value &entry, std::vector<uint64_t> &counts) {
  std::optional<int64_t> number = entry.getAsInteger();
  if (number && *number < 0 && *number >= -int64_t(Histogram::numBins))
    counts.resize(counts.size() + size_t(-*number), 0);
  else if (std::optional<uint64_t> count = entry.getAsUINT64())
    counts.push_back(*count);
  else
    return false;
  return counts.size() <= Histogram::numBins;
}

static bool readCounts(const json::Array *entries, std::vector<uint64_t> &counts, json::Path path) {
  if (!entries) {
    path.report("expected a list of counts");
    return false;
  }
  for (const json::Value &entry : *entries)
    if (!appendCounts(entry, counts)) {
      path.report("expected counts of no more bins than a histogram has");
      return false;
    }
  counts.resize(Histogram::numBins, 0);
  return true;
}

static bool readRecentSamples(const json::Array *entries, std::map<uint64_t, Range> &samples,
                              json::Path path) {
  if (!entries) {
    path.report("expected a list of samples");
    return false;
  }
  for (const json::Value &entry : *entries) {
    const json::Array *fields = entry.getAsArray();
    std::optional<uint64_t> sample;
    if (fields && fields->size() == 3)
      sample = (*fields)[0].getAsUINT64();
    std::vector<double> bounds;
    for (size_t i = 1; sample && i != 3; ++i)
      if (std::optional<double> bound = (*fields)[i].getAsNumber())
        bounds.push_back(*bound);
    if (!sample || bounds.size() != 2) {
      path.report("expected a sample number, a minimum and a maximum");
      return false;
    }
    if (!readRange(bounds, samples[*sample], path))
      return false;
  }
  return true;
}

// The parts of the statistics that say the same thing must agree, or someone changed the file.
bool TensorStatisticsJSON::isConsistent(const TensorStatistics &statistics, json::Path path) {
  uint64_t count = statistics.getCount();
  if (statistics.range.has_value() != (count != 0) ||
      statistics.recentSamples.empty() != (count == 0)) {
    path.report("counts and ranges contradict each other");
    return false;
  }
  float absmax = statistics.range ? statistics.range->absmax() : 0.0f;
  if (statistics.histogram.getExponent() != Histogram::exponentFor(absmax)) {
    path.report("the histogram does not fit the range");
    return false;
  }
  // Zeros are among what the lowest bin has counted.
  if (statistics.numZeros > statistics.histogram.getMagnitudes().front() ||
      statistics.recentSamples.size() > TensorStatistics::maxRecentSamples) {
    path.report("more zeros or samples than there can be");
    return false;
  }
  return true;
}

bool TensorStatisticsJSON::read(const json::Value &value, TensorStatistics &statistics,
                                json::Path path) {
  json::ObjectMapper mapper(value, path);
  std::optional<std::vector<double>> range;
  std::vector<double> channelAbsmax;
  std::optional<int64_t> channelAxis;
  int64_t exponent = 0;
  if (!mapper || !mapper.map("zeros", statistics.numZeros) ||
      !mapper.map("nans", statistics.numNaNs) ||
      !mapper.map("infinities", statistics.numInfinities) || !mapper.map("range", range) ||
      !mapper.map("exponent", exponent) || !mapper.map("channel-axis", channelAxis) ||
      (channelAxis && !mapper.map("channel-absmax", channelAbsmax)))
    return false;
  if (range && !readRange(*range, statistics.range.emplace(), path.field("range")))
    return false;

  const json::Object &object = *value.getAsObject();
  std::vector<uint64_t> positive, negative;
  if (!readCounts(object.getArray("positive"), positive, path.field("positive")) ||
      !readCounts(object.getArray("negative"), negative, path.field("negative")))
    return false;
  bool isInt = exponent == int(exponent);
  std::optional<Histogram> histogram =
      isInt ? Histogram::fromCounts(int(exponent), positive, negative) : std::nullopt;
  if (!histogram) {
    path.field("exponent").report("expected the exponent of a histogram");
    return false;
  }
  statistics.histogram = *histogram;
  if (!readRecentSamples(object.getArray("recent"), statistics.recentSamples, path.field("recent")))
    return false;
  if (channelAxis)
    statistics.channels = ChannelStatistics{*channelAxis, {}};
  for (double absmax : channelAbsmax) {
    json::Path absmaxPath = path.field("channel-absmax");
    if (!readFloat(absmax, statistics.channels->absmax.emplace_back(), absmaxPath))
      return false;
    if (absmax < 0) {
      absmaxPath.report("expected magnitudes");
      return false;
    }
  }
  return isConsistent(statistics, path);
}
