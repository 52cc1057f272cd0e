// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Simt.h"

#include <algorithm>
#include <cstring>

using namespace emulator;

static constexpr size_t stackBytes = size_t(128) << 10;

// Kernels call functions without a context.
static Launch *running = nullptr;

Launch &Launch::get() { return *running; }

void Launch::fail(const std::string &what) {
  unsigned x = current % shape.block[0], rest = current / shape.block[0];
  failure = "block (" + std::to_string(blockIndex[0]) + ", " + std::to_string(blockIndex[1]) +
            ", " + std::to_string(blockIndex[2]) + "), thread (" + std::to_string(x) + ", " +
            std::to_string(rest % shape.block[1]) + ", " + std::to_string(rest / shape.block[1]) +
            "): " + what;
  setcontext(&scheduler);
  __builtin_unreachable();
}

void Launch::checkAccess(uintptr_t address, int64_t bytes, int64_t alignment) {
  for (const Range &range : memory)
    if (address >= range.begin && address + uintptr_t(bytes) <= range.end) {
      if (address % uintptr_t(alignment) != 0)
        fail("misaligned access of " + std::to_string(bytes) + " bytes");
      return;
    }
  fail("access of " + std::to_string(bytes) + " bytes outside of all memory");
}

void Launch::wait(State state) {
  Thread &thread = threads[current];
  thread.state = state;
  swapcontext(&thread.context, &scheduler);
}

void Launch::waitForBlock() { wait(State::AtBarrier); }

void Launch::startCopy(char *to, const char *from, size_t bytes, size_t size) {
  checkAccess(reinterpret_cast<uintptr_t>(to), int64_t(size), int64_t(size));
  if (bytes > size)
    fail("copy of more bytes than there is place for");
  if (bytes > 0)
    checkAccess(reinterpret_cast<uintptr_t>(from), int64_t(bytes), int64_t(size));
  // A NaN in every format of 16 bits and more, and not a small integer.
  memset(to, 0x7f, size);
  threads[current].copies.push_back({to, from, bytes, size});
}

void Launch::closeCopyGroup() {
  Thread &thread = threads[current];
  thread.copyGroups.push_back(std::move(thread.copies));
  thread.copies.clear();
}

void Launch::waitForCopies(size_t pending) {
  std::deque<std::vector<Copy>> &groups = threads[current].copyGroups;
  for (; groups.size() > pending; groups.pop_front())
    for (const Copy &copy : groups.front()) {
      memset(copy.to, 0, copy.size);
      memcpy(copy.to, copy.from, copy.bytes);
    }
}

void Launch::exchange(const char *operation, unsigned mask, void *own,
                      const std::function<void(void *const *lanes)> &exchange) {
  unsigned first = current / warpSize * warpSize, arrived = 1;
  Thread &self = threads[current];
  self.operation = operation;
  self.brought = own;
  void *lanes[warpSize] = {};
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(mask >> lane & 1))
      continue;
    unsigned number = first + lane;
    if (number >= threads.size() || threads[number].state == State::Done)
      fail(std::string(operation) + " waits for lane " + std::to_string(lane) +
           ", which has ended");
    Thread &other = threads[number];
    lanes[lane] = other.brought;
    if (number == current)
      continue;
    if (other.state != State::InExchange)
      continue;
    if (strcmp(other.operation, operation) != 0)
      fail(std::string(operation) + " meets " + other.operation + " in lane " +
           std::to_string(lane));
    ++arrived;
  }
  if (arrived < unsigned(__builtin_popcount(mask)))
    return wait(State::InExchange);
  exchange(lanes);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    if (mask >> lane & 1)
      threads[first + lane].state = State::Ready;
}

void Launch::enterThread() {
  Launch &launch = get();
  launch.kernel(launch.arguments);
  launch.threads[launch.current].state = State::Done;
  setcontext(&launch.scheduler);
}

void Launch::resume(unsigned number) {
  current = number;
  Thread &thread = threads[number];
  if (!thread.stack) {
    if (freeStacks.empty()) {
      stacks.emplace_back(stackBytes);
      freeStacks.push_back(stacks.back().data());
    }
    thread.stack = freeStacks.back();
    freeStacks.pop_back();
    getcontext(&thread.context);
    thread.context.uc_stack.ss_sp = thread.stack;
    thread.context.uc_stack.ss_size = stackBytes;
    thread.context.uc_link = nullptr;
    makecontext(&thread.context, enterThread, 0);
  }
  swapcontext(&scheduler, &thread.context);
  if (thread.state == State::Done)
    freeStacks.push_back(thread.stack);
}

std::string Launch::describeWaiting() const {
  unsigned counts[4] = {};
  for (const Thread &thread : threads)
    ++counts[int(thread.state)];
  return "the threads wait for each other: " + std::to_string(counts[int(State::AtBarrier)]) +
         " at a barrier, " + std::to_string(counts[int(State::InExchange)]) + " in an exchange, " +
         std::to_string(counts[int(State::Done)]) + " have ended";
}

/// Whether all threads were at the barrier.
bool Launch::releaseBarrier() {
  for (const Thread &thread : threads)
    if (thread.state != State::AtBarrier)
      return false;
  for (Thread &thread : threads)
    thread.state = State::Ready;
  return true;
}

void Launch::runBlock() {
  threads.assign(size_t(shape.block[0]) * shape.block[1] * shape.block[2], Thread());
  while (failure.empty()) {
    std::vector<unsigned> ready;
    bool isDone = true;
    for (unsigned i = 0; i < threads.size(); ++i) {
      isDone &= threads[i].state == State::Done;
      if (threads[i].state == State::Ready)
        ready.push_back(i);
    }
    if (isDone)
      return;
    if (ready.empty()) {
      if (!releaseBarrier())
        failure = describeWaiting();
      continue;
    }
    // All that are ready, in an order by warps that no real device promises either.
    std::vector<unsigned> warps(threads.size() / warpSize + 1);
    for (unsigned &priority : warps)
      priority = unsigned(random());
    bool reversesLanes = random() % 2;
    std::sort(ready.begin(), ready.end(), [&](unsigned a, unsigned b) {
      if (a / warpSize != b / warpSize)
        return warps[a / warpSize] < warps[b / warpSize];
      return reversesLanes ? a > b : a < b;
    });
    // One warp at a time, so that a warp can run far ahead of the others.
    unsigned warp = ready.front() / warpSize;
    for (unsigned thread : ready) {
      if (thread / warpSize != warp || !failure.empty())
        break;
      resume(thread);
    }
  }
}

std::string Launch::run() {
  Launch *outer = running;
  running = this;
  for (unsigned z = 0; z < shape.grid[2] && failure.empty(); ++z)
    for (unsigned y = 0; y < shape.grid[1] && failure.empty(); ++y)
      for (unsigned x = 0; x < shape.grid[0] && failure.empty(); ++x) {
        blockIndex[0] = x;
        blockIndex[1] = y;
        blockIndex[2] = z;
        runBlock();
      }
  running = outer;
  return failure;
}
