// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TOOLS_QUANT_RUN_LAYERS_H
#define HALFTONE_TOOLS_QUANT_RUN_LAYERS_H

#include "halftone/IO/Model.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace halftone {

/// The constant weights of a module by node: format, bits per weight, bytes.
llvm::json::Array describeLayers(const halftone_module_descriptor &descriptor);

/// The same added up by format.
llvm::json::Array describeFormats(const halftone_module_descriptor &descriptor);

/// Both as one table for people; nothing if the module has no layers.
void printLayers(llvm::raw_ostream &stream, const halftone_module_descriptor &descriptor);

} // namespace halftone

#endif
