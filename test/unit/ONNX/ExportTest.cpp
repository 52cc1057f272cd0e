// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ExportTable.h"
#include "TestModel.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "gtest/gtest.h"
#include <csignal>
#include <sys/resource.h>

using namespace mlir;
using namespace mlir::halftone;
using namespace mlir::halftone::test;

// A new op without an entry would only be found out by who exports it.
TEST(Export, EveryOpIsWrittenOrRefused) {
  MLIRContext context;
  context.loadDialect<HalftoneDialect>();
  ExportTable table;
  int count = 0;
  for (RegisteredOperationName name : context.getRegisteredOperationsByDialect("halftone")) {
    // Constants are written where they are used.
    bool isKnown =
        name.getStringRef() == ConstantOp::getOperationName() || table.find(name.getStringRef());
    EXPECT_TRUE(isKnown) << name.getStringRef().str();
    ++count;
  }
  EXPECT_GT(count, 100);
}

static size_t countFiles(StringRef folder) {
  std::error_code error;
  size_t count = 0;
  for (llvm::sys::fs::directory_iterator it(folder, error), end; it != end && !error;
       it.increment(error))
    ++count;
  return count;
}

/// What exporting says when no file may become larger than `bytes`.
static std::string exportWithLimit(ModuleOp module, StringRef path, uint64_t maxInlineBytes,
                                   rlim_t bytes) {
  std::string message;
  ScopedDiagnosticHandler handler(module.getContext(), [&](Diagnostic &diag) {
    message += diag.str();
    return success();
  });
  rlimit previous;
  getrlimit(RLIMIT_FSIZE, &previous);
  rlimit limit = {bytes, previous.rlim_max};
  auto oldHandler = signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &limit);
  LogicalResult result = exportModel(module, path, {false, maxInlineBytes, "test"});
  setrlimit(RLIMIT_FSIZE, &previous);
  signal(SIGXFSZ, oldHandler);
  EXPECT_TRUE(failed(result));
  return message;
}

// The model itself, and the file of its weights.
TEST(Export, LeavesNoFileWhenTheDiskIsFull) {
  onnx::TensorProto tensor;
  tensor.set_name("t");
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  tensor.add_dims(10000);
  tensor.set_raw_data(std::string(40000, '\1'));
  Imported imported = importProto(makeConstantModel(tensor));
  ASSERT_TRUE(imported.module);
  llvm::SmallString<128> folder;
  ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("halftone-export", folder));
  std::string path = (folder + "/m.onnx").str();
  for (uint64_t maxInlineBytes : {uint64_t(1) << 30, uint64_t(0)}) {
    std::string message = exportWithLimit(*imported.module, path, maxInlineBytes, 20000);
    EXPECT_NE(message.find("File too large"), std::string::npos) << message;
    EXPECT_EQ(countFiles(folder), 0u);
  }
  EXPECT_TRUE(succeeded(exportModel(*imported.module, path, {false, 0, "test"})));
  EXPECT_EQ(countFiles(folder), 2u);
  llvm::sys::fs::remove_directories(folder);
}
