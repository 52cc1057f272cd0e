// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "DimPolynomial.h"

#include "llvm/Support/MathExtras.h"
#include <algorithm>

using namespace mlir;
using namespace mlir::halftone;

int mlir::halftone::compareStructure(AffineExpr lhs, AffineExpr rhs) {
  if (lhs == rhs)
    return 0;
  if (lhs.getKind() != rhs.getKind())
    return lhs.getKind() < rhs.getKind() ? -1 : 1;
  if (auto constant = dyn_cast<AffineConstantExpr>(lhs))
    return constant.getValue() < cast<AffineConstantExpr>(rhs).getValue() ? -1 : 1;
  if (auto symbol = dyn_cast<AffineSymbolExpr>(lhs))
    return symbol.getPosition() < cast<AffineSymbolExpr>(rhs).getPosition() ? -1 : 1;
  if (auto dim = dyn_cast<AffineDimExpr>(lhs))
    return dim.getPosition() < cast<AffineDimExpr>(rhs).getPosition() ? -1 : 1;
  auto lhsBinary = cast<AffineBinaryOpExpr>(lhs), rhsBinary = cast<AffineBinaryOpExpr>(rhs);
  if (int order = compareStructure(lhsBinary.getLHS(), rhsBinary.getLHS()))
    return order;
  return compareStructure(lhsBinary.getRHS(), rhsBinary.getRHS());
}

// Graded lexicographic: products of equal length compare factor by factor. A monomial order, which
// the long division needs to end.
bool DimPolynomial::MonomialOrder::operator()(const Monomial &lhs, const Monomial &rhs) const {
  if (lhs.size() != rhs.size())
    return lhs.size() < rhs.size();
  for (auto [left, right] : llvm::zip_equal(lhs, rhs))
    if (int order = compareStructure(left, right))
      return order < 0;
  return false;
}

DimPolynomial DimPolynomial::constant(int64_t value) {
  DimPolynomial result;
  if (value != 0)
    result.terms[{}] = value;
  return result;
}

DimPolynomial DimPolynomial::variable(AffineExpr expr) {
  // The builders of quotients simplify on their own.
  if (auto value = dyn_cast<AffineConstantExpr>(expr))
    return constant(value.getValue());
  DimPolynomial result;
  result.terms[{expr}] = 1;
  return result;
}

std::optional<int64_t> DimPolynomial::asConstant() const {
  if (terms.empty())
    return 0;
  if (terms.size() == 1 && terms.begin()->first.empty())
    return terms.begin()->second;
  return std::nullopt;
}

bool DimPolynomial::accumulate(const Monomial &monomial, int64_t coefficient) {
  int64_t &sum = terms[monomial];
  if (llvm::AddOverflow(sum, coefficient, sum))
    return false;
  if (sum == 0)
    terms.erase(monomial);
  return terms.size() <= kMaxTerms;
}

std::optional<DimPolynomial> DimPolynomial::add(const DimPolynomial &other) const {
  DimPolynomial result = *this;
  for (const auto &[monomial, coefficient] : other.terms)
    if (!result.accumulate(monomial, coefficient))
      return std::nullopt;
  return result;
}

std::optional<DimPolynomial> DimPolynomial::subtract(const DimPolynomial &other) const {
  std::optional<DimPolynomial> negated = other.multiply(constant(-1));
  return negated ? add(*negated) : std::nullopt;
}

std::optional<DimPolynomial> DimPolynomial::multiply(const DimPolynomial &other) const {
  DimPolynomial result;
  for (const auto &[lhsMonomial, lhsCoefficient] : terms) {
    for (const auto &[rhsMonomial, rhsCoefficient] : other.terms) {
      int64_t coefficient;
      if (llvm::MulOverflow(lhsCoefficient, rhsCoefficient, coefficient))
        return std::nullopt;
      Monomial monomial = lhsMonomial;
      llvm::append_range(monomial, rhsMonomial);
      llvm::sort(monomial, [](AffineExpr a, AffineExpr b) { return compareStructure(a, b) < 0; });
      if (!result.accumulate(monomial, coefficient))
        return std::nullopt;
    }
  }
  return result;
}

// The factors of `dividend` without those of `divisor`, if all of these are among them.
static std::optional<DimPolynomial::Monomial>
divideMonomial(const DimPolynomial::Monomial &dividend, const DimPolynomial::Monomial &divisor) {
  DimPolynomial::Monomial quotient = dividend;
  for (AffineExpr factor : divisor) {
    auto *found = llvm::find(quotient, factor);
    if (found == quotient.end())
      return std::nullopt;
    quotient.erase(found);
  }
  return quotient;
}

