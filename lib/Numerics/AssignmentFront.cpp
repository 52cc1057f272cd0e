// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/AssignmentFront.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <map>
#include <numeric>
#include <tuple>

using namespace halftone;

/// The cheapest first; of equal ones that which comes first.
static void sortByCost(std::vector<uint32_t> &order, llvm::ArrayRef<AssignmentCost> costs) {
  llvm::sort(order, [&](uint32_t lhs, uint32_t rhs) {
    const AssignmentCost &left = costs[lhs], &right = costs[rhs];
    return std::tie(left.bytes, left.error, left.seconds, lhs) <
           std::tie(right.bytes, right.error, right.seconds, rhs);
  });
}

namespace {
/// The pairs of error and seconds that nothing seen so far beats: seconds fall as errors rise.
class Staircase {
public:
  /// Whether something costs at most as much already; else it is added.
  bool covers(double error, double seconds) {
    auto next = stairs.upper_bound(error);
    if (next != stairs.begin() && std::prev(next)->second <= seconds)
      return true;
    auto step = stairs.lower_bound(error);
    while (step != stairs.end() && step->second >= seconds)
      step = stairs.erase(step);
    stairs.emplace(error, seconds);
    return false;
  }

private:
  std::map<double, double> stairs;
};
} // namespace

namespace halftone {
class FrontBuilder {
public:
  FrontBuilder(llvm::ArrayRef<std::vector<AssignmentCost>> layers, const AssignmentLimits &limits,
               size_t maxStates)
      : layers(layers), limits(limits), maxStates(std::max<size_t>(maxStates, 1)) {}

  llvm::Expected<AssignmentFront> build();

private:
  llvm::Error check();
  void findLeastRests();
  void extend(llvm::ArrayRef<AssignmentCost> choices, const AssignmentCost &rest);
  llvm::Error prune();
  std::vector<uint32_t> findFront(double step) const;
  void keep(llvm::ArrayRef<uint32_t> kept);
  void finish();

  llvm::ArrayRef<std::vector<AssignmentCost>> layers;
  AssignmentLimits limits;
  size_t maxStates;
  /// Of each layer the least that all layers behind it cost, each cost for itself.
  std::vector<AssignmentCost> rests;
  /// Partial assignments, in the lexicographic order of their choices.
  std::vector<AssignmentCost> states = {{}};
  std::vector<AssignmentFront::Step> steps;
  /// The factor, less 1, within which errors are the same to the latest layer that had too many.
  double coarseness = 0x1p-20;
  AssignmentFront front;
};
} // namespace halftone

llvm::Error FrontBuilder::check() {
  int64_t most = 0;
  for (auto [number, choices] : llvm::enumerate(layers)) {
    if (choices.empty())
      return llvm::createStringError("layer %zu has no choices", number);
    if (choices.size() > std::numeric_limits<uint32_t>::max() / maxStates)
      return llvm::createStringError("layer %zu has too many choices", number);
    int64_t largest = 0;
    for (const AssignmentCost &cost : choices) {
      bool isFinite = std::isfinite(cost.error) && std::isfinite(cost.seconds);
      if (!isFinite || cost.bytes < 0 || cost.error < 0 || cost.seconds < 0)
        return llvm::createStringError("a choice of layer %zu has costs that are negative or not "
                                       "finite",
                                       number);
      largest = std::max(largest, cost.bytes);
    }
    if (llvm::AddOverflow(most, largest, most))
      return llvm::createStringError("the layers take more than 2^63 bytes");
  }
  return llvm::Error::success();
}

void FrontBuilder::findLeastRests() {
  rests.resize(layers.size());
  AssignmentCost rest;
  for (size_t layer = layers.size(); layer-- > 0;) {
    rests[layer] = rest;
    AssignmentCost least = layers[layer].front();
    for (const AssignmentCost &cost : layers[layer]) {
      least.bytes = std::min(least.bytes, cost.bytes);
      least.error = std::min(least.error, cost.error);
      least.seconds = std::min(least.seconds, cost.seconds);
    }
    rest.bytes += least.bytes;
    rest.error += least.error;
    rest.seconds += least.seconds;
  }
}

