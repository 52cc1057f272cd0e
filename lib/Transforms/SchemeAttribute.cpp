// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Transforms/SchemeAttribute.h"

#include "halftone/Numerics/Format.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using ::halftone::ActivationScheme;
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

void mlir::halftone::setScheme(Operation *op, const Scheme &scheme) {
  Builder b(op->getContext());
  auto named = [&](StringRef key, Attribute value) { return b.getNamedAttr(key, value); };
  const WeightScheme &weights = scheme.weights;
  SmallVector<NamedAttribute> fields = {named(
      "weights", b.getDictionaryAttr({named("format", b.getStringAttr(weights.format)),
                                      named("granularity", b.getStringAttr(weights.granularity)),
                                      named("symmetric", b.getBoolAttr(weights.symmetric))}))};
  const ActivationScheme &activations = scheme.activations;
  if (!activations.format.empty())
    fields.push_back(
        named("activations",
              b.getDictionaryAttr({named("format", b.getStringAttr(activations.format)),
                                   named("granularity", b.getStringAttr(activations.granularity)),
                                   named("range", b.getStringAttr(activations.range)),
                                   named("symmetric", b.getBoolAttr(activations.symmetric)),
                                   named("when", b.getStringAttr(activations.when))})));
  op->setAttr(kSchemeName, b.getDictionaryAttr(fields));
}

std::optional<Scheme> mlir::halftone::getScheme(Operation *op) {
  auto fields = op->getAttrOfType<DictionaryAttr>(kSchemeName);
  if (!fields)
    return std::nullopt;
  Scheme scheme;
  if (auto weights = fields.getAs<DictionaryAttr>("weights")) {
    scheme.weights.format = getString(weights, "format", "").str();
    scheme.weights.granularity =
        getString(weights, "granularity", scheme.weights.granularity).str();
    scheme.weights.symmetric = getBool(weights, "symmetric", scheme.weights.symmetric);
  }
  if (auto activations = fields.getAs<DictionaryAttr>("activations")) {
    ActivationScheme &result = scheme.activations;
    result.format = getString(activations, "format", "").str();
    result.granularity = getString(activations, "granularity", result.granularity).str();
    result.when = getString(activations, "when", result.when).str();
    result.range = getString(activations, "range", result.range).str();
    result.symmetric = getBool(activations, "symmetric", result.symmetric);
  }
  return scheme;
}

void mlir::halftone::removeScheme(Operation *op) { op->removeAttr(kSchemeName); }

Type mlir::halftone::getCodeType(MLIRContext *context, StringRef format) {
  const ::halftone::Format *description = ::halftone::findFormat(format);
  if (!description || !description->isInteger())
    return nullptr;
  return IntegerType::get(context, description->codec.bits,
                          description->codec.isSigned ? IntegerType::Signless
                                                      : IntegerType::Unsigned);
}