std::optional<DimPolynomial> DimPolynomial::divideExactly(const DimPolynomial &divisor) const {
  if (divisor.isZero())
    return std::nullopt;
  const auto &[leadingMonomial, leadingCoefficient] = *divisor.terms.rbegin();
  DimPolynomial quotient, rest = *this;
  while (!rest.isZero()) {
    const auto &[monomial, coefficient] = *rest.terms.rbegin();
    std::optional<Monomial> factor = divideMonomial(monomial, leadingMonomial);
    bool overflows = leadingCoefficient == -1 && coefficient == std::numeric_limits<int64_t>::min();
    if (!factor || overflows || coefficient % leadingCoefficient != 0)
      return std::nullopt;
    DimPolynomial term;
    term.terms[*factor] = coefficient / leadingCoefficient;
    std::optional<DimPolynomial> product = divisor.multiply(term);
    std::optional<DimPolynomial> next = product ? rest.subtract(*product) : std::nullopt;
    if (!next || !quotient.accumulate(*factor, coefficient / leadingCoefficient))
      return std::nullopt;
    rest = *next;
  }
  return quotient;
}

std::optional<std::pair<DimPolynomial, DimPolynomial>>
DimPolynomial::splitMultiples(int64_t divisor) const {
  DimPolynomial whole, rest;
  for (const auto &[monomial, coefficient] : terms) {
    if (monomial.empty()) {
      int64_t quotient = llvm::divideFloorSigned(coefficient, divisor);
      int64_t remainder = coefficient - quotient * divisor;
      if (quotient != 0)
        whole.terms[monomial] = quotient;
      if (remainder != 0)
        rest.terms[monomial] = remainder;
    } else if (coefficient % divisor == 0) {
      whole.terms[monomial] = coefficient / divisor;
    } else {
      rest.terms[monomial] = coefficient;
    }
  }
  return std::make_pair(whole, rest);
}

// Quotients are normalized so that equal ones look equal: what the divisor divides is taken out,
// floor((c * a + b) / c) = a + floor(b / c), and ceil(x / c) = floor((x + c - 1) / c).
std::optional<DimPolynomial> DimPolynomial::fromQuotient(AffineBinaryOpExpr expr) {
  std::optional<DimPolynomial> lhs = fromExpr(expr.getLHS()), rhs = fromExpr(expr.getRHS());
  if (!lhs || !rhs || rhs->isZero())
    return std::nullopt;
  bool isMod = expr.getKind() == AffineExprKind::Mod;
  if (std::optional<DimPolynomial> exact = lhs->divideExactly(*rhs))
    return isMod ? constant(0) : exact;
  MLIRContext *context = expr.getContext();
  std::optional<int64_t> divisor = rhs->asConstant();
  if (!divisor || *divisor <= 0)
    return variable(
        getAffineBinaryOpExpr(expr.getKind(), lhs->toExpr(context), rhs->toExpr(context)));
  if (expr.getKind() == AffineExprKind::CeilDiv)
    lhs = lhs->add(constant(*divisor - 1));
  if (!lhs)
    return std::nullopt;
  auto split = lhs->splitMultiples(*divisor);
  auto &[whole, rest] = *split;
  if (std::optional<int64_t> value = rest.asConstant())
    return isMod ? constant(*value) : whole;
  DimPolynomial opaque = variable(
      getAffineBinaryOpExpr(isMod ? AffineExprKind::Mod : AffineExprKind::FloorDiv,
                            rest.toExpr(context), getAffineConstantExpr(*divisor, context)));
  return isMod ? opaque : whole.add(opaque);
}

std::optional<DimPolynomial> DimPolynomial::fromExpr(AffineExpr expr) {
  if (auto value = dyn_cast<AffineConstantExpr>(expr))
    return constant(value.getValue());
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return variable(expr);
  if (binary.getKind() != AffineExprKind::Add && binary.getKind() != AffineExprKind::Mul)
    return fromQuotient(binary);
  std::optional<DimPolynomial> lhs = fromExpr(binary.getLHS()), rhs = fromExpr(binary.getRHS());
  if (!lhs || !rhs)
    return std::nullopt;
  return binary.getKind() == AffineExprKind::Add ? lhs->add(*rhs) : lhs->multiply(*rhs);
}

AffineExpr DimPolynomial::toExpr(MLIRContext *context) const {
  AffineExpr sum = getAffineConstantExpr(0, context);
  // The constant term comes first in the map and is added last, as AffineExpr itself orders it.
  for (const auto &[monomial, coefficient] : terms) {
    if (monomial.empty())
      continue;
    AffineExpr product = monomial.front();
    for (AffineExpr factor : llvm::drop_begin(monomial))
      product = product * factor;
    sum = sum + product * coefficient;
  }
  auto constantTerm = terms.find({});
  return constantTerm == terms.end() ? sum : sum + constantTerm->second;
}
