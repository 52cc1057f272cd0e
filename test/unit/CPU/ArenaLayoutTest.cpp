// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/ArenaLayout.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

using namespace mlir::halftone;

namespace {

constexpr int64_t alignment = 64;

void expectValid(const std::vector<ArenaBuffer> &buffers, int64_t size) {
  for (size_t i = 0; i < buffers.size(); ++i) {
    EXPECT_EQ(buffers[i].offset % alignment, 0);
    EXPECT_GE(buffers[i].offset, 0);
    EXPECT_LE(buffers[i].offset + buffers[i].bytes, size);
    for (size_t j = 0; j < i; ++j) {
      bool apart = buffers[i].offset >= buffers[j].offset + buffers[j].bytes ||
                   buffers[j].offset >= buffers[i].offset + buffers[i].bytes;
      EXPECT_TRUE(apart || !buffers[i].range.overlaps(buffers[j].range)) << i << " and " << j;
    }
  }
}

std::vector<ArenaBuffer> makeRandomNetwork(std::mt19937 &random, int count) {
  std::uniform_int_distribution<int64_t> bytes(1, 1 << 20), reach(1, 12);
  std::vector<ArenaBuffer> buffers;
  for (int i = 0; i < count; ++i)
    buffers.push_back({bytes(random), {i, i + reach(random)}, -1});
  return buffers;
}

} // namespace

// Two tensors alive at the same time in one place would overwrite each other.
TEST(ArenaLayoutTest, LiveBuffersNeverOverlap) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<ArenaBuffer> buffers = makeRandomNetwork(random, 40);
    int64_t size = layOutArena(buffers, alignment);
    expectValid(buffers, size);
  }
}

// The aim is 1.15 of what is live at once; random lifetimes are harder than networks.
TEST(ArenaLayoutTest, StaysCloseToTheLowerBound) {
  std::mt19937 random(2);
  double sum = 0;
  constexpr int rounds = 50;
  for (int round = 0; round < rounds; ++round) {
    std::vector<ArenaBuffer> buffers = makeRandomNetwork(random, 100);
    int64_t size = layOutArena(buffers, alignment);
    int64_t bound = getArenaLowerBound(buffers, alignment);
    EXPECT_GE(size, bound);
    sum += double(size) / bound;
  }
  EXPECT_LE(sum / rounds, 1.15);
}

TEST(ArenaLayoutTest, AChainNeedsTwoPlaces) {
  std::vector<ArenaBuffer> buffers;
  for (int64_t i = 0; i < 20; ++i)
    buffers.push_back({1000, {i, i + 1}, -1});
  EXPECT_EQ(layOutArena(buffers, alignment), 2048);
}

TEST(ArenaLayoutTest, AnEmptyProgramNeedsNothing) {
  EXPECT_EQ(layOutArena({}, alignment), 0);
  EXPECT_EQ(getArenaLowerBound({}, alignment), 0);
}

// A buffer without users must not break the bound.
TEST(ArenaLayoutTest, UnusedBuffersAreNotLive) {
  std::vector<ArenaBuffer> buffers = {{100, {5, -1}, -1}, {100, {0, 3}, -1}};
  EXPECT_EQ(getArenaLowerBound(buffers, alignment), 128);
  EXPECT_EQ(layOutArena(buffers, alignment), 128);
}
