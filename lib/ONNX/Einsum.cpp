// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Einsum as reductions, transposes and matrix products, two operands at a time.
#include "Builders.h"
#include "Compose.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include <map>

using namespace mlir;
using namespace mlir::halftone;

namespace {
/// A dimension: a letter, or (negative) the n-th dimension of the ellipsis from the right.
using Label = int;
using Labels = SmallVector<Label>;

struct Term {
  Value value;
  Labels labels;
};

struct Equation {
  SmallVector<Labels> inputs;
  Labels output;
};

class EinsumImporter {
public:
  explicit EinsumImporter(NodeImporter &node) : node(node) {}
  LogicalResult run();

private:
  std::optional<Equation> parse(StringRef text, ArrayRef<Value> operands);
  std::optional<Labels> parseTerm(StringRef text, int64_t rank);
  Labels makeImplicitOutput(ArrayRef<Labels> inputs);
  Term takeDiagonals(Term term);
  Value countDiagonal(Value value, int64_t first, int64_t other);
  Term sumAllBut(Term term, const Labels &kept);
  Term permute(Term term, const Labels &order);
  Term combine(Term lhs, Term rhs, const Labels &kept);
  Term contract(Term lhs, Term rhs, const Labels &batch, const Labels &lhsOnly,
                const Labels &contracted, const Labels &rhsOnly);
  Term multiply(Term lhs, Term rhs, const Labels &batch, const Labels &lhsOnly,
                const Labels &rhsOnly);
  Value multiplyDims(Value value, int64_t start, int64_t end);
  Value mergeDims(Value value, int64_t batch, int64_t first, int64_t second);

  NodeImporter &node;
};
} // namespace

/// The labels of one term, which names the dimensions of a tensor of `rank` dimensions.
std::optional<Labels> EinsumImporter::parseTerm(StringRef text, int64_t rank) {
  Labels labels;
  int64_t letters = llvm::count_if(text, [](char c) { return llvm::isAlpha(c); });
  bool hasEllipsis = text.contains("...");
  int64_t ellipsis = rank - letters;
  bool wellFormed = letters + (hasEllipsis ? 3 : 0) == int64_t(text.size());
  if (!wellFormed || (hasEllipsis ? ellipsis < 0 : ellipsis != 0)) {
    node.emitError() << "term '" << text << "' of the equation does not fit a tensor of " << rank
                     << " dimensions";
    return std::nullopt;
  }
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '.') {
      labels.push_back(text[i]);
      continue;
    }
    for (int64_t k = ellipsis; k > 0; --k)
      labels.push_back(-int(k));
    i += 2;
  }
  return labels;
}

/// Without an arrow: the ellipsis, then the letters that occur once, sorted.
Labels EinsumImporter::makeImplicitOutput(ArrayRef<Labels> inputs) {
  std::map<Label, int> counts;
  for (const Labels &labels : inputs)
    for (Label label : labels)
      ++counts[label];
  Labels output;
  for (auto [label, count] : counts)
    if (label < 0 || count == 1)
      output.push_back(label);
  return output;
}

std::optional<Equation> EinsumImporter::parse(StringRef text, ArrayRef<Value> operands) {
  std::string compact = text.str();
  llvm::erase(compact, ' ');
  auto [left, right] = StringRef(compact).split("->");
  bool isExplicit = StringRef(compact).contains("->");
  SmallVector<StringRef> terms;
  left.split(terms, ',');
  if (terms.size() != operands.size()) {
    node.emitError() << "equation '" << text << "' has " << terms.size() << " terms for "
                     << operands.size() << " inputs";
    return std::nullopt;
  }
  Equation equation;
  llvm::SmallSetVector<Label, 8> all;
  int64_t ellipsis = 0;
  for (auto [term, operand] : llvm::zip_equal(terms, operands)) {
    std::optional<Labels> labels = parseTerm(term, NodeImporter::getRank(operand));
    if (!labels)
      return std::nullopt;
    for (Label label : *labels)
      ellipsis = std::max<int64_t>(ellipsis, -label);
    all.insert(labels->begin(), labels->end());
    equation.inputs.push_back(*labels);
  }
  if (!isExplicit) {
    equation.output = makeImplicitOutput(equation.inputs);
    return equation;
  }
  int64_t letters = llvm::count_if(right, [](char c) { return llvm::isAlpha(c); });
  std::optional<Labels> output = parseTerm(right, letters + (right.contains("...") ? ellipsis : 0));
  if (!output)
    return std::nullopt;
  if (!llvm::all_of(*output, [&](Label label) { return all.contains(label); })) {
    node.emitError() << "equation '" << text << "' has an output dimension that no input has";
    return std::nullopt;
  }
  if (llvm::SmallSetVector<Label, 8>(output->begin(), output->end()).size() != output->size()) {
    node.emitError() << "equation '" << text << "' has an output dimension twice";
    return std::nullopt;
  }
  equation.output = *output;
  return equation;
}

