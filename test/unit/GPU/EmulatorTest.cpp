// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The emulator finds the faults that kernels have: each fault is planted in a kernel that is right
// without it. The kernels are written as the compiler would: with a check before every access.
#include "Simt.h"

#include <gtest/gtest.h>

using namespace emulator;

extern "C" {
int halftone_simt_read_ptx_sreg_tid_x();
int halftone_simt_read_ptx_sreg_ctaid_x();
void halftone_simt_barrier_cta_sync_aligned_all(int);
int halftone_simt_shfl_sync_bfly_i32(int mask, int value, int argument, int);
void halftone_simt_check(const void *address, int64_t bytes, int64_t alignment);
}

static constexpr int blockSize = 96;
static constexpr int numBlocks = 3;

// What the threads of a block share.
static int shared[blockSize];

static void store(int *address, int value) {
  halftone_simt_check(address, sizeof(int), alignof(int));
  *address = value;
}

static int load(const int *address) {
  halftone_simt_check(address, sizeof(int), alignof(int));
  return *address;
}

static int *argument(void **arguments, int number) {
  return *static_cast<int **>(arguments[number]);
}

enum class Fault { None, NoBarrier, WrongRow, OutOfBounds, DivergentBarrier, EndedLane };

/// Reverses every block of the input by way of shared memory.
template <Fault fault> static void reverse(void **arguments) {
  int thread = halftone_simt_read_ptx_sreg_tid_x();
  int first = halftone_simt_read_ptx_sreg_ctaid_x() * blockSize;
  int past = fault == Fault::OutOfBounds && thread == 17 ? 1 << 24 : 0;
  store(&shared[thread], load(argument(arguments, 0) + first + thread + past));
  if (fault == Fault::DivergentBarrier && thread == 40)
    return;
  if (fault != Fault::NoBarrier)
    halftone_simt_barrier_cta_sync_aligned_all(0);
  int row = fault == Fault::WrongRow ? thread : blockSize - 1 - thread;
  store(argument(arguments, 1) + first + thread, load(&shared[row]));
}

/// The sum of the 32 values of each warp.
template <Fault fault> static void addWarp(void **arguments) {
  int thread = halftone_simt_read_ptx_sreg_tid_x();
  int position = halftone_simt_read_ptx_sreg_ctaid_x() * blockSize + thread;
  if (fault == Fault::EndedLane && thread == 40)
    return;
  int sum = load(argument(arguments, 0) + position);
  for (int distance = 16; distance > 0; distance /= 2)
    sum += halftone_simt_shfl_sync_bfly_i32(-1, sum, distance, 31);
  store(argument(arguments, 1) + position, sum);
}

namespace {

struct Outcome {
  std::string failure;
  std::vector<int> output;
};

Range rangeOf(const int *begin, size_t count) {
  return {reinterpret_cast<uintptr_t>(begin), reinterpret_cast<uintptr_t>(begin + count)};
}

Outcome run(Kernel kernel, unsigned seed) {
  std::vector<int> input(blockSize * numBlocks);
  for (size_t i = 0; i < input.size(); ++i)
    input[i] = int(i * i);
  Outcome outcome{"", std::vector<int>(input.size(), -1)};
  std::fill(std::begin(shared), std::end(shared), -1);
  int *addresses[] = {input.data(), outcome.output.data()};
  void *arguments[] = {&addresses[0], &addresses[1]};
  Shape shape = {{numBlocks, 1, 1}, {blockSize, 1, 1}};
  outcome.failure =
      Launch(kernel, arguments, shape,
             {rangeOf(input.data(), input.size()),
              rangeOf(outcome.output.data(), outcome.output.size()), rangeOf(shared, blockSize)},
             seed)
          .run();
  return outcome;
}

bool isReversed(const std::vector<int> &output) {
  for (int i = 0; i < int(output.size()); ++i) {
    int source = i / blockSize * blockSize + blockSize - 1 - i % blockSize;
    if (output[i] != source * source)
      return false;
  }
  return true;
}

} // namespace

TEST(EmulatorTest, RightKernelsAreRightForEverySeed) {
  for (unsigned seed = 0; seed < 3; ++seed) {
    Outcome reversed = run(reverse<Fault::None>, seed);
    EXPECT_EQ(reversed.failure, "");
    EXPECT_TRUE(isReversed(reversed.output));
    Outcome added = run(addWarp<Fault::None>, seed);
    EXPECT_EQ(added.failure, "");
    for (int i = 0; i < blockSize * numBlocks; ++i) {
      int sum = 0;
      for (int lane = 0; lane < 32; ++lane)
        sum += (i / 32 * 32 + lane) * (i / 32 * 32 + lane);
      EXPECT_EQ(added.output[i], sum);
    }
  }
}

// The order of warps makes the missing barrier visible, whatever the seed.
TEST(EmulatorTest, FindsMissingBarriers) {
  for (unsigned seed = 0; seed < 3; ++seed)
    EXPECT_FALSE(isReversed(run(reverse<Fault::NoBarrier>, seed).output));
}

TEST(EmulatorTest, FindsWrongRows) {
  EXPECT_FALSE(isReversed(run(reverse<Fault::WrongRow>, 0).output));
}

TEST(EmulatorTest, FindsAccessesOutOfBounds) {
  EXPECT_EQ(run(reverse<Fault::OutOfBounds>, 0).failure,
            "block (0, 0, 0), thread (17, 0, 0): access of 4 bytes outside of all memory");
}

TEST(EmulatorTest, FindsBarriersThatNotAllReach) {
  EXPECT_EQ(run(reverse<Fault::DivergentBarrier>, 0).failure,
            "the threads wait for each other: 95 at a barrier, 0 in an exchange, 1 have ended");
}

TEST(EmulatorTest, FindsExchangesWithEndedLanes) {
  EXPECT_NE(run(addWarp<Fault::EndedLane>, 0).failure.find("waits for lane 8, which has ended"),
            std::string::npos);
}