void FrontBuilder::extend(llvm::ArrayRef<AssignmentCost> choices, const AssignmentCost &rest) {
  std::vector<AssignmentCost> next;
  steps.clear();
  // A sum in another order may differ in its last bits: nothing that is allowed may be dropped.
  constexpr double slack = 1 + 1e-9;
  for (auto [parent, state] : llvm::enumerate(states))
    for (auto [choice, cost] : llvm::enumerate(choices)) {
      AssignmentCost sum{state.bytes + cost.bytes, state.error + cost.error,
                         state.seconds + cost.seconds};
      if (sum.bytes + rest.bytes > limits.bytes || sum.error + rest.error > limits.error * slack ||
          sum.seconds + rest.seconds > limits.seconds * slack)
        continue;
      next.push_back(sum);
      steps.push_back({uint32_t(parent), uint32_t(choice)});
    }
  states = std::move(next);
}

/// Numbers that differ by less than a factor of 1 + `step` become one; 0 leaves them as they are.
static double coarsen(double value, double step) {
  return step == 0 || value == 0
             ? value
             : std::exp(std::floor(std::log(value) / std::log1p(step)) * std::log1p(step));
}

/// The states that none beats, in their order; of equal ones the first.
std::vector<uint32_t> FrontBuilder::findFront(double step) const {
  std::vector<uint32_t> order(states.size());
  std::iota(order.begin(), order.end(), 0);
  sortByCost(order, states);
  Staircase staircase;
  std::vector<uint32_t> kept;
  for (uint32_t state : order)
    if (!staircase.covers(coarsen(states[state].error, step), coarsen(states[state].seconds, step)))
      kept.push_back(state);
  llvm::sort(kept);
  return kept;
}

void FrontBuilder::keep(llvm::ArrayRef<uint32_t> kept) {
  for (auto [place, state] : llvm::enumerate(kept)) {
    states[place] = states[state];
    steps[place] = steps[state];
  }
  states.resize(kept.size());
  steps.resize(kept.size());
}

llvm::Error FrontBuilder::prune() {
  keep(findFront(/*step=*/0));
  if (states.size() <= maxStates)
    return llvm::Error::success();
  for (; coarseness <= 2; coarseness *= 2) {
    std::vector<uint32_t> kept = findFront(coarseness);
    if (kept.size() > maxStates)
      continue;
    keep(kept);
    front.precision *= 1 + coarseness;
    return llvm::Error::success();
  }
  return llvm::createStringError("the choices differ too much for an assignment to be found; allow "
                                 "more states");
}

void FrontBuilder::finish() {
  std::vector<uint32_t> order;
  for (auto [place, state] : llvm::enumerate(states))
    if (limits.allow(state))
      order.push_back(uint32_t(place));
  sortByCost(order, states);
  for (uint32_t place : order) {
    front.points.push_back(states[place]);
    front.places.push_back(place);
  }
}

llvm::Expected<AssignmentFront> FrontBuilder::build() {
  if (llvm::Error error = check())
    return std::move(error);
  findLeastRests();
  for (auto [choices, rest] : llvm::zip_equal(layers, rests)) {
    extend(choices, rest);
    if (llvm::Error error = prune())
      return std::move(error);
    front.steps.push_back(steps);
  }
  finish();
  return std::move(front);
}

llvm::Expected<AssignmentFront>
AssignmentFront::build(llvm::ArrayRef<std::vector<AssignmentCost>> layers,
                       const AssignmentLimits &limits, size_t maxStates) {
  return FrontBuilder(layers, limits, maxStates).build();
}

std::vector<size_t> AssignmentFront::getChoices(size_t point) const {
  std::vector<size_t> choices(steps.size());
  uint32_t place = places[point];
  for (size_t layer = steps.size(); layer-- > 0;) {
    const Step &step = steps[layer][place];
    choices[layer] = step.choice;
    place = step.parent;
  }
  return choices;
}

std::optional<size_t> AssignmentFront::findBest(AssignmentGoal goal,
                                                const AssignmentLimits &limits) const {
  auto rank = [&](const AssignmentCost &cost) {
    double first = goal == AssignmentGoal::Error   ? cost.error
                   : goal == AssignmentGoal::Bytes ? double(cost.bytes)
                                                   : cost.seconds;
    return std::tuple(first, cost.error, cost.bytes, cost.seconds);
  };
  std::optional<size_t> best;
  for (auto [point, cost] : llvm::enumerate(points))
    if (limits.allow(cost) && (!best || rank(cost) < rank(points[*best])))
      best = point;
  return best;
}
