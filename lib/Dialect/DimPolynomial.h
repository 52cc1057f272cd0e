// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Normal form of dimension expressions: sums of products of symbols and (opaque) quotients.
#ifndef HALFTONE_LIB_DIALECT_DIMPOLYNOMIAL_H
#define HALFTONE_LIB_DIALECT_DIMPOLYNOMIAL_H

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/SmallVector.h"
#include <map>
#include <optional>

namespace mlir::halftone {

/// A total order that depends only on the structure, so that results are the same in every run.
int compareStructure(AffineExpr lhs, AffineExpr rhs);

/// A polynomial with integer coefficients whose variables are symbols, quotients and remainders.
/// Operations return nullopt where a coefficient would overflow or the polynomial would grow too
/// large.
class DimPolynomial {
public:
  /// The factors of a product, sorted, with repetitions.
  using Monomial = llvm::SmallVector<AffineExpr, 2>;
  struct MonomialOrder {
    bool operator()(const Monomial &lhs, const Monomial &rhs) const;
  };

  static DimPolynomial constant(int64_t value);
  static std::optional<DimPolynomial> fromExpr(AffineExpr expr);

  bool isZero() const { return terms.empty(); }
  std::optional<int64_t> asConstant() const;
  AffineExpr toExpr(MLIRContext *context) const;

  std::optional<DimPolynomial> add(const DimPolynomial &other) const;
  std::optional<DimPolynomial> subtract(const DimPolynomial &other) const;
  std::optional<DimPolynomial> multiply(const DimPolynomial &other) const;
  /// The quotient, if there is no remainder.
  std::optional<DimPolynomial> divideExactly(const DimPolynomial &divisor) const;

  const std::map<Monomial, int64_t, MonomialOrder> &getTerms() const { return terms; }

private:
  static constexpr size_t kMaxTerms = 64;

  static std::optional<DimPolynomial> fromQuotient(AffineBinaryOpExpr expr);
  static DimPolynomial variable(AffineExpr expr);
  bool accumulate(const Monomial &monomial, int64_t coefficient);
  /// Splits off the part that `divisor` divides: this = divisor * whole + rest.
  std::optional<std::pair<DimPolynomial, DimPolynomial>> splitMultiples(int64_t divisor) const;

  std::map<Monomial, int64_t, MonomialOrder> terms;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DIALECT_DIMPOLYNOMIAL_H
