// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "AttentionPattern.h"

#include "halftone/Dialect/ConstantData.h"
#include <cmath>

using namespace mlir;
using namespace mlir::halftone;

// Larger heads leave no room for a block of keys in the first-level cache.
static constexpr int64_t largestHead = 256;
// The scores of fewer keys fit any cache, and a block of them does not fill a register.
static constexpr int64_t fewestKeys = 16;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }
static int64_t rankOf(Value value) { return typeOf(value).getRank(); }

/// The number that a constant of one element holds.
static std::optional<double> getNumber(Value value) {
  ElementsAttr constant = getConstant(value);
  if (!constant || constant.getNumElements() != 1)
    return std::nullopt;
  std::optional<std::vector<float>> numbers = readFloats(constant);
  return numbers ? std::optional<double>(numbers->front()) : std::nullopt;
}

/// `value` without a multiplication with or division by a constant, which goes into `scale`.
static Value peelScale(Value value, double &scale) {
  Operation *op = value.getDefiningOp();
  if (!isa_and_present<MulOp, DivOp>(op))
    return nullptr;
  for (unsigned i : {1u, 0u}) {
    std::optional<double> factor = getNumber(op->getOperand(i));
    Value rest = op->getOperand(1 - i);
    if (!factor || rest.getType() != value.getType() || (isa<DivOp>(op) && i == 0))
      continue;
    double changed = isa<DivOp>(op) ? scale / *factor : scale * *factor;
    if (!std::isfinite(float(changed)))
      return nullptr;
    scale = changed;
    return rest;
  }
  return nullptr;
}

static Value peelScales(Value value, double &scale) {
  while (Value rest = peelScale(value, scale))
    value = rest;
  return value;
}

/// The tensor that `value` repeats.
static Value peelExpand(Value value) {
  auto expand = value.getDefiningOp<ExpandOp>();
  return expand ? expand.getInput() : value;
}

/// Whether `transpose` exchanges dimensions `lhs` and `rhs` and nothing else.
static bool exchanges(TransposeOp transpose, int64_t lhs, int64_t rhs) {
  for (auto [index, source] : llvm::enumerate(transpose.getPermutation())) {
    int64_t dim = int64_t(index);
    if (source != (dim == lhs ? rhs : dim == rhs ? lhs : dim))
      return false;
  }
  return true;
}

namespace {

/// Follows the operands of one attention upwards.
class Matcher {
public:
  Matcher(MatMulOp product, ShapeContext &shapes) : shapes(shapes) { match.product = product; }

  bool run();

  AttentionMatch match;
  StringRef reason;

private:
  bool fail(StringRef why) {
    reason = why;
    return false;
  }
  bool matchProbabilities(Value value);
  bool matchZeroEmpty(WhereOp where);
  bool matchScores(Value value);
  bool matchMask(Operation *op, Value &rest);
  bool matchChoice(WhereOp where, Value &rest);
  bool matchMaskShape(RankedTensorType scores);
  bool matchOperands(MatMulOp scores);
  bool matchTypes();
  void peelGroups(Value &value, bool isQuery);
  void readRepeatedOnce();
  Value findUnrepeated(AttentionOperand operand);
  AttentionOperand peelTranspose(Value value, bool isTransposed, double *scale);
  /// Whether `split` is `joined` with dimension 1 cut into two, where `heads` is what they make.
  bool splitsHeads(Value joined, Value split);
  bool areEqual(Value lhs, int64_t lhsDim, Value rhs, int64_t rhsDim) {
    return shapes.simplify(shapes.dims(lhs)[lhsDim]) == shapes.simplify(shapes.dims(rhs)[rhsDim]);
  }

  ShapeContext &shapes;
  Value emptyOf;
};

} // namespace

