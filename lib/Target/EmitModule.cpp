// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Target/EmitModule.h"

#include "Emission.h"

#include "halftone/CPU/ModuleAttributes.h"
#include "halftone/IO/FileError.h"
#include "halftone/IO/ModuleTrailer.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include <chrono>

using namespace mlir;
using namespace mlir::halftone;

static LogicalResult report(ModuleOp module, llvm::Error error) {
  if (!error)
    return success();
  return module.emitError(llvm::toString(std::move(error)));
}

/// Runs `step` and reports how long it took.
template <typename Step> static auto timed(const EmitOptions &options, StringRef name, Step step) {
  auto start = std::chrono::steady_clock::now();
  llvm::scope_exit report([&] {
    std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    if (options.onStep)
      options.onStep(name, seconds.count());
  });
  return step();
}

namespace {
/// An optimized LLVM module and what it depends on.
struct Compiled {
  llvm::LLVMContext context;
  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<llvm::Module> module;
};
} // namespace

static std::unique_ptr<Compiled> compile(ModuleOp module, const EmitOptions &options) {
  auto compiled = std::make_unique<Compiled>();
  auto machine = createTargetMachine(options);
  if (!machine) {
    (void)report(module, machine.takeError());
    return nullptr;
  }
  compiled->machine = std::move(*machine);
  auto images =
      timed(options, "compile kernels", [&] { return generateDeviceImages(module, options); });
  if (!images) {
    (void)report(module, images.takeError());
    return nullptr;
  }
  compiled->module = timed(options, "translate to LLVM IR", [&] {
    return translateModule(module, options, *images, *compiled->machine, compiled->context);
  });
  if (!compiled->module)
    return nullptr;
  timed(options, "optimize LLVM IR",
        [&] { optimize(*compiled->module, *compiled->machine, options.optimizationLevel); });
  return compiled;
}

LogicalResult mlir::halftone::emitLLVMIR(ModuleOp module, const EmitOptions &options,
                                         llvm::raw_ostream &output) {
  std::unique_ptr<Compiled> compiled = compile(module, options);
  if (!compiled)
    return failure();
  compiled->module->print(output, /*AAW=*/nullptr);
  return success();
}

LogicalResult mlir::halftone::emitObject(ModuleOp module, const EmitOptions &options,
                                         llvm::raw_pwrite_stream &output) {
  std::unique_ptr<Compiled> compiled = compile(module, options);
  if (!compiled)
    return failure();
  return timed(options, "generate machine code", [&] {
    return report(module, generateObject(*compiled->module, *compiled->machine, output));
  });
}

LogicalResult mlir::halftone::emitPTX(ModuleOp module, const EmitOptions &options,
                                      llvm::raw_pwrite_stream &output) {
  auto images = generateDeviceImages(module, options);
  if (!images)
    return report(module, images.takeError());
  if (images->empty())
    return module.emitError("has no kernels");
  // Without the zero byte at the end.
  output << StringRef(images->front().data).drop_back();
  return success();
}

static llvm::Error writeFile(StringRef path, StringRef content) {
  std::error_code code;
  llvm::raw_fd_ostream output(path, code);
  if (code)
    return llvm::createFileError(path, code);
  output << content;
  output.close();
  code = output.error();
  output.clear_error();
  return code ? llvm::createFileError(path, code) : llvm::Error::success();
}

/// Writes the objects beside the output, links them into it and completes it with the trailer.
static llvm::Error linkModule(ModuleOp module, const EmitOptions &options, StringRef object,
                              StringRef outputPath) {
  llvm::Triple triple(options.target.triple);
  std::vector<std::string> objects = {outputPath.str() + ".code.o"};
  auto size = module->getAttrOfType<IntegerAttr>(attributes::weightsSize);
  bool hasWeights = size && size.getInt() > 0;
  if (hasWeights)
    objects.push_back(outputPath.str() + ".weights.o");
  llvm::scope_exit removeObjects([&] {
    for (const std::string &path : objects)
      llvm::consumeError(llvm::errorCodeToError(llvm::sys::fs::remove(path)));
  });

  if (llvm::Error error = writeFile(objects[0], object))
    return error;
  if (hasWeights)
    if (llvm::Error error = timed(options, "write weights",
                                  [&] { return writeWeightsObject(module, triple, objects[1]); }))
      return error;
  if (llvm::Error error = timed(
          options, "link", [&] { return linkSharedLibrary(triple, objects, object, outputPath); }))
    return error;
  return timed(options, "hash", [&] {
    // lld drops what follows the kind of a section from its name.
    return ::halftone::appendTrailer(outputPath, findRequiredFeatures(module, options.target),
                                     ".lrodata");
  });
}

LogicalResult mlir::halftone::emitSharedLibrary(ModuleOp module, const EmitOptions &options,
                                                StringRef path) {
  SmallString<0> object;
  llvm::raw_svector_ostream stream(object);
  if (failed(emitObject(module, options, stream)))
    return failure();
  llvm::Expected<::halftone::AtomicFile> file = ::halftone::AtomicFile::create(path);
  if (!file)
    return report(module, file.takeError());
  if (llvm::Error error = linkModule(module, options, object, file->temporaryPath()))
    return report(module, std::move(error));
  return report(module, file->commit());
}
