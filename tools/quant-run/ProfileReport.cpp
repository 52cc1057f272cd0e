// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Profile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

#include <optional>

using namespace halftone;
using namespace llvm;

namespace {

/// What a region reached. Numbers that depend on sizes known only at run time are missing.
struct Rates {
  std::optional<double> gmacs;
  std::optional<double> gbs;
  /// The least time this machine needs for the products, or for the bytes where they take longer,
  /// as a part of the time it took.
  std::optional<double> ofPeak;
  StringRef limit; ///< The instruction or "bytes".
};

} // namespace

static ArrayRef<halftone_profile_region> regionsOf(const Model &model) {
  const halftone_profile_table &table = *model.descriptor().profile;
  return {table.regions, table.num_regions};
}

/// The fastest instruction for the type, "f32_…" for f32; null when none was measured.
static const Peak *findPeak(const Profile &profile, uint32_t dtype) {
  const Peak *best = nullptr;
  std::string prefix = std::string(halftone_dtype_name(static_cast<halftone_dtype>(dtype))) + "_";
  for (const Peak &peak : profile.peaks)
    if (StringRef(peak.name).starts_with(prefix) && (!best || peak.gmacs > best->gmacs))
      best = &peak;
  return best;
}

/// Of the smallest level that was measured and holds `bytes`.
static const Bandwidth *findBandwidth(const Profile &profile, int64_t bytes) {
  for (const Bandwidth &bandwidth : profile.bandwidths)
    if (static_cast<uint64_t>(bytes) <= bandwidth.bytes)
      return &bandwidth;
  return profile.bandwidths.empty() ? nullptr : &profile.bandwidths.back();
}

static Rates rate(const Profile &profile, const halftone_profile_region &region,
                  const RegionTime &time) {
  Rates rates;
  if (time.calls == 0 || time.milliseconds <= 0)
    return rates;
  const double nanoseconds = time.milliseconds * 1e6 / static_cast<double>(time.calls);
  double least = 0;
  if (region.bytes >= 0) {
    rates.gbs = static_cast<double>(region.bytes) / nanoseconds;
    if (const Bandwidth *bandwidth = findBandwidth(profile, region.bytes)) {
      least = static_cast<double>(region.bytes) / bandwidth->gbs;
      rates.limit = "bytes";
    }
  }
  if (region.macs > 0) {
    rates.gmacs = static_cast<double>(region.macs) / nanoseconds;
    const Peak *peak = findPeak(profile, region.dtype);
    if (peak && static_cast<double>(region.macs) / peak->gmacs > least) {
      least = static_cast<double>(region.macs) / peak->gmacs;
      rates.limit = peak->name;
    }
  }
  if (!rates.limit.empty() && region.macs >= 0 && region.bytes >= 0)
    rates.ofPeak = least / nanoseconds;
  return rates;
}

