// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From tensors through the whole back end to results of the runtime.
#include "CompiledProgram.h"

#include <cmath>
#include <numeric>

using namespace halftone_test;

namespace {

constexpr const char *biasProgram = R"(
func.func @main(%x: tensor<?x8xf32> {halftone.name = "x", halftone.dim_names = ["n", ""]})
    -> (tensor<?x8xf32> {halftone.name = "y", halftone.dim_names = ["n", ""]}) {
  %b = halftone.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]> : tensor<8xf32>
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x8xf32>
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%x, %b : tensor<?x8xf32>, tensor<8xf32>) outs(%e : tensor<?x8xf32>) {
  ^bb0(%a: f32, %c: f32, %old: f32):
    %t = arith.addf %a, %c : f32
    linalg.yield %t : f32
  } -> tensor<?x8xf32>
  %e2 = tensor.empty(%n) : tensor<?x8xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%s : tensor<?x8xf32>) outs(%e2 : tensor<?x8xf32>) {
  ^bb0(%a: f32, %old: f32):
    %t = arith.mulf %a, %a : f32
    linalg.yield %t : f32
  } -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
})";

std::vector<float> count(size_t size) {
  std::vector<float> values(size);
  std::iota(values.begin(), values.end(), 0.0f);
  return values;
}

} // namespace

TEST(CompiledProgramTest, DescribesItself) {
  CompiledProgram program(biasProgram);
  const halftone_module_descriptor &module = program.describe();
  EXPECT_STREQ(module.recipe, "recipe text");
  EXPECT_STREQ(module.source_hash, "cafe");
  ASSERT_EQ(module.num_entries, 1u);
  const halftone_entry &entry = module.entries[0];
  EXPECT_STREQ(entry.name, "main");
  ASSERT_EQ(entry.num_inputs, 1u);
  EXPECT_STREQ(entry.inputs[0].name, "x");
  EXPECT_EQ(entry.inputs[0].dims[0], HALFTONE_DYNAMIC);
  EXPECT_EQ(entry.inputs[0].dims[1], 8);
  EXPECT_STREQ(entry.inputs[0].dim_names[0], "n");
  EXPECT_EQ(entry.inputs[0].dim_names[1], nullptr);
  EXPECT_STREQ(entry.outputs[0].name, "y");
}

// Sizes change from run to run, 0 included; large ones are cut into tasks.
TEST(CompiledProgramTest, ComputesWithDynamicSizes) {
  CompiledProgram program(biasProgram, /*threads=*/3);
  for (int64_t rows : {1, 0, 7, 30000, 2}) {
    std::vector<float> x = count(rows * 8);
    const auto &outputs = program.run({floats(x, {rows, 8})});
    ASSERT_EQ(outputs[0].dims[0], rows);
    std::vector<float> y = valuesOf<float>(outputs[0]);
    for (size_t i = 0; i < y.size(); ++i) {
      float expected = (x[i] + (i % 8 + 1)) * (x[i] + (i % 8 + 1));
      ASSERT_EQ(y[i], expected) << i;
    }
  }
}

// A steady state takes no memory from the system.
TEST(CompiledProgramTest, AllocatesNothingInASteadyState) {
  CompiledProgram program(biasProgram, 2);
  std::vector<float> x = count(5000 * 8);
  program.run({floats(x, {5000, 8})});
  program.run({floats(x, {5000, 8})});
  int64_t before = program.getStats().system_allocations;
  for (int i = 0; i < 5; ++i)
    program.run({floats(x, {5000, 8})});
  EXPECT_EQ(program.getStats().system_allocations, before);
}

// The order of a sum may be any, but not another one with other threads.
TEST(CompiledProgramTest, ResultsDoNotDependOnThreads) {
  constexpr const char *text = R"(
func.func @main(%x: tensor<300x1000xf32>) -> (tensor<300xf32>, tensor<1000xf32>) {
  %zero = arith.constant 0.0 : f32
  %er = tensor.empty() : tensor<300xf32>
  %fr = linalg.fill ins(%zero : f32) outs(%er : tensor<300xf32>) -> tensor<300xf32>
  %rows = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                          iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<300x1000xf32>) outs(%fr : tensor<300xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %a, %acc : f32
    linalg.yield %s : f32
  } -> tensor<300xf32>
  %ec = tensor.empty() : tensor<1000xf32>
  %fc = linalg.fill ins(%zero : f32) outs(%ec : tensor<1000xf32>) -> tensor<1000xf32>
  %columns = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>],
                             iterator_types = ["reduction", "parallel"]}
      ins(%x : tensor<300x1000xf32>) outs(%fc : tensor<1000xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %a, %acc : f32
    linalg.yield %s : f32
  } -> tensor<1000xf32>
  return %rows, %columns : tensor<300xf32>, tensor<1000xf32>
})";
  std::vector<float> x(300 * 1000);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = std::sin(0.37f * i);
  CompiledProgram one(text, 1), four(text, 4);
  auto alone = one.run({floats(x, {300, 1000})});
  std::vector<float> rows = valuesOf<float>(alone[0]), columns = valuesOf<float>(alone[1]);
  auto shared = four.run({floats(x, {300, 1000})});
  EXPECT_EQ(rows, valuesOf<float>(shared[0]));
  EXPECT_EQ(columns, valuesOf<float>(shared[1]));
  double expected = 0;
  for (int j = 0; j < 1000; ++j)
    expected += x[17 * 1000 + j];
  EXPECT_NEAR(rows[17], expected, 1e-4);
}

