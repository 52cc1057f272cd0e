// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Evaluation of the ops that compute elements. One operation in double precision, rounded once to
// f32, f16 or bf16, is what that type's own arithmetic gives for + - * / and sqrt.
#include "ConstantTensor.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>
#include <functional>

using namespace mlir;
using namespace mlir::halftone;

using FloatFunction = std::function<double(ArrayRef<double>)>;
/// nullopt where the result is not defined.
using IntegerFunction = std::function<std::optional<int64_t>(ArrayRef<int64_t>)>;

static double propagateNaN(double lhs, double rhs, double result) {
  return std::isnan(lhs) || std::isnan(rhs) ? std::nan("") : result;
}

static FloatFunction unaryFunction(Operation *op) {
  using Plain = double (*)(double);
  auto plain = [](Plain function) -> FloatFunction {
    return [function](ArrayRef<double> x) { return function(x[0]); };
  };
  return llvm::TypeSwitch<Operation *, FloatFunction>(op)
      .Case([&](AbsOp) { return plain(std::fabs); })
      .Case([&](CeilOp) { return plain(std::ceil); })
      .Case([&](FloorOp) { return plain(std::floor); })
      .Case([&](RoundOp) { return plain(std::nearbyint); })
      .Case([&](SqrtOp) { return plain(std::sqrt); })
      .Case([&](ExpOp) { return plain(std::exp); })
      .Case([&](LogOp) { return plain(std::log); })
      .Case([&](ErfOp) { return plain(std::erf); })
      .Case([&](SinOp) { return plain(std::sin); })
      .Case([&](CosOp) { return plain(std::cos); })
      .Case([&](TanhOp) { return plain(std::tanh); })
      .Case([&](NegOp) { return plain([](double x) { return -x; }); })
      .Case([&](ReciprocalOp) { return plain([](double x) { return 1 / x; }); })
      .Case([&](SigmoidOp) { return plain([](double x) { return 1 / (1 + std::exp(-x)); }); })
      .Case([&](ReluOp) { return plain([](double x) { return x < 0 ? 0 : x; }); })
      .Case([&](SignOp) { return plain([](double x) { return x > 0   ? 1.0
                                                             : x < 0 ? -1.0
                                                                     : x; }); })
      .Default([](Operation *) { return nullptr; });
}

static FloatFunction floatFunction(Operation *op) {
  if (FloatFunction unary = unaryFunction(op))
    return unary;
  using X = ArrayRef<double>;
  return llvm::TypeSwitch<Operation *, FloatFunction>(op)
      .Case([](AddOp) { return [](X x) { return x[0] + x[1]; }; })
      .Case([](SubOp) { return [](X x) { return x[0] - x[1]; }; })
      .Case([](MulOp) { return [](X x) { return x[0] * x[1]; }; })
      .Case([](DivOp) { return [](X x) { return x[0] / x[1]; }; })
      .Case([](PowOp) { return [](X x) { return std::pow(x[0], x[1]); }; })
      .Case([](ModOp) { return [](X x) { return std::fmod(x[0], x[1]); }; })
      .Case([](PReluOp) { return [](X x) { return x[0] < 0 ? x[1] * x[0] : x[0]; }; })
      .Case(
          [](MinOp) { return [](X x) { return propagateNaN(x[0], x[1], std::fmin(x[0], x[1])); }; })
      .Case(
          [](MaxOp) { return [](X x) { return propagateNaN(x[0], x[1], std::fmax(x[0], x[1])); }; })
      .Default([](Operation *) { return nullptr; });
}

static std::optional<int64_t> divideTruncating(int64_t lhs, int64_t rhs) {
  if (rhs == 0 || (lhs == std::numeric_limits<int64_t>::min() && rhs == -1))
    return std::nullopt;
  return lhs / rhs;
}

// With `fmod` the sign of the dividend, else of the divisor.
static std::optional<int64_t> remainder(int64_t lhs, int64_t rhs, bool fmod) {
  if (!divideTruncating(lhs, rhs))
    return std::nullopt;
  int64_t result = lhs % rhs;
  bool isOther = result != 0 && (result < 0) != (rhs < 0);
  return !fmod && isOther ? result + rhs : result;
}

