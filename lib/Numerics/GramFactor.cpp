// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/GramFactor.h"

#include "llvm/ADT/STLExtras.h"

#include <Eigen/Cholesky>

#include <cassert>
#include <cmath>
#include <numeric>

using namespace halftone;

/// The lower Cholesky factor L of the matrix with its order reversed: R_ij = L_(n-1-i)(n-1-j). It
/// takes the place of the matrix, the largest thing there is.
struct GramFactor::Storage {
  Eigen::MatrixXd factor;
};

GramFactor::GramFactor(std::vector<int64_t> order, std::unique_ptr<Storage> storage)
    : order(std::move(order)), storage(std::move(storage)) {}
GramFactor::GramFactor(GramFactor &&other) = default;
GramFactor &GramFactor::operator=(GramFactor &&other) = default;
GramFactor::~GramFactor() = default;

bool GramFactor::isInOrder() const { return llvm::is_sorted(order); }

static llvm::Error checkGram(llvm::ArrayRef<float> gram, int64_t size) {
  if (!llvm::all_of(gram, [](float value) { return std::isfinite(value); }))
    return llvm::createStringError("the Gram matrix of the inputs has elements that are not "
                                   "finite");
  for (int64_t i = 0; i != size; ++i)
    if (gram[i * size + i] < 0)
      return llvm::createStringError("the Gram matrix of the inputs has a negative diagonal");
  return llvm::Error::success();
}

static std::vector<int64_t> sortByPower(llvm::ArrayRef<float> gram, int64_t size, bool descending) {
  std::vector<int64_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  if (descending) // Stable, so that equal powers leave one order only.
    llvm::stable_sort(order, [&](int64_t lhs, int64_t rhs) {
      return gram[lhs * size + lhs] > gram[rhs * size + rhs];
    });
  return order;
}

llvm::Expected<GramFactor> GramFactor::create(llvm::ArrayRef<float> gram, int64_t size,
                                              const GramFactorOptions &options) {
  assert(size > 0 && int64_t(gram.size()) == size * size && "a square matrix");
  if (llvm::Error error = checkGram(gram, size))
    return error;
  double mean = 0;
  for (int64_t i = 0; i != size; ++i)
    mean += double(gram[i * size + i]) / double(size);
  if (mean == 0) // Nothing was seen but zeros: any power will do.
    mean = 1;

  std::vector<int64_t> order = sortByPower(gram, size, options.descending);
  auto storage = std::make_unique<Storage>();
  Eigen::MatrixXd &matrix = storage->factor;
  matrix.resize(size, size);
  for (int64_t column = 0; column != size; ++column) {
    llvm::ArrayRef<float> products = gram.slice(order[size - 1 - column] * size, size);
    for (int64_t row = column; row != size; ++row)
      matrix(row, column) = double(products[order[size - 1 - row]]);
    if (matrix(column, column) == 0)
      matrix(column, column) = mean;
    matrix(column, column) += options.damping * mean;
  }
  Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> decomposition(matrix);
  if (decomposition.info() != Eigen::Success || !(matrix.diagonal().array() > 0).all())
    return llvm::createStringError(
        "the Gram matrix of the inputs is not positive definite with a damping of %g: give more "
        "damping or more calibration data",
        options.damping);
  return GramFactor(std::move(order), std::move(storage));
}

void GramFactor::copyColumns(int64_t begin, int64_t end,
                             llvm::MutableArrayRef<float> columns) const {
  assert(int64_t(columns.size()) == (end - begin) * end && "room for the columns");
  const Eigen::MatrixXd &factor = storage->factor;
  int64_t last = getSize() - 1;
  for (int64_t column = begin; column != end; ++column) {
    const double *source = &factor(0, last - column);
    float *to = &columns[(column - begin) * end];
    double pivot = source[last - column];
    for (int64_t row = 0; row <= column; ++row)
      to[row] = float(source[last - row] / pivot);
    std::fill(to + column + 1, to + end, 0.0f);
  }
}
