// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ThreadPool.h"

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace halftone;

// Longer than the serial parts between two loops of a typical model, shorter than a time slice.
static constexpr int64_t spinTime = 50000; // ns
static constexpr uint32_t openBit = 0x8000;
static constexpr uint32_t countMask = 0x7fff;

static void futexWait(std::atomic<uint32_t> &word, uint32_t expected) {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, nullptr, nullptr, 0);
}

static void futexWake(std::atomic<uint32_t> &word, int count) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

static void pauseCpu() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static int64_t nanoseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t(now.tv_sec) * 1000000000 + now.tv_nsec;
}

/// Spins until `condition` holds, for `limit` nanoseconds at most; whether it holds.
template <typename Condition> static bool spinUntil(int64_t limit, Condition condition) {
  if (condition())
    return true;
  if (limit == 0)
    return false;
  for (int64_t end = nanoseconds() + limit; nanoseconds() < end;) {
    for (int i = 0; i < 8; ++i) {
      if (condition())
        return true;
      pauseCpu();
    }
  }
  return condition();
}

int halftone::availableCpus() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0)
    return CPU_COUNT(&set);
  // More CPUs than the set has room for.
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? static_cast<int>(online) : 1;
}

int ThreadPool::start(int threads) {
  // Spinning would take the CPU from a thread that works.
  spinNanoseconds = threads <= availableCpus() ? spinTime : 0;
  if (threads <= 1)
    return 0;
  workers = static_cast<Worker *>(calloc(static_cast<size_t>(threads - 1), sizeof(Worker)));
  if (!workers)
    return ENOMEM;
  // Signals are the program's; its own threads handle them.
  sigset_t all, previous;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &previous);
  int error = 0;
  for (int i = 0; i < threads - 1 && error == 0; ++i) {
    workers[i] = {this, i + 1, {}};
    error = pthread_create(&workers[i].thread, nullptr, workerMain, &workers[i]);
    if (error == 0)
      ++numThreads;
  }
  pthread_sigmask(SIG_SETMASK, &previous, nullptr);
  return error;
}

ThreadPool::~ThreadPool() {
  isStopping.store(true);
  wakeWord.fetch_add(1);
  futexWake(wakeWord, INT_MAX);
  for (int i = 0; i < numThreads - 1; ++i)
    pthread_join(workers[i].thread, nullptr);
  free(workers);
}

void ThreadPool::run(Task newTask, void *newContext, int helpers) {
  if (helpers > numThreads - 1)
    helpers = numThreads - 1;
  if (helpers <= 0) {
    newTask(newContext, 0);
    return;
  }
  task = newTask;
  context = newContext;
  uint32_t number = (state.load(std::memory_order_relaxed) >> 16) + 1;
  state.store(number << 16 | openBit, std::memory_order_seq_cst);
  wakeWord.fetch_add(1, std::memory_order_seq_cst);
  // A worker counts itself before it sleeps on the old word, so none is missed here.
  if (sleepers.load(std::memory_order_seq_cst) > 0)
    futexWake(wakeWord, helpers);
  newTask(newContext, 0);
  state.fetch_and(~openBit, std::memory_order_acq_rel);
  waitUntilLeft();
}

void ThreadPool::waitUntilLeft() {
  auto isEmpty = [this] { return (state.load(std::memory_order_acquire) & countMask) == 0; };
  while (!spinUntil(spinNanoseconds, isEmpty)) {
    callerSleeps.store(true, std::memory_order_seq_cst);
    uint32_t now = state.load(std::memory_order_seq_cst);
    if (now & countMask)
      futexWait(state, now);
    callerSleeps.store(false, std::memory_order_relaxed);
  }
}

void *ThreadPool::workerMain(void *argument) {
  auto *worker = static_cast<Worker *>(argument);
  worker->pool->work(worker->slot);
  return nullptr;
}

void ThreadPool::work(int slot) {
  uint32_t seen = 0;
  while (waitForJob(seen)) {
    if (!join(seen))
      continue;
    task(context, slot);
    leave();
  }
}

/// Waits for an open job other than number `seen`; false when the pool ends.
bool ThreadPool::waitForJob(uint32_t &seen) {
  auto hasNews = [&] {
    uint32_t now = state.load(std::memory_order_acquire);
    return ((now & openBit) && now >> 16 != seen) || isStopping.load(std::memory_order_acquire);
  };
  while (!spinUntil(spinNanoseconds, hasNews)) {
    uint32_t word = wakeWord.load(std::memory_order_seq_cst);
    sleepers.fetch_add(1, std::memory_order_seq_cst);
    if (!hasNews())
      futexWait(wakeWord, word);
    sleepers.fetch_sub(1, std::memory_order_seq_cst);
  }
  return !isStopping.load(std::memory_order_acquire);
}

/// Enters the job if it is still open.
bool ThreadPool::join(uint32_t &seen) {
  uint32_t now = state.load(std::memory_order_acquire);
  while (now & openBit) {
    if (state.compare_exchange_weak(now, now + 1, std::memory_order_acq_rel,
                                    std::memory_order_acquire)) {
      seen = now >> 16;
      return true;
    }
  }
  return false;
}

void ThreadPool::leave() {
  uint32_t before = state.fetch_sub(1, std::memory_order_seq_cst);
  bool isLast = (before & countMask) == 1;
  if (isLast && callerSleeps.load(std::memory_order_seq_cst))
    futexWake(state, 1);
}
