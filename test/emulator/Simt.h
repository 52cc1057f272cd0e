// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs kernels that were compiled for the CPU: one fiber per thread, blocks one after the other,
// warps in random order. Threads that wait for others are the only ones that are left half way.
#ifndef HALFTONE_TEST_EMULATOR_SIMT_H
#define HALFTONE_TEST_EMULATOR_SIMT_H

#include <cstdint>
#include <deque>
#include <functional>
#include <random>
#include <string>
#include <ucontext.h>
#include <vector>

namespace emulator {

constexpr unsigned warpSize = 32;

struct Shape {
  unsigned grid[3];
  unsigned block[3];
};

/// A piece of memory that kernels may use.
struct Range {
  uintptr_t begin;
  uintptr_t end;
};

using Kernel = void (*)(void **arguments);

/// One launch.
class Launch {
public:
  Launch(Kernel kernel, void **arguments, const Shape &shape, std::vector<Range> memory,
         unsigned seed)
      : kernel(kernel), arguments(arguments), shape(shape), memory(std::move(memory)),
        random(seed) {}

  /// Runs all blocks; the first fault ends the launch. Empty, or what went wrong.
  std::string run();

  /// The launch that runs, for the functions that kernels call.
  static Launch &get();

  const Shape &getShape() const { return shape; }
  const unsigned *getBlockIndex() const { return blockIndex; }
  unsigned getThread() const { return current; }

  /// Ends the launch with a message, from inside a kernel. Never returns.
  [[noreturn]] void fail(const std::string &what);
  void checkAccess(uintptr_t address, int64_t bytes, int64_t alignment);
  /// Waits for all threads of the block.
  void waitForBlock();
  /// Copies `bytes` bytes, and zeros behind them up to `size`, when the thread waits for the group
  /// of copies that this one will belong to. Until then what is read there is wrong.
  void startCopy(char *to, const char *from, size_t bytes, size_t size);
  void closeCopyGroup();
  /// Waits until at most `pending` groups of the thread's copies are left.
  void waitForCopies(size_t pending);
  /// Waits for the lanes of `mask`; the last one to come calls `exchange` with what each lane has
  /// brought. `operation` has to be the same for all.
  void exchange(const char *operation, unsigned mask, void *own,
                const std::function<void(void *const *lanes)> &exchange);

private:
  enum class State { Ready, InExchange, AtBarrier, Done };
  struct Copy {
    char *to;
    const char *from;
    size_t bytes;
    size_t size;
  };
  struct Thread {
    State state = State::Ready;
    ucontext_t context;
    char *stack = nullptr; // null before it starts
    const char *operation = nullptr;
    void *brought = nullptr;
    std::vector<Copy> copies; // in no group yet
    std::deque<std::vector<Copy>> copyGroups;
  };

  static void enterThread();
  void runBlock();
  void resume(unsigned thread);
  void wait(State state);
  bool releaseBarrier();
  std::string describeWaiting() const;

  Kernel kernel;
  void **arguments;
  Shape shape;
  std::vector<Range> memory;
  std::mt19937 random;
  unsigned blockIndex[3] = {0, 0, 0};
  unsigned current = 0;
  std::vector<Thread> threads;
  std::deque<std::vector<char>> stacks;
  std::vector<char *> freeStacks;
  ucontext_t scheduler;
  std::string failure;
};

} // namespace emulator

#endif
