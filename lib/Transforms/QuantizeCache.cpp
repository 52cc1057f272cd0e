// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/Numerics/Format.h"
#include "halftone/Transforms/Passes.h"
#include "halftone/Transforms/SchemeAttribute.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_QUANTIZECACHE
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::Format;

// What the importer calls arguments and results.
static constexpr StringLiteral kNameAttrName = "halftone.name";
static constexpr StringLiteral kScaleSuffix = ".scale";

static RankedTensorType getType(Value value) {
  return llvm::cast<RankedTensorType>(value.getType());
}

namespace {
/// `past` with `entries` behind it is result `result` of the function.
struct Cache {
  BlockArgument past;
  ConcatOp present;
  unsigned result;
};

class CacheEncoder {
public:
  CacheEncoder(func::FuncOp function, const Format &format)
      : function(function), format(format), b(function.getContext()),
        codeType(getCodeType(b.getContext(), format.codec)) {}

  void encode(const Cache &cache);

private:
  /// The same dimensions but for the last.
  static RankedTensorType getScaleType(RankedTensorType type) {
    SmallVector<int64_t> shape(type.getShape());
    shape.back() = 1;
    return type.clone(shape);
  }
  Value scalar(Type element, double value);
  Value buildScales(Location loc, Value entries);
  BlockArgument addScaleInput(const Cache &cache);
  void addScaleResult(const Cache &cache, Value scales);
  /// What is said of the codes, as their scales have it.
  DictionaryAttr describeScales(DictionaryAttr codes);

  func::FuncOp function;
  const Format &format;
  OpBuilder b;
  Type codeType;
};
} // namespace

Value CacheEncoder::scalar(Type element, double value) {
  Attribute attribute = llvm::isa<FloatType>(element)
                            ? Attribute(b.getFloatAttr(element, value))
                            : Attribute(b.getIntegerAttr(element, int64_t(value)));
  auto type = RankedTensorType::get({}, element);
  return ConstantOp::create(b, function.getLoc(), DenseElementsAttr::get(type, attribute));
}

/// The largest magnitude of each row over the largest number of the format; 1 for rows of zeros.
Value CacheEncoder::buildScales(Location loc, Value entries) {
  RankedTensorType type = getType(entries), scaleType = getScaleType(type);
  Type f32 = b.getF32Type();
  Value magnitudes = AbsOp::create(b, loc, type, entries);
  Value largest = ReduceOp::create(b, loc, scaleType, magnitudes, ReduceKind::Max,
                                   ArrayRef<int64_t>(type.getRank() - 1), /*keepdims=*/true);
  Value scales = DivOp::create(b, loc, scaleType, largest, scalar(f32, format.maxMagnitude()));
  // A quotient that is 0 for a small magnitude is no scale either.
  Value isZero = EqualOp::create(b, loc, scaleType.clone(b.getI1Type()), scales, scalar(f32, 0));
  return WhereOp::create(b, loc, scaleType, isZero, scalar(f32, 1), scales);
}

DictionaryAttr CacheEncoder::describeScales(DictionaryAttr codes) {
  NamedAttrList scales(codes);
  if (auto name = codes ? codes.getAs<StringAttr>(kNameAttrName) : StringAttr())
    scales.set(kNameAttrName, b.getStringAttr(name.getValue() + kScaleSuffix));
  StringRef dimNames = HalftoneDialect::kDimNamesAttrName;
  if (auto names = codes ? codes.getAs<ArrayAttr>(dimNames) : ArrayAttr()) {
    SmallVector<Attribute> all(names.getValue());
    all.back() = b.getStringAttr("");
    scales.set(dimNames, b.getArrayAttr(all));
  }
  return scales.getDictionary(b.getContext());
}

BlockArgument CacheEncoder::addScaleInput(const Cache &cache) {
  unsigned index = function.getNumArguments();
  DictionaryAttr attributes = describeScales(function.getArgAttrDict(cache.past.getArgNumber()));
  LogicalResult inserted = function.insertArgument(index, getScaleType(getType(cache.past)),
                                                   attributes, cache.past.getLoc());
  (void)inserted;
  assert(succeeded(inserted) && "a function takes any argument");
  return function.getArgument(index);
}

void CacheEncoder::addScaleResult(const Cache &cache, Value scales) {
  unsigned index = function.getNumResults();
  DictionaryAttr attributes = describeScales(function.getResultAttrDict(cache.result));
  LogicalResult inserted = function.insertResult(index, scales.getType(), attributes);
  (void)inserted;
  assert(succeeded(inserted) && "a function yields any tensor");
  auto yield = llvm::cast<func::ReturnOp>(function.getBody().front().getTerminator());
  yield->insertOperands(index, scales);
}