static std::optional<int64_t> shift(int64_t lhs, int64_t rhs, bool right, unsigned width) {
  if (rhs < 0 || rhs >= int64_t(width))
    return 0;
  uint64_t bits = uint64_t(lhs) & (width == 64 ? ~uint64_t(0) : (uint64_t(1) << width) - 1);
  return int64_t(right ? bits >> rhs : bits << rhs);
}

// Sums and products wrap, so they are formed without signs.
static int64_t wrap(uint64_t value) { return int64_t(value); }

static IntegerFunction integerFunction(Operation *op) {
  using X = ArrayRef<int64_t>;
  Type element = cast<RankedTensorType>(op->getOperand(0).getType()).getElementType();
  unsigned width = element.getIntOrFloatBitWidth();
  return llvm::TypeSwitch<Operation *, IntegerFunction>(op)
      .Case([](AbsOp) { return [](X x) { return x[0] < 0 ? wrap(-uint64_t(x[0])) : x[0]; }; })
      .Case([](NegOp) { return [](X x) { return wrap(-uint64_t(x[0])); }; })
      .Case([](SignOp) { return [](X x) { return int64_t(x[0] > 0) - int64_t(x[0] < 0); }; })
      .Case([](ReluOp) { return [](X x) { return std::max<int64_t>(x[0], 0); }; })
      .Case([=](NotOp) { return [=](X x) { return width == 1 ? !x[0] : ~x[0]; }; })
      .Case([](AddOp) { return [](X x) { return wrap(uint64_t(x[0]) + uint64_t(x[1])); }; })
      .Case([](SubOp) { return [](X x) { return wrap(uint64_t(x[0]) - uint64_t(x[1])); }; })
      .Case([](MulOp) { return [](X x) { return wrap(uint64_t(x[0]) * uint64_t(x[1])); }; })
      .Case([](DivOp) { return [](X x) { return divideTruncating(x[0], x[1]); }; })
      .Case([](ModOp op) {
        bool fmod = op.getFmod();
        return [=](X x) { return remainder(x[0], x[1], fmod); };
      })
      .Case([](MinOp) { return [](X x) { return std::min(x[0], x[1]); }; })
      .Case([](MaxOp) { return [](X x) { return std::max(x[0], x[1]); }; })
      .Case([](AndOp) { return [](X x) { return x[0] & x[1]; }; })
      .Case([](OrOp) { return [](X x) { return x[0] | x[1]; }; })
      .Case([](XorOp) { return [](X x) { return x[0] ^ x[1]; }; })
      .Case([=](BitShiftOp op) {
        bool right = op.getRight();
        return [=](X x) { return shift(x[0], x[1], right, width); };
      })
      .Default([](Operation *) { return nullptr; });
}

template <typename T> static std::optional<bool> compare(Operation *op, T lhs, T rhs) {
  return llvm::TypeSwitch<Operation *, std::optional<bool>>(op)
      .Case([&](EqualOp) { return lhs == rhs; })
      .Case([&](LessOp) { return lhs < rhs; })
      .Case([&](LessOrEqualOp) { return lhs <= rhs; })
      .Case([&](GreaterOp) { return lhs > rhs; })
      .Case([&](GreaterOrEqualOp) { return lhs >= rhs; })
      .Default([](Operation *) { return std::nullopt; });
}

static double readNumber(const ConstantTensor &tensor, int64_t position) {
  return isa<FloatType>(tensor.getElementType()) ? tensor.getFloat(position)
                                                 : double(tensor.getInteger(position));
}

// Calls `visit` with the operands' broadcast positions until it returns false.
static bool visitBroadcast(ArrayRef<ConstantTensor> operands, const ConstantTensor &output,
                           llvm::function_ref<bool(int64_t, ArrayRef<int64_t>)> visit) {
  SmallVector<SmallVector<int64_t>> strides;
  for (const ConstantTensor &operand : operands)
    strides.push_back(broadcastStrides(operand.getShape(), output.getShape().size()));
  bool isDone = true;
  forEachElement(output.getShape(), strides, [&](int64_t position, ArrayRef<int64_t> sources) {
    isDone = isDone && visit(position, sources);
  });
  return isDone;
}

static bool evaluateFloats(Operation *op, ArrayRef<ConstantTensor> operands,
                           ConstantTensor &output) {
  FloatFunction function = floatFunction(op);
  if (!function)
    return false;
  return visitBroadcast(operands, output, [&](int64_t position, ArrayRef<int64_t> sources) {
    SmallVector<double, 2> elements;
    for (auto [operand, source] : llvm::zip_equal(operands, sources))
      elements.push_back(readNumber(operand, source));
    output.setFloat(position, function(elements));
    return true;
  });
}

