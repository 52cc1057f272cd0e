// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/WeakInputs.h"

#include "llvm/ADT/STLExtras.h"

#include <Eigen/Cholesky>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

using namespace halftone;

int64_t halftone::countWeakInputs(int64_t reduction, double codeBits, double bits) {
  auto count = int64_t(std::floor((bits - codeBits) * double(reduction) / 16.0));
  return std::clamp<int64_t>(count, 0, reduction);
}

std::vector<int64_t> halftone::findWeakInputs(llvm::ArrayRef<float> weights,
                                              const EncodedTensor &nearest, const Format &format,
                                              const WeightMatrix &matrix,
                                              llvm::ArrayRef<float> gram, int64_t count) {
  std::vector<float> numbers = decodeTensor(nearest, format);
  std::vector<double> costs(size_t(matrix.reduction));
  for (int64_t input = 0; input != matrix.reduction; ++input) {
    double power = 0;
    for (int64_t channel = 0; channel != matrix.channels; ++channel) {
      int64_t element = matrix.at(input, channel);
      double error = double(weights[element]) - double(numbers[element]);
      power += error * error;
    }
    costs[input] = power * double(gram[input * matrix.reduction + input]);
  }
  std::vector<int64_t> order(costs.size());
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](int64_t lhs, int64_t rhs) {
    return costs[lhs] > costs[rhs] || (costs[lhs] == costs[rhs] && lhs < rhs);
  });
  order.resize(size_t(std::min(count, matrix.reduction)));
  llvm::sort(order);
  return order;
}

llvm::Expected<WeakInputs> WeakInputs::create(llvm::ArrayRef<float> gram, int64_t size,
                                              llvm::ArrayRef<int64_t> inputs, double damping) {
  assert(int64_t(gram.size()) == size * size && "a square matrix");
  WeakInputs result;
  result.inputs = inputs.vec();
  auto count = int64_t(inputs.size());
  double mean = 0;
  for (int64_t i = 0; i != size; ++i)
    mean += double(gram[i * size + i]) / double(size);
  if (mean == 0) // Nothing was seen but zeros: any power will do.
    mean = 1;
  Eigen::MatrixXd own(count, count), products(count, size);
  for (int64_t row = 0; row != count; ++row) {
    for (int64_t column = 0; column != size; ++column)
      products(row, column) = double(gram[inputs[row] * size + column]);
    for (int64_t column = 0; column != count; ++column)
      own(row, column) = products(row, inputs[column]);
    own(row, row) += damping * mean;
  }
  Eigen::LLT<Eigen::MatrixXd> factor(own);
  if (factor.info() != Eigen::Success)
    return llvm::createStringError("the Gram matrix of the weak inputs is not positive definite "
                                   "with a damping of %g: give more damping or more calibration "
                                   "data",
                                   damping);
  Eigen::MatrixXd shares = factor.solve(products);
  for (int64_t input : inputs)
    shares.col(input).setZero();
  result.shares.resize(size_t(count * size));
  result.gram = gram.vec();
  for (int64_t weak = 0; weak != count; ++weak)
    for (int64_t column = 0; column != size; ++column)
      result.shares[weak * size + column] = shares(weak, column);
  for (int64_t row = 0; row != size; ++row)
    for (int64_t column = 0; column <= row; ++column) {
      double sum = double(gram[row * size + column]);
      for (int64_t weak = 0; weak != count; ++weak)
        sum -= products(weak, row) * shares(weak, column);
      // What cancels may end a little below zero.
      float left = float(row == column ? std::max(sum, 0.0) : sum);
      result.gram[row * size + column] = result.gram[column * size + row] = left;
    }
  for (int64_t input : inputs)
    for (int64_t other = 0; other != size; ++other)
      result.gram[input * size + other] = result.gram[other * size + input] = 0;
  return std::move(result);
}

std::vector<float> WeakInputs::leaveOut(llvm::ArrayRef<float> weights,
                                        const WeightMatrix &matrix) const {
  std::vector<float> others = weights.vec();
  for (int64_t input : inputs)
    for (int64_t channel = 0; channel != matrix.channels; ++channel)
      others[matrix.at(input, channel)] = 0;
  return others;
}

std::vector<float> WeakInputs::compensate(llvm::ArrayRef<float> weights,
                                          llvm::ArrayRef<float> rounded,
                                          const WeightMatrix &matrix) const {
  std::vector<float> kept;
  kept.reserve(inputs.size() * size_t(matrix.channels));
  std::vector<double> row(size_t(matrix.channels));
  for (size_t weak = 0; weak != inputs.size(); ++weak) {
    for (int64_t channel = 0; channel != matrix.channels; ++channel)
      row[channel] = double(weights[matrix.at(inputs[weak], channel)]);
    for (int64_t input = 0; input != matrix.reduction; ++input) {
      double share = shares[weak * size_t(matrix.reduction) + size_t(input)];
      for (int64_t channel = 0; channel != matrix.channels && share != 0; ++channel) {
        int64_t element = matrix.at(input, channel);
        row[channel] += share * (double(weights[element]) - double(rounded[element]));
      }
    }
    kept.insert(kept.end(), row.begin(), row.end());
  }
  return kept;
}
