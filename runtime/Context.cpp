// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What compiled code calls. A failure leaves compiled code by a long jump: up to `runGuarded` of
// the run, or of the part of a parallel loop, which is then left by its caller after the join.
// Between a jump and its target lie frames of compiled code and of functions here that own nothing.
#include "Session.h"

#include <atomic>
#include <csetjmp>
#include <cstring>

using namespace halftone;

// A loop is cut into at most this many parts: enough to balance 32 threads, few enough that taking
// a part costs nothing beside a part's work. It must not depend on the number of threads.
static constexpr int64_t maxParts = 128;

namespace {

/// Where a failure in this thread goes.
struct Guard {
  jmp_buf target;
  halftone_session *session;
  bool isLoopBody;
  Guard *outer;
};

/// The parts one thread starts with. Others take from it when they have none left. Left without a
/// value at first: clearing shares that a loop does not use would cost more than a short loop.
struct alignas(64) Share {
  std::atomic<int64_t> next;
  int64_t end;
};

/// One parallel loop.
struct Loop {
  halftone_session *session;
  halftone_parallel_body body;
  void *environment;
  int64_t n;
  int64_t partLength;
  int64_t parts;
  Share *shares;
  int numShares;
};

/// The part of a loop that one call of the user's thread pool does.
struct LoopPart {
  const Loop *loop;
  int64_t part;
};

/// A thread's way through a loop.
struct LoopWalk {
  const Loop *loop;
  int slot;
};

} // namespace

// Compiled code passes no such pointer through its frames: a failure must find it by itself.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
static thread_local Guard *innermost = nullptr;

static halftone_session &sessionOf(halftone_context *context) {
  return *static_cast<halftone_session *>(context->host);
}

bool halftone::runGuarded(halftone_session &session, bool isLoopBody, void (*function)(void *),
                          void *argument) {
  Guard guard;
  guard.session = &session;
  guard.isLoopBody = isLoopBody;
  guard.outer = innermost;
  innermost = &guard;
  volatile bool isComplete = false; // Changes between the two returns of _setjmp.
  // _setjmp rather than setjmp: saving the signal mask would cost a system call.
  if (_setjmp(guard.target) == 0) {
    function(argument);
    isComplete = true;
  }
  innermost = guard.outer;
  return isComplete;
}

[[noreturn]] static void leaveRun(halftone_session &session) {
  if (!innermost || innermost->session != &session) {
    // There is nobody to tell: this thread does not run this session.
    fprintf(stderr, "halftone: failure outside of a run: %s\n", session.failure);
    abort();
  }
  longjmp(innermost->target, 1);
}

static void failWith(halftone_context *context, halftone_status status, const char *message) {
  halftone_session &session = sessionOf(context);
  if (!session.hasFailed.exchange(true, std::memory_order_acq_rel)) {
    session.failureStatus = status;
    snprintf(session.failure, sizeof(session.failure), "%s", message ? message : "");
  }
  leaveRun(session);
}

static void failRun(halftone_context *context, const char *message) {
  failWith(context, HALFTONE_STATUS_RUN_FAILED, message);
}

static void *allocateBlock(halftone_context *context, int64_t bytes) {
  halftone_session &session = sessionOf(context);
  void *block = bytes < 0 ? nullptr : session.allocator.allocate(bytes);
  if (block)
    return block;
  char message[96];
  snprintf(message, sizeof(message),
           bytes < 0 ? "a tensor has a negative size: %lld bytes" : "no memory for %lld bytes",
           static_cast<long long>(bytes));
  failRun(context, message);
  return nullptr;
}

static void releaseBlock(halftone_context *context, void *block) {
  if (block && !sessionOf(context).allocator.release(block))
    failRun(context, "the compiled code released memory that is not in use");
}

static void doPart(const Loop &loop, int64_t part) {
  int64_t begin = part * loop.partLength;
  int64_t end = loop.n - begin < loop.partLength ? loop.n : begin + loop.partLength;
  loop.body(&loop.session->context, loop.environment, begin, end);
}

static void doAllParts(const Loop &loop) {
  for (int64_t part = 0; part < loop.parts; ++part)
    doPart(loop, part);
}

static bool hasFailed(const Loop &loop) {
  return loop.session->hasFailed.load(std::memory_order_relaxed);
}

/// Does the parts of its own share, then what is left in the others.
static void walkShares(void *argument) {
  auto *walk = static_cast<LoopWalk *>(argument);
  const Loop &loop = *walk->loop;
  for (int i = 0; i < loop.numShares; ++i) {
    Share &share = loop.shares[(walk->slot + i) % loop.numShares];
    while (!hasFailed(loop)) {
      int64_t part = share.next.fetch_add(1, std::memory_order_relaxed);
      if (part >= share.end)
        break;
      doPart(loop, part);
    }
  }
}

static void walkLoop(void *argument, int slot) {
  LoopWalk walk = {static_cast<const Loop *>(argument), slot};
  runGuarded(*walk.loop->session, /*isLoopBody=*/true, walkShares, &walk);
}

