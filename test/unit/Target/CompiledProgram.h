// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A program compiled from text, loaded, with one session.
#ifndef HALFTONE_TEST_UNIT_TARGET_COMPILEDPROGRAM_H
#define HALFTONE_TEST_UNIT_TARGET_COMPILEDPROGRAM_H

#include "halftone/CPU/CPUTarget.h"
#include "halftone/Pipelines/CPUPipeline.h"
#include "halftone/Pipelines/Register.h"
#include "halftone/Target/EmitModule.h"
#include "halftone/Target/Passes.h"
#include "halftone/runtime.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace halftone_test {

/// A folder that is removed with its content.
class TemporaryFolder {
public:
  TemporaryFolder() {
    std::error_code code = llvm::sys::fs::createUniqueDirectory("halftone-target", path);
    EXPECT_FALSE(code) << code.message();
  }
  ~TemporaryFolder() { llvm::sys::fs::remove_directories(path); }
  std::string file(llvm::StringRef name) const { return (path + "/" + name).str(); }
  std::vector<std::string> list() const {
    std::vector<std::string> names;
    std::error_code code;
    for (llvm::sys::fs::directory_iterator it(path, code), end; it != end && !code;
         it.increment(code))
      names.push_back(llvm::sys::path::filename(it->path()).str());
    return names;
  }

private:
  llvm::SmallString<128> path;
};

/// Compiles `linalg` and kernel ops on tensors to a module file. Diagnostics are collected.
inline mlir::LogicalResult compileProgram(llvm::StringRef text, llvm::StringRef path,
                                          std::string &diagnostics) {
  mlir::DialectRegistry registry;
  mlir::halftone::registerAllDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
    diagnostics += diagnostic.str() + "\n";
    return mlir::success();
  });
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  if (!module)
    return mlir::failure();
  mlir::halftone::CPUPipelineOptions options;
  options.target = llvm::cantFail(mlir::halftone::CPUTarget::get("native"));
  options.calibration = true;
  mlir::PassManager passes(&context);
  passes.addPass(mlir::halftone::createRecordSignature());
  mlir::halftone::populateLowerToLoopsPipeline(passes, options);
  mlir::halftone::populateLowerLoopsToLLVMPipeline(passes, options);
  if (mlir::failed(passes.run(*module)))
    return mlir::failure();
  mlir::halftone::EmitOptions emit{options.target, {"recipe text", "cafe", "test"}};
  return mlir::halftone::emitSharedLibrary(*module, emit, path);
}

/// A tensor over values that the caller keeps.
template <typename T>
halftone_tensor tensorOf(std::vector<T> &values, halftone_dtype dtype, std::vector<int64_t> dims) {
  halftone_tensor tensor = {};
  tensor.data = values.data();
  tensor.dtype = dtype;
  tensor.rank = dims.size();
  std::copy(dims.begin(), dims.end(), tensor.dims);
  return tensor;
}

inline halftone_tensor floats(std::vector<float> &values, std::vector<int64_t> dims) {
  return tensorOf(values, HALFTONE_DTYPE_F32, std::move(dims));
}

template <typename T> std::vector<T> valuesOf(const halftone_tensor &tensor) {
  int64_t count = 1;
  for (uint32_t i = 0; i < tensor.rank; ++i)
    count *= tensor.dims[i];
  const T *data = static_cast<const T *>(tensor.data);
  return std::vector<T>(data, data + count);
}

class CompiledProgram {
public:
  explicit CompiledProgram(llvm::StringRef text, int threads = 1,
                           halftone_session_options options = {}) {
    std::string diagnostics;
    EXPECT_TRUE(mlir::succeeded(compileProgram(text, folder.file("m.so"), diagnostics)))
        << diagnostics;
    EXPECT_EQ(halftone_load(folder.file("m.so").c_str(), nullptr, &module, &error),
              HALFTONE_STATUS_OK)
        << error.message;
    options.struct_size = sizeof(options);
    options.threads = threads;
    if (module)
      EXPECT_EQ(halftone_session_create(module, &options, &session, &error), HALFTONE_STATUS_OK)
          << error.message;
  }
  ~CompiledProgram() {
    halftone_session_destroy(session);
    halftone_unload(module);
  }
  CompiledProgram(const CompiledProgram &) = delete;
  CompiledProgram &operator=(const CompiledProgram &) = delete;

  const halftone_module_descriptor &describe() const { return *halftone_module_describe(module); }

  halftone_status tryRun(std::vector<halftone_tensor> inputs) {
    if (!session)
      return HALFTONE_STATUS_INVALID_ARGUMENT;
    outputs.assign(describe().entries[0].num_outputs, {});
    return halftone_session_run(session, 0, inputs.data(), inputs.size(), outputs.data(),
                                outputs.size(), &error);
  }

  const std::vector<halftone_tensor> &run(std::vector<halftone_tensor> inputs) {
    EXPECT_EQ(tryRun(std::move(inputs)), HALFTONE_STATUS_OK) << error.message;
    return outputs;
  }

  halftone_session_stats getStats() const {
    halftone_session_stats stats = {};
    halftone_session_get_stats(session, &stats);
    return stats;
  }

  std::string getMessage() const { return error.message; }

private:
  TemporaryFolder folder;
  halftone_module *module = nullptr;
  halftone_session *session = nullptr;
  halftone_error error = {};
  std::vector<halftone_tensor> outputs;
};

} // namespace halftone_test

#endif // HALFTONE_TEST_UNIT_TARGET_COMPILEDPROGRAM_H
