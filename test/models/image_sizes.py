#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One program for images of every size: as ONNX Runtime where a window fits, an error with the node's name where not."""

import itertools
import pathlib
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from harness import Program, check_close, largest_error, main, make_session, run_reference

SIZES = (1, 2, 3, 4, 5, 8, 17)
CHANNELS = 3
QUANTIZED_ERROR = 0.03  # of the largest
TOO_LARGE = "window larger than its padded input"


class Network:
    """Layers one after another; the pads of `pad` may be an input."""

    def __init__(self):
        self.random = np.random.default_rng(0)
        self.nodes, self.constants, self.last, self.channels = [], [], "x", CHANNELS

    def constant(self, value):
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def add(self, op, *operands, **attributes):
        name = f"node{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, [self.last, *operands], [name], name=name, **attributes))
        self.last = name

    def convolve(self, kernel, op="Conv", **attributes):
        shape = (6, self.channels) if op == "Conv" else (self.channels, 6)
        weight = self.random.standard_normal((*shape, kernel, kernel)).astype(np.float32)
        self.add(op, self.constant(weight), **attributes)
        self.channels = 6
        self.add("Relu")

    def pad(self, pads, **attributes):
        self.add("Relu")
        self.add("Pad", self.constant(np.array(pads, np.int64)), **attributes)
        self.add("Relu")

    def check(self, size_of, message, *options):
        """`size_of`: the result's height from the image's (widths alike); below 1 `message` is expected."""
        graph = helper.make_graph(
            self.nodes, "sizes",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, CHANNELS, "height", "width"])],
            [helper.make_tensor_value_info(self.last, TensorProto.FLOAT, None)], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
        with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
            path = pathlib.Path(folder) / "sizes.onnx"
            onnx.save(model, path)
            session = make_session(path)
            program = Program(path, *options)
        for height, width in itertools.product(SIZES, SIZES):
            inputs = {"x": self.random.standard_normal((1, CHANNELS, height, width)).astype(np.float32)}
            if min(size_of(height), size_of(width)) >= 1:
                expected = run_reference(session, inputs)
                results = program.run(inputs)
                if "--recipe" in options:
                    error = largest_error(results[self.last], expected[self.last])
                    assert error <= QUANTIZED_ERROR, f"{height} x {width}: off by {error:.2g}"
                else:
                    check_close(results, expected, f"{height} x {width}")
            else:
                check_fails(program, inputs, message, f"{height} x {width}")


def check_fails(program, inputs, message, what):
    try:
        results = program.run(inputs)
    except AssertionError as error:
        assert "exit status 1" in str(error) and message in str(error), f"{what}: {error}"
        return
    raise AssertionError(f"{what}: a result {[value.shape for value in results.values()]}")


def test_chain():
    """The border of the second image belongs to the first layer's output."""
    network = Network()
    network.convolve(3)
    network.convolve(3, pads=[1] * 4)
    network.check(lambda size: size - 2, f"node0: {TOO_LARGE}")


def test_large_window():
    """Both sizes of the first result may be negative; the second layer's border is wider than that."""
    network = Network()
    network.convolve(7)
    network.convolve(3, pads=[4] * 4)
    network.check(lambda size: size - 6, f"node0: {TOO_LARGE}")
    network.check(lambda size: size - 6, f"node0: {TOO_LARGE}", "--recipe", "w8a8-dynamic")
    network.check(lambda size: size - 6, f"node0: {TOO_LARGE}", "--reference")


def test_every_size_fits():
    network = Network()
    network.convolve(3, pads=[1] * 4)
    network.convolve(3, pads=[1] * 4, strides=[2, 2])
    network.convolve(3, pads=[2] * 4, dilations=[2, 2])
    network.check(lambda size: size, "")


def test_pools():
    for op, attributes in (("MaxPool", {"strides": [2, 2]}), ("AveragePool", {})):
        network = Network()
        network.add(op, kernel_shape=[3, 3], **attributes)
        network.convolve(3, pads=[1] * 4)
        network.check(lambda size: size - 2, f"node0: {TOO_LARGE}")


def test_transposed():
    network = Network()
    network.convolve(3, op="ConvTranspose", strides=[2, 2], pads=[2] * 4)
    network.check(lambda size: 2 * size - 3, "node0: ")


def test_crops():
    """What is taken away from one side may be more than the image: then it is of what the other side gets."""
    for before, after in ((200, -200), (-3, 3), (-1, 0), (2, -4)):
        network = Network()
        network.pad([0, 0, before, before, 0, 0, after, after])
        # Nothing at all is a result as well.
        network.check(lambda size: size + before + after + 1, "node1: padding that takes away more")


def test_repeated_edges():
    network = Network()
    network.pad([0, 0, 2, 1, 0, 0, 3, 0], mode="edge")
    network.check(lambda size: size, "")


def test_negative_sizes():
    """Sizes that are inputs: a negative one ends the run, however many there are."""
    cases = {
        "Reshape": (["x", "sizes"], {}, "negative size"),
        "Expand": (["x", "sizes"], {}, "negative size"),
        "Tile": (["x", "sizes"], {}, "negative number of repeats"),
        "ConstantOfShape": (["sizes"], {}, "negative size"),
        "Resize": (["x", "", "", "sizes"], {"mode": "linear"}, "negative size"),
    }
    for op, (operands, attributes, message) in cases.items():
        graph = helper.make_graph(
            [helper.make_node(op, operands, ["y"], name="layer", **attributes)], "sizes",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", "columns"]),
             helper.make_tensor_value_info("sizes", TensorProto.INT64, [2])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
        with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
            path = pathlib.Path(folder) / "sizes.onnx"
            onnx.save(model, path)
            program = Program(path)
        x = np.ones((1, 1), np.float32)
        for sizes in ((-1, -1), (-2, -3), (1, -4), (-2, 1)):
            if op == "Reshape" and -1 in sizes:
                continue  # What is left.
            inputs = {"x": x, "sizes": np.array(sizes, np.int64)}
            check_fails(program, inputs, f"layer: {message}", f"{op} {sizes}")
        assert program.run({"x": x, "sizes": np.array((1, 1), np.int64)})["y"].shape == (1, 1)


if __name__ == "__main__":
    main(globals())
