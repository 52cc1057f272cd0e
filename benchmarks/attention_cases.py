# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Attention alone, beside ONNX Runtime's own fused op."""

import numpy as np
import onnx
from onnx import TensorProto, helper

from case import Case

# (what, batch, heads, queries, keys, head size)
SHAPES = [
    ("attention 12 heads of 64, 128 tokens", 1, 12, 128, 128, 64),
    ("attention 12 heads of 64, 512 tokens", 1, 12, 512, 512, 64),
    ("attention 32 heads of 64, 1 token after 512", 1, 32, 1, 513, 64),
    ("attention 8 heads of 128, 256 tokens", 1, 8, 256, 256, 128),
]


def save_attention(path, heads, queries, keys, size):
    node = helper.make_node("MultiHeadAttention", ["q", "k", "v"], ["y"], name="attention",
                            domain="com.microsoft", num_heads=heads)

    def declare(name, tokens):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", tokens, heads * size])

    graph = helper.make_graph([node], "attention",
                              [declare("q", queries), declare("k", keys), declare("v", keys)],
                              [declare("y", queries)])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)


def attention_cases(folder):
    random = np.random.default_rng(0)
    cases = []
    for index, (name, batch, heads, queries, keys, size) in enumerate(SHAPES):
        path = folder / f"attention-{index}.onnx"
        save_attention(path, heads, queries, keys, size)
        inputs = {
            key: random.standard_normal((batch, tokens, heads * size)).astype(np.float32)
            for key, tokens in (("q", queries), ("k", keys), ("v", keys))
        }
        cases.append(Case(name, "f32", path, inputs, is_whole_model=False))
    return cases