/// where(max(mask) == -inf, 0, probabilities): what attention without any key gives.
bool Matcher::matchZeroEmpty(WhereOp where) {
  ElementsAttr constant = getConstant(where.getCondition());
  if (constant && constant.isSplat() && !constant.getSplatValue<bool>())
    return true;
  auto equal = where.getCondition().getDefiningOp<EqualOp>();
  if (!equal || getNumber(where.getLhs()) != 0.0)
    return fail("a choice behind the softmax");
  for (unsigned i : {0u, 1u}) {
    auto reduce = equal->getOperand(i).getDefiningOp<ReduceOp>();
    std::optional<double> number = getNumber(equal->getOperand(1 - i));
    if (!reduce || number != -std::numeric_limits<double>::infinity())
      continue;
    int64_t last = rankOf(reduce.getInput()) - 1;
    if (reduce.getKind() == ReduceKind::Max && reduce.getKeepdims() &&
        reduce.getAxes() == ArrayRef(last)) {
      emptyOf = peelExpand(reduce.getInput());
      match.zeroEmpty = true;
      return true;
    }
  }
  return fail("a choice behind the softmax");
}

bool Matcher::splitsHeads(Value joined, Value split) {
  if (rankOf(joined) != 4 || rankOf(split) != 5)
    return false;
  ArrayRef<int64_t> four = typeOf(joined).getShape(), five = typeOf(split).getShape();
  return !ShapedType::isDynamic(four[1]) && !ShapedType::isDynamic(five[1]) &&
         !ShapedType::isDynamic(five[2]) && four[1] == five[1] * five[2] &&
         areEqual(joined, 0, split, 0) && areEqual(joined, 2, split, 3) &&
         areEqual(joined, 3, split, 4);
}

bool Matcher::matchProbabilities(Value value) {
  if (auto reshape = value.getDefiningOp<ReshapeOp>();
      reshape && splitsHeads(reshape.getInput(), value)) {
    if (!value.hasOneUse())
      return fail("the probabilities have other users");
    value = reshape.getInput();
  }
  if (auto where = value.getDefiningOp<WhereOp>()) {
    if (!where.getRhs().getDefiningOp<SoftmaxOp>() || where.getRhs().getType() != value.getType())
      return false;
    if (!value.hasOneUse() || !matchZeroEmpty(where))
      return fail("the probabilities have other users");
    value = where.getRhs();
  }
  auto softmax = value.getDefiningOp<SoftmaxOp>();
  if (!softmax)
    return false;
  if (!value.hasOneUse())
    return fail("the probabilities have other users");
  if (softmax.getLog() || int64_t(softmax.getAxis()) != rankOf(value) - 1)
    return fail("the softmax is not one over keys");
  return matchScores(softmax.getInput());
}

/// where(condition, scores, constant) or where(condition, constant, scores). Adding a constant
/// beyond 2^100 to a score gives that constant.
bool Matcher::matchChoice(WhereOp where, Value &rest) {
  for (bool maskedIf : {false, true}) {
    Value kept = maskedIf ? where.getRhs() : where.getLhs();
    Value fill = maskedIf ? where.getLhs() : where.getRhs();
    std::optional<double> number = getNumber(fill);
    if (!number || !(*number < -0x1p100) || kept.getType() != where.getOutput().getType())
      continue;
    match.condition = where.getCondition();
    match.mask = fill;
    match.maskedIf = maskedIf;
    rest = kept;
    return true;
  }
  return fail("a choice between scores and what is no large negative constant");
}

bool Matcher::matchMask(Operation *op, Value &rest) {
  if (match.mask)
    return fail("a second mask");
  if (auto where = dyn_cast<WhereOp>(op))
    return matchChoice(where, rest);
  // The operand with the product is the one that has factors and reshapes of a product behind it.
  for (unsigned i : {0u, 1u}) {
    double ignored = 1;
    Value product = peelScales(op->getOperand(i), ignored);
    if (auto reshape = product.getDefiningOp<ReshapeOp>())
      product = reshape.getInput();
    if (!product.getDefiningOp<MatMulOp>() ||
        op->getOperand(i).getType() != op->getResult(0).getType())
      continue;
    rest = op->getOperand(i);
    match.mask = op->getOperand(1 - i);
    return true;
  }
  return fail("a sum without a product");
}

