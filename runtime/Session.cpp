// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Session.h"

#include "Memory.h"

#include <cstring>

using namespace halftone;

// More threads than this are a mistake; the thread pool could not count them either.
static constexpr int32_t maxThreads = 4096;

halftone_session::~halftone_session() {
  device.destroy();
  unmapMemory(arena, static_cast<size_t>(arenaSize));
  releaseModule(module);
}

static halftone_status setUp(halftone_session &session, const halftone_session_options &options,
                             halftone_error *error) {
  session.userPool = options.pool;
  session.observer = options.observer;
  session.observerUser = options.observer_user;
  session.profiler = options.profiler;
  session.profilerUser = options.profiler_user;
  session.arenaSize = session.module->descriptor->arena_size;
  if (session.arenaSize > 0) {
    session.arena = mapMemory(static_cast<size_t>(session.arenaSize));
    if (!session.arena)
      return setError(error, HALFTONE_STATUS_OUT_OF_MEMORY,
                      "no memory for the %lld bytes a session of this module works in",
                      static_cast<long long>(session.arenaSize));
  }
  if (const halftone_device_table *table = session.module->descriptor->device) {
    if (!session.module->device.isLoaded())
      return setError(error, HALFTONE_STATUS_NO_DEVICE,
                      "the module was loaded without the device that it needs");
    halftone_status status = session.device.create(session.module->device, table->arena_size,
                                                   options.device_stream, error);
    if (status != HALFTONE_STATUS_OK)
      return status;
  }
  bindContext(session);
  if (session.userPool.parallel_for)
    return HALFTONE_STATUS_OK;
  int threads = options.threads == 0 ? availableCpus() : options.threads;
  if (int code = session.threads.start(threads < maxThreads ? threads : maxThreads))
    return setError(error, HALFTONE_STATUS_SYSTEM, "cannot start %d threads: %s", threads,
                    strerror(code));
  return HALFTONE_STATUS_OK;
}

halftone_status halftone_session_create(halftone_module *module,
                                        const halftone_session_options *options,
                                        halftone_session **result, halftone_error *error) {
  if (!module || !result)
    return setError(error, HALFTONE_STATUS_INVALID_ARGUMENT,
                    "halftone_session_create needs a module and a place for the session");
  *result = nullptr;
  halftone_session_options given = {};
  if (options) {
    if (options->struct_size != sizeof(*options))
      return setError(error, HALFTONE_STATUS_INVALID_ARGUMENT,
                      "session options are not those of this version of the runtime");
    given = *options;
  }
  if (given.threads < 0 || given.threads > maxThreads)
    return setError(error, HALFTONE_STATUS_INVALID_ARGUMENT,
                    "%d threads are not possible: expected 0 (all CPUs) to %d", given.threads,
                    maxThreads);
  auto *session = createObject<halftone_session>();
  if (!session)
    return setError(error, HALFTONE_STATUS_OUT_OF_MEMORY, "no memory for a session");
  module->references.fetch_add(1, std::memory_order_relaxed);
  session->module = module;
  halftone_status status = setUp(*session, given, error);
  if (status != HALFTONE_STATUS_OK) {
    destroyObject(session);
    return status;
  }
  *result = session;
  return HALFTONE_STATUS_OK;
}

void halftone_session_destroy(halftone_session *session) { destroyObject(session); }

void halftone_session_get_stats(const halftone_session *session, halftone_session_stats *stats) {
  stats->threads = session->threads.threads();
  stats->arena_bytes = session->arenaSize;
  stats->dynamic_bytes = session->allocator.reservedBytes();
  stats->dynamic_peak_bytes = session->allocator.peakBytes();
  stats->system_allocations = session->allocator.systemAllocations();
  stats->device_bytes = session->device.getReservedBytes();
  stats->device_allocations = session->device.getNumAllocations();
}

namespace {
struct EntryCall {
  const halftone_entry *entry;
  halftone_context *context;
  const halftone_tensor *inputs;
  halftone_tensor *outputs;
  int32_t result;
};
} // namespace

static void callEntry(void *argument) {
  auto *call = static_cast<EntryCall *>(argument);
  call->result = call->entry->function(call->context, call->inputs, call->outputs);
}

/// With the context of the device, if there is one, as the thread's.
static halftone_status callGuarded(halftone_session &session, EntryCall &call,
                                   halftone_error *error) {
  bool hasDevice = session.module->descriptor->device != nullptr;
  if (hasDevice) {
    halftone_status status = session.device.enter(error);
    if (status != HALFTONE_STATUS_OK)
      return status;
    session.device.recycle();
  }
  halftone_status status = HALFTONE_STATUS_OK;
  bool isComplete = runGuarded(session, /*isLoopBody=*/false, callEntry, &call);
  // In any case: the device may still read the inputs.
  if (hasDevice)
    status = session.device.finish(error);
  if (!isComplete)
    status = setError(error, session.failureStatus, "%s", session.failure);
  if (hasDevice)
    session.device.leave();
  return status;
}

static halftone_status runEntry(halftone_session &session, const halftone_entry &entry,
                                const halftone_tensor *inputs, halftone_tensor *outputs,
                                halftone_error *error) {
  session.allocator.recycle();
  session.hasFailed.store(false, std::memory_order_relaxed);
  for (uint32_t i = 0; i < entry.num_outputs; ++i) {
    outputs[i] = {};
    outputs[i].dtype = entry.outputs[i].dtype;
    outputs[i].rank = entry.outputs[i].rank;
  }
  EntryCall call = {&entry, &session.context, inputs, outputs, 0};
  halftone_status status = callGuarded(session, call, error);
  if (status != HALFTONE_STATUS_OK)
    return status;
  if (call.result != 0)
    return setError(error, HALFTONE_STATUS_RUN_FAILED, "entry '%s' ended with code %d", entry.name,
                    call.result);
  return checkOutputs(entry, outputs, error);
}

static halftone_status checkRun(const halftone_session &session, uint32_t index,
                                const halftone_tensor *outputs, uint32_t numOutputs,
                                halftone_error *error) {
  const halftone_module_descriptor &descriptor = *session.module->descriptor;
  if (index >= descriptor.num_entries)
    return setError(error, HALFTONE_STATUS_INVALID_ARGUMENT,
                    "no entry %u: the module has %u entries", index, descriptor.num_entries);
  const halftone_entry &entry = descriptor.entries[index];
  if (numOutputs != entry.num_outputs || (numOutputs > 0 && !outputs))
    return setError(error, HALFTONE_STATUS_INVALID_ARGUMENT,
                    "entry '%s' has %u outputs, but there is place for %u", entry.name,
                    entry.num_outputs, outputs ? numOutputs : 0);
  return HALFTONE_STATUS_OK;
}

halftone_status halftone_session_run(halftone_session *session, uint32_t index,
                                     const halftone_tensor *inputs, uint32_t numInputs,
                                     halftone_tensor *outputs, uint32_t numOutputs,
                                     halftone_error *error) {
  halftone_status status = checkRun(*session, index, outputs, numOutputs, error);
  if (status != HALFTONE_STATUS_OK)
    return status;
  const halftone_entry &entry = session->module->descriptor->entries[index];
  status = checkInputs(entry, inputs, numInputs, error);
  if (status != HALFTONE_STATUS_OK)
    return status;
  if (session->isRunning.exchange(true, std::memory_order_acquire))
    return setError(error, HALFTONE_STATUS_BUSY,
                    "the session is running in another thread: give each thread its own session");
  status = runEntry(*session, entry, inputs, outputs, error);
  session->isRunning.store(false, std::memory_order_release);
  return status;
}
