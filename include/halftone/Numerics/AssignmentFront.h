// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which of several schemes each layer gets, so that size, error and time are in balance: the
// multiple-choice knapsack problem (Kellerer, Pferschy, Pisinger, Knapsack Problems, chapter 11).
#ifndef HALFTONE_NUMERICS_ASSIGNMENTFRONT_H
#define HALFTONE_NUMERICS_ASSIGNMENTFRONT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace halftone {

/// What a choice for one layer costs, or choices for all layers together. Costs add up.
struct AssignmentCost {
  int64_t bytes = 0;
  /// Power of the error at the model's outputs.
  double error = 0;
  /// Of a run.
  double seconds = 0;
};

/// What an assignment may cost at most.
struct AssignmentLimits {
  int64_t bytes = std::numeric_limits<int64_t>::max();
  double error = std::numeric_limits<double>::infinity();
  double seconds = std::numeric_limits<double>::infinity();

  bool allow(const AssignmentCost &cost) const {
    return cost.bytes <= bytes && cost.error <= error && cost.seconds <= seconds;
  }
};

enum class AssignmentGoal { Bytes, Error, Seconds };

/// The assignments of one choice to each layer that no other beats: none costs at most as much in
/// every respect and less in one.
///
/// They are found by dynamic programming: layer by layer, every partial assignment that is left is
/// continued with every choice, and what another one beats goes. That is exact as long as at most
/// `maxStates` partial assignments are left. If there are more, of those whose errors and seconds
/// differ by less than a factor of 1 + d only the smallest one stays, with the least d of 2^-20,
/// 2^-19, ..., 2 that makes them few enough, but not less than at the layer before; `getPrecision`
/// is the product of these factors.
class AssignmentFront {
public:
  static constexpr size_t kMaxStates = size_t(1) << 14;

  /// `layers` holds the choices of each layer. Costs are finite and at least 0; those that exceed
  /// `limits` are left out of the front, which is empty if all do.
  ///
  /// Errors: a layer without choices, a cost that is negative or not finite, sums of bytes over
  /// 2^63 - 1, more than 2^32 - 1 choices of a layer, or errors so far apart that even d = 2
  /// leaves too many. The result depends on the arguments alone.
  static llvm::Expected<AssignmentFront> build(llvm::ArrayRef<std::vector<AssignmentCost>> layers,
                                               const AssignmentLimits &limits = {},
                                               size_t maxStates = kMaxStates);

  /// Sums over the layers, the fewest bytes first; of equal bytes the least error first.
  llvm::ArrayRef<AssignmentCost> getPoints() const { return points; }

  /// The choice of each layer at a point. Of assignments that cost the same, the one whose first
  /// layer to differ has the earlier choice.
  std::vector<size_t> getChoices(size_t point) const;

  /// 1 if the front is exact. Otherwise every assignment within the limits has a point that takes
  /// no more bytes, and at most this factor times its error and its seconds: a limit that can be
  /// kept only by less than this factor may be missed. The sums at the points are exact all the
  /// same.
  double getPrecision() const { return precision; }

  /// The point with the least `goal` of those that `limits` allow; of equal ones that with the
  /// least error, then bytes, then seconds. Nullopt if they allow none.
  std::optional<size_t> findBest(AssignmentGoal goal, const AssignmentLimits &limits) const;

private:
  /// A partial assignment: one of the layers before, and a choice.
  struct Step {
    uint32_t parent, choice;
  };

  std::vector<AssignmentCost> points;
  /// Of each point its place among the steps of the last layer.
  std::vector<uint32_t> places;
  std::vector<std::vector<Step>> steps;
  double precision = 1;

  friend class FrontBuilder;
};

} // namespace halftone

#endif // HALFTONE_NUMERICS_ASSIGNMENTFRONT_H
