// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The emulator finds faults that are planted in the kernels that the compiler makes, behind its
// back: between halftone-outline-kernels and the rest of the way.
#include "Emission.h"
#include "Library.h"

#include "halftone/GPU/Passes.h"
#include "halftone/Pipelines/GPUPipeline.h"
#include "halftone/Pipelines/Register.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

using namespace mlir;

// Several rounds through all stages; neither rows nor columns fill a tile.
static constexpr int64_t numRows = 70, numColumns = 72, numTerms = 400;

static constexpr const char *text = R"(
  #global = #gpu.address_space<global>
  func.func @main(%a: memref<70x400xi8, #global>, %b: memref<400x72xi8, #global>,
                  %c: memref<70x72xi32, #global>) {
    linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>,
                                     affine_map<(m, n, k) -> (k, n)>,
                                     affine_map<(m, n, k) -> (m, n)>],
                    iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%a, %b : memref<70x400xi8, #global>, memref<400x72xi8, #global>)
        outs(%c : memref<70x72xi32, #global>) {
    ^bb0(%x: i8, %y: i8, %sum: i32):
      %l = arith.extsi %x : i8 to i32
      %r = arith.extsi %y : i8 to i32
      %p = arith.muli %l, %r : i32
      %s = arith.addi %sum, %p : i32
      linalg.yield %s : i32
    }
    return
  })";

namespace {

using Plant = llvm::function_ref<void(gpu::GPUFuncOp)>;

/// The kernel with its fault, compiled for the emulator.
struct FaultyKernel {
  void compile(Plant plant);
  ~FaultyKernel() {
    if (library)
      dlclose(library->handle);
  }

  /// What the emulator says, or "wrong" for wrong sums, or nothing.
  std::string run(unsigned seed) const;

  SmallVector<SmallVector<int64_t>> parameters;
  std::unique_ptr<emulator::Library> library;
};

} // namespace

template <typename T> static emulator::Range rangeOf(const std::vector<T> &values) {
  auto begin = reinterpret_cast<uintptr_t>(values.data());
  return {begin, begin + values.size() * sizeof(T)};
}