/// The numbers of the elements of a diagonal. Of two sizes that differ only at run time those of
/// the larger, for which there is no element: an error then, where half a diagonal would be an
/// answer.
Value EinsumImporter::countDiagonal(Value value, int64_t first, int64_t other) {
  RankedTensorType type = NodeImporter::getType(value);
  Value numbers = buildIota(node, buildSize(node, value, first));
  if (node.hasFailed() || (!type.isDynamicDim(first) && !type.isDynamicDim(other)))
    return numbers;
  return node.create<MaxOp>(numbers, buildIota(node, buildSize(node, value, other)));
}

// In rows of n, the elements (i, i) are those at i * (n + 1).
Term EinsumImporter::takeDiagonals(Term term) {
  Labels &labels = term.labels;
  for (size_t i = 0; i < labels.size() && !node.hasFailed(); ++i) {
    Label *second = std::find(labels.begin() + i + 1, labels.end(), labels[i]);
    if (second == labels.end())
      continue;
    int64_t rank = labels.size(), first = i, other = second - labels.begin();
    RankedTensorType type = NodeImporter::getType(term.value);
    if (!type.isDynamicDim(first) && !type.isDynamicDim(other) &&
        type.getDimSize(first) != type.getDimSize(other)) {
      node.emitError() << "takes the diagonal of dimensions " << first << " and " << other << " of "
                       << type << ", which differ";
      return term;
    }
    Labels rest;
    SmallVector<int64_t> permutation;
    for (int64_t k = 0; k < rank; ++k)
      if (k != first && k != other) {
        permutation.push_back(k);
        rest.push_back(labels[k]);
      }
    permutation.append({first, other});
    Value value =
        llvm::is_sorted(permutation) ? term.value : buildTranspose(node, term.value, permutation);
    Value matrices = mergeDims(value, rank - 2, 2, 0);
    Value stride = buildShift(node, buildSize(node, term.value, other), 1);
    Value places = node.create<MulOp>(countDiagonal(term.value, first, other), stride);
    Value flat = node.create<SqueezeOp>(matrices, ArrayRef<int64_t>(rank - 1));
    rest.push_back(labels[i]);
    term = {node.create<GatherOp>(flat, places, /*axis=*/rank - 2), rest};
    i = size_t(-1); // The labels have moved.
  }
  return term;
}

Term EinsumImporter::sumAllBut(Term term, const Labels &kept) {
  SmallVector<int64_t> axes;
  Labels labels;
  for (auto [i, label] : llvm::enumerate(term.labels)) {
    if (llvm::is_contained(kept, label))
      labels.push_back(label);
    else
      axes.push_back(i);
  }
  if (axes.empty())
    return term;
  return {node.create<ReduceOp>(term.value, ReduceKind::Sum, axes, /*keepdims=*/false), labels};
}

Term EinsumImporter::permute(Term term, const Labels &order) {
  if (term.labels == order)
    return term;
  SmallVector<int64_t> permutation;
  for (Label label : order)
    permutation.push_back(llvm::find(term.labels, label) - term.labels.begin());
  return {node.create<TransposeOp>(term.value, permutation), order};
}

static Labels concat(ArrayRef<Label> a, ArrayRef<Label> b, ArrayRef<Label> c = {}) {
  Labels all(a);
  all.append(b.begin(), b.end());
  all.append(c.begin(), c.end());
  return all;
}

/// The product of the sizes of dimensions [start, end), 1-D with one element.
Value EinsumImporter::multiplyDims(Value value, int64_t start, int64_t end) {
  Value product =
      start == end ? node.createInts(int64_t(1)) : node.createDims(value, start, start + 1);
  for (int64_t i = start + 1; i < end; ++i)
    product = node.create<MulOp>(product, node.createDims(value, i, i + 1));
  return product;
}

