// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Refusals.h"

using namespace mlir;
using namespace mlir::halftone;

static constexpr char kStrings[] =
    "it works on strings; run it before the model and pass numbers as an input";
static constexpr char kOptionals[] = "it makes an optional; pass the tensor itself";
static constexpr char kRandom[] =
    "its result is random; draw the numbers before and pass them as an input";

ArrayRef<Refusal> halftone::getRefusals() {
  static constexpr Refusal kRefusals[] = {
      {"Bernoulli", kRandom},
      {"ImageDecoder", "it reads image files; decode them before and pass the pixels as an input"},
      {"MaxRoiPool", "the sizes of its windows are computed; use RoiAlign"},
      {"Multinomial", kRandom},
      {"Optional", kOptionals},
      {"RandomNormal", kRandom},
      {"RandomNormalLike", kRandom},
      {"RandomUniform", kRandom},
      {"RandomUniformLike", kRandom},
      {"RegexFullMatch", kStrings},
      {"SequenceMap", "it maps over a sequence of tensors; apply the graph to each of them"},
      {"StringConcat", kStrings},
      {"StringNormalizer", kStrings},
      {"StringSplit", kStrings},
  };
  return kRefusals;
}

ArrayRef<Refusal> halftone::getRefusedDomains() {
  static constexpr Refusal kDomains[] = {
      {"ai.onnx.ml", "it holds classical models (trees, encoders, scalers), often on strings; run "
                     "them before or after"},
      {"ai.onnx.preview", "its ops may still change; export the model with those of ai.onnx"},
      {"ai.onnx.preview.training", "it trains models; export the model for inference"},
      {"ai.onnx.training", "it trains models; export the model for inference"},
  };
  return kDomains;
}

StringRef halftone::findRefusal(StringRef domain, StringRef name) {
  ArrayRef<Refusal> refusals = domain.empty() ? getRefusals() : getRefusedDomains();
  StringRef wanted = domain.empty() ? name : domain;
  const Refusal *found =
      llvm::find_if(refusals, [&](const Refusal &refusal) { return refusal.name == wanted; });
  return found == refusals.end() ? StringRef() : found->reason;
}