/// "conv1 + relu1", shortened where there are many.
static std::string describeNodes(const halftone_profile_region &region, size_t width = 60) {
  SmallVector<StringRef> names;
  StringRef(region.nodes).split(names, '\n', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  std::string text;
  for (auto [index, name] : enumerate(names)) {
    if (index > 0 && text.size() + name.size() > width)
      return text + " + " + std::to_string(names.size() - index) + " more";
    text += (index > 0 ? " + " : "") + name.str();
  }
  return text.empty() ? "(no node)" : text;
}

static std::string number(std::optional<double> value, const char *pattern, const char *missing) {
  if (!value)
    return missing;
  std::string text;
  raw_string_ostream(text) << format(pattern, *value);
  return text;
}

/// `missing` stands where there is no rate: of what nothing is known, or of what does not multiply.
static void printRow(raw_ostream &stream, const Profile &profile, const RegionTime &time,
                     const Rates &rates, const char *missing, StringRef kind, StringRef nodes) {
  stream << format("%10.4f %5.1f%%", time.milliseconds,
                   100 * time.milliseconds / profile.run.milliseconds)
         << right_justify(std::to_string(time.calls), 6)
         << right_justify(number(rates.gmacs, "%.1f", missing), 9)
         << right_justify(number(rates.gbs, "%.1f", missing), 8)
         << right_justify(rates.ofPeak ? number(100 * *rates.ofPeak, "%.1f%%", missing) : missing,
                          9)
         << "  " << left_justify(rates.limit, 14) << left_justify(kind, 9) << nodes << "\n";
}

static void printPeaks(raw_ostream &stream, const Profile &profile) {
  stream << "this machine, now:";
  for (const Peak &peak : profile.peaks)
    stream << " " << peak.name << format(" %.0f GMAC/s,", peak.gmacs);
  for (auto [index, bandwidth] : enumerate(profile.bandwidths))
    stream << (index > 0 ? ", " : " ") << format("%.1f GB/s from ", bandwidth.gbs)
           << (bandwidth.bytes >> 10) << " KiB";
  stream << "\n";
}

void halftone::printProfile(raw_ostream &stream, const Model &model, const Profile &profile) {
  // Rows below a thousandth of the time share one.
  constexpr double leastShare = 0.001;
  stream << format("%.4f ms", profile.run.milliseconds) << ", the median of " << profile.runs
         << " runs, " << profile.threads << " threads\n";
  printPeaks(stream, profile);
  stream << "        ms  share calls   GMAC/s    GB/s  of peak  limit         kind     nodes\n";
  ArrayRef<halftone_profile_region> regions = regionsOf(model);
  std::vector<size_t> order;
  for (size_t i = 0; i < regions.size(); ++i)
    order.push_back(i);
  llvm::sort(order, [&](size_t lhs, size_t rhs) {
    return std::pair(-profile.regions[lhs].milliseconds, lhs) <
           std::pair(-profile.regions[rhs].milliseconds, rhs);
  });
  RegionTime rest;
  size_t numSmall = 0;
  for (size_t index : order) {
    const RegionTime &time = profile.regions[index];
    if (time.milliseconds < leastShare * profile.run.milliseconds) {
      rest.milliseconds += time.milliseconds;
      rest.calls += time.calls;
      ++numSmall;
      continue;
    }
    const halftone_profile_region &region = regions[index];
    printRow(stream, profile, time, rate(profile, region, time), region.macs == 0 ? "-" : "?",
             region.kind, describeNodes(region));
  }
  if (numSmall > 0)
    printRow(stream, profile, rest, {}, "-", "", std::to_string(numSmall) + " smaller regions");
  printRow(stream, profile, profile.outside, {}, "-", "", "outside of the regions");
}

static json::Value toValue(std::optional<double> value) {
  return value ? json::Value(*value) : json::Value(nullptr);
}

static json::Array nameList(const halftone_profile_region &region) {
  json::Array list;
  for (StringRef name : split(region.nodes, '\n'))
    if (!name.empty())
      list.push_back(name.str());
  return list;
}

static json::Value knownOrNull(int64_t value) {
  return value >= 0 ? json::Value(value) : json::Value(nullptr);
}

json::Object halftone::toJson(const Model &model, const Profile &profile) {
  json::Array regions;
  for (auto [region, time] : zip_equal(regionsOf(model), profile.regions)) {
    Rates rates = rate(profile, region, time);
    regions.push_back(json::Object{{"nodes", nameList(region)},
                                   {"kind", std::string(region.kind)},
                                   {"ms", time.milliseconds},
                                   {"calls", time.calls},
                                   {"macs", knownOrNull(region.macs)},
                                   {"bytes", knownOrNull(region.bytes)},
                                   {"gmacs_per_second", toValue(rates.gmacs)},
                                   {"gb_per_second", toValue(rates.gbs)},
                                   {"of_peak", toValue(rates.ofPeak)},
                                   {"limit", rates.limit.str()}});
  }
  json::Object peaks;
  for (const Peak &peak : profile.peaks)
    peaks[peak.name + "_gmacs"] = peak.gmacs;
  json::Array bandwidths;
  for (const Bandwidth &bandwidth : profile.bandwidths)
    bandwidths.push_back(json::Object{{"bytes", static_cast<int64_t>(bandwidth.bytes)},
                                      {"gb_per_second", bandwidth.gbs}});
  return json::Object{
      {"ms", profile.run.milliseconds}, {"outside_ms", profile.outside.milliseconds},
      {"runs", profile.runs},           {"threads", profile.threads},
      {"peaks", std::move(peaks)},      {"bandwidths", std::move(bandwidths)},
      {"regions", std::move(regions)}};
}

json::Object halftone::toTrace(const Model &model, const Profile &profile) {
  ArrayRef<halftone_profile_region> regions = regionsOf(model);
  const std::vector<ProfileEvent> &events = profile.run.events;
  auto microseconds = [&](const ProfileEvent &event) {
    return profile.run.millisecondsUntil(event) * 1000;
  };
  json::Array list;
  for (size_t i = 0; i + 1 < events.size(); ++i) {
    if (events[i].region < 0)
      continue;
    const halftone_profile_region &region = regions[static_cast<size_t>(events[i].region)];
    const double start = microseconds(events[i]);
    list.push_back(json::Object{{"name", describeNodes(region)},
                                {"cat", std::string(region.kind)},
                                {"ph", "X"},
                                {"ts", start},
                                {"dur", microseconds(events[i + 1]) - start},
                                {"pid", 1},
                                {"tid", 1},
                                {"args", json::Object{{"nodes", nameList(region)},
                                                      {"macs", knownOrNull(region.macs)},
                                                      {"bytes", knownOrNull(region.bytes)}}}});
  }
  return json::Object{{"displayTimeUnit", "ms"}, {"traceEvents", std::move(list)}};
}