/// Of scores in groups, a mask that is the same for all heads.
bool Matcher::matchMaskShape(RankedTensorType scores) {
  ArrayRef<int64_t> mask = typeOf(match.condition ? match.condition : match.mask).getShape();
  if (scores.getRank() != 5 || mask.size() <= 2)
    return true;
  size_t numHeads = std::min<size_t>(mask.size() - 2, 2);
  bool isShared =
      llvm::all_of(mask.drop_back(2).take_back(numHeads), [](int64_t size) { return size == 1; });
  return isShared || fail("a mask for each group of heads");
}

bool Matcher::matchScores(Value value) {
  while (true) {
    if (!value.hasOneUse())
      return fail("the scores have other users");
    Operation *op = value.getDefiningOp();
    Value rest;
    if (isa_and_present<AddOp, WhereOp>(op)) {
      if (match.scale != 1)
        return fail("a factor behind the mask");
      if (!matchMask(op, rest) || !matchMaskShape(typeOf(value)))
        return false;
    } else if (auto reshape = dyn_cast_if_present<ReshapeOp>(op);
               reshape && splitsHeads(value, reshape.getInput())) {
      rest = reshape.getInput();
    } else {
      rest = peelScale(value, match.scale);
    }
    if (!rest)
      break;
    value = rest;
  }
  auto scores = value.getDefiningOp<MatMulOp>();
  if (!scores)
    return fail("the scores are no product");
  if (match.zeroEmpty && (!match.mask || match.condition || peelExpand(match.mask) != emptyOf))
    return fail("the rows that are set to zero are others than those without a key");
  return matchOperands(scores);
}

/// Takes off what splits heads into groups: of the queries a reshape, of the keys an unsqueeze.
void Matcher::peelGroups(Value &value, bool isQuery) {
  if (rankOf(value) != 5)
    return;
  if (auto reshape = value.getDefiningOp<ReshapeOp>();
      isQuery && reshape && splitsHeads(reshape.getInput(), value))
    value = reshape.getInput();
  if (auto unsqueeze = value.getDefiningOp<UnsqueezeOp>();
      !isQuery && unsqueeze && unsqueeze.getAxes() == ArrayRef(int64_t(2)))
    value = unsqueeze.getInput();
}

AttentionOperand Matcher::peelTranspose(Value value, bool isTransposed, double *scale) {
  AttentionOperand operand{value, isTransposed, false};
  while (true) {
    if (scale)
      operand.tensor = peelScales(operand.tensor, *scale);
    peelGroups(operand.tensor, /*isQuery=*/false);
    int64_t rank = rankOf(operand.tensor);
    auto transpose = operand.tensor.getDefiningOp<TransposeOp>();
    if (!transpose)
      return operand;
    if (operand.isTransposed && exchanges(transpose, rank - 2, rank - 1)) {
      operand.isTransposed = false;
    } else if (!operand.isTransposed && !operand.isByToken && rank == 4 &&
               exchanges(transpose, 1, 2)) {
      operand.isByToken = true;
    } else if (operand.isTransposed && rank == 4 &&
               transpose.getPermutation() == ArrayRef<int64_t>({0, 2, 3, 1})) {
      operand.isTransposed = false;
      operand.isByToken = true;
    } else {
      return operand;
    }
    operand.tensor = transpose.getInput();
  }
}

bool Matcher::matchOperands(MatMulOp scores) {
  Value query = peelScales(scores.getLhs(), match.scale);
  peelGroups(query, /*isQuery=*/true);
  match.query = {peelScales(query, match.scale), false, false};
  auto transpose = match.query.tensor.getDefiningOp<TransposeOp>();
  if (transpose && rankOf(match.query.tensor) == 4 && exchanges(transpose, 1, 2))
    match.query = {transpose.getInput(), false, true};
  match.key = peelTranspose(scores.getRhs(), /*isTransposed=*/true, &match.scale);
  match.value = peelTranspose(match.product.getRhs(), /*isTransposed=*/false, nullptr);
  readRepeatedOnce();
  return matchTypes();
}

