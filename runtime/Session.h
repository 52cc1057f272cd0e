// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_RUNTIME_SESSION_H
#define HALFTONE_RUNTIME_SESSION_H

#include "Allocator.h"
#include "Module.h"
#include "Support.h"
#include "ThreadPool.h"

#include <atomic>

/// Everything a run changes.
struct halftone_session {
  halftone_context context = {};
  halftone_module *module = nullptr;
  void *arena = nullptr;
  int64_t arenaSize = 0;
  halftone::Allocator allocator;
  halftone::ThreadPool threads;
  halftone_thread_pool userPool = {};
  halftone_observer observer = nullptr;
  void *observerUser = nullptr;
  halftone_profiler profiler = nullptr;
  void *profilerUser = nullptr;
  /// Created if the module has kernels.
  halftone::SessionDevice device;
  std::atomic<bool> isRunning{false};
  // The first failure of a run claims the status and the message.
  std::atomic<bool> hasFailed{false};
  halftone_status failureStatus = HALFTONE_STATUS_RUN_FAILED;
  char failure[sizeof(halftone_error::message)] = "";

  halftone_session() = default;
  halftone_session(const halftone_session &) = delete;
  halftone_session &operator=(const halftone_session &) = delete;
  ~halftone_session();
};

namespace halftone {

/// Sets the functions of the session's context.
void bindContext(halftone_session &session);

/// Calls `function(argument)` such that a failure of compiled code inside it ends it; false then.
/// `isLoopBody` says that it is part of a parallel loop, in which further loops run serially.
bool runGuarded(halftone_session &session, bool isLoopBody, void (*function)(void *),
                void *argument);

/// Checks the inputs of a run against the entry's table.
halftone_status checkInputs(const halftone_entry &entry, const halftone_tensor *inputs,
                            uint32_t numInputs, halftone_error *error);

/// Checks what the compiled code stored in the outputs.
halftone_status checkOutputs(const halftone_entry &entry, const halftone_tensor *outputs,
                             halftone_error *error);

} // namespace halftone

#endif
