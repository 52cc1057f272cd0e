// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/SampleSet.h"

#include <algorithm>
#include <cassert>
#include <iterator>

using namespace halftone;

void SampleSet::insert(uint64_t first, uint64_t last) {
  assert(first <= last && "an interval is in order");
  auto next = intervals.upper_bound(first);
  if (next != intervals.begin()) {
    auto previous = std::prev(next);
    if (first == 0 || previous->second >= first - 1) {
      first = previous->first;
      last = std::max(last, previous->second);
      next = intervals.erase(previous);
    }
  }
  while (next != intervals.end() && (last == UINT64_MAX || next->first <= last + 1)) {
    last = std::max(last, next->second);
    next = intervals.erase(next);
  }
  intervals.emplace(first, last);
}

void SampleSet::merge(const SampleSet &other) {
  for (auto [first, last] : other.intervals)
    insert(first, last);
}

bool SampleSet::contains(uint64_t sample) const {
  auto next = intervals.upper_bound(sample);
  return next != intervals.begin() && std::prev(next)->second >= sample;
}

uint64_t SampleSet::size() const {
  uint64_t size = 0;
  for (auto [first, last] : intervals)
    size += last - first + 1;
  return size;
}

std::optional<uint64_t> SampleSet::findCommon(const SampleSet &other) const {
  auto mine = intervals.begin(), theirs = other.intervals.begin();
  while (mine != intervals.end() && theirs != other.intervals.end()) {
    if (mine->second < theirs->first)
      ++mine;
    else if (theirs->second < mine->first)
      ++theirs;
    else
      return std::max(mine->first, theirs->first);
  }
  return std::nullopt;
}
