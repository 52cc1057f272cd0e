// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TOOLS_QUANT_RUN_INFO_H
#define HALFTONE_TOOLS_QUANT_RUN_INFO_H

#include "halftone/IO/Model.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace halftone {

/// What a module says about itself, in texts of its own: it may outlive the module.
llvm::json::Object describeModel(llvm::StringRef path, const Model &model);

/// The same for people.
void printModel(llvm::raw_ostream &stream, llvm::StringRef path, const Model &model);

} // namespace halftone

#endif
