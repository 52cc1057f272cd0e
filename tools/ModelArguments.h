// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TOOLS_MODELARGUMENTS_H
#define HALFTONE_TOOLS_MODELARGUMENTS_H

#include "halftone/Driver/ModelOptions.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/raw_ostream.h"

namespace halftone {

/// The options that every tool with a model has; a member of the tool's own.
struct ModelArguments {
  explicit ModelArguments(llvm::cl::OptionCategory &category)
      : dims("dim", llvm::cl::value_desc("name=value"), llvm::cl::cat(category),
             llvm::cl::desc("Fix a dynamic dimension (repeatable)")),
        text("text", llvm::cl::cat(category),
             llvm::cl::desc("The model is in ONNX's textual syntax (default for .onnxtxt)")),
        quiet("quiet", llvm::cl::cat(category), llvm::cl::desc("No progress on the terminal")),
        threads("calibration-threads", llvm::cl::init(0), llvm::cl::value_desc("n"),
                llvm::cl::cat(category),
                llvm::cl::desc("Threads of the model's runs (default: one per CPU)")) {}

  llvm::cl::list<std::string> dims;
  llvm::cl::opt<bool> text;
  llvm::cl::opt<bool> quiet;
  llvm::cl::opt<int> threads;

  /// False after an error of `tool`.
  bool fill(llvm::StringRef tool, ModelOptions &options) const {
    options.text = text;
    options.threads = threads;
    if (threads < 0) {
      llvm::errs() << tool << ": error: --calibration-threads must be at least 0\n";
      return false;
    }
    for (llvm::StringRef argument : dims) {
      auto [name, number] = argument.rsplit('=');
      int64_t value = 0;
      if (name.empty() || number.getAsInteger(10, value) || value < 0) {
        llvm::errs() << tool << ": error: --dim '" << argument
                     << "': expected name=value with a value of at least 0\n";
        return false;
      }
      options.dims.push_back({name.str(), value});
    }
    return true;
  }
};

} // namespace halftone

#endif // HALFTONE_TOOLS_MODELARGUMENTS_H