/// The function has the types of its arguments and of what it returns.
static void setTypes(func::FuncOp function) {
  Block &body = function.getBody().front();
  auto yield = llvm::cast<func::ReturnOp>(body.getTerminator());
  function.setFunctionType(
      FunctionType::get(function.getContext(), body.getArgumentTypes(), yield.getOperandTypes()));
}

void CacheEncoder::encode(const Cache &cache) {
  ConcatOp present = cache.present;
  Location loc = present.getLoc();
  RankedTensorType type = getType(present.getOutput());
  Value entries = present.getInputs().back();
  BlockArgument pastScales = addScaleInput(cache);
  b.setInsertionPoint(present);
  Value zero = scalar(codeType, 0);
  Value scales = buildScales(loc, entries);
  Value codes = QuantizeOp::create(b, loc, getType(entries).clone(codeType), entries, scales, zero);
  BlockArgument past = cache.past;
  past.setType(getType(past).clone(codeType));
  uint64_t axis = present.getAxis();
  Value allCodes = ConcatOp::create(b, loc, type.clone(codeType), ValueRange{past, codes}, axis);
  Value allScales =
      ConcatOp::create(b, loc, getScaleType(type), ValueRange{pastScales, scales}, axis);
  Value numbers = DequantizeOp::create(b, loc, type, allCodes, allScales, zero);
  Operation *yield = function.getBody().front().getTerminator();
  yield->setOperand(cache.result, allCodes);
  present.getOutput().replaceAllUsesWith(numbers);
  present.erase();
  setTypes(function);
  addScaleResult(cache, allScales);
}

static std::optional<Cache> matchCache(BlockArgument argument, Operation *yield) {
  auto type = llvm::dyn_cast<RankedTensorType>(argument.getType());
  if (!type || !type.getElementType().isF32() || type.getRank() < 2)
    return std::nullopt;
  ConcatOp present;
  for (Operation *user : argument.getUsers()) {
    if (llvm::isa<ShapeOp>(user))
      continue; // The codes have the same.
    if (present || !llvm::isa<ConcatOp>(user))
      return std::nullopt;
    present = llvm::cast<ConcatOp>(user);
  }
  if (!present || present.getInputs().size() != 2 || present.getInputs().front() != argument ||
      int64_t(present.getAxis()) == type.getRank() - 1)
    return std::nullopt;
  for (OpOperand &operand : yield->getOpOperands())
    if (operand.get() == present.getOutput())
      return Cache{argument, present, operand.getOperandNumber()};
  return std::nullopt;
}

/// A name of scales that something else has.
static std::optional<StringRef> findTakenName(func::FuncOp function) {
  llvm::StringSet<> names;
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (auto name = function.getArgAttrOfType<StringAttr>(i, kNameAttrName))
      if (!names.insert(name.getValue()).second)
        return name.getValue();
  names.clear();
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    if (auto name = function.getResultAttrOfType<StringAttr>(i, kNameAttrName))
      if (!names.insert(name.getValue()).second)
        return name.getValue();
  return std::nullopt;
}

namespace {
struct QuantizeCache : public mlir::halftone::impl::QuantizeCacheBase<QuantizeCache> {
  using Base::Base;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function.isPublic() || function.isExternal())
      return;
    const Format *description = ::halftone::findFormat(format);
    if (!description || !description->hasFreeScales() || !description->codec.hasStandardType()) {
      function.emitError("'") << format << "' is no format with codes and one level of scales";
      return signalPassFailure();
    }
    Operation *yield = function.getBody().front().getTerminator();
    SmallVector<Cache> caches;
    for (BlockArgument argument : function.getArguments())
      if (std::optional<Cache> cache = matchCache(argument, yield))
        caches.push_back(*cache);
    if (caches.empty()) {
      InFlightDiagnostic diag = function.emitError("has no cache to keep in ") << format;
      diag.attachNote() << "a cache is an f32 input that is joined with new entries, and returned";
      return signalPassFailure();
    }
    CacheEncoder encoder(function, *description);
    for (const Cache &cache : caches)
      encoder.encode(cache);
    if (std::optional<StringRef> name = findTakenName(function)) {
      function.emitError("has an input or output '") << *name << "' already, which scales need";
      return signalPassFailure();
    }
    numCaches += caches.size();
  }
};
} // namespace
