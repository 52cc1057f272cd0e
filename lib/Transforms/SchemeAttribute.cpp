// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Transforms/SchemeAttribute.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using ::halftone::ActivationScheme;
using ::halftone::AdaRoundScheme;
using ::halftone::ElementCodec;
using ::halftone::GPTQScheme;
using ::halftone::OutlierScheme;
using ::halftone::Scheme;
using ::halftone::WeightScheme;

static constexpr llvm::StringLiteral kSchemeName = "halftone.scheme";

static StringRef getString(DictionaryAttr fields, StringRef key, StringRef fallback) {
  auto text = fields.getAs<StringAttr>(key);
  return text ? text.getValue() : fallback;
}

static bool getBool(DictionaryAttr fields, StringRef key, bool fallback) {
  auto flag = fields.getAs<BoolAttr>(key);
  return flag ? flag.getValue() : fallback;
}

static double getDouble(DictionaryAttr fields, StringRef key, double fallback) {
  auto number = fields.getAs<FloatAttr>(key);
  return number ? number.getValueAsDouble() : fallback;
}

static DictionaryAttr describeGPTQ(Builder &b, const GPTQScheme &gptq) {
  return b.getDictionaryAttr({b.getNamedAttr("damping", b.getF64FloatAttr(gptq.damping)),
                              b.getNamedAttr("order", b.getStringAttr(gptq.order)),
                              b.getNamedAttr("static_groups", b.getBoolAttr(gptq.staticGroups))});
}

static void readGPTQ(DictionaryAttr fields, GPTQScheme &gptq) {
  gptq.damping = getDouble(fields, "damping", gptq.damping);
  gptq.order = getString(fields, "order", gptq.order).str();
  gptq.staticGroups = getBool(fields, "static_groups", gptq.staticGroups);
}

static DictionaryAttr describeAdaRound(Builder &b, const AdaRoundScheme &adaround) {
  return b.getDictionaryAttr(
      {b.getNamedAttr("iterations", b.getI64IntegerAttr(adaround.iterations)),
       b.getNamedAttr("lambda", b.getF64FloatAttr(adaround.lambda))});
}

static void readAdaRound(DictionaryAttr fields, AdaRoundScheme &adaround) {
  if (auto iterations = fields.getAs<IntegerAttr>("iterations"))
    adaround.iterations = iterations.getInt();
  adaround.lambda = getDouble(fields, "lambda", adaround.lambda);
}

static DictionaryAttr describeActivations(Builder &b, const ActivationScheme &activations) {
  auto named = [&](StringRef key, Attribute value) { return b.getNamedAttr(key, value); };
  SmallVector<NamedAttribute> fields = {
      named("format", b.getStringAttr(activations.format)),
      named("granularity", b.getStringAttr(activations.granularity)),
      named("range", b.getStringAttr(activations.range)),
      named("symmetric", b.getBoolAttr(activations.symmetric)),
      named("when", b.getStringAttr(activations.when))};
  if (activations.scales != ActivationScheme().scales)
    fields.push_back(named("scales", b.getStringAttr(activations.scales)));
  if (const std::optional<OutlierScheme> &outliers = activations.outliers)
    fields.push_back(named(
        "outliers", b.getDictionaryAttr({named("threshold", b.getF64FloatAttr(outliers->threshold)),
                                         named("when", b.getStringAttr(outliers->when))})));
  return b.getDictionaryAttr(fields);
}

static ActivationScheme readActivations(DictionaryAttr fields) {
  ActivationScheme result;
  result.format = getString(fields, "format", "").str();
  result.granularity = getString(fields, "granularity", result.granularity).str();
  result.when = getString(fields, "when", result.when).str();
  result.range = getString(fields, "range", result.range).str();
  result.symmetric = getBool(fields, "symmetric", result.symmetric);
  result.scales = getString(fields, "scales", result.scales).str();
  if (auto outliers = fields.getAs<DictionaryAttr>("outliers")) {
    OutlierScheme &columns = result.outliers.emplace();
    columns.threshold = getDouble(outliers, "threshold", columns.threshold);
    columns.when = getString(outliers, "when", columns.when).str();
  }
  return result;
}

static DictionaryAttr describeWeights(Builder &b, const WeightScheme &weights) {
  auto named = [&](StringRef key, Attribute value) { return b.getNamedAttr(key, value); };
  SmallVector<NamedAttribute> fields = {named("format", b.getStringAttr(weights.format)),
                                        named("granularity", b.getStringAttr(weights.granularity)),
                                        named("symmetric", b.getBoolAttr(weights.symmetric))};
  if (weights.fullRange)
    fields.push_back(named("full_range", b.getBoolAttr(true)));
  if (!weights.table.empty())
    fields.push_back(named("table", b.getDenseF32ArrayAttr(weights.table)));
  if (weights.group != 0)
    fields.push_back(named("group", b.getI64IntegerAttr(weights.group)));
  if (weights.channels != WeightScheme().channels)
    fields.push_back(named("channels", b.getI64IntegerAttr(weights.channels)));
  if (weights.range != WeightScheme().range)
    fields.push_back(named("range", b.getStringAttr(weights.range)));
  if (weights.scales != WeightScheme().scales)
    fields.push_back(named("scales", b.getStringAttr(weights.scales)));
  if (weights.rounding != WeightScheme().rounding)
    fields.push_back(named("rounding", b.getStringAttr(weights.rounding)));
  if (weights.rounding == "gptq")
    fields.push_back(named("gptq", describeGPTQ(b, weights.gptq)));
  if (weights.owqBits != 0)
    fields.push_back(named("owq_bits", b.getF64FloatAttr(weights.owqBits)));
  if (weights.rounding == "adaround")
    fields.push_back(named("adaround", describeAdaRound(b, weights.adaround)));
  if (!weights.alternatives.empty()) {
    SmallVector<Attribute> alternatives;
    for (const WeightScheme &alternative : weights.alternatives)
      alternatives.push_back(describeWeights(b, alternative));
    fields.push_back(named("alternatives", b.getArrayAttr(alternatives)));
    fields.push_back(named("choice", b.getStringAttr(weights.choice)));
  }
  return b.getDictionaryAttr(fields);
}

