// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Branches and loops, run: states that stay or grow, results stacked to a length known at the end.
#include "CompiledProgram.h"

#include <numeric>
#include <utility>

using namespace halftone_test;

namespace {

ProgramOptions graph(bool reference) {
  ProgramOptions options;
  options.isGraph = true;
  options.reference = reference;
  return options;
}

halftone_tensor number(std::vector<int64_t> &value) {
  return tensorOf(value, HALFTONE_DTYPE_I64, {});
}

/// Both ways through the compiler.
class ControlFlowTest : public testing::TestWithParam<bool> {};

INSTANTIATE_TEST_SUITE_P(Lowerings, ControlFlowTest, testing::Bool(), [](const auto &info) {
  return std::string(info.param ? "Reference" : "Fast");
});

} // namespace

TEST_P(ControlFlowTest, ABranchYieldsItsOwnShape) {
  CompiledProgram program(R"(
func.func @main(%x: tensor<?xf32>, %n: tensor<i64>) -> tensor<?xf32> {
  %zero = halftone.constant dense<0> : tensor<i64>
  %flag = halftone.less %zero, %n : (tensor<i64>, tensor<i64>) -> tensor<i1>
  %y = halftone.if %flag : tensor<i1> {
    %twice = halftone.concat %x, %x {axis = 0 : i64} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    halftone.yield %twice : tensor<?xf32>
  } else {
    %negated = halftone.neg %x : (tensor<?xf32>) -> tensor<?xf32>
    halftone.yield %negated : tensor<?xf32>
  } -> tensor<?xf32>
  return %y : tensor<?xf32>
})",
                          1, {}, graph(GetParam()));
  std::vector<float> x = {1, 2};
  std::vector<int64_t> n = {1};
  EXPECT_EQ(valuesOf<float>(program.run({floats(x, {2}), number(n)})[0]),
            (std::vector<float>{1, 2, 1, 2}));
  n = {0};
  EXPECT_EQ(valuesOf<float>(program.run({floats(x, {2}), number(n)})[0]),
            (std::vector<float>{-1, -2}));
}

// Two states that change places: neither may overwrite the other before it was read. The inputs
// belong to the caller.
TEST_P(ControlFlowTest, StatesChangePlaces) {
  CompiledProgram program(R"(
func.func @main(%n: tensor<i64>, %x: tensor<3xf32>, %z: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %a, %b = halftone.loop count(%n : tensor<i64>) carry(%x, %z : tensor<3xf32>, tensor<3xf32>) {
  ^bb0(%i: tensor<i64>, %p: tensor<3xf32>, %q: tensor<3xf32>):
    %sum = halftone.add %p, %q : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
    halftone.yield %q, %sum : tensor<3xf32>, tensor<3xf32>
  } -> tensor<3xf32>, tensor<3xf32>
  return %a, %b : tensor<3xf32>, tensor<3xf32>
})",
                          1, {}, graph(GetParam()));
  std::vector<float> x = {0, 1, 2}, z = {1, 1, 0};
  for (int64_t count : {0, 1, 6, 6}) {
    std::vector<int64_t> n = {count};
    std::vector<float> a = x, b = z;
    for (int64_t i = 0; i < count; ++i)
      for (size_t k = 0; k < a.size(); ++k)
        a[k] = std::exchange(b[k], a[k] + b[k]);
    auto outputs = program.run({number(n), floats(x, {3}), floats(z, {3})});
    EXPECT_EQ(valuesOf<float>(outputs[0]), a) << count;
    EXPECT_EQ(valuesOf<float>(outputs[1]), b) << count;
  }
  EXPECT_EQ(x, (std::vector<float>{0, 1, 2}));
}

// The stack has room for 8 at first.
TEST_P(ControlFlowTest, StacksUntilTheConditionEnds) {
  CompiledProgram program(R"(
func.func @main(%limit: tensor<i64>, %x: tensor<?xf32>) -> (tensor<?xf32>, tensor<?x?xf32>) {
  %true = halftone.constant dense<true> : tensor<i1>
  %last, %all = halftone.loop while(%true : tensor<i1>) carry(%x : tensor<?xf32>) {
  ^bb0(%i: tensor<i64>, %state: tensor<?xf32>):
    %next = halftone.add %state, %x : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    %go = halftone.less %i, %limit : (tensor<i64>, tensor<i64>) -> tensor<i1>
    halftone.yield %go, %next, %state : tensor<i1>, tensor<?xf32>, tensor<?xf32>
  } -> tensor<?xf32>, tensor<?x?xf32>
  return %last, %all : tensor<?xf32>, tensor<?x?xf32>
})",
                          1, {}, graph(GetParam()));
  std::vector<float> x = {1, 10};
  for (int64_t last : {0, 7, 8, 40}) {
    std::vector<int64_t> limit = {last};
    auto outputs = program.run({number(limit), floats(x, {2})});
    int64_t count = last + 1;
    EXPECT_EQ(valuesOf<float>(outputs[0]),
              (std::vector<float>{float(count + 1), 10.0f * float(count + 1)}));
    ASSERT_EQ(outputs[1].dims[0], count);
    std::vector<float> all = valuesOf<float>(outputs[1]);
    for (int64_t i = 0; i < count; ++i)
      EXPECT_EQ(all[2 * i], float(i + 1));
  }
}

