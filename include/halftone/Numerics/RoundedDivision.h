// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Divisions by a constant whose quotients are only rounded to integers and clamped: quantization.
#ifndef HALFTONE_NUMERICS_ROUNDEDDIVISION_H
#define HALFTONE_NUMERICS_ROUNDEDDIVISION_H

#include <cstdint>
#include <optional>

namespace halftone {

/// How roundeven(x / scale) can be computed without dividing, each step one f32 operation.
enum class RoundedDivision {
  Multiply, ///< roundeven(x * r), r = 1 / scale
  Correct,  ///< q = x * r; roundeven(fma(fma(-scale, q, x), r, q))
};

/// The shorter form that gives the integer of the division for every x between low * scale and
/// high * scale; nullopt if neither does, or if scale is not within [2^-60, 2^60].
/// -2^16 <= low <= high <= 2^16.
///
/// Both forms are within two units in the last place of x / scale, and the integers are at least
/// that far apart, so they can differ from the division only for an x next to a boundary between
/// two integers: those are tried.
std::optional<RoundedDivision> findRoundedDivision(float scale, int32_t low, int32_t high);

/// The smallest scale not below `scale` for which RoundedDivision::Multiply holds between
/// -limit and limit; `scale` itself if none of the next few thousand floats is one. 8-bit codes
/// find one within some hundred (a relative change of about 2^-16).
float findExactReciprocal(float scale, int32_t limit);

} // namespace halftone

#endif // HALFTONE_NUMERICS_ROUNDEDDIVISION_H