/// [batch…, first…, second…] as [batch…, first, second].
Value EinsumImporter::mergeDims(Value value, int64_t batch, int64_t first, int64_t second) {
  if (node.hasFailed() || (first == 1 && second == 1))
    return value;
  SmallVector<Value> dims;
  if (batch > 0)
    dims.push_back(node.createDims(value, 0, batch));
  dims.push_back(multiplyDims(value, batch, batch + first));
  dims.push_back(multiplyDims(value, batch + first, batch + first + second));
  return node.create<ReshapeOp>(value, node.create<ConcatOp>(dims, /*axis=*/0));
}

Term EinsumImporter::contract(Term lhs, Term rhs, const Labels &batch, const Labels &lhsOnly,
                              const Labels &contracted, const Labels &rhsOnly) {
  lhs = permute(lhs, concat(batch, lhsOnly, contracted));
  rhs = permute(rhs, concat(batch, contracted, rhsOnly));
  int64_t batches = batch.size();
  Value product =
      node.create<MatMulOp>(mergeDims(lhs.value, batches, lhsOnly.size(), contracted.size()),
                            mergeDims(rhs.value, batches, contracted.size(), rhsOnly.size()));
  Labels labels = concat(batch, lhsOnly, rhsOnly);
  if (lhsOnly.size() == 1 && rhsOnly.size() == 1)
    return {product, labels};
  // Unfold the two merged dimensions. The batch may have been broadcast, so it is the product's.
  SmallVector<Value> dims;
  if (batches > 0)
    dims.push_back(node.createDims(product, 0, batches));
  if (!lhsOnly.empty())
    dims.push_back(node.createDims(lhs.value, batches, batches + lhsOnly.size()));
  if (!rhsOnly.empty())
    dims.push_back(node.createDims(rhs.value, batches + contracted.size(), rhs.labels.size()));
  Value shape =
      dims.empty() ? node.createInts(ArrayRef<int64_t>()) : node.create<ConcatOp>(dims, /*axis=*/0);
  return {node.create<ReshapeOp>(product, shape), labels};
}

/// Without common dimensions to sum over: an elementwise product.
Term EinsumImporter::multiply(Term lhs, Term rhs, const Labels &batch, const Labels &lhsOnly,
                              const Labels &rhsOnly) {
  lhs = permute(lhs, concat(batch, lhsOnly));
  rhs = permute(rhs, concat(batch, rhsOnly));
  Value left = node.appendUnitDims(lhs.value, rhsOnly.size()), right = rhs.value;
  int64_t first = batch.size(), count = lhsOnly.size();
  if (count > 0)
    right = node.create<UnsqueezeOp>(right, llvm::to_vector(llvm::seq(first, first + count)));
  return {node.create<MulOp>(left, right), concat(batch, lhsOnly, rhsOnly)};
}

Term EinsumImporter::combine(Term lhs, Term rhs, const Labels &kept) {
  lhs = sumAllBut(lhs, concat(kept, rhs.labels));
  rhs = sumAllBut(rhs, concat(kept, lhs.labels));
  Labels batch, lhsOnly, contracted, rhsOnly;
  for (Label label : lhs.labels) {
    if (!llvm::is_contained(rhs.labels, label))
      lhsOnly.push_back(label);
    else if (llvm::is_contained(kept, label))
      batch.push_back(label);
    else
      contracted.push_back(label);
  }
  for (Label label : rhs.labels)
    if (!llvm::is_contained(lhs.labels, label))
      rhsOnly.push_back(label);
  return contracted.empty() ? multiply(lhs, rhs, batch, lhsOnly, rhsOnly)
                            : contract(lhs, rhs, batch, lhsOnly, contracted, rhsOnly);
}

LogicalResult EinsumImporter::run() {
  SmallVector<Value> operands = node.getOperands();
  StringRef text = node.requireString("equation");
  if (node.hasFailed())
    return failure();
  std::optional<Equation> equation = parse(text, operands);
  if (!equation)
    return failure();
  Term result = takeDiagonals({operands[0], equation->inputs[0]});
  for (size_t i = 1; i < operands.size(); ++i) {
    Labels kept = equation->output;
    for (size_t later = i + 1; later < operands.size(); ++later)
      kept.append(equation->inputs[later]);
    result = combine(result, takeDiagonals({operands[i], equation->inputs[i]}), kept);
  }
  result = permute(sumAllBut(result, equation->output), equation->output);
  return node.setResults({result.value});
}

static LogicalResult importEinsum(NodeImporter &node) { return EinsumImporter(node).run(); }

void halftone::addEinsumOps(OpTable &table) {
  table.add({{"Einsum", {1, kAnyNumber}, importEinsum, fromOpset(12)}});
}
