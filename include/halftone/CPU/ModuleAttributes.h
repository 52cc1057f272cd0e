// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Names of the attributes by which the passes of the back end talk to each other.
#ifndef HALFTONE_CPU_MODULEATTRIBUTES_H
#define HALFTONE_CPU_MODULEATTRIBUTES_H

#include "llvm/ADT/StringRef.h"

namespace mlir::halftone::attributes {

// On arguments, results and functions, written by the importer.
inline constexpr llvm::StringLiteral name = "halftone.name";
inline constexpr llvm::StringLiteral dimNames = "halftone.dim_names";
inline constexpr llvm::StringLiteral entry = "halftone.entry";

// On functions.
inline constexpr llvm::StringLiteral inputs = "halftone.inputs";
inline constexpr llvm::StringLiteral outputs = "halftone.outputs";
inline constexpr llvm::StringLiteral entryFor = "halftone.entry_for";

// On the module.
inline constexpr llvm::StringLiteral arenaSize = "halftone.arena_size";
inline constexpr llvm::StringLiteral deviceArenaSize = "halftone.device_arena_size";
inline constexpr llvm::StringLiteral observePoints = "halftone.observe_points";
inline constexpr llvm::StringLiteral profileRegions = "halftone.profile_regions";
inline constexpr llvm::StringLiteral weights = "halftone.weights";
inline constexpr llvm::StringLiteral weightsNodes = "halftone.weights_nodes";
inline constexpr llvm::StringLiteral weightsOffsets = "halftone.weights_offsets";
inline constexpr llvm::StringLiteral weightsSize = "halftone.weights_size";

} // namespace mlir::halftone::attributes

#endif // HALFTONE_CPU_MODULEATTRIBUTES_H
