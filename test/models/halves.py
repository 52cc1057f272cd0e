#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Products and convolutions of 16-bit floats are those of their values, summed in float32 and rounded once.

The expected sums are ONNX Runtime's in float32 on the same values. Another order of the sums may round to the
neighbouring number, and no further.
"""

import dataclasses
import pathlib
import tempfile
import typing

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import data
from harness import Program, check_same_bits, main, make_session, model_path, run_reference

SUM_ERROR = 2e-6  # of the largest


def round_to_bf16(values):
    """To the nearest, ties to even, as float32."""
    bits = np.asarray(values, np.float32).view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def round_to_f16(values):
    return np.asarray(values, np.float32).astype(np.float16).astype(np.float32)


@dataclasses.dataclass
class Half:
    type: int
    round: typing.Callable  # to the nearest number of the type, as float32
    bytes: typing.Callable  # of an array of such numbers
    half_step: float  # of a value, at most
    targets: tuple


BF16 = Half(
    TensorProto.BFLOAT16, round_to_bf16,
    lambda values: (values.view(np.uint32) >> 16).astype(np.uint16).tobytes(), 2.0 ** -8,
    # vdpbf16ps; widening to float32 in 512, 256 and 128 bits.
    ("native", "x86-64-v4+avx512bf16", "x86-64-v4", "x86-64-v3", "x86-64"))
F16 = Half(
    TensorProto.FLOAT16, round_to_f16, lambda values: values.astype(np.float16).tobytes(), 2.0 ** -11,
    # Before AVX2 there is nothing that widens them.
    ("native", "x86-64-v4", "x86-64-v3"))


class Graph:
    """The same layers twice: of 16-bit floats between casts, and of float32."""

    def __init__(self, half, seed):
        self.half = half
        self.random = np.random.default_rng(seed)
        self.halves, self.floats, self.constants = [], [], []

    def weight(self, *shape):
        value = self.half.round(self.random.standard_normal(shape) / np.sqrt(np.prod(shape[1:])))
        name = f"w{len(self.constants)}"
        self.constants.append((name, value))
        return name

    def layer(self, op, weight, **attributes):
        self.halves.append(helper.make_node("Cast", ["x"], ["x16"], to=self.half.type))
        self.halves.append(helper.make_node(op, ["x16", weight], ["y16"], name="layer", **attributes))
        self.halves.append(helper.make_node("Cast", ["y16"], ["y"], to=TensorProto.FLOAT))
        self.floats.append(helper.make_node(op, ["x", weight], ["y"], **attributes))

    def save(self, path, nodes, shape, is_half):
        constants = []
        for name, value in self.constants:
            if is_half:
                constants.append(helper.make_tensor(
                    name, self.half.type, value.shape, self.half.bytes(value), raw=True))
            else:
                constants.append(numpy_helper.from_array(value, name))
        graph = helper.make_graph(
            nodes, "halves", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], constants)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10), path)

    def check(self, shape, *inputs):
        """`shape`: of the model's input, in which names are sizes of a run."""
        with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
            halves, floats = (pathlib.Path(folder) / name for name in ("halves.onnx", "floats.onnx"))
            self.save(halves, self.halves, shape, is_half=True)
            self.save(floats, self.floats, shape, is_half=False)
            session = make_session(floats)
            for target in self.half.targets:
                program = Program(halves, "--target", target)
                for size in inputs:
                    x = {"x": self.half.round(self.random.standard_normal(size))}
                    results = program.run_if_executable(x, "--threads", "1")
                    if results is None:
                        break
                    check_same_bits(program.run(x, "--threads", "2"), results, "two threads")
                    check(self.half, results["y"], run_reference(session, x)["y"], f"{target}, {size}")