static bool evaluateIntegers(Operation *op, ArrayRef<ConstantTensor> operands,
                             ConstantTensor &output) {
  IntegerFunction function = integerFunction(op);
  if (!function)
    return false;
  return visitBroadcast(operands, output, [&](int64_t position, ArrayRef<int64_t> sources) {
    SmallVector<int64_t, 2> elements;
    for (auto [operand, source] : llvm::zip_equal(operands, sources))
      elements.push_back(operand.getInteger(source));
    std::optional<int64_t> value = function(elements);
    if (value)
      output.setInteger(position, *value);
    return value.has_value();
  });
}

static bool evaluateComparison(Operation *op, ArrayRef<ConstantTensor> operands,
                               ConstantTensor &output) {
  bool isFloat = isa<FloatType>(operands[0].getElementType());
  return visitBroadcast(operands, output, [&](int64_t position, ArrayRef<int64_t> sources) {
    std::optional<bool> value =
        isFloat
            ? compare(op, operands[0].getFloat(sources[0]), operands[1].getFloat(sources[1]))
            : compare(op, operands[0].getInteger(sources[0]), operands[1].getInteger(sources[1]));
    if (value)
      output.setInteger(position, *value);
    return value.has_value();
  });
}

// Truncates toward zero and saturates; NaN gives 0.
static int64_t truncateToInteger(double value, IntegerType type) {
  if (std::isnan(value))
    return 0;
  bool isUnsigned = type.isUnsigned();
  double low = isUnsigned ? 0 : -std::ldexp(1.0, type.getWidth() - 1);
  double limit = std::ldexp(1.0, type.getWidth() - (isUnsigned ? 0 : 1));
  value = std::trunc(value);
  if (value < low)
    return isUnsigned ? 0 : int64_t(low);
  if (value < limit)
    return isUnsigned ? int64_t(uint64_t(value)) : int64_t(value);
  return int64_t(APInt::getLowBitsSet(64, type.getWidth() - (isUnsigned ? 0 : 1)).getZExtValue());
}

static bool evaluateCast(const ConstantTensor &input, ConstantTensor &output) {
  bool fromFloat = isa<FloatType>(input.getElementType());
  auto toInteger = dyn_cast<IntegerType>(output.getElementType());
  for (int64_t i = 0; i < output.getNumElements(); ++i) {
    if (!toInteger)
      output.setFloat(i, readNumber(input, i));
    else if (toInteger.getWidth() == 1)
      output.setInteger(i, fromFloat ? input.getFloat(i) != 0 : input.getInteger(i) != 0);
    else
      output.setInteger(i, fromFloat ? truncateToInteger(input.getFloat(i), toInteger)
                                     : input.getInteger(i));
  }
  return true;
}

namespace {
/// How a reduction over floats starts, takes an element in, and ends.
struct Reduction {
  double start;
  double (*take)(double, double);
  double (*finish)(double sum, double count);
};
} // namespace

static std::optional<Reduction> reductionOf(ReduceKind kind) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  auto add = [](double sum, double x) { return sum + x; };
  auto same = [](double sum, double) { return sum; };
  switch (kind) {
  case ReduceKind::Sum:
    return Reduction{0, add, same};
  case ReduceKind::Mean:
    return Reduction{0, add, [](double sum, double count) { return sum / count; }};
  case ReduceKind::Max:
    return Reduction{-kInfinity,
                     [](double a, double b) { return propagateNaN(a, b, std::fmax(a, b)); }, same};
  case ReduceKind::Min:
    return Reduction{kInfinity,
                     [](double a, double b) { return propagateNaN(a, b, std::fmin(a, b)); }, same};
  case ReduceKind::Prod:
    return Reduction{1, [](double a, double b) { return a * b; }, same};
  case ReduceKind::L1:
    return Reduction{0, [](double sum, double x) { return sum + std::fabs(x); }, same};
  case ReduceKind::L2:
    return Reduction{0, [](double sum, double x) { return sum + x * x; },
                     [](double sum, double) { return std::sqrt(sum); }};
  case ReduceKind::SumSquare:
    return Reduction{0, [](double sum, double x) { return sum + x * x; }, same};
  case ReduceKind::LogSum:
    return Reduction{0, add, [](double sum, double) { return std::log(sum); }};
  case ReduceKind::LogSumExp:
    // Needs the maximum first; left to the run.
    return std::nullopt;
  }
  llvm_unreachable("all kinds are handled");
}