void FaultyKernel::compile(Plant plant) {
  DialectRegistry registry;
  halftone::registerAllDialects(registry);
  halftone::registerTranslations(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  auto module = parseSourceString<ModuleOp>(text, &context);
  PassManager outline(&context), lower(&context);
  outline.addPass(halftone::createOutlineKernels());
  ASSERT_TRUE(succeeded(outline.run(*module)));
  module->walk([&](gpu::GPUFuncOp kernel) {
    for (Type type : kernel.getArgumentTypes())
      parameters.emplace_back(llvm::cast<MemRefType>(type).getShape());
    plant(kernel);
  });
  // What launches the kernel is the test.
  for (auto function : llvm::make_early_inc_range(module->getOps<func::FuncOp>()))
    function.erase();
  halftone::CPUTarget host = llvm::cantFail(halftone::CPUTarget::get("x86-64-v3"));
  halftone::populateDeviceLowerToLLVMPipeline(lower, {host});
  ASSERT_TRUE(succeeded(lower.run(*module)));
  halftone::EmitOptions options;
  options.target = host;
  options.devices = {{"sm_80", "+ptx80", 8, 0, /*isExact=*/false}};
  options.emulateDevice = true;
  auto images = halftone::generateDeviceImages(*module, options);
  ASSERT_TRUE(bool(images)) << llvm::toString(images.takeError());
  const char *why = nullptr;
  library.reset(
      emulator::Library::load(images->front().data.data(), images->front().data.size(), why));
  ASSERT_TRUE(library) << why;
}

std::string FaultyKernel::run(unsigned seed) const {
  // Copies want 16 bytes at a multiple of 16, as a device allocates.
  std::vector<int8_t> a(numRows * numTerms), b(numTerms * numColumns);
  std::vector<int32_t> c(numRows * numColumns, 5);
  for (size_t i = 0; i < a.size(); ++i)
    a[i] = int8_t(i * i * 7 + i / 13);
  for (size_t i = 0; i < b.size(); ++i)
    b[i] = int8_t(i * 11 + i * i / 17);
  std::vector<void *> pointers;
  std::vector<SmallVector<int64_t>> numbers;
  for (ArrayRef<int64_t> shape : parameters) {
    bool isOutput = shape[0] == numRows && shape[1] == numColumns;
    pointers.push_back(isOutput              ? static_cast<void *>(c.data())
                       : shape[0] == numRows ? static_cast<void *>(a.data())
                                             : static_cast<void *>(b.data()));
    numbers.push_back({0, shape[0], shape[1], shape[1], 1});
  }
  // A buffer is two pointers, an offset, sizes and strides.
  std::vector<void *> arguments;
  for (size_t i = 0; i < pointers.size(); ++i) {
    arguments.insert(arguments.end(), 2, &pointers[i]);
    for (int64_t &number : numbers[i])
      arguments.push_back(&number);
  }
  std::vector<emulator::Range> memory = library->segments;
  llvm::append_range(memory, std::vector{rangeOf(a), rangeOf(b), rangeOf(c)});
  auto kernel = reinterpret_cast<emulator::Kernel>(dlsym(library->handle, "kernel_0"));
  emulator::Shape shape = {{4, 1, 1}, {128, 1, 1}};
  std::string failure = emulator::Launch(kernel, arguments.data(), shape, memory, seed).run();
  if (!failure.empty())
    return failure;
  for (int64_t row = 0; row < numRows; ++row)
    for (int64_t column = 0; column < numColumns; ++column) {
      int32_t sum = 5;
      for (int64_t term = 0; term < numTerms; ++term)
        sum += a[row * numTerms + term] * b[term * numColumns + column];
      if (c[row * numColumns + column] != sum)
        return "wrong";
    }
  return "";
}

template <typename Op> static Op findFirst(gpu::GPUFuncOp kernel) {
  Op first;
  kernel.walk([&](Op op) {
    first = op;
    return WalkResult::interrupt();
  });
  return first;
}

/// Runs with three seeds, each of which finds a fault that begins with `expected`.
static void expectFound(Plant plant, StringRef expected) {
  FaultyKernel kernel;
  kernel.compile(plant);
  ASSERT_TRUE(kernel.library);
  for (unsigned seed = 0; seed < 3; ++seed) {
    std::string found = kernel.run(seed);
    EXPECT_NE(StringRef(found).find(expected), StringRef::npos) << "seed " << seed << ": " << found;
  }
}

TEST(KernelFaultsTest, TheKernelIsRightWithoutFaults) {
  FaultyKernel kernel;
  kernel.compile([](gpu::GPUFuncOp) {});
  ASSERT_TRUE(kernel.library);
  for (unsigned seed = 0; seed < 3; ++seed)
    EXPECT_EQ(kernel.run(seed), "");
}

TEST(KernelFaultsTest, FindsAMissingBarrier) {
  expectFound([](gpu::GPUFuncOp kernel) { findFirst<gpu::BarrierOp>(kernel).erase(); }, "wrong");
}

// Without it, the copies have not arrived.
TEST(KernelFaultsTest, FindsAMissingWait) {
  expectFound([](gpu::GPUFuncOp kernel) { findFirst<NVVM::CpAsyncWaitGroupOp>(kernel).erase(); },
              "wrong");
}

TEST(KernelFaultsTest, FindsAWaitForOneGroupLess) {
  expectFound(
      [](gpu::GPUFuncOp kernel) {
        auto wait = findFirst<NVVM::CpAsyncWaitGroupOp>(kernel);
        wait.setN(wait.getN() + 1);
      },
      "wrong");
}

TEST(KernelFaultsTest, FindsAWrongSwizzle) {
  expectFound(
      [](gpu::GPUFuncOp kernel) {
        auto load = findFirst<nvgpu::LdMatrixOp>(kernel);
        auto place = load.getIndices()[2].getDefiningOp<arith::MulIOp>();
        auto swizzled = place.getLhs().getDefiningOp<arith::XOrIOp>();
        place.setOperand(0, swizzled.getLhs());
      },
      "wrong");
}

TEST(KernelFaultsTest, FindsAWrongRow) {
  expectFound(
      [](gpu::GPUFuncOp kernel) {
        auto load = findFirst<nvgpu::LdMatrixOp>(kernel);
        OpBuilder builder(load);
        Value one = arith::ConstantIndexOp::create(builder, load.getLoc(), 1);
        Value other = arith::XOrIOp::create(builder, load.getLoc(), load.getIndices()[1], one);
        load.getIndicesMutable()[1].set(other);
      },
      "wrong");
}

// Beyond the last row there is other memory, or none.
TEST(KernelFaultsTest, FindsAccessesOutOfBounds) {
  expectFound(
      [](gpu::GPUFuncOp kernel) {
        kernel.walk([](arith::MinUIOp op) { op.replaceAllUsesWith(op.getLhs()); });
      },
      "outside of all memory");
}
