// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CodeLoop.h"

using namespace mlir;
using namespace mlir::halftone;

CodeLoop::Parameters CodeLoop::load(Value row) {
  Parameters parameters;
  for (const WeightDecoder::Columns &each : columns)
    parameters.push_back(decoder.loadParameters(each, row));
  return parameters;
}

void CodeLoop::addStep(Value index, int64_t count, const Parameters *shared, Values &accumulators) {
  WeightDecoder::Step step;
  step.index = index;
  Parameters own;
  int64_t group = decoder.getGroup(), stepRows = decoder.getStepRows();
  for (int64_t codeRow = 0; codeRow < count; ++codeRow) {
    Value row = math.add(math.mul(index, stepRows), codeRow);
    // Whole groups in a step begin at the same rows of each.
    if (!shared && (stepRows % group != 0 || codeRow % group == 0))
      own = load(row);
    Values numbers;
    for (auto [each, parameters] : llvm::zip_equal(columns, shared ? *shared : own))
      numbers.push_back(decoder.decode(each, step, codeRow, parameters));
    addRow(numbers, row, accumulators);
  }
}

CodeLoop::Values CodeLoop::addSteps(Value firstStep, int64_t count, const Parameters *shared,
                                    const Values &before) {
  int64_t stepRows = decoder.getStepRows();
  Value numSteps = math.constant(decoder.getNumRows() / stepRows);
  return math.carry(math.builder.getIndexAttr(count), before, [&](Value step, Values values) {
    Value index = math.add(firstStep, step);
    if (onStep)
      onStep(index, numSteps);
    addStep(index, stepRows, shared, values);
    return values;
  });
}

CodeLoop::Values CodeLoop::addRows(Value first, int64_t count, bool areShared, Values values) {
  Parameters parameters = areShared ? load(first) : Parameters();
  const Parameters *shared = areShared ? &parameters : nullptr;
  int64_t stepRows = decoder.getStepRows();
  Value firstStep = math.div(first, stepRows);
  values = addSteps(firstStep, count / stepRows, shared, values);
  if (int64_t rest = count % stepRows)
    addStep(math.add(firstStep, count / stepRows), rest, shared, values);
  return values;
}

CodeLoop::Values CodeLoop::accumulate(Value first, int64_t count, Values accumulators) {
  int64_t group = decoder.getGroup();
  if (group == decoder.getNumRows())
    return addRows(first, count, /*areShared=*/true, accumulators);
  if (group % decoder.getStepRows() != 0)
    return addRows(first, count, /*areShared=*/false, accumulators);
  int64_t numGroups = count / group;
  accumulators = math.carry(math.builder.getIndexAttr(numGroups), accumulators,
                            [&](Value index, Values values) {
                              return addRows(math.add(first, math.mul(index, group)), group,
                                             /*areShared=*/true, std::move(values));
                            });
  if (int64_t rest = count % group)
    return addRows(math.add(first, numGroups * group), rest, /*areShared=*/true, accumulators);
  return accumulators;
}
