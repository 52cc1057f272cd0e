// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What all report pages share: how they look and how their table sorts.
#ifndef HALFTONE_LIB_DRIVER_REPORTPAGE_H
#define HALFTONE_LIB_DRIVER_REPORTPAGE_H

#include "llvm/ADT/StringRef.h"

namespace mlir::halftone {

/// The content of the page's <style>.
llvm::StringRef getReportStyle();

/// The content of the page's <script>. The page can be read without it.
llvm::StringRef getReportScript();

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_REPORTPAGE_H
