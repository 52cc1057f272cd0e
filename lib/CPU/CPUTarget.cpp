// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/CPUTarget.h"

#include "halftone/runtime.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/AArch64TargetParser.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/TargetParser/X86TargetParser.h"

using namespace llvm;
using mlir::halftone::CPUTarget;

namespace {

using Features = StringMap<bool>;

/// What differs between the architectures that code is generated for.
struct Architecture {
  StringLiteral triple;
  /// The CPU that has no features but those of all.
  StringLiteral baseCPU;
  /// What kernels and LLVM's code for loops gain from. Nothing else that a CPU has is used or
  /// demanded: cryptography, system instructions, and vector instructions that no op here becomes.
  ArrayRef<StringLiteral> usedFeatures;
  /// Features of the runtime's list from the first to the last one.
  halftone_cpu_feature firstFeature, lastFeature;
  /// Whether it has a CPU of this name, whose features are added.
  bool (*addCPU)(StringRef name, Features &features);
  /// Adds a feature and all that it implies.
  void (*enable)(StringRef name, Features &features);
};

constexpr StringLiteral usedByX86[] = {
    "sse4.2",   "popcnt",   "avx",        "avx2",       "fma",        "f16c",
    "bmi",      "bmi2",     "lzcnt",      "avx512f",    "avx512bw",   "avx512cd",
    "avx512dq", "avx512vl", "avx512vnni", "avx512vbmi", "avx512bf16", "avx512fp16",
    "avxvnni",  "amx-tile", "amx-int8",   "amx-bf16"};
constexpr StringLiteral usedByAArch64[] = {"neon", "dotprod", "i8mm", "fullfp16"};

void enableX86(StringRef name, Features &features) {
  X86::updateImpliedFeatures(name, /*Enabled=*/true, features);
  features[name] = true;
}

bool addX86CPU(StringRef name, Features &features) {
  if (X86::parseArchX86(name, /*Only64Bit=*/true) == X86::CK_None)
    return false;
  SmallVector<StringRef> implied;
  X86::getFeaturesForCPU(name, implied);
  // The list of a level names only what does not follow from the rest.
  for (StringRef feature : implied)
    enableX86(feature, features);
  return true;
}

/// Every feature used here implies Neon and nothing else that is.
void enableAArch64(StringRef name, Features &features) {
  features["neon"] = true;
  features[name] = true;
}

bool addAArch64CPU(StringRef name, Features &features) {
  AArch64::ExtensionSet extensions;
  if (std::optional<AArch64::CpuInfo> cpu = AArch64::parseCpu(name))
    extensions.addCPUDefaults(*cpu);
  else if (const AArch64::ArchInfo *architecture = AArch64::parseArch(name))
    extensions.addArchDefaults(*architecture);
  else
    return false;
  std::vector<StringRef> enabled;
  extensions.toLLVMFeatureList(enabled);
  for (StringRef feature : enabled)
    if (feature.consume_front("+"))
      features[feature] = true;
  return true;
}

constexpr Architecture architectures[] = {
    {"x86_64-unknown-linux-gnu", "x86-64", usedByX86, HALFTONE_CPU_SSE42, HALFTONE_CPU_AMXFP16,
     addX86CPU, enableX86},
    {"aarch64-unknown-linux-gnu", "generic", usedByAArch64, HALFTONE_CPU_NEON,
     HALFTONE_CPU_FULLFP16, addAArch64CPU, enableAArch64},
};

template <typename... Args> Error makeError(const char *format, const Args &...args) {
  return createStringError(inconvertibleErrorCode(), format, args...);
}

/// The architecture that has the CPU, whose features are added.
Expected<const Architecture *> addNamedCPU(StringRef name, CPUTarget &target, Features &features) {
  if (name == "native") {
    Triple::ArchType host = Triple(sys::getProcessTriple()).getArch();
    target.cpu = sys::getHostCPUName().str();
    features = sys::getHostCPUFeatures();
    const Architecture *native = llvm::find_if(architectures, [&](const Architecture &each) {
      return Triple(each.triple).getArch() == host;
    });
    if (native == std::end(architectures))
      return makeError("no code is generated for CPUs like this one (%s)",
                       sys::getProcessTriple().c_str());
    return native;
  }
  for (const Architecture &architecture : architectures) {
    if (!architecture.addCPU(name, features))
      continue;
    // An architecture's level (armv8.6-a) is no CPU with latencies of its own.
    bool isCPU = architecture.firstFeature != HALFTONE_CPU_NEON || AArch64::parseCpu(name);
    target.cpu = isCPU ? name.str() : architecture.baseCPU.str();
    return &architecture;
  }
  return makeError("unknown CPU '%s'; expected native, x86-64-v3, x86-64-v4, armv8-a, or another "
                   "of LLVM's names of 64-bit x86 and Arm CPUs",
                   name.str().c_str());
}

/// Of which architecture the runtime's list has a feature of that name.
bool hasFeature(const Architecture &architecture, StringRef feature) {
#define HALFTONE_COMPARE_FEATURE(bit, name, text)                                                  \
  if (feature == text)                                                                             \
    return bit >= architecture.firstFeature && bit <= architecture.lastFeature;
  HALFTONE_FOR_EACH_CPU_FEATURE(HALFTONE_COMPARE_FEATURE)
#undef HALFTONE_COMPARE_FEATURE
  return false;
}

Features keepUsed(const Architecture &architecture, const Features &features) {
  Features used;
  for (StringRef name : architecture.usedFeatures)
    if (features.lookup(name))
      architecture.enable(name, used);
  return used;
}

/// Adds what the user has asked for by name.
Error addFeatures(const Architecture &architecture, ArrayRef<StringRef> names, Features &features) {
  for (StringRef name : names) {
    if (!hasFeature(architecture, name))
      return makeError("unknown CPU feature '%s'", name.str().c_str());
    architecture.enable(name, features);
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
  target.neon = has({"neon"});
  target.dotprod = has({"neon", "dotprod"});
  target.i8mm = has({"neon", "i8mm"});
}

} // namespace

Expected<CPUTarget> CPUTarget::get(StringRef name) {
  SmallVector<StringRef> parts;
  name.split(parts, '+');
  CPUTarget target;
  target.name = name.str();
  Features features;
  Expected<const Architecture *> found = addNamedCPU(parts.front(), target, features);
  if (!found)
    return found.takeError();
  const Architecture &architecture = **found;
  target.triple = architecture.triple.str();
  target.baseCPU = architecture.baseCPU.str();
  features = keepUsed(architecture, features);
  if (Error error = addFeatures(architecture, ArrayRef(parts).drop_front(), features))
    return std::move(error);

  setLevels(target, features);
  target.requiredFeatures = collectRequiredFeatures(features);
  target.features = printFeatures(features);
  return target;
}
