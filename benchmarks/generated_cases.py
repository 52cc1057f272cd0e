# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Large architectures with random weights, made when they are needed."""

import numpy as np
from onnx import TensorProto

import generate_models
import peer
from case import Case

TYPES = {TensorProto.FLOAT: np.float32, TensorProto.INT64: np.int64}


class Generated:
    """A model that is made by its first use. `build` returns a generate_models.Graph."""

    def __init__(self, folder, build):
        self.folder, self.build, self.path = folder, build, None

    def make(self):
        if not self.path:
            self.path = self.build().save(self.folder)
        return self.path

    def make_dynamic(self):
        path = self.folder / f"{self.make().stem}-dynamic.onnx"
        if not path.exists():
            peer.quantize_dynamic(self.path, path)
        return path

    def make_static(self, samples):
        path = self.folder / f"{self.make().stem}-static.onnx"
        if not path.exists():
            peer.quantize_static(self.path, path, samples)
        return path


def dynamic_pair(name, folder, build, inputs, macs):
    generated = Generated(folder, build)
    floats = Case(f"{name} f32", "f32", generated.make, inputs, macs=macs)
    return [
        floats, floats.in_halves(),
        Case(f"{name} int8 dynamic", "i8", generated.make, inputs, "w8a8-dynamic",
             peer_model=generated.make_dynamic, macs=macs),
    ]


def bert_cases(folder):
    layers, length, width = 12, 128, 768
    inputs = {"hidden": np.random.default_rng(0).standard_normal((1, length, width), np.float32)}
    macs = layers * length * (12 * width * width + 2 * length * width)
    return dynamic_pair("bert-base 12 layers, 128 tokens", folder, generate_models.bert, inputs,
                        macs)


def resnet_cases(folder):
    images = np.random.default_rng(0).standard_normal((4, 1, 3, 224, 224), np.float32)
    generated = Generated(folder, generate_models.resnet50)
    inputs = {"image": images[0]}
    floats = Case("resnet50 224 f32", "f32", generated.make, inputs)
    return [
        floats, floats.in_halves(),
        Case("resnet50 224 int8 static", "i8", generated.make, inputs, "w8a8-static",
             {"image": images},
             lambda: generated.make_static([{"image": image} for image in images])),
    ]


def decoder_inputs(length, past, layers, width=2048, key_heads=4, size=64):
    random = np.random.default_rng(0)
    inputs = {"hidden": random.standard_normal((1, length, width), np.float32),
              "positions": np.arange(past, past + length)[None]}
    for layer in range(layers if past else 0):
        for kind in ("key", "value"):
            shape = (1, key_heads, past, size)
            inputs[f"{kind}{layer}"] = random.standard_normal(shape, np.float32)
    return inputs


def decoder_macs(length, past, layers, width=2048, key_width=256, inner=5632):
    weights = 2 * width * width + 2 * width * key_width + 3 * width * inner
    return layers * length * (weights + 2 * width * (past + length))


def decoder_cases(folder, layers):
    cases = []
    for title, length, past in (("decode, past 512", 1, 512), ("prefill 128", 128, 0)):
        def build(length=length, past=past):
            return generate_models.decoder(length, past, layers)
        cases += dynamic_pair(f"decoder {layers} layers of 2048 {title}", folder, build,
                              decoder_inputs(length, past, layers),
                              decoder_macs(length, past, layers))
    return cases


def all_cases(folder, layers):
    return bert_cases(folder) + resnet_cases(folder) + decoder_cases(folder, layers)
