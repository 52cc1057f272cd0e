// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_GRAMFACTOR_H
#define HALFTONE_NUMERICS_GRAMFACTOR_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace halftone {

struct GramFactorOptions {
  /// What is added to the diagonal, in parts of its mean.
  double damping = 0.01;
  /// Inputs in the order of their power, the largest first, instead of that of the weights.
  bool descending = false;
};

/// How errors of the weights are carried on: the triangular factor R of the damped Gram matrix of
/// a layer's inputs, taken in some order, G = R R^T with R upper triangular. One factor serves
/// every layer that reads the same input.
///
/// An error e of the weights costs ||e R||^2, whose j-th term is R_jj (e_j + sum_{i<j} e_i R_ij /
/// R_jj). So rounding the j-th weight to the grid next to w_j + sum_{i<j} e_i R_ij / R_jj is all
/// that can be done about it once the weights before it are fixed.
class GramFactor {
public:
  /// `gram` is the matrix [size, size], symmetric. Inputs that were always 0 are treated as of mean
  /// power and independent of all others. An error if an element is not finite, or if the matrix is
  /// not positive definite in spite of its damping.
  static llvm::Expected<GramFactor> create(llvm::ArrayRef<float> gram, int64_t size,
                                           const GramFactorOptions &options);

  GramFactor(GramFactor &&other);
  GramFactor &operator=(GramFactor &&other);
  ~GramFactor();

  int64_t getSize() const { return int64_t(order.size()); }
  /// The input that comes first, the one that comes second, …
  llvm::ArrayRef<int64_t> getOrder() const { return order; }
  bool isInOrder() const;

  /// R_ij / R_jj for the columns j of [begin, end) and all rows i < end, column after column: `end`
  /// numbers each, those below the diagonal 0.
  void copyColumns(int64_t begin, int64_t end, llvm::MutableArrayRef<float> columns) const;

private:
  struct Storage;
  GramFactor(std::vector<int64_t> order, std::unique_ptr<Storage> storage);

  std::vector<int64_t> order;
  std::unique_ptr<Storage> storage;
};

} // namespace halftone

#endif // HALFTONE_NUMERICS_GRAMFACTOR_H
