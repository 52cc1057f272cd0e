// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The text form of packing specs.

#include "halftone/Numerics/PackedLayout.h"

using namespace halftone;

bool PackingSpec::operator==(const PackingSpec &other) const {
  bool widens = sourceBytes != elementBytes;
  return nr == other.nr && kr == other.kr &&
         getReductionAlignment() == other.getReductionAlignment() &&
         sourceBytes == other.sourceBytes && elementBytes == other.elementBytes &&
         (!widens || isSigned == other.isSigned);
}

std::string PackingSpec::str() const {
  std::string sourceBits = std::to_string(8 * sourceBytes);
  std::string text = "bits" + sourceBits;
  if (sourceBytes != elementBytes)
    text = (isSigned ? "s" : "u") + sourceBits + "to" + std::to_string(8 * elementBytes);
  text += "-nr" + std::to_string(nr) + "-kr" + std::to_string(kr);
  if (kAlign > kr)
    text += "-k" + std::to_string(kAlign);
  return text;
}

static bool consumePositive(llvm::StringRef &text, llvm::StringRef prefix, int64_t &value) {
  return text.consume_front(prefix) && !text.consumeInteger(10, value) && value > 0;
}

static bool consumeBytes(llvm::StringRef &text, llvm::StringRef prefix, unsigned &bytes) {
  int64_t bits;
  if (!consumePositive(text, prefix, bits) || (bits != 8 && bits != 16 && bits != 32))
    return false;
  bytes = unsigned(bits / 8);
  return true;
}

static bool consumeElement(llvm::StringRef &text, PackingSpec &spec) {
  if (text.starts_with("bits")) {
    bool ok = consumeBytes(text, "bits", spec.sourceBytes);
    spec.elementBytes = spec.sourceBytes;
    return ok;
  }
  spec.isSigned = text.starts_with("s");
  return consumeBytes(text, spec.isSigned ? "s" : "u", spec.sourceBytes) &&
         consumeBytes(text, "to", spec.elementBytes) && spec.sourceBytes < spec.elementBytes;
}

llvm::Expected<PackingSpec> PackingSpec::parse(llvm::StringRef text) {
  PackingSpec spec;
  llvm::StringRef rest = text;
  bool ok = consumeElement(rest, spec) && consumePositive(rest, "-nr", spec.nr) &&
            consumePositive(rest, "-kr", spec.kr);
  spec.kAlign = spec.kr;
  if (ok && !rest.empty())
    ok = consumePositive(rest, "-k", spec.kAlign) && rest.empty() && spec.kAlign % spec.kr == 0;
  // One text per spec.
  if (!ok || spec.str() != text)
    return llvm::createStringError(
        "'%s' is not a packed layout; expected for example 'bits8-nr32-kr4' or 's8to16-nr16-kr2'",
        text.str().c_str());
  return spec;
}
