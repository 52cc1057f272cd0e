// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TestSession.h"

#include <atomic>
#include <thread>

using namespace halftone_test;

namespace {

/// Runs `add` on a matrix and checks every element.
void expectAdds(TestSession &session, int64_t rows, int64_t columns) {
  size_t n = static_cast<size_t>(rows * columns);
  std::vector<float> a(n), b(n);
  for (size_t i = 0; i < n; ++i) {
    a[i] = static_cast<float>(i % 1000);
    b[i] = static_cast<float>(i % 7);
  }
  ASSERT_EQ(session.run("add", {tensorOf(a, HALFTONE_DTYPE_F32, {rows, columns}),
                                tensorOf(b, HALFTONE_DTYPE_F32, {rows, columns})}),
            HALFTONE_STATUS_OK)
      << session.message();
  ASSERT_EQ(session.output.dims[0], rows);
  ASSERT_EQ(session.output.dims[1], columns);
  const float *sum = static_cast<const float *>(session.output.data);
  for (size_t i = 0; i < n; ++i)
    ASSERT_EQ(sum[i], a[i] + b[i] + 1.0f) << i;
}

class SessionInputs : public ::testing::Test {
protected:
  void expectRefused(std::vector<halftone_tensor> inputs, const std::string &what) {
    EXPECT_EQ(session.run("add", std::move(inputs)), HALFTONE_STATUS_INVALID_ARGUMENT);
    EXPECT_NE(session.message().find(what), std::string::npos) << session.message();
  }

  TestSession session{1};
  std::vector<float> values = std::vector<float>(64);
  halftone_tensor a = tensorOf(values, HALFTONE_DTYPE_F32, {2, 3});
  halftone_tensor b = tensorOf(values, HALFTONE_DTYPE_F32, {2, 3});
};

} // namespace

TEST(Session, ComputesTheSameOnAnyNumberOfThreads) {
  for (int threads : {1, 2, 3, 8}) {
    TestSession session(threads);
    EXPECT_EQ(session.stats().threads, threads);
    for (int64_t rows : {0, 1, 2, 127, 128, 129, 1000})
      expectAdds(session, rows, 17);
  }
}

// Otherwise vectorized remainders could differ, and results with them.
TEST(Session, CutsLoopsTheSameWayOnAnyNumberOfThreads) {
  for (int64_t n : {1, 2, 100, 128, 129, 1000, 100003}) {
    std::vector<int64_t> begins[2];
    for (int threads : {1, 4}) {
      TestSession session(threads);
      ASSERT_EQ(session.run("ranges", {scalar(n)}), HALFTONE_STATUS_OK);
      const auto *data = static_cast<const int64_t *>(session.output.data);
      begins[threads == 1].assign(data, data + n);
    }
    EXPECT_EQ(begins[0], begins[1]) << n;
  }
}

TEST(Session, RunsNestedLoops) {
  TestSession session(4);
  int64_t n = 300;
  ASSERT_EQ(session.run("nested", {scalar(n)}), HALFTONE_STATUS_OK) << session.message();
  const auto *rows = static_cast<const int64_t *>(session.output.data);
  for (int64_t i = 0; i < n; ++i)
    EXPECT_EQ(rows[i], n * i + n * (n - 1) / 2);
}