/// The tensor that `operand` repeats for all heads of a group, as [B, G, tokens, size]: null if it
/// is none.
Value Matcher::findUnrepeated(AttentionOperand operand) {
  Value value = operand.tensor;
  auto reshape = value.getDefiningOp<ReshapeOp>();
  if (operand.isByToken || operand.isTransposed || !reshape ||
      !splitsHeads(value, reshape.getInput()))
    return nullptr;
  Operation *repeat = reshape.getInput().getDefiningOp();
  if (!isa_and_present<ExpandOp, TileOp>(repeat))
    return nullptr;
  auto unsqueeze = repeat->getOperand(0).getDefiningOp<UnsqueezeOp>();
  if (!unsqueeze || rankOf(unsqueeze.getInput()) != 4 ||
      unsqueeze.getAxes() != ArrayRef(int64_t(2)))
    return nullptr;
  for (int64_t dim : {0, 1, 3, 4})
    if (!areEqual(unsqueeze.getOutput(), dim, repeat->getResult(0), dim))
      return nullptr;
  return unsqueeze.getInput();
}

void Matcher::readRepeatedOnce() {
  Value key = findUnrepeated(match.key), value = findUnrepeated(match.value);
  if (!key || !value)
    return;
  // Behind the repetition there may be transposes again.
  match.key = peelTranspose(key, false, nullptr);
  match.value = peelTranspose(value, false, nullptr);
}

bool Matcher::matchTypes() {
  int64_t rank = rankOf(match.product.getOutput());
  Value tensors[] = {match.query.tensor, match.key.tensor, match.value.tensor};
  for (Value tensor : tensors) {
    if (!typeOf(tensor).getElementType().isF32())
      return fail("only f32 has a kernel");
    if (rankOf(tensor) < 3 || rankOf(tensor) > 4 || (rank < 5 && rankOf(tensor) != rank))
      return fail("operands of other than 3 or 4 dimensions");
    if (!(rankOf(tensor) == rankOf(tensors[0])))
      return fail("operands of different ranks");
  }
  auto sizeOf = [](const AttentionOperand &operand, int64_t dim) {
    if (operand.isTransposed && dim > 1)
      dim = 5 - dim;
    if (operand.isByToken && (dim == 1 || dim == 2))
      dim = 3 - dim;
    // Without heads.
    if (rankOf(operand.tensor) == 3)
      return dim == 1 ? int64_t(1) : typeOf(operand.tensor).getDimSize(dim ? dim - 1 : 0);
    return typeOf(operand.tensor).getDimSize(dim);
  };
  match.heads = sizeOf(match.query, 1);
  match.keyHeads = sizeOf(match.key, 1);
  for (int64_t size : {match.heads, match.keyHeads, sizeOf(match.query, 3), sizeOf(match.key, 3),
                       sizeOf(match.value, 1), sizeOf(match.value, 3)})
    if (ShapedType::isDynamic(size) || size < 1)
      return fail("numbers or sizes of heads that are not static");
  if (match.heads % match.keyHeads != 0 || sizeOf(match.value, 1) != match.keyHeads ||
      sizeOf(match.key, 3) != sizeOf(match.query, 3))
    return fail("numbers of heads that do not fit together");
  if (sizeOf(match.query, 0) != sizeOf(match.key, 0) ||
      sizeOf(match.query, 0) != sizeOf(match.value, 0))
    return fail("batches that broadcast");
  if (int64_t keys = sizeOf(match.key, 2); !ShapedType::isDynamic(keys) && keys < fewestKeys)
    return fail("fewer keys than fill a register");
  if (sizeOf(match.query, 3) > largestHead || sizeOf(match.value, 3) > largestHead)
    return fail("heads of more than 256 elements");
  return true;
}

bool Matcher::run() { return matchProbabilities(match.product.getLhs()); }

std::optional<AttentionMatch> mlir::halftone::matchAttention(MatMulOp product, ShapeContext &shapes,
                                                             StringRef &reason) {
  Matcher matcher(product, shapes);
  bool matches = matcher.run();
  reason = matcher.reason;
  return matches ? std::optional(matcher.match) : std::nullopt;
}