// The session survives a failed run, and the message names the node, from whatever thread it came.
TEST(CompiledProgramTest, AssertionsEndTheRunWithTheirNode) {
  constexpr const char *text = R"(
func.func @main(%i: tensor<?xi64>, %x: tensor<4xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %four = arith.constant 4 : index
  %n = tensor.dim %i, %c0 : tensor<?xi64>
  %e = tensor.empty(%n) : tensor<?xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%i : tensor<?xi64>) outs(%e : tensor<?xf32>) {
  ^bb0(%a: i64, %old: f32):
    %index = arith.index_cast %a : i64 to index
    %good = arith.cmpi ult, %index, %four : index
    cf.assert %good, "index out of range" loc("Gather_7")
    %v = tensor.extract %x[%index] : tensor<4xf32>
    linalg.yield %v : f32
  } -> tensor<?xf32>
  return %y : tensor<?xf32>
})";
  CompiledProgram program(text, 4);
  std::vector<float> x = {1, 2, 3, 4};
  std::vector<int64_t> indices(200000, 2);
  auto input = [&] { return tensorOf(indices, HALFTONE_DTYPE_I64, {(int64_t)indices.size()}); };
  EXPECT_EQ(program.run({input(), floats(x, {4})})[0].dims[0], 200000);
  indices[150000] = 4;
  EXPECT_EQ(program.tryRun({input(), floats(x, {4})}), HALFTONE_STATUS_RUN_FAILED);
  EXPECT_EQ(program.getMessage(), "Gather_7: index out of range");
  indices[150000] = 3;
  EXPECT_EQ(valuesOf<float>(program.run({input(), floats(x, {4})})[0])[150000], 4);
}

// What a result shares with an input must not be changed behind the caller's back.
TEST(CompiledProgramTest, InputsAndConstantsMayBeResults) {
  constexpr const char *text = R"(
func.func @main(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<2x2xi64>, tensor<3xf32>, tensor<3xi1>) {
  %c0 = arith.constant 0 : index
  %one = arith.constant 1.0 : f32
  %k = halftone.constant dense<[[1, -2], [3, -4]]> : tensor<2x2xi64>
  %m = halftone.constant dense<[true, false, true]> : tensor<3xi1>
  %y = tensor.insert %one into %x[%c0] : tensor<3xf32>
  return %x, %k, %y, %m : tensor<3xf32>, tensor<2x2xi64>, tensor<3xf32>, tensor<3xi1>
})";
  CompiledProgram program(text);
  std::vector<float> x = {5, 6, 7};
  const auto &outputs = program.run({floats(x, {3})});
  EXPECT_EQ(valuesOf<float>(outputs[0]), (std::vector<float>{5, 6, 7}));
  EXPECT_EQ(valuesOf<int64_t>(outputs[1]), (std::vector<int64_t>{1, -2, 3, -4}));
  EXPECT_EQ(valuesOf<float>(outputs[2]), (std::vector<float>{1, 6, 7}));
  EXPECT_EQ(valuesOf<uint8_t>(outputs[3]), (std::vector<uint8_t>{1, 0, 1}));
}

// A loop whose state has another buffer in each iteration.
TEST(CompiledProgramTest, LoopsCarryTensors) {
  constexpr const char *text = R"(
func.func @main(%x: tensor<4xf32>, %n: tensor<i64>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %count = tensor.extract %n[] : tensor<i64>
  %end = arith.index_cast %count : i64 to index
  %r = scf.for %i = %c0 to %end step %c1 iter_args(%state = %x) -> tensor<4xf32> {
    %e = tensor.empty() : tensor<4xf32>
    %next = linalg.generic {indexing_maps = [affine_map<(i) -> (-i + 3)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
                            iterator_types = ["parallel"]}
        ins(%state, %state : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) {
    ^bb0(%a: f32, %b: f32, %old: f32):
      %s = arith.addf %a, %b : f32
      %t = arith.addf %s, %a : f32
      linalg.yield %t : f32
    } -> tensor<4xf32>
    scf.yield %next : tensor<4xf32>
  }
  return %r : tensor<4xf32>
})";
  CompiledProgram program(text);
  std::vector<float> x = {1, 2, 3, 4};
  std::vector<int64_t> steps = {5};
  std::vector<float> expected = x;
  for (int step = 0; step < 5; ++step) {
    std::vector<float> next(4);
    for (int i = 0; i < 4; ++i)
      next[i] = 2 * expected[3 - i] + expected[i];
    expected = next;
  }
  auto outputs = program.run({floats(x, {4}), tensorOf(steps, HALFTONE_DTYPE_I64, {})});
  EXPECT_EQ(valuesOf<float>(outputs[0]), expected);
  EXPECT_EQ(x, (std::vector<float>{1, 2, 3, 4}));
}