static WeightScheme readWeights(DictionaryAttr weights) {
  WeightScheme scheme;
  scheme.format = getString(weights, "format", "").str();
  scheme.granularity = getString(weights, "granularity", scheme.granularity).str();
  scheme.symmetric = getBool(weights, "symmetric", scheme.symmetric);
  scheme.fullRange = getBool(weights, "full_range", scheme.fullRange);
  scheme.range = getString(weights, "range", scheme.range).str();
  scheme.scales = getString(weights, "scales", scheme.scales).str();
  scheme.rounding = getString(weights, "rounding", scheme.rounding).str();
  if (auto table = weights.getAs<DenseF32ArrayAttr>("table"))
    scheme.table = table.asArrayRef();
  if (auto gptq = weights.getAs<DictionaryAttr>("gptq"))
    readGPTQ(gptq, scheme.gptq);
  scheme.owqBits = getDouble(weights, "owq_bits", scheme.owqBits);
  if (auto adaround = weights.getAs<DictionaryAttr>("adaround"))
    readAdaRound(adaround, scheme.adaround);
  if (auto group = weights.getAs<IntegerAttr>("group"))
    scheme.group = group.getInt();
  if (auto channels = weights.getAs<IntegerAttr>("channels"))
    scheme.channels = channels.getInt();
  if (auto alternatives = weights.getAs<ArrayAttr>("alternatives"))
    for (auto alternative : alternatives.getAsRange<DictionaryAttr>())
      scheme.alternatives.push_back(readWeights(alternative));
  scheme.choice = getString(weights, "choice", scheme.choice).str();
  return scheme;
}

void mlir::halftone::setScheme(Operation *op, const Scheme &scheme) {
  Builder b(op->getContext());
  SmallVector<NamedAttribute> fields = {
      b.getNamedAttr("weights", describeWeights(b, scheme.weights))};
  if (!scheme.activations.format.empty())
    fields.push_back(b.getNamedAttr("activations", describeActivations(b, scheme.activations)));
  op->setAttr(kSchemeName, b.getDictionaryAttr(fields));
}

std::optional<Scheme> mlir::halftone::getScheme(Operation *op) {
  auto fields = op->getAttrOfType<DictionaryAttr>(kSchemeName);
  if (!fields)
    return std::nullopt;
  Scheme scheme;
  if (auto weights = fields.getAs<DictionaryAttr>("weights"))
    scheme.weights = readWeights(weights);
  if (auto activations = fields.getAs<DictionaryAttr>("activations"))
    scheme.activations = readActivations(activations);
  return scheme;
}

DictionaryAttr mlir::halftone::getWeightSchemeAttr(Operation *op) {
  auto fields = op->getAttrOfType<DictionaryAttr>(kSchemeName);
  return fields ? fields.getAs<DictionaryAttr>("weights") : DictionaryAttr();
}

void mlir::halftone::removeScheme(Operation *op) { op->removeAttr(kSchemeName); }

static Type getFloatType(MLIRContext *context, const ElementCodec &codec) {
  switch (codec.exponentBits * 16 + codec.mantissaBits) {
  case 4 * 16 + 3:
    return Float8E4M3FNType::get(context);
  case 5 * 16 + 2:
    return Float8E5M2Type::get(context);
  case 2 * 16 + 3:
    return Float6E2M3FNType::get(context);
  case 3 * 16 + 2:
    return Float6E3M2FNType::get(context);
  case 2 * 16 + 1:
    return Float4E2M1FNType::get(context);
  case 8 * 16 + 0:
    return Float8E8M0FNUType::get(context);
  case 5 * 16 + 10:
    return Float16Type::get(context);
  case 8 * 16 + 7:
    return BFloat16Type::get(context);
  default:
    llvm_unreachable("every floating codec of the format table is listed");
  }
}

Type mlir::halftone::getCodeType(MLIRContext *context, const ElementCodec &codec) {
  if (codec.kind == ElementCodec::Kind::Floating && codec.hasStandardType())
    return getFloatType(context, codec);
  bool isSigned = codec.kind == ElementCodec::Kind::Integer && codec.isSigned;
  return IntegerType::get(context, codec.bits,
                          isSigned ? IntegerType::Signless : IntegerType::Unsigned);
}
