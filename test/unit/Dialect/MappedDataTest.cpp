// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Dialect/MappedData.h"

#include "halftone/Dialect/ConstantData.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Process.h"
#include "gtest/gtest.h"
#include <cstdio>
#include <cstdlib>
#include <numeric>

using namespace mlir;
using namespace mlir::halftone;

namespace {
class MappedData : public ::testing::Test {
protected:
  MappedData() {
    context.loadDialect<HalftoneDialect>();
    std::iota(floats.begin(), floats.end(), 0.0f);
  }

  ElementsAttr makeConstant() {
    auto type = RankedTensorType::get({int64_t(floats.size())}, Builder(&context).getF32Type());
    return halftone::makeConstant(type, ArrayRef<float>(floats), "numbers");
  }

  MLIRContext context;
  std::vector<float> floats = std::vector<float>(1 << 20);
};

/// How many pages of `bytes`, which begin with a page, this process has in memory. (Not mincore:
/// the system's cache may hold them all the same.)
size_t countOwnPages(ArrayRef<char> bytes) {
  size_t pageSize = llvm::sys::Process::getPageSizeEstimate(), count = 0;
  FILE *file = fopen("/proc/self/pagemap", "rb");
  for (size_t offset = 0; file && offset < bytes.size(); offset += pageSize) {
    uint64_t entry = 0, page = (reinterpret_cast<uintptr_t>(bytes.data()) + offset) / pageSize;
    fseek(file, long(page * sizeof(entry)), SEEK_SET);
    count += fread(&entry, sizeof(entry), 1, file) == 1 && entry >> 63;
  }
  if (file)
    fclose(file);
  return count;
}
} // namespace

TEST_F(MappedData, LargeConstantsLeaveMemoryAndComeBack) {
  ElementsAttr constant = makeConstant();
  ArrayRef<char> bytes = *getRawBytes(constant);
  ASSERT_TRUE(isMapped(&context, bytes));
  EXPECT_EQ(countOwnPages(bytes), 0u); // Nobody has read them yet.
  EXPECT_EQ(*readFloats(constant), floats);
  EXPECT_GT(countOwnPages(bytes), 0u);
  releasePages(constant);
  EXPECT_EQ(countOwnPages(bytes), 0u);
  EXPECT_EQ(*readFloats(constant), floats);
}

TEST_F(MappedData, ConstantsStayInMemoryWhereNoFileCanBeWritten) {
  ASSERT_EQ(setenv("TMPDIR", "/nowhere", /*overwrite=*/1), 0);
  ElementsAttr constant = makeConstant();
  unsetenv("TMPDIR");
  EXPECT_FALSE(isMapped(&context, *getRawBytes(constant)));
  // There is nothing to read them from again.
  releasePages(constant);
  EXPECT_EQ(*readFloats(constant), floats);
}

TEST_F(MappedData, UnusedConstantsAreNoLongerMapped) {
  ArrayRef<char> bytes = *getRawBytes(makeConstant());
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  releaseUnusedResources(*module);
  EXPECT_FALSE(isMapped(&context, bytes));
}