static void runOnOwnThreads(Loop &loop) {
  Share shares[maxParts];
  int threads = loop.session->threads.threads();
  loop.numShares = static_cast<int>(loop.parts < threads ? loop.parts : threads);
  loop.shares = shares;
  for (int i = 0; i < loop.numShares; ++i) {
    shares[i].next.store(loop.parts * i / loop.numShares, std::memory_order_relaxed);
    shares[i].end = loop.parts * (i + 1) / loop.numShares;
  }
  loop.session->threads.run(walkLoop, &loop, loop.numShares - 1);
}

static void doLoopPart(void *argument) {
  auto *part = static_cast<LoopPart *>(argument);
  doPart(*part->loop, part->part);
}

static void runUserTask(void *argument, int64_t index) {
  LoopPart part = {static_cast<const Loop *>(argument), index};
  if (!hasFailed(*part.loop))
    runGuarded(*part.loop->session, /*isLoopBody=*/true, doLoopPart, &part);
}

static void runOnUserThreads(Loop &loop) {
  const halftone_thread_pool &pool = loop.session->userPool;
  pool.parallel_for(pool.user, runUserTask, &loop, loop.parts);
}

static void runParallelFor(halftone_context *context, halftone_parallel_body body,
                           void *environment, int64_t n) {
  if (n <= 0)
    return;
  halftone_session &session = sessionOf(context);
  int64_t partLength = (n - 1) / maxParts + 1;
  Loop loop = {&session, body, environment, n, partLength, (n - 1) / partLength + 1, nullptr, 0};
  bool isNested = innermost && innermost->isLoopBody;
  if (loop.parts == 1 || isNested)
    return doAllParts(loop);
  if (session.userPool.parallel_for)
    runOnUserThreads(loop);
  else if (session.threads.threads() > 1)
    runOnOwnThreads(loop);
  else
    return doAllParts(loop);
  if (hasFailed(loop))
    leaveRun(session);
}

static const char *observedName(const halftone_module_descriptor &descriptor, int64_t id) {
  // Normally the table is in the order of the identifiers.
  const halftone_observe_point *points = descriptor.observe_points;
  const int64_t count = descriptor.num_observe_points;
  if (id >= 0 && id < count && points[id].id == id)
    return points[id].tensor_name;
  for (int64_t i = 0; i < count; ++i)
    if (points[i].id == id)
      return points[i].tensor_name;
  return "";
}

static void observeTensor(halftone_context *context, int64_t id, const void *data, int64_t dtype,
                          int64_t rank, const int64_t *dims) {
  halftone_session &session = sessionOf(context);
  if (!session.observer)
    return;
  if (rank < 0 || rank > HALFTONE_MAX_RANK)
    failRun(context, "an observed tensor has too many dimensions");
  halftone_tensor tensor = {};
  tensor.data = const_cast<void *>(data);
  tensor.dtype = static_cast<uint32_t>(dtype);
  tensor.rank = static_cast<uint32_t>(rank);
  for (int64_t i = 0; i < rank; ++i)
    tensor.dims[i] = dims[i];
  session.observer(session.observerUser, id, observedName(*session.module->descriptor, id),
                   &tensor);
}

static void profileRegion(halftone_context *context, int64_t region) {
  halftone_session &session = sessionOf(context);
  if (session.profiler)
    session.profiler(session.profilerUser, region);
}

/// Ends the run unless the device has done what it was asked for.
static void checkDevice(halftone_context *context, halftone_status status,
                        const halftone_error &error) {
  if (status != HALFTONE_STATUS_OK)
    failWith(context, status, error.message);
}

static void *allocateOnDevice(halftone_context *context, int64_t bytes) {
  halftone_error error;
  void *block = nullptr;
  checkDevice(context, sessionOf(context).device.allocate(bytes, &block, &error), error);
  return block;
}

static void releaseOnDevice(halftone_context *context, void *block) {
  if (block && !sessionOf(context).device.release(block))
    failRun(context, "the compiled code released memory of the device that is not in use");
}

static void copyOnDevice(halftone_context *context, void *target, const void *source, int64_t bytes,
                         int64_t direction) {
  halftone_error error;
  checkDevice(context, sessionOf(context).device.copy(target, source, bytes, direction, &error),
              error);
}

static void launchKernel(halftone_context *context, int64_t kernel,
                         const halftone_launch_shape *shape, void **arguments) {
  halftone_error error;
  checkDevice(context, sessionOf(context).device.launch(kernel, *shape, arguments, &error), error);
}

static void bindDevice(halftone_session &session) {
  halftone_context &context = session.context;
  context.device_weights = toPointer(session.module->device.getWeights());
  context.device_arena = session.device.getArena();
  context.device_alloc = allocateOnDevice;
  context.device_release = releaseOnDevice;
  context.device_copy = copyOnDevice;
  context.launch = launchKernel;
}

void halftone::bindContext(halftone_session &session) {
  halftone_context &context = session.context;
  context.abi_version = HALFTONE_ABI_VERSION;
  context.struct_size = sizeof(context);
  context.weights = session.module->descriptor->weights;
  context.arena = session.arena;
  context.alloc = allocateBlock;
  context.release = releaseBlock;
  context.parallel_for = runParallelFor;
  context.fail = failRun;
  context.observe = observeTensor;
  context.host = &session;
  context.profile = profileRegion;
  if (session.module->descriptor->device)
    bindDevice(session);
}
