// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Presets.h"

using namespace halftone;

static constexpr Preset presets[] = {
    {"float", "weights: { format: none }\n"},
    {"w8", "weights: { format: int8, granularity: channel, symmetric: true }\n"},
    {"w8a8-static", "weights:     { format: int8, granularity: channel, symmetric: true }\n"
                    "activations: { format: uint8, granularity: tensor, when: static, symmetric: "
                    "false, range: min-max }\n"},
    {"w8a8-dynamic",
     "weights:     { format: int8, granularity: channel, symmetric: true }\n"
     "activations: { format: int8, granularity: token, when: dynamic, symmetric: true }\n"},
    {"w8a8-llm-int8", "weights:     { format: int8, granularity: channel, symmetric: true }\n"
                      "activations: { format: int8, granularity: token, when: dynamic, symmetric: "
                      "true, outliers: { threshold: 6, when: dynamic } }\n"},
    {"w8a8-llm-int8-static",
     "weights:     { format: int8, granularity: channel, symmetric: true }\n"
     "activations: { format: int8, granularity: token, when: dynamic, symmetric: true, outliers: { "
     "threshold: 6, when: static } }\n"},
    {"w8a8-smoothquant-o1",
     "weights:     { format: int8, granularity: channel, symmetric: true }\n"
     "activations: { format: int8, granularity: token, when: dynamic, symmetric: true }\n"
     "smoothing:   { method: smoothquant, alpha: 0.5 }\n"},
    {"w8a8-smoothquant-o2",
     "weights:     { format: int8, granularity: channel, symmetric: true }\n"
     "activations: { format: int8, granularity: tensor, when: dynamic, symmetric: true }\n"
     "smoothing:   { method: smoothquant, alpha: 0.5 }\n"},
    {"w8a8-smoothquant-o3",
     "weights:     { format: int8, granularity: channel, symmetric: true }\n"
     "activations: { format: uint8, granularity: tensor, when: static, symmetric: false, range: "
     "min-max }\n"
     "smoothing:   { method: smoothquant, alpha: 0.5 }\n"},
    // Below 8 bits a scale per channel is too coarse, and the range that loses least is not that of
    // the largest number.
    {"bf16", "weights: { format: bf16 }\nactivations: { format: bf16 }\n"},
    {"w4a16", "weights: { format: int4, group: 128, symmetric: full-range, range: mse }\n"},
    {"w4a16-g32", "weights: { format: int4, group: 32, symmetric: full-range, range: mse, scales: "
                  "f16 }\n"},
    {"w4a16-gptq", "weights: { format: int4, group: 128, symmetric: full-range, range: mse, "
                   "rounding: gptq }\n"},
    {"w4a16-adaround",
     "weights: { format: int4, group: 128, symmetric: full-range, rounding: adaround }\n"},
    {"w4a16-adaround-mse", "weights: { format: int4, group: 128, symmetric: full-range, range: "
                           "mse, rounding: adaround }\n"},
    {"w4a16-mofq", "weights: { format: int4, group: 128, symmetric: full-range, range: mse, mofq: "
                   "{ or: [fp4_e2m1], by: tensor-mse } }\n"},
    {"w4a16-awq", "weights: { format: int4, group: 128, symmetric: full-range, range: mse }\n"
                  "smoothing: { method: awq }\n"},
    {"w4a16-smoothquant-plus",
     "weights: { format: int4, group: 128, symmetric: full-range, range: mse }\n"
     "smoothing: { method: smoothquant, alpha: search }\n"},
    {"w4a8-dynamic",
     "weights:     { format: int4, group: 128, symmetric: full-range, range: mse }\n"
     "activations: { format: int8, granularity: token, when: dynamic, symmetric: true }\n"},
    {"w4a8-static",
     "weights:     { format: int4, group: 128, symmetric: full-range, range: mse }\n"
     "activations: { format: uint8, granularity: tensor, when: static, symmetric: false, range: "
     "min-max }\n"},
    {"w3", "weights: { format: uint3, group: 64, symmetric: false, range: mse }\n"},
    // Few models have rows so long that .01 bits are a weight: a quarter of a bit is one of 64.
    {"w3a16-owq", "weights: { format: uint3, group: 64, symmetric: false, range: mse, rounding: "
                  "gptq, owq: { bits: 3.25 } }\n"},
    {"w2g16", "weights: { format: uint2, group: 16, symmetric: false, range: mse }\n"},
    {"fp8", "weights: { format: fp8_e4m3, granularity: channel }\n"},
    {"mxfp8", "weights: { format: mxfp8 }\n"},
    {"mxfp4", "weights: { format: mxfp4 }\n"},
    {"nf4", "weights: { format: nf4, group: 64 }\n"},
    {"kmeans4", "weights: { format: kmeans4, granularity: channel }\n"},
    {"bcq3", "weights: { format: bcq3, group: 128, symmetric: false }\n"},
};

llvm::ArrayRef<Preset> halftone::allPresets() { return presets; }
