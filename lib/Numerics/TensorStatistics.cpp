// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/TensorStatistics.h"

#include "FloatSummary.h"
#include "halftone/Numerics/ChannelScales.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>

using namespace halftone;

static void include(std::optional<Range> &range, Range other) {
  if (!range)
    range = other;
  *range = {std::min(range->min, other.min), std::max(range->max, other.max)};
}

TensorStatistics TensorStatistics::withChannels(int64_t axis) {
  TensorStatistics statistics;
  statistics.channels = ChannelStatistics{axis, {}};
  return statistics;
}

static std::string shapeText(llvm::ArrayRef<int64_t> shape) {
  std::string text = "[";
  for (size_t d = 0; d != shape.size(); ++d)
    text += (d == 0 ? "" : ", ") + std::to_string(shape[d]);
  return text + "]";
}

llvm::Error TensorStatistics::checkShape(llvm::ArrayRef<float> values,
                                         llvm::ArrayRef<int64_t> shape) {
  int64_t size = std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
  if (size != int64_t(values.size()))
    return llvm::createStringError("%zu values cannot have the shape %s", values.size(),
                                   shapeText(shape).c_str());
  auto rank = int64_t(shape.size());
  if (channels->axis >= rank || channels->axis < -rank)
    return llvm::createStringError("the shape %s has no axis %lld to keep channels of",
                                   shapeText(shape).c_str(), (long long)channels->axis);
  int64_t numChannels = shape[channels->axis < 0 ? channels->axis + rank : channels->axis];
  if (!channels->absmax.empty() && numChannels != int64_t(channels->absmax.size()))
    return llvm::createStringError("the shape %s has %lld channels, but %zu were seen before",
                                   shapeText(shape).c_str(), (long long)numChannels,
                                   channels->absmax.size());
  return llvm::Error::success();
}

llvm::Error TensorStatistics::observe(uint64_t sample, llvm::ArrayRef<float> values,
                                      llvm::ArrayRef<int64_t> shape) {
  if (channels) {
    if (llvm::Error error = checkShape(values, shape))
      return error;
    observeChannels(values, shape);
  }
  if (std::optional<Range> sampleRange = observeValues(values)) {
    include(range, *sampleRange);
    addSample(sample, *sampleRange);
  }
  return llvm::Error::success();
}

// Counts the finite values, and gives their range.
std::optional<Range> TensorStatistics::observeValues(llvm::ArrayRef<float> values) {
  constexpr size_t partSize = 4096; // Stays in the L1 cache from one pass to the next.
  std::optional<Range> valuesRange;
  std::vector<float> finite;
  while (!values.empty()) {
    llvm::ArrayRef<float> part = values.take_front(partSize);
    values = values.drop_front(part.size());
    if (!summarize(part).isFinite()) {
      finite.clear();
      for (float value : part) {
        if (std::isfinite(value))
          finite.push_back(value);
        else
          ++(std::isnan(value) ? numNaNs : numInfinities);
      }
      part = finite;
    }
    if (!part.empty())
      include(valuesRange, observeFinite(part));
  }
  return valuesRange;
}

Range TensorStatistics::observeFinite(llvm::ArrayRef<float> values) {
  FloatSummary summary = summarize(values);
  numZeros += summary.numZeros;
  Range valuesRange = {summary.min(), summary.max()};
  histogram.add(values, valuesRange.absmax());
  return valuesRange;
}

void TensorStatistics::observeChannels(llvm::ArrayRef<float> values,
                                       llvm::ArrayRef<int64_t> shape) {
  size_t axis = channels->axis < 0 ? channels->axis + shape.size() : channels->axis;
  channels->absmax.resize(shape[axis], 0.0f);
  raiseChannelMaxima(channels->absmax, values, shape, axis);
}

void TensorStatistics::addSample(uint64_t sample, Range sampleRange) {
  auto [entry, isNew] = recentSamples.try_emplace(sample, sampleRange);
  if (!isNew)
    entry->second = {std::min(entry->second.min, sampleRange.min),
                     std::max(entry->second.max, sampleRange.max)};
  if (recentSamples.size() > maxRecentSamples)
    recentSamples.erase(recentSamples.begin());
}

llvm::Error TensorStatistics::merge(const TensorStatistics &other) {
  if (channels.has_value() != other.channels.has_value())
    return llvm::createStringError("only one of them has statistics per channel");
  if (channels && channels->axis != other.channels->axis)
    return llvm::createStringError("channels are of axis %lld in one and %lld in the other",
                                   (long long)channels->axis, (long long)other.channels->axis);
  if (channels && !channels->absmax.empty() && !other.channels->absmax.empty() &&
      channels->absmax.size() != other.channels->absmax.size())
    return llvm::createStringError("one has %zu channels, the other %zu", channels->absmax.size(),
                                   other.channels->absmax.size());
  numZeros += other.numZeros;
  numNaNs += other.numNaNs;
  numInfinities += other.numInfinities;
  if (other.range)
    include(range, *other.range);
  histogram.merge(other.histogram);
  for (auto &[sample, sampleRange] : other.recentSamples)
    addSample(sample, sampleRange);
  if (channels) {
    llvm::ArrayRef<float> theirs = other.channels->absmax;
    channels->absmax.resize(std::max(channels->absmax.size(), theirs.size()), 0.0f);
    for (size_t channel = 0; channel != theirs.size(); ++channel)
      channels->absmax[channel] = std::max(channels->absmax[channel], theirs[channel]);
  }
  return llvm::Error::success();
}