def check(half, actual, exact, what):
    assert actual.shape == exact.shape, f"{what}: {actual.shape}, not {exact.shape}"
    assert np.array_equal(actual, half.round(actual)), f"{what}: results that the type does not have"
    slack = SUM_ERROR * np.abs(exact).max() + half.half_step * np.abs(exact)
    beyond = np.abs(actual - exact) - slack
    assert beyond.max() <= 0, f"{what}: off by {np.abs(actual - exact)[beyond == beyond.max()]}"
    # Nearly all are the nearest: a sum that is rounded on its way would not be.
    share = np.mean(actual == half.round(exact))
    assert share > 0.98, f"{what}: only {share:.1%} are the nearest"


def products(half):
    for rows, depth, columns in ((1, 96, 40), (37, 300, 70), (5, 2001, 33), (64, 1, 16), (3, 7, 129)):
        graph = Graph(half, depth)
        graph.layer("MatMul", graph.weight(depth, columns))
        graph.check((rows, depth), (rows, depth))


def rows_of_a_run(half):
    graph = Graph(half, 0)
    graph.layer("MatMul", graph.weight(131, 50))
    graph.check(("batch", "rows", 131), (1, 1, 131), (2, 7, 131), (3, 33, 131))


def convolutions(half):
    cases = [
        (24, 70, (1, 1), {}),
        (19, 33, (3, 3), {"pads": [1] * 4}),
        (3, 16, (3, 3), {"strides": [2, 2], "pads": [1] * 4}),
        (20, 24, (5, 3), {"dilations": [2, 2]}),
        (33, 33, (3, 3), {"pads": [1] * 4, "group": 33}),
        (8, 12, (3, 3), {"group": 4}),
    ]
    for inputs, outputs, kernel, attributes in cases:
        graph = Graph(half, inputs)
        graph.layer("Conv", graph.weight(outputs, inputs // attributes.get("group", 1), *kernel), **attributes)
        graph.check((2, inputs, "height", "width"), (2, inputs, 13, 9), (2, inputs, 17, 31))


def test_bf16_products():
    products(BF16)


def test_bf16_rows_of_a_run():
    rows_of_a_run(BF16)


def test_bf16_convolutions():
    convolutions(BF16)


def test_f16_products():
    products(F16)


def test_f16_rows_of_a_run():
    rows_of_a_run(F16)


def test_f16_convolutions():
    convolutions(F16)


def test_doubles_are_rounded_once():
    """Ties of float16, and what float32 cannot tell from them."""
    codes = np.arange(0x7C00, dtype=np.uint16).view(np.float16).astype(np.float64)
    ties = (codes[:-1] + codes[1:]) / 2
    beyond = np.array([65519.999999999, 65520, 1e300, np.inf, np.nan, 0, 2.0 ** -26, 5e-324])
    values = np.concatenate([codes, ties, ties * (1 + 2.0 ** -40), ties * (1 - 2.0 ** -40), beyond])
    values = np.concatenate([values, -values])
    nodes = [helper.make_node("Cast", ["x"], ["y"], name="layer", to=TensorProto.FLOAT16)]
    graph = helper.make_graph(
        nodes, "cast", [helper.make_tensor_value_info("x", TensorProto.DOUBLE, [len(values)])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT16, None)])
    with np.errstate(over="ignore"):
        expected = values.astype(np.float16)
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        path = pathlib.Path(folder) / "cast.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10), path)
        for target in F16.targets:
            results = Program(path, "--target", target).run_if_executable({"x": values})
            if results is not None:
                check_same_bits(results, {"y": expected}, target)


def test_preset():
    """MobileNetV2 in bfloat16: as many images right as in float, but for one in sixty."""
    model = model_path("mobilenetv2/fp32.onnx")
    images, labels = data.mobilenet_images("evaluation_120")
    right = {}
    for recipe in ("float", "bf16"):
        outputs = Program(model, "--recipe", recipe).run_samples({data.MOBILENET_INPUT: images})
        right[recipe] = data.count_right(outputs["scores"], labels)
    text = f"{right['bf16']} of {len(labels)} right, float {right['float']}"
    assert right["bf16"] >= right["float"] - 2, text
    return text


if __name__ == "__main__":
    main(globals())
