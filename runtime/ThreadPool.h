// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The threads of one session.
#ifndef HALFTONE_RUNTIME_THREADPOOL_H
#define HALFTONE_RUNTIME_THREADPOOL_H

#include <atomic>
#include <cstdint>
#include <pthread.h>

namespace halftone {

/// CPUs this process may use, at least 1.
int availableCpus();

/// Workers that wait by spinning for a short time and then asleep. One thread at a time may call
/// `run`.
class ThreadPool {
public:
  /// Called once in the calling thread (slot 0) and at most once in every worker.
  using Task = void (*)(void *context, int slot);

  ThreadPool() = default;
  ~ThreadPool();
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  /// Starts `threads` - 1 workers; 0 or the number of the system's error.
  int start(int threads);

  int threads() const { return numThreads; }

  /// Calls `task(context, 0)` here while workers call it with their own slot, and returns when all
  /// calls have returned. Wakes at most `helpers` sleeping workers; those that spin take part
  /// anyway, those that wake up after the call here has returned do not.
  void run(Task task, void *context, int helpers);

private:
  struct Worker {
    ThreadPool *pool;
    int slot;
    pthread_t thread;
  };

  static void *workerMain(void *argument);
  void work(int slot);
  bool waitForJob(uint32_t &seen);
  bool join(uint32_t &seen);
  void leave();
  void waitUntilLeft();

  // `state` holds the job's number (high 16 bits), whether it is open to workers (bit 15) and how
  // many workers are in it (low 15 bits).
  std::atomic<uint32_t> state{0};
  // Changes with every job; the word on which workers sleep.
  std::atomic<uint32_t> wakeWord{0};
  std::atomic<int32_t> sleepers{0};
  std::atomic<bool> isStopping{false};
  std::atomic<bool> callerSleeps{false};
  // The job; written while it is closed and empty.
  Task task = nullptr;
  void *context = nullptr;

  int numThreads = 1;
  int64_t spinNanoseconds = 0;
  Worker *workers = nullptr;
};

} // namespace halftone

#endif
