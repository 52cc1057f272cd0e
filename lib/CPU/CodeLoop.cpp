// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CodeLoop.h"

#include <numeric>

using namespace mlir;
using namespace mlir::halftone;

int64_t CodeLoop::chooseBatchRows(const WeightDecoder &decoder) {
  // So many that parameters of one bit, which share bytes, have their places in them known.
  constexpr int64_t fewRows = 8, manyRows = 16;
  int64_t stepRows = decoder.getStepRows();
  bool areSmall = decoder.getGroup() < fewRows && decoder.getGroup() < decoder.getNumRows();
  return areSmall ? std::lcm(stepRows, manyRows) : stepRows;
}

CodeLoop::Parameters CodeLoop::load(Value row) {
  Parameters parameters;
  for (const WeightDecoder::Columns &each : columns)
    parameters.push_back(decoder.loadParameters(each, row));
  return parameters;
}

void CodeLoop::addBatch(Value first, int64_t count, const Parameters *shared,
                        Values &accumulators) {
  int64_t group = decoder.getGroup(), stepRows = decoder.getStepRows();
  Value firstStep = math.div(first, stepRows);
  WeightDecoder::Step step;
  Parameters own;
  for (int64_t index = 0; index < count; ++index) {
    int64_t codeRow = index % stepRows;
    if (codeRow == 0) {
      step = WeightDecoder::Step();
      step.index = math.add(firstStep, index / stepRows);
    }
    Value row = math.add(first, index);
    // Whole groups in a batch begin at the same rows of each.
    if (!shared && (batchRows % group != 0 || index % group == 0))
      own = load(row);
    Values numbers;
    for (auto [each, parameters] : llvm::zip_equal(columns, shared ? *shared : own))
      numbers.push_back(decoder.decode(each, step, codeRow, parameters));
    addRow(numbers, row, accumulators);
  }
}

CodeLoop::Values CodeLoop::addRows(Value first, int64_t count, bool areShared, Values values) {
  Parameters parameters = areShared ? load(first) : Parameters();
  const Parameters *shared = areShared ? &parameters : nullptr;
  int64_t numBatches = count / batchRows;
  values =
      math.carry(math.builder.getIndexAttr(numBatches), values, [&](Value index, Values before) {
        Value begin = math.add(first, math.mul(index, batchRows));
        if (onBatch)
          onBatch(math.div(begin, batchRows), math.constant(decoder.getNumRows() / batchRows));
        addBatch(begin, batchRows, shared, before);
        return before;
      });
  if (int64_t rest = count % batchRows)
    addBatch(math.add(first, numBatches * batchRows), rest, shared, values);
  return values;
}

CodeLoop::Values CodeLoop::accumulate(Value first, int64_t count, Values accumulators) {
  int64_t group = decoder.getGroup();
  if (group == decoder.getNumRows())
    return addRows(first, count, /*areShared=*/true, accumulators);
  if (group % batchRows != 0)
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
