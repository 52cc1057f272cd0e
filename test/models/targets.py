#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every level of CPU gives the same bits where sums are of integers, and what it should in float.

What this machine cannot execute itself is skipped; 64-bit Arm runs emulated.
"""

import hashlib
import pathlib
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import data
from emulator import ArmProgram
from harness import (Program, Skip, check_close, check_same_bits, main, make_session, model_path,
                     run_reference)

# From the instructions all have to those that few do; with qemu's name of an Arm CPU that has no
# more than that.
X86_TARGETS = ("x86-64", "x86-64-v3", "x86-64-v3+avxvnni", "x86-64-v4", "x86-64-v4+avx512vnni",
               "sapphirerapids")
ARM_TARGETS = {"armv8-a": "cortex-a57", "cortex-a76": "cortex-a76", "armv8.6-a": "max"}
TARGETS = (*X86_TARGETS, *ARM_TARGETS)

# Of the bytes of all outputs, which no target and no change of a kernel may alter.
GOLDEN = {
    "convolutions": "73117b75618c6572",
    "mobilenetv2": "026bce7e7bc260a2",
}


def run_on(target, model, inputs, *options):
    """The outputs, or None where this machine cannot execute the module."""
    if target in ARM_TARGETS:
        return ArmProgram(model, target, *options, cpu=ARM_TARGETS[target]).run(inputs)
    return Program(model, "--target", target, *options).run_if_executable(inputs)


def check_targets(model, inputs, check, *options):
    """Calls `check(outputs, target)` for every target; what was checked, as text."""
    checked, left_out = [], []
    for target in TARGETS:
        try:
            outputs = run_on(target, model, inputs, *options)
        except Skip:
            outputs = None
        if outputs is None:
            left_out.append(target)
            continue
        check(outputs, target)
        checked.append(target)
    assert checked, "no target can be executed here"
    note = f"{len(checked)} targets"
    return f"{note}, not executable here: {', '.join(left_out)}" if left_out else note


def check_golden(name, model, inputs):
    first = {}

    def check(outputs, target):
        digest = hash_of(outputs)
        if not first:
            first.update(outputs)
        check_same_bits(outputs, first, target)
        assert digest == GOLDEN[name], f"{target}: {digest} is not the known {GOLDEN[name]}"

    return check_targets(model, inputs, check)


def hash_of(outputs):
    digest = hashlib.sha256()
    for name in sorted(outputs):
        digest.update(outputs[name].tobytes())
    return digest.hexdigest()[:16]


def random_codes(rng, dtype, shape):
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, endpoint=True).astype(dtype)


class Graph:
    """An ONNX model made node by node, in a temporary file."""

    def __init__(self):
        self.nodes, self.inputs, self.outputs, self.constants = [], [], [], []
        self.folder = tempfile.TemporaryDirectory(prefix="halftone-")

    def input(self, name, array):
        kind = helper.np_dtype_to_tensor_dtype(array.dtype)
        self.inputs.append(helper.make_tensor_value_info(name, kind, array.shape))
        return name

    def constant(self, array):
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, op, inputs, **attributes):
        name = f"{op}{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name, **attributes))
        return name

    def output(self, name, kind):
        self.outputs.append(helper.make_tensor_value_info(name, kind, None))

    def save(self):
        graph = helper.make_graph(self.nodes, "targets", self.inputs, self.outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=10)
        path = pathlib.Path(self.folder.name) / "model.onnx"
        onnx.save(model, path)
        return path


def test_integer_products():
    """Every pair of signs, with zero points and depths that are no multiple of any vector."""
    rng = np.random.default_rng(0)
    graph, inputs, expected = Graph(), {}, {}
    for rows, depth, columns in ((1, 37, 5), (19, 64, 33), (40, 131, 70)):
        for lhs_type in (np.uint8, np.int8):
            for rhs_type in (np.uint8, np.int8):
                lhs = random_codes(rng, lhs_type, (rows, depth))
                rhs = random_codes(rng, rhs_type, (depth, columns))
                lhs_zero = random_codes(rng, lhs_type, ())
                rhs_zero = random_codes(rng, rhs_type, (columns,))
                name = f"x{len(inputs)}"
                inputs[name] = lhs
                zero_points = [graph.constant(lhs_zero), graph.constant(rhs_zero)]
                product = graph.node("MatMulInteger", [graph.input(name, lhs), graph.constant(rhs),
                                                       *zero_points])
                graph.output(product, TensorProto.INT32)
                wide = [each.astype(np.int32) for each in (lhs, lhs_zero, rhs, rhs_zero)]
                expected[product] = (wide[0] - wide[1]) @ (wide[2] - wide[3])
    return check_targets(graph.save(), inputs,
                         lambda outputs, target: check_same_bits(outputs, expected, target))


def add_convolution(graph, codes, rng, weights_shape, **attributes):
    """QDQ around a convolution of u8 codes: the node that yields u8 codes again."""
    scale, zero = graph.constant(np.float32(0.037)), graph.constant(np.uint8(101))
    weights = random_codes(rng, np.int8, weights_shape)
    weights_scale = rng.uniform(0.001, 0.01, weights_shape[0]).astype(np.float32)
    dequantized = graph.node("DequantizeLinear", [codes, scale, zero])
    filters = graph.node("DequantizeLinear", [
        graph.constant(weights), graph.constant(weights_scale),
        graph.constant(np.zeros(weights_shape[0], np.int8))], axis=0)
    result = graph.node("Relu", [graph.node("Conv", [dequantized, filters], **attributes)])
    return graph.node("QuantizeLinear", [result, scale, zero])


def test_convolutions():
    """A block of a mobile network in integers: 3x3, depthwise with a stride, 1x1."""
    rng = np.random.default_rng(1)
    graph = Graph()
    inputs = {"x": random_codes(rng, np.uint8, (1, 3, 29, 31))}
    codes = add_convolution(graph, graph.input("x", inputs["x"]), rng, (21, 3, 3, 3),
                            pads=[1, 1, 1, 1])
    codes = add_convolution(graph, codes, rng, (21, 1, 3, 3), group=21, strides=[2, 2],
                            pads=[1, 1, 1, 1])
    codes = add_convolution(graph, codes, rng, (37, 21, 1, 1))
    graph.output(codes, TensorProto.UINT8)
    model = graph.save()
    reference = run_reference(make_session(model), inputs)[codes].astype(int)
    result = Program(model).run(inputs)[codes].astype(int)
    assert len(np.unique(result)) > 100, "the codes are all the same"
    assert np.abs(result - reference).max() <= 1, "more than a code beside ONNX Runtime"
    return check_golden("convolutions", model, inputs)


def test_mobilenetv2():
    images, _ = data.mobilenet_images("evaluation_120")
    return check_golden("mobilenetv2", model_path("mobilenetv2/qdq_int8.onnx"),
                        {data.MOBILENET_INPUT: images[0]})


def test_float():
    """In float within rounding; so do products of floats with 8-bit and 4-bit weights."""
    model = model_path("mnist/model.onnx")
    images, _ = data.mnist_images()
    inputs = {data.MNIST_INPUT: images[0]}
    reference = run_reference(make_session(model), inputs)
    return check_targets(model, inputs,
                         lambda outputs, target: check_close(outputs, reference, target))


def test_coded_weights():
    """Weights that kernels decode: integers, floats and tables, beside the same ones in float."""
    rng = np.random.default_rng(2)
    graph = Graph()
    inputs = {"x": rng.standard_normal((5, 96)).astype(np.float32)}
    weights = graph.constant(rng.standard_normal((96, 43)).astype(np.float32))
    graph.output(graph.node("MatMul", [graph.input("x", inputs["x"]), weights]), TensorProto.FLOAT)
    model, notes = graph.save(), []
    for recipe in ("bf16", "w8", "w4a16", "fp8", "nf4", "mxfp4", "kmeans4", "bcq3"):
        plain = Program(model, "--target", "x86-64", "--recipe", recipe).run(inputs)
        notes.append(check_targets(
            model, inputs, lambda outputs, target: check_close(outputs, plain, target),
            "--recipe", recipe))
    return notes[0]


if __name__ == "__main__":
    main(globals())
