# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a model with an embedding, a GRU and two products of one input, and samples for it.

make_recurrent.py MODEL.onnx SAMPLES.npz
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(0)
VOCABULARY, WIDTH, LENGTH, SAMPLES = 40, 32, 6, 12


def weights(name, *shape):
    return numpy_helper.from_array((random.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32), name)


nodes = [
    helper.make_node("Gather", ["table", "ids"], ["vectors"], name="/embed/"),
    helper.make_node("GRU", ["vectors", "w", "r"], ["states", ""], name="/rnn/gru", hidden_size=WIDTH),
    helper.make_node("Squeeze", ["states", "axes"], ["rows"], name="/squeeze"),
    helper.make_node("MatMul", ["rows", "left"], ["a"], name="/head.0/MatMul"),
    helper.make_node("MatMul", ["rows", "right"], ["b"], name="/head.1/MatMul"),
    helper.make_node("Sigmoid", ["b"], ["gate"], name="/gate"),
    helper.make_node("Mul", ["a", "gate"], ["y"], name="/mul"),
]
graph = helper.make_graph(
    nodes,
    "recurrent",
    [helper.make_tensor_value_info("ids", TensorProto.INT64, [LENGTH, 1])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [LENGTH, 1, WIDTH])],
    [
        weights("table", VOCABULARY, WIDTH),
        weights("w", 1, 3 * WIDTH, WIDTH),
        weights("r", 1, 3 * WIDTH, WIDTH),
        weights("left", WIDTH, WIDTH),
        weights("right", WIDTH, WIDTH),
        numpy_helper.from_array(np.array([1], np.int64), "axes"),
    ],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.save(model, sys.argv[1])
np.savez(sys.argv[2], ids=random.integers(0, VOCABULARY, (SAMPLES, LENGTH, 1)))