TEST_P(ControlFlowTest, AStateGrows) {
  CompiledProgram program(R"(
func.func @main(%n: tensor<i64>, %x: tensor<?xf32>) -> tensor<?xf32> {
  %y = halftone.loop count(%n : tensor<i64>) carry(%x : tensor<?xf32>) {
  ^bb0(%i: tensor<i64>, %state: tensor<?xf32>):
    %next = halftone.concat %state, %x {axis = 0 : i64} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    halftone.yield %next : tensor<?xf32>
  } -> tensor<?xf32>
  return %y : tensor<?xf32>
})",
                          1, {}, graph(GetParam()));
  std::vector<float> x = {1, 2, 3};
  std::vector<int64_t> n = {20};
  std::vector<float> y = valuesOf<float>(program.run({number(n), floats(x, {3})})[0]);
  ASSERT_EQ(y.size(), 63u);
  EXPECT_EQ(std::accumulate(y.begin(), y.end(), 0.0f), 126.0f);
}

// A kernel in the body, whose constant weights are packed, and a stack filled from its end, of
// sizes that only run time knows.
TEST_P(ControlFlowTest, AProductInTheBody) {
  CompiledProgram program(R"(
func.func @main(%x: tensor<?x?x2xf32>, %h: tensor<?x2xf32>) -> tensor<?x?x2xf32> {
  %w = halftone.constant dense<[[0.0, 1.0], [2.0, 0.0]]> : tensor<2x2xf32>
  %last, %all = halftone.loop carry(%h : tensor<?x2xf32>) over(%x : tensor<?x?x2xf32>)
      attributes {reversed_inputs = array<i1: true>, reversed_outputs = array<i1: true>} {
  ^bb0(%i: tensor<i64>, %state: tensor<?x2xf32>, %row: tensor<?x2xf32>):
    %product = halftone.matmul %state, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
    %next = halftone.add %product, %row : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
    halftone.yield %next, %next : tensor<?x2xf32>, tensor<?x2xf32>
  } -> tensor<?x2xf32>, tensor<?x?x2xf32>
  return %all : tensor<?x?x2xf32>
})",
                          1, {}, graph(GetParam()));
  const int64_t steps = 12, batch = 3;
  std::vector<float> x(steps * batch * 2), h(batch * 2, 1.0f), expected(x.size());
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = float(i % 5) - 2;
  for (int64_t n = 0; n < batch; ++n) {
    float first = 1, second = 1;
    for (int64_t t = steps - 1; t >= 0; --t) {
      int64_t at = (t * batch + n) * 2;
      float product = second * 2;
      second = first + x[at + 1];
      first = product + x[at];
      expected[at] = first;
      expected[at + 1] = second;
    }
  }
  auto outputs = program.run({floats(x, {steps, batch, 2}), floats(h, {batch, 2})});
  EXPECT_EQ(valuesOf<float>(outputs[0]), expected);
}

// Calibration sees the values of every iteration.
TEST_P(ControlFlowTest, ObservesEveryIteration) {
  std::vector<float> seen;
  halftone_session_options options = {};
  options.observer = [](void *user, int64_t, const char *, const halftone_tensor *tensor) {
    std::vector<float> values = valuesOf<float>(*tensor);
    auto *all = static_cast<std::vector<float> *>(user);
    all->insert(all->end(), values.begin(), values.end());
  };
  options.observer_user = &seen;
  CompiledProgram program(R"(
func.func @main(%n: tensor<i64>, %x: tensor<2xf32>) -> tensor<2xf32> {
  %y = halftone.loop count(%n : tensor<i64>) carry(%x : tensor<2xf32>) {
  ^bb0(%i: tensor<i64>, %state: tensor<2xf32>):
    %o = halftone.observe %state {tensor = "state"} : (tensor<2xf32>) -> tensor<2xf32>
    %next = halftone.add %o, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    halftone.yield %next : tensor<2xf32>
  } -> tensor<2xf32>
  return %y : tensor<2xf32>
})",
                          1, options, graph(GetParam()));
  std::vector<float> x = {1, 2};
  std::vector<int64_t> n = {3};
  program.run({number(n), floats(x, {2})});
  EXPECT_EQ(seen, (std::vector<float>{1, 2, 2, 4, 3, 6}));
}
