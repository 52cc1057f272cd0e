// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_CPU_DECODEEMITTER_H
#define HALFTONE_CPU_DECODEEMITTER_H

#include "halftone/CPU/KernelTable.h"
#include "halftone/Dialect/DecodeOps.h"

namespace mlir::halftone {

/// Emits `op`, on memrefs, with the row of the instruction table that its packing names. Fails,
/// with an error, on a row that decodes no codes.
LogicalResult lowerDecodePanels(OpBuilder &builder, DecodePanelsOp op);
LogicalResult lowerDecodeRows(OpBuilder &builder, DecodeRowsOp op);

/// The row of the instruction table that `packing` names; an error at `op` if it decodes no codes,
/// or panels are no whole registers of it.
FailureOr<const KernelRow *> findDecoderRow(Operation *op, PackingAttr packing);

} // namespace mlir::halftone

#endif // HALFTONE_CPU_DECODEEMITTER_H
