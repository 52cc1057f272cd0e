// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_DIALECT_DECODEOPS_H
#define HALFTONE_DIALECT_DECODEOPS_H

#include "halftone/Dialect/HalftoneDialect.h"

#define GET_OP_CLASSES
#include "halftone/Dialect/DecodeOps.h.inc"

#endif // HALFTONE_DIALECT_DECODEOPS_H