// The position in the result of each element of the input: strides of 0 along the reduced
// dimensions.
static SmallVector<int64_t> reducedStrides(ReduceOp op, const ConstantTensor &input) {
  SmallVector<int64_t> kept = llvm::to_vector(input.getShape());
  for (int64_t axis : op.getAxes())
    kept[axis] = 1;
  return broadcastStrides(kept, kept.size());
}

static bool reduceFloats(ReduceOp op, const ConstantTensor &input, ConstantTensor &output) {
  std::optional<Reduction> reduction = reductionOf(op.getKind());
  if (!reduction || input.getNumElements() == 0)
    return false;
  std::vector<double> sums(output.getNumElements(), reduction->start);
  forEachElement(input.getShape(), reducedStrides(op, input),
                 [&](int64_t position, ArrayRef<int64_t> target) {
                   sums[target[0]] = reduction->take(sums[target[0]], input.getFloat(position));
                 });
  double count = double(input.getNumElements()) / double(output.getNumElements());
  for (auto [i, sum] : llvm::enumerate(sums))
    output.setFloat(i, reduction->finish(sum, count));
  return true;
}

static bool reduceIntegers(ReduceOp op, const ConstantTensor &input, ConstantTensor &output) {
  ReduceKind kind = op.getKind();
  bool isPlain = kind == ReduceKind::Sum || kind == ReduceKind::Prod || kind == ReduceKind::Max ||
                 kind == ReduceKind::Min;
  if (!isPlain || input.getNumElements() == 0)
    return false;
  std::vector<std::optional<int64_t>> results(output.getNumElements());
  forEachElement(input.getShape(), reducedStrides(op, input),
                 [&](int64_t position, ArrayRef<int64_t> target) {
                   std::optional<int64_t> &result = results[target[0]];
                   int64_t x = input.getInteger(position);
                   if (!result)
                     result = x;
                   else if (kind == ReduceKind::Max)
                     result = std::max(*result, x);
                   else if (kind == ReduceKind::Min)
                     result = std::min(*result, x);
                   else if (kind == ReduceKind::Sum)
                     result = wrap(uint64_t(*result) + uint64_t(x));
                   else
                     result = wrap(uint64_t(*result) * uint64_t(x));
                 });
  for (auto [i, result] : llvm::enumerate(results))
    output.setInteger(i, *result);
  return true;
}

// Beyond 2^63 the bits of an ui64 read as a negative number.
static bool hasHugeElements(const ConstantTensor &tensor) {
  if (!tensor.getElementType().isUnsignedInteger(64))
    return false;
  for (int64_t i = 0; i < tensor.getNumElements(); ++i)
    if (tensor.getInteger(i) < 0)
      return true;
  return false;
}

std::optional<ConstantTensor>
mlir::halftone::evaluateArithmetic(Operation *op, ArrayRef<ConstantTensor> operands) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  bool areNumbers = isArithmeticType(type.getElementType()) && !operands.empty();
  for (const ConstantTensor &operand : operands)
    areNumbers &= isArithmeticType(operand.getElementType()) && !hasHugeElements(operand);
  if (!areNumbers)
    return std::nullopt;
  ConstantTensor output(type);
  bool isFloat = isa<FloatType>(operands[0].getElementType());
  bool isDone = llvm::TypeSwitch<Operation *, bool>(op)
                    .Case([&](CastOp) { return evaluateCast(operands[0], output); })
                    .Case([&](ReduceOp op) {
                      return isFloat ? reduceFloats(op, operands[0], output)
                                     : reduceIntegers(op, operands[0], output);
                    })
                    .Case<EqualOp, LessOp, LessOrEqualOp, GreaterOp, GreaterOrEqualOp>(
                        [&](auto op) { return evaluateComparison(op, operands, output); })
                    .Default([&](Operation *op) {
                      return isFloat ? evaluateFloats(op, operands, output)
                                     : evaluateIntegers(op, operands, output);
                    });
  return isDone ? std::optional(output) : std::nullopt;
}
