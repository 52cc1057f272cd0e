// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Formats whose numbers are a table of the user's own. nf4 is one of them whose table is known.
#ifndef HALFTONE_NUMERICS_TABLEFORMAT_H
#define HALFTONE_NUMERICS_TABLEFORMAT_H

#include "halftone/Numerics/Format.h"

#include "llvm/Support/Error.h"

#include <vector>

namespace halftone {

/// How recipes call the format of a table.
inline constexpr llvm::StringLiteral kTableFormatName = "table";

/// The table of a codec, from 2 to 256 finite numbers in any order: ascending, and the largest once
/// more for every code up to a power of two that is left. An error if there are fewer or more, or
/// if one is not finite or stands there twice (as f32).
llvm::Expected<std::vector<float>> makeTable(llvm::ArrayRef<double> numbers);

/// Whether `makeTable` may have made it.
bool isTable(llvm::ArrayRef<float> numbers);

/// The format of a table that `makeTable` made, which must outlive it. Scales are those of nf4:
/// they map the largest magnitude of a block to the largest magnitude of the table.
Format makeTableFormat(llvm::ArrayRef<float> table);

} // namespace halftone

#endif // HALFTONE_NUMERICS_TABLEFORMAT_H