TEST(Session, ManySessionsOfOneModuleRunAtOnce) {
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([] {
      TestSession session(3);
      for (int run = 0; run < 50; ++run)
        expectAdds(session, 100 + run, 33);
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST(Session, OutlivesTheUsersHoldOnTheModule) {
  halftone_module *module = loadTestModule();
  halftone_session *session;
  ASSERT_EQ(halftone_session_create(module, nullptr, &session, nullptr), HALFTONE_STATUS_OK);
  uint32_t index = static_cast<uint32_t>(halftone_module_find_entry(module, "arena"));
  halftone_unload(module);
  halftone_tensor output;
  EXPECT_EQ(halftone_session_run(session, index, nullptr, 0, &output, 1, nullptr),
            HALFTONE_STATUS_OK);
  halftone_session_destroy(session);
}

TEST(Session, OwnsItsArena) {
  TestSession first(1), second(1);
  ASSERT_EQ(first.run("arena", {}), HALFTONE_STATUS_OK);
  ASSERT_EQ(first.run("arena", {}), HALFTONE_STATUS_OK);
  ASSERT_EQ(second.run("arena", {}), HALFTONE_STATUS_OK);
  EXPECT_EQ(*static_cast<int64_t *>(first.output.data), 2);
  EXPECT_EQ(*static_cast<int64_t *>(second.output.data), 1);
}

TEST(Session, ReportsAFailureInAnyPartOfALoop) {
  for (int threads : {1, 2, 5}) {
    TestSession session(threads);
    for (int64_t failing : {0, 1, 400, 777}) {
      int64_t n = 778;
      EXPECT_EQ(session.run("fail_at", {scalar(n), scalar(failing)}), HALFTONE_STATUS_RUN_FAILED);
      EXPECT_EQ(session.message(), "iteration failed");
      EXPECT_EQ(session.error.status, HALFTONE_STATUS_RUN_FAILED);
      // The session goes on.
      expectAdds(session, 20, 20);
    }
  }
}

TEST(Session, AsksTheSystemForNothingInTheSteadyState) {
  TestSession session(2);
  int64_t largest = 20000000;
  ASSERT_EQ(session.run("memory", {scalar(largest)}), HALFTONE_STATUS_OK) << session.message();
  int64_t allocations = session.stats().system_allocations;
  EXPECT_GT(allocations, 0);
  for (int i = 0; i < 20; ++i)
    ASSERT_EQ(session.run("memory", {scalar(largest)}), HALFTONE_STATUS_OK);
  EXPECT_EQ(session.stats().system_allocations, allocations);
  EXPECT_GE(session.stats().dynamic_peak_bytes, largest / 2);
}

// One long input must not cost its memory for ever.
TEST(Session, GivesMemoryBackAfterALargeRun) {
  TestSession session(1);
  int64_t largest = 200000000, smallest = 1000;
  ASSERT_EQ(session.run("memory", {scalar(largest)}), HALFTONE_STATUS_OK);
  EXPECT_GT(session.stats().dynamic_bytes, 200000000);
  for (int i = 0; i < 3; ++i)
    ASSERT_EQ(session.run("memory", {scalar(smallest)}), HALFTONE_STATUS_OK);
  EXPECT_LT(session.stats().dynamic_bytes, 70000000);
}

TEST(Session, ReportsNegativeAndHugeAllocations) {
  TestSession session(1);
  int64_t negative = -5;
  EXPECT_EQ(session.run("memory", {scalar(negative)}), HALFTONE_STATUS_RUN_FAILED);
  EXPECT_EQ(session.message(), "a tensor has a negative size: -5 bytes");
  // More address space than there is.
  int64_t n = int64_t(1) << 58;
  EXPECT_EQ(session.run("ranges", {scalar(n)}), HALFTONE_STATUS_RUN_FAILED);
  EXPECT_EQ(session.message(), "no memory for 2305843009213693952 bytes");
}

TEST(Session, ShowsTensorsToTheObserver) {
  struct Seen {
    std::vector<std::string> names;
    std::vector<int8_t> values;
  } seen;
  halftone_session_options options = {};
  options.observer_user = &seen;
  options.observer = [](void *user, int64_t id, const char *name, const halftone_tensor *tensor) {
    auto *result = static_cast<Seen *>(user);
    result->names.push_back(std::to_string(id) + name);
    EXPECT_EQ(tensor->dtype, uint32_t(HALFTONE_DTYPE_I8));
    EXPECT_EQ(tensor->dims[0], 2);
    result->values.push_back(static_cast<const int8_t *>(tensor->data)[1]);
  };
  TestSession session(1, options);
  std::vector<int8_t> x = {3, -4};
  ASSERT_EQ(session.run("observe", {tensorOf(x, HALFTONE_DTYPE_I8, {2})}), HALFTONE_STATUS_OK);
  EXPECT_EQ(seen.names, (std::vector<std::string>{"7seven", "8"}));
  EXPECT_EQ(seen.values, (std::vector<int8_t>{-4, -4}));
}

TEST(Session, TellsTheProfilerWhichRegionBegins) {
  std::vector<int64_t> regions;
  halftone_session_options options = {};
  options.profiler_user = &regions;
  options.profiler = [](void *user, int64_t region) {
    static_cast<std::vector<int64_t> *>(user)->push_back(region);
  };
  TestSession session(1, options);
  std::vector<int8_t> x = {3, -4};
  ASSERT_EQ(session.run("observe", {tensorOf(x, HALFTONE_DTYPE_I8, {2})}), HALFTONE_STATUS_OK);
  EXPECT_EQ(regions, (std::vector<int64_t>{0, 1, -1}));
}

// A pool that runs every task in a thread of its own.
TEST(Session, RunsOnAUsersThreadPool) {
  std::atomic<int64_t> numTasks{0};
  halftone_session_options options = {};
  options.pool.user = &numTasks;
  options.pool.parallel_for = [](void *user, void (*task)(void *, int64_t), void *context,
                                 int64_t count) {
    std::vector<std::thread> threads;
    threads.reserve(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i)
      threads.emplace_back(task, context, i);
    for (std::thread &thread : threads)
      thread.join();
    *static_cast<std::atomic<int64_t> *>(user) += count;
  };
  TestSession session(0, options);
  expectAdds(session, 40, 10);
  EXPECT_GT(numTasks, 1);
  int64_t n = 300, failing = 123;
  EXPECT_EQ(session.run("fail_at", {scalar(n), scalar(failing)}), HALFTONE_STATUS_RUN_FAILED);
  EXPECT_EQ(session.message(), "iteration failed");
}

// An observer that stays inside the run keeps the session busy.
TEST(Session, RefusesASecondRunAtTheSameTime) {
  halftone_session_options options = {};
  struct Reentry {
    TestSession *session = nullptr;
    halftone_status status = HALFTONE_STATUS_OK;
  } reentry;
  options.observer_user = &reentry;
  options.observer = [](void *user, int64_t, const char *, const halftone_tensor *) {
    auto *r = static_cast<Reentry *>(user);
    halftone_tensor output;
    uint32_t index = static_cast<uint32_t>(halftone_module_find_entry(r->session->module, "arena"));
    r->status = halftone_session_run(r->session->session, index, nullptr, 0, &output, 1, nullptr);
  };
  TestSession session(1, options);
  reentry.session = &session;
  std::vector<int8_t> x = {1, 2};
  EXPECT_EQ(session.run("observe", {tensorOf(x, HALFTONE_DTYPE_I8, {2})}), HALFTONE_STATUS_OK);
  EXPECT_EQ(reentry.status, HALFTONE_STATUS_BUSY);
}

TEST(Session, ReportsDefectsOfCompiledCode) {
  TestSession session(1);
  int64_t code = 5;
  EXPECT_EQ(session.run("defective", {scalar(code)}), HALFTONE_STATUS_RUN_FAILED);
  EXPECT_EQ(session.message(), "entry 'defective' ended with code 5");
  code = 0;
  EXPECT_EQ(session.run("defective", {scalar(code)}), HALFTONE_STATUS_RUN_FAILED);
  EXPECT_NE(session.message().find("stored i64[3] as output 'y' (0), which is i64[2]"),
            std::string::npos)
      << session.message();
}

TEST(Session, RefusesBadOptions) {
  halftone_module *module = loadTestModule();
  halftone_session *session;
  halftone_session_options options = {};
  EXPECT_EQ(halftone_session_create(module, &options, &session, nullptr),
            HALFTONE_STATUS_INVALID_ARGUMENT);
  options.struct_size = sizeof(options);
  options.threads = -1;
  EXPECT_EQ(halftone_session_create(module, &options, &session, nullptr),
            HALFTONE_STATUS_INVALID_ARGUMENT);
  halftone_unload(module);
}

TEST_F(SessionInputs, AcceptsWhatFits) {
  EXPECT_EQ(session.run("add", {a, b}), HALFTONE_STATUS_OK) << session.message();
}

TEST_F(SessionInputs, RefusesAnotherCount) {
  expectRefused({a}, "entry 'add' expects 2 inputs, got 1");
  expectRefused({a, b, b}, "entry 'add' expects 2 inputs, got 3");
}

TEST_F(SessionInputs, RefusesAnotherType) {
  b.dtype = HALFTONE_DTYPE_I32;
  expectRefused({a, b}, "input 'b' (1): expects f32[?,?], got i32[2,3]: another element type");
  b.dtype = 1000;
  expectRefused({a, b}, "input 'b' (1): expects f32[?,?], got ?[2,3]: another element type");
}

TEST_F(SessionInputs, RefusesAnotherRank) {
  a.rank = 1;
  expectRefused({a, b}, "input 'a' (0): expects f32[?,?], got f32[2]: another rank");
  a.rank = 4000;
  expectRefused({a, b}, "input 'a' (0): rank 4000 is above the largest, 8");
}

TEST_F(SessionInputs, RefusesAnotherStaticSize) {
  std::vector<int8_t> x(3);
  EXPECT_EQ(session.run("observe", {tensorOf(x, HALFTONE_DTYPE_I8, {3})}),
            HALFTONE_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(session.message(), "input 'x' (0): expects i8[2], got i8[3]: dimension 0 differs");
}

TEST_F(SessionInputs, RefusesDifferentSizesOfOneName) {
  b.dims[1] = 4;
  expectRefused({a, b}, "input 'b' (1): dimension 1 ('columns') is 4, but 'columns' is 3 in "
                        "dimension 1 of input 'a' (0)");
}

TEST_F(SessionInputs, RefusesNegativeAndOverflowingSizes) {
  a.dims[0] = -2;
  expectRefused({a, b}, "input 'a' (0): dimension 0 is negative: -2");
  a.dims[0] = INT64_MAX / 2;
  expectRefused({a, b}, "more bytes than 64 bits can count");
}

TEST_F(SessionInputs, RefusesMissingAndMisalignedData) {
  b.data = nullptr;
  expectRefused({a, b}, "input 'b' (1): expects f32[?,?], got f32[2,3]: no data");
  b.data = reinterpret_cast<char *>(values.data()) + 1;
  expectRefused({a, b}, "not aligned");
}

TEST_F(SessionInputs, RefusesUnknownEntriesAndOutputs) {
  halftone_error error;
  halftone_tensor outputs[2];
  EXPECT_EQ(halftone_session_run(session.session, 1000, nullptr, 0, outputs, 1, &error),
            HALFTONE_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(error.message, "no entry 1000: the module has 8 entries");
  EXPECT_EQ(halftone_session_run(session.session, 0, nullptr, 0, outputs, 2, &error),
            HALFTONE_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(error.message, "entry 'add' has 1 outputs, but there is place for 2");
}

TEST(Tensor, CountsBytes) {
  halftone_tensor tensor = {};
  tensor.rank = 2;
  tensor.dims[0] = 3;
  tensor.dims[1] = 3;
  tensor.dtype = HALFTONE_DTYPE_F32;
  EXPECT_EQ(halftone_tensor_bytes(&tensor), 36);
  tensor.dtype = HALFTONE_DTYPE_I4;
  EXPECT_EQ(halftone_tensor_bytes(&tensor), 5);
  tensor.dims[1] = 0;
  EXPECT_EQ(halftone_tensor_bytes(&tensor), 0);
  // An empty dimension hides no overflow.
  tensor.dims[0] = INT64_MAX;
  EXPECT_EQ(halftone_tensor_bytes(&tensor), -1);
  tensor.dtype = 0;
  EXPECT_EQ(halftone_tensor_bytes(&tensor), -1);
}
