// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_OPS_TD
#define HALFTONE_OPS_TD

include "halftone/Dialect/ElementwiseOps.td"
include "halftone/Dialect/ShapeOps.td"
include "halftone/Dialect/NNOps.td"
include "halftone/Dialect/QuantizationOps.td"
include "halftone/Dialect/KernelOps.td"
include "halftone/Dialect/AttentionOps.td"
include "halftone/Dialect/ControlFlowOps.td"

#endif // HALFTONE_OPS_TD
