// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/CPUTarget.h"

#include "halftone/runtime.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/X86TargetParser.h"

using namespace llvm;
using mlir::halftone::CPUTarget;

namespace {

using Features = StringMap<bool>;

/// What kernels and LLVM's code for loops gain from. Nothing else that a CPU has is used or
/// demanded: cryptography, system instructions, and vector instructions that no op here becomes.
constexpr StringLiteral usedFeatures[] = {
    "sse4.2",   "popcnt",   "avx",        "avx2",       "fma",        "f16c",
    "bmi",      "bmi2",     "lzcnt",      "avx512f",    "avx512bw",   "avx512cd",
    "avx512dq", "avx512vl", "avx512vnni", "avx512vbmi", "avx512bf16", "avx512fp16",
    "avxvnni",  "amx-tile", "amx-int8",   "amx-bf16"};

template <typename... Args> Error makeError(const char *format, const Args &...args) {
  return createStringError(inconvertibleErrorCode(), format, args...);
}

void enable(StringRef name, Features &features) {
  X86::updateImpliedFeatures(name, /*Enabled=*/true, features);
  features[name] = true;
}

Error addNamedCPU(StringRef name, CPUTarget &target, Features &features) {
  if (name == "native") {
    target.cpu = sys::getHostCPUName().str();
    features = sys::getHostCPUFeatures();
    return Error::success();
  }
  if (X86::parseArchX86(name, /*Only64Bit=*/true) == X86::CK_None)
    return makeError("unknown CPU '%s'; expected native, x86-64-v3, x86-64-v4 or another of LLVM's "
                     "names of 64-bit x86 CPUs",
                     name.str().c_str());
  target.cpu = name.str();
  SmallVector<StringRef> implied;
  X86::getFeaturesForCPU(name, implied);
  // The list of a level names only what does not follow from the rest.
  for (StringRef feature : implied)
    enable(feature, features);
  return Error::success();
}

bool isKnownFeature(StringRef feature) {
#define HALFTONE_COMPARE_FEATURE(bit, name, text)                                                  \
  if (feature == text)                                                                             \
    return true;
  HALFTONE_FOR_EACH_CPU_FEATURE(HALFTONE_COMPARE_FEATURE)
#undef HALFTONE_COMPARE_FEATURE
  return false;
}

Features keepUsed(const Features &features) {
  Features used;
  for (StringRef name : usedFeatures)
    if (features.lookup(name))
      enable(name, used);
  return used;
}

/// Adds what the user has asked for by name.
Error addFeatures(ArrayRef<StringRef> names, Features &features) {
  for (StringRef name : names) {
    if (!isKnownFeature(name))
      return makeError("unknown CPU feature '%s'", name.str().c_str());
    enable(name, features);
  }
  return Error::success();
}

uint64_t collectRequiredFeatures(const Features &features) {
  uint64_t required = 0;
#define HALFTONE_COLLECT_FEATURE(bit, name, text)                                                  \
  if (features.lookup(text))                                                                       \
    required |= HALFTONE_CPU_BIT(bit);
  HALFTONE_FOR_EACH_CPU_FEATURE(HALFTONE_COLLECT_FEATURE)
#undef HALFTONE_COLLECT_FEATURE
  return required;
}

/// Sorted, so that equal targets give equal modules.
std::string printFeatures(const Features &features) {
  SmallVector<std::string> entries;
  for (const auto &entry : features)
    if (entry.second)
      entries.push_back("+" + entry.first().str());
  llvm::sort(entries);
  return llvm::join(entries, ",");
}

void setLevels(CPUTarget &target, const Features &features) {
  auto has = [&](std::initializer_list<StringRef> names) {
    return llvm::all_of(names, [&](StringRef name) { return features.lookup(name); });
  };
  target.avx2 = has({"avx2", "fma", "f16c"});
  target.avx512 = has({"avx512f", "avx512bw", "avx512vl", "avx512dq"});
  target.avx512vnni = target.avx512 && has({"avx512vnni"});
  target.avx512vbmi = target.avx512 && has({"avx512vbmi"});
  target.avx512bf16 = target.avx512 && has({"avx512bf16"});
  target.avx512fp16 = target.avx512 && has({"avx512fp16"});
  target.avxvnni = has({"avxvnni"});
  target.amxInt8 = has({"amx-tile", "amx-int8"});
  target.amxBf16 = has({"amx-tile", "amx-bf16"});
}

} // namespace

Expected<CPUTarget> CPUTarget::get(StringRef name) {
  SmallVector<StringRef> parts;
  name.split(parts, '+');
  CPUTarget target;
  target.name = name.str();
  target.triple = "x86_64-unknown-linux-gnu";
  Features features;
  if (Error error = addNamedCPU(parts.front(), target, features))
    return std::move(error);
  features = keepUsed(features);
  if (Error error = addFeatures(ArrayRef(parts).drop_front(), features))
    return std::move(error);

  setLevels(target, features);
  target.requiredFeatures = collectRequiredFeatures(features);
  target.features = printFeatures(features);
  return target;
}
