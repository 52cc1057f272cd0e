#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Products whose sums are long, and images with borders that are a few pixels wide, agree with ONNX Runtime.

What kernels do with k depends on its length: long ones are cut into blocks between which sums wait in
memory. What they do with rows depends on the images: the rows of small ones are one dimension,
though a border for the next layer lies between them. Sizes are odd on purpose: no number of rows, columns or
steps is a multiple of a tile or a block.
"""

import pathlib
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from harness import Program, check_same_bits, main

TARGETS = ("native", "x86-64-v4+avx512vnni", "x86-64-v3")
LARGEST_ERROR = 2e-6  # of the largest


class Graph:
    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.constants = [], []

    def weight(self, *shape):
        value = self.random.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))
        return self.constant(value.astype(np.float32))

    def constant(self, value):
        name = f"w{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def add(self, op, *inputs, **attributes):
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], name=name, **attributes))
        return name

    def check(self, inputs, outputs, exact=False, targets=TARGETS):
        types = {name: helper.np_dtype_to_tensor_dtype(value.dtype) for name, value in inputs.items()}
        result = TensorProto.INT32 if exact else TensorProto.FLOAT
        graph = helper.make_graph(
            self.nodes, "products",
            [helper.make_tensor_value_info(name, types[name], value.shape) for name, value in inputs.items()],
            [helper.make_tensor_value_info(name, result, None) for name in outputs], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
            path = pathlib.Path(folder) / "products.onnx"
            onnx.save(model, path)
            session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
            expected = dict(zip(outputs, session.run(outputs, inputs)))
            for target in targets:
                program = Program(path, "--target", target)
                results = program.run_if_executable(inputs, "--threads", "1")
                if results is None:
                    continue  # "native" is executable.
                check_same_bits(program.run(inputs, "--threads", "2"), results, "two threads")
                for name in outputs:
                    limit = 0 if exact else LARGEST_ERROR * np.abs(expected[name]).max()
                    error = np.abs(results[name] - expected[name]).max()
                    assert error <= limit, f"{name}, {target}: off by {error:.2g}"


def test_matrices():
    for rows, depth, columns in ((37, 3001, 70), (5, 9001, 33), (131, 1999, 100)):
        graph = Graph(rows)
        y = graph.add("Relu", graph.add("Gemm", "x", graph.weight(columns, depth),
                                        graph.weight(columns), transB=1))
        graph.check({"x": graph.random.standard_normal((rows, depth)).astype(np.float32)}, [y])


def test_integer_matrices():
    graph = Graph(1)
    weight = graph.constant(graph.random.integers(-128, 128, (12004, 70), np.int8))
    y = graph.add("MatMulInteger", "x", weight)
    graph.check({"x": graph.random.integers(0, 256, (43, 12004), np.uint8)}, [y], exact=True)


def convolution(graph, x, inputs, outputs, kernel, **attributes):
    return graph.add("Conv", x, graph.weight(outputs, inputs, *kernel), graph.weight(outputs),
                     kernel_shape=kernel, **attributes)


def test_convolutions():
    """Blocks of several window rows, of one, of a part of a row, and of a pixel between gaps."""
    cases = [
        (130, 5, 7, 70, (3, 3), {"pads": [1] * 4}),
        (700, 5, 3, 33, (3, 3), {"pads": [1] * 4}),
        (140, 9, 11, 50, (5, 5), {"strides": [2, 2], "pads": [2] * 4}),
        (300, 9, 10, 49, (3, 2), {"dilations": [2, 2]}),
        (97, 31, 3, 64, (11, 1), {"strides": [3, 1]}),
    ]
    for index, (inputs, height, width, outputs, kernel, attributes) in enumerate(cases):
        graph = Graph(index)
        y = graph.add("Relu", convolution(graph, "x", inputs, outputs, kernel, **attributes))
        graph.check({"x": graph.random.standard_normal((2, inputs, height, width)).astype(np.float32)},
                    [y])


def test_integer_convolutions():
    graph = Graph(2)
    weight = graph.constant(graph.random.integers(-128, 128, (66, 1001, 3, 3), np.int8))
    y = graph.add("ConvInteger", "x", weight, pads=[1] * 4)
    graph.check({"x": graph.random.integers(0, 256, (1, 1001, 5, 7), np.uint8)}, [y], exact=True)


def test_small_images_with_borders():
    """A product of pixels, with a residual, that is written into the image which the next layer pads."""
    for height, width in ((7, 7), (5, 13), (1, 9), (17, 31), (3, 40)):
        graph = Graph(height)
        wide = graph.add("Relu", convolution(graph, "x", 24, 70, (1, 1)))
        depthwise = graph.add("Relu", graph.add(
            "Conv", wide, graph.weight(70, 1, 3, 3), pads=[1] * 4, group=70))
        sum_ = graph.add("Add", convolution(graph, depthwise, 70, 24, (1, 1)), "x")
        y = convolution(graph, sum_, 24, 35, (3, 3), pads=[1] * 4)
        z = convolution(graph, sum_, 24, 19, (1, 1))
        graph.check({"x": graph.random.standard_normal((2, 24, height, width)).astype(np.float32)},
                    [y, z])


if __name__ == "__main__":
    main(globals())
