// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A program compiled from text, loaded, with one session.
#ifndef HALFTONE_TEST_UNIT_TARGET_COMPILEDPROGRAM_H
#define HALFTONE_TEST_UNIT_TARGET_COMPILEDPROGRAM_H

#include "halftone/CPU/CPUTarget.h"
#include "halftone/Dialect/HalftoneDialect.h"
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

#include <set>
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
  ~TemporaryFolder() { EXPECT_FALSE(llvm::sys::fs::remove_directories(path)); }
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

struct ProgramOptions {
  const char *target = "native";
  /// The text has graph ops, which choose kernels first, or with `reference` become naive loops.
  bool isGraph = false;
  bool reference = false;
  /// Takes the names of the kernels that were chosen.
  std::set<std::string> *kernels = nullptr;
  /// Counts the kernels that decode their weights.
  size_t *numDecoders = nullptr;
};

inline void collectKernels(mlir::ModuleOp module, std::set<std::string> &kernels) {
  module.walk(
      [&](mlir::halftone::ContractOp op) { kernels.insert(op.getPacking().getKernel().str()); });
  module.walk(
      [&](mlir::halftone::DepthwiseOp op) { kernels.insert(op.getPacking().getKernel().str()); });
}

/// From graph ops, or `linalg` and kernel ops, to the LLVM dialect.
inline mlir::LogicalResult lowerProgram(mlir::ModuleOp module, const ProgramOptions &options,
                                        const mlir::halftone::CPUPipelineOptions &pipeline) {
  mlir::PassManager toTensors(module.getContext()), toLLVM(module.getContext());
  if (options.isGraph)
    mlir::halftone::populateLowerToTensorsPipeline(toTensors, pipeline);
  else
    toTensors.addPass(mlir::halftone::createRecordSignature());
  mlir::halftone::populateLowerToLoopsPipeline(toLLVM, pipeline);
  mlir::halftone::populateLowerLoopsToLLVMPipeline(toLLVM, pipeline);
  if (mlir::failed(toTensors.run(module)))
    return mlir::failure();
  if (options.kernels)
    collectKernels(module, *options.kernels);
  if (options.numDecoders)
    module.walk([&](mlir::halftone::ContractOp op) {
      *options.numDecoders += op.getDecoder().has_value();
    });
  return toLLVM.run(module);
}

/// Compiles a program to a module file. Diagnostics are collected.
inline mlir::LogicalResult compileProgram(llvm::StringRef text, llvm::StringRef path,
                                          std::string &diagnostics,
                                          const ProgramOptions &programOptions = {}) {
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
  options.target = llvm::cantFail(mlir::halftone::CPUTarget::get(programOptions.target));
  options.reference = programOptions.reference;
  options.calibration = true;
  if (mlir::failed(lowerProgram(*module, programOptions, options)))
    return mlir::failure();
  mlir::halftone::EmitOptions emit;
  emit.target = options.target;
  emit.provenance = {"recipe text", "cafe", "test"};
  emit.optimizationLevel = options.reference ? 1 : 3;
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
                           halftone_session_options options = {},
                           const ProgramOptions &programOptions = {}) {
    std::string diagnostics;
    EXPECT_TRUE(
        mlir::succeeded(compileProgram(text, folder.file("m.so"), diagnostics, programOptions)))
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

  halftone_status tryRun(std::vector<halftone_tensor> inputs, uint32_t entry = 0) {
    if (!session)
      return HALFTONE_STATUS_INVALID_ARGUMENT;
    outputs.assign(describe().entries[entry].num_outputs, {});
    return halftone_session_run(session, entry, inputs.data(), inputs.size(), outputs.data(),
                                outputs.size(), &error);
  }

  const std::vector<halftone_tensor> &run(std::vector<halftone_tensor> inputs, uint32_t entry = 0) {
    EXPECT_EQ(tryRun(std::move(inputs), entry), HALFTONE_STATUS_OK) << error.message;
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
