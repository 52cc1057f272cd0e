// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// quant-import: an ONNX model as a module of the halftone dialect.
#include "Version.h"
#include "halftone/Analysis/DiagnosticText.h"
#include "halftone/ONNX/Import.h"
#include "halftone/ONNX/ListOps.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
using namespace mlir::halftone;
namespace cl = llvm::cl;

namespace {
struct Options {
  cl::OptionCategory category{"quant-import"};
  cl::opt<std::string> input{cl::Positional, cl::desc("MODEL.onnx"), cl::cat(category)};
  cl::opt<std::string> output{
      "o", cl::desc("Write to FILE: MLIR text, or bytecode if it ends in .mlirbc (default: -)"),
      cl::value_desc("FILE"), cl::init("-"), cl::cat(category)};
  cl::list<std::string> dims{
      "dim",
      cl::desc("Fix a dynamic dimension, by its name or by input and position (image.0=1); may be "
               "repeated"),
      cl::value_desc("NAME=SIZE"), cl::cat(category)};
  cl::opt<bool> text{"text", cl::desc("Read ONNX's text syntax, as for files named .onnxtxt"),
                     cl::cat(category)};
  cl::opt<bool> elideLarge{"elide-large",
                           cl::desc("Leave the elements of large constants out; the result is "
                                    "for reading only"),
                           cl::cat(category)};
  cl::opt<bool> noLocations{"no-locations",
                            cl::desc("Leave the names of the ONNX nodes out of MLIR text"),
                            cl::cat(category)};
  cl::opt<bool> listOps{"list-ops", cl::desc("Print which ops are understood, as JSON"),
                        cl::cat(category)};
};
} // namespace

static bool fail(const llvm::Twine &message) {
  llvm::errs() << "quant-import: error: " << message << "\n";
  return false;
}

static bool parseDims(const Options &options, ImportOptions &result) {
  for (const std::string &text : options.dims) {
    auto [name, size] = StringRef(text).rsplit('=');
    int64_t value = 0;
    if (name.empty() || size.getAsInteger(10, value))
      return fail("--dim " + text + ": expected NAME=SIZE");
    result.dims.emplace_back(name.str(), value);
  }
  return true;
}

static LogicalResult writeModule(ModuleOp module, const Options &options, llvm::raw_ostream &os) {
  if (StringRef(options.output).ends_with(".mlirbc")) {
    BytecodeWriterConfig config("halftone");
    config.setElideResourceDataFlag(options.elideLarge);
    return writeBytecodeToFile(module, os, config);
  }
  OpPrintingFlags flags;
  if (!options.noLocations)
    flags.enableDebugInfo();
  if (options.elideLarge)
    flags.elideLargeElementsAttrs().elideLargeResourceString();
  module.print(os, flags);
  return success();
}

static bool run(const Options &options) {
  if (options.listOps) {
    listOps(llvm::outs());
    return true;
  }
  if (options.input.empty())
    return fail("no model is given; see quant-import --help");
  ImportOptions importOptions;
  importOptions.text = options.text;
  if (!parseDims(options, importOptions))
    return false;
  MLIRContext context;
  context.printOpOnDiagnostic(false); // A model is described by its own names.
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    printDiagnostic(llvm::errs(), options.input, diagnostic);
    return success();
  });
  OwningOpRef<ModuleOp> module = importModel(options.input, importOptions, &context);
  if (!module)
    return false;
  // Opened only now: a model that cannot be imported leaves nothing behind.
  std::error_code error;
  llvm::ToolOutputFile file(options.output, error, llvm::sys::fs::OF_None);
  if (error)
    return fail("cannot write '" + options.output + "': " + error.message());
  if (failed(writeModule(*module, options, file.os())))
    return fail("cannot write '" + options.output + "'");
  file.os().flush();
  if (file.os().has_error()) {
    std::string message = file.os().error().message();
    file.os().clear_error();
    return fail("cannot write '" + options.output + "': " + message);
  }
  file.keep();
  return true;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  Options options;
  cl::HideUnrelatedOptions(options.category);
  cl::SetVersionPrinter(::halftone::printVersion);
  cl::ParseCommandLineOptions(argc, argv,
                              "Imports an ONNX model into the halftone dialect\n\n"
                              "  quant-import model.onnx -o model.mlir\n"
                              "  quant-import model.onnx --dim batch=1 -o model.mlirbc\n");
  return run(options) ? 0 : 1;
}
