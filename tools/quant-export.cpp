// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// quant-export: a module of the halftone dialect as an ONNX model, the inverse of quant-import.
#include "Version.h"
#include "halftone/Analysis/DiagnosticText.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/ONNX/Export.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AsmState.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"

using namespace mlir;
using namespace mlir::halftone;
namespace cl = llvm::cl;

namespace {
struct Options {
  cl::OptionCategory category{"quant-export"};
  cl::opt<std::string> input{cl::Positional, cl::init("-"), cl::desc("MODULE.mlir"),
                             cl::cat(category)};
  cl::opt<std::string> output{"o", cl::Required, cl::desc("Write to FILE"), cl::value_desc("FILE"),
                              cl::cat(category)};
  cl::opt<bool> matmulNBits{"matmul-nbits",
                            cl::desc("Write products with weights of 2, 4 or 8 bits in groups as "
                                     "ONNX Runtime's MatMulNBits"),
                            cl::cat(category)};
  cl::opt<uint64_t> maxInlineBytes{
      "inline-bytes",
      cl::desc("More weights than this go into a file of their own, FILE.data (default: "
               "1500000000)"),
      cl::init(ExportOptions().maxInlineBytes), cl::value_desc("N"), cl::cat(category)};
};
} // namespace

static bool run(const Options &options) {
  DialectRegistry registry;
  registry.insert<func::FuncDialect, HalftoneDialect>();
  MLIRContext context(registry);
  // Lowered modules are refused by the op that cannot be exported.
  context.allowUnregisteredDialects();
  context.printOpOnDiagnostic(false);
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    printDiagnostic(llvm::errs(), options.input, diagnostic);
    return success();
  });
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(options.input, &context);
  if (!module)
    return false;
  ExportOptions exportOptions{options.matmulNBits, options.maxInlineBytes, HALFTONE_VERSION};
  return succeeded(exportModel(*module, options.output, exportOptions));
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  Options options;
  cl::HideUnrelatedOptions(options.category);
  cl::SetVersionPrinter(::halftone::printVersion);
  cl::ParseCommandLineOptions(
      argc, argv,
      "Writes a module of the halftone dialect as an ONNX model\n\n"
      "  quant-import model.onnx | quant-opt --halftone-simplify \\\n"
      "      --halftone-quantize-graph='recipe=w8a8-dynamic fuse=false' --mlir-print-debuginfo \\\n"
      "      | quant-export -o quantized.onnx\n");
  return run(options) ? 0 : 1;
}