namespace {
struct Seen {
  std::vector<std::string> names;
  std::vector<float> values;
};
} // namespace

// The observer gets tensors in program order under their names, contiguous even where the program
// works on a part.
TEST(CompiledProgramTest, ObserversSeeTensors) {
  constexpr const char *text = R"(
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %part = tensor.extract_slice %x[0, 1] [2, 1] [1, 1] : tensor<2x3xf32> to tensor<2xf32>
  %seen = halftone.observe %part {tensor = "middle"} : (tensor<2xf32>) -> tensor<2xf32>
  %y = halftone.observe %x {tensor = "all"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
})";
  Seen seen;
  halftone_session_options options = {};
  options.observer_user = &seen;
  options.observer = [](void *user, int64_t, const char *name, const halftone_tensor *tensor) {
    auto *seen = static_cast<Seen *>(user);
    seen->names.push_back(name);
    for (float value : valuesOf<float>(*tensor))
      seen->values.push_back(value);
  };
  CompiledProgram program(text, 1, options);
  std::vector<float> x = {1, 2, 3, 4, 5, 6};
  program.run({floats(x, {2, 3})});
  EXPECT_EQ(seen.names, (std::vector<std::string>{"middle", "all"}));
  EXPECT_EQ(seen.values, (std::vector<float>{2, 5, 1, 2, 3, 4, 5, 6}));
}

// Buffers share memory, and still every result is right.
TEST(CompiledProgramTest, StaticBuffersLiveInTheArena) {
  constexpr const char *text = R"(
#id = affine_map<(i) -> (i)>
func.func @main(%x: tensor<1000xf32>) -> tensor<1000xf32> {
  %e = tensor.empty() : tensor<1000xf32>
  %r = tensor.empty() : tensor<1000xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(i) -> (-i + 999)>, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<1000xf32>) outs(%e : tensor<1000xf32>) {
  ^bb0(%a: f32, %old: f32):
    %s = arith.addf %a, %a : f32
    linalg.yield %s : f32
  } -> tensor<1000xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(i) -> (-i + 999)>, #id, #id], iterator_types = ["parallel"]}
      ins(%1, %1 : tensor<1000xf32>, tensor<1000xf32>) outs(%r : tensor<1000xf32>) {
  ^bb0(%a: f32, %b: f32, %old: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<1000xf32>
  return %2 : tensor<1000xf32>
})";
  CompiledProgram program(text);
  EXPECT_EQ(program.describe().arena_size, 2 * 4032);
  std::vector<float> x = count(1000);
  std::vector<float> y = valuesOf<float>(program.run({floats(x, {1000})})[0]);
  for (float value : y)
    ASSERT_EQ(value, 2 * 999);
  EXPECT_EQ(program.getStats().arena_bytes, 2 * 4032);
}

// A symbol that nothing defines is found by the compiler, and no file appears.
TEST(CompiledProgramTest, UndefinedFunctionsAreRefused) {
  TemporaryFolder folder;
  std::string diagnostics;
  EXPECT_TRUE(mlir::failed(compileProgram(R"(
func.func private @mystery(f32) -> f32
func.func @main(%x: tensor<f32>) -> tensor<f32> {
  %a = tensor.extract %x[] : tensor<f32>
  %b = func.call @mystery(%a) : (f32) -> f32
  %y = tensor.from_elements %b : tensor<f32>
  return %y : tensor<f32>
})",
                                          folder.file("m.so"), diagnostics)));
  EXPECT_NE(diagnostics.find("calls 'mystery', which neither the runtime nor libm offers"),
            std::string::npos)
      << diagnostics;
  EXPECT_TRUE(folder.list().empty());
}

TEST(CompiledProgramTest, UnwritableFoldersAreReported) {
  std::string diagnostics;
  EXPECT_TRUE(mlir::failed(compileProgram(biasProgram, "/nowhere/m.so", diagnostics)));
  EXPECT_NE(diagnostics.find("/nowhere/m.so"), std::string::npos) << diagnostics;
}

// Nothing but the finished file stays.
TEST(CompiledProgramTest, LeavesOneFile) {
  TemporaryFolder folder;
  std::string diagnostics;
  ASSERT_TRUE(mlir::succeeded(compileProgram(biasProgram, folder.file("m.so"), diagnostics)))
      << diagnostics;
  EXPECT_EQ(folder.list(), std::vector<std::string>{"m.so"});
}
