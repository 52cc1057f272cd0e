#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kernels and naive loops (--reference) give the same bits wherever the arithmetic is on integers."""

import pathlib
import tempfile

import numpy as np
import onnx
import onnx.utils
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

import data
from harness import Program, check_close, check_same_bits, main, model_path


def check_modes(model, options, runs, calibration=None, oracle=None):
    """Compiles `model` both ways and compares the outputs of every run, {what: inputs}.

    `oracle` gives the outputs that both must have, where something simple can."""
    fast = Program(model, *options, calibration=calibration)
    naive = Program(model, *options, "--reference", calibration=calibration)
    for what, inputs in runs.items():
        expected = naive.run(inputs)
        check_same_bits(fast.run(inputs), expected, what)
        check_same_bits(fast.run(inputs, "--threads", "1"), expected, f"{what}, one thread")
        # Constant outputs would agree for any reason.
        varies = all(array.min() < array.max() for array in expected.values())
        assert varies, f"{what}: constant output"
        if oracle:
            check_same_bits(expected, oracle(inputs), f"{what}, against numpy")


def test_mnist_static():
    """Every contraction is an integer one; what is left of float is done element by element."""
    images, _ = data.mnist_images()
    runs = {f"image {i}": {data.MNIST_INPUT: images[i]} for i in range(100, 120)}
    calibration = {data.MNIST_INPUT: images[:100]}
    check_modes(model_path("mnist/model.onnx"), ("--recipe", "w8a8-static"), runs, calibration)


def with_integer_outputs(path, count, folder):
    """The model with `count` of its quantized tensors, spread over it, as its only outputs.

    None behind a global mean: that is a sum of floats, which other loops add up in another order."""
    model = onnx.shape_inference.infer_shapes(onnx.load(path))
    constants = {tensor.name for tensor in model.graph.initializer}
    means = [i for i, node in enumerate(model.graph.node) if node.op_type == "GlobalAveragePool"]
    names = [
        node.output[0] for node in model.graph.node[:means[0] if means else None]
        if node.op_type == "QuantizeLinear" and node.input[0] not in constants
    ]
    chosen = [names[round(i * (len(names) - 1) / (count - 1))] for i in range(count)]
    del model.graph.output[:]
    for name in chosen:
        model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.UINT8, None))
    reduced = onnx.utils.Extractor(onnx.shape_inference.infer_shapes(model)).extract_model(
        [model.graph.input[0].name], chosen)
    target = pathlib.Path(folder) / "integer-outputs.onnx"
    onnx.save(reduced, target)
    return target


def test_mobilenetv2_quantized_tensors():
    """Convolutions, depthwise ones, residual additions and pooling of a QDQ model, as integers."""
    images, _ = data.mobilenet_images("evaluation_120")
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        model = with_integer_outputs(model_path("mobilenetv2/qdq_int8.onnx"), 12, folder)
        check_modes(model, (), {"image": {data.MOBILENET_INPUT: images[0]}})


def integer_model(nodes, inputs, outputs, constants, opset=17):
    """A model from nodes, {name: (type, shape)} and {name: array}."""
    graph = helper.make_graph(
        nodes, "integers",
        [helper.make_tensor_value_info(name, *info) for name, info in inputs.items()],
        [helper.make_tensor_value_info(name, *info) for name, info in outputs.items()],
        [numpy_helper.from_array(array, name) for name, array in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def check_made_model(model, runs, oracle=None):
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        path = pathlib.Path(folder) / "model.onnx"
        onnx.save(model, path)
        check_modes(path, (), runs, oracle=oracle)


def test_integer_matmul_of_every_remainder():
    """MatMulInteger with row counts, columns and depths beside every tile size."""
    random = np.random.default_rng(1)
    for depth, columns in ((64, 32), (67, 35), (3, 1), (256, 100)):
        constants = {
            "w": random.integers(-128, 128, (depth, columns), np.int8),
            "x_zero": np.uint8(117), "w_zero": random.integers(-9, 9, columns, np.int8),
        }
        node = helper.make_node("MatMulInteger", ["x", "w", "x_zero", "w_zero"], ["y"])
        model = integer_model(
            [node], {"x": (TensorProto.UINT8, ["rows", depth])},
            {"y": (TensorProto.INT32, ["rows", columns])}, constants)
        runs = {
            f"{rows} x {depth} x {columns}": {"x": random.integers(0, 256, (rows, depth), np.uint8)}
            for rows in (2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33)
        }
        right = constants["w"].astype(np.int32) - constants["w_zero"]
        check_made_model(model, runs, lambda inputs: {
            "y": (inputs["x"].astype(np.int32) - 117) @ right
        })


def test_quantized_matmul_saturates_alike():
    """QDQ around a matmul; the output scale is small enough that many results saturate."""
    random = np.random.default_rng(2)
    constants = {
        "w": random.integers(-128, 128, (48, 20), np.int8),
        "x_scale": np.float32(0.02), "x_zero": np.uint8(100),
        "w_scale": random.uniform(0.001, 0.01, 20).astype(np.float32),
        "w_zero": np.zeros(20, np.int8), "y_scale": np.float32(0.003), "y_zero": np.int8(-3),
    }
    nodes = [
        helper.make_node("DequantizeLinear", ["x", "x_scale", "x_zero"], ["xf"]),
        helper.make_node("DequantizeLinear", ["w", "w_scale", "w_zero"], ["wf"], axis=1),
        helper.make_node("MatMul", ["xf", "wf"], ["yf"]),
        helper.make_node("QuantizeLinear", ["yf", "y_scale", "y_zero"], ["y"]),
    ]
    model = integer_model(nodes, {"x": (TensorProto.UINT8, ["rows", 48])},
                          {"y": (TensorProto.INT8, ["rows", 20])}, constants)
    check_made_model(model, {
        f"{rows} rows": {"x": random.integers(0, 256, (rows, 48), np.uint8)} for rows in (1, 6, 31)
    })


def add_dequantized(name, shape, axis, constants, random):
    """Weights of int8 codes with one scale per channel, and the node that makes floats of them."""
    constants[f"{name}_codes"] = random.integers(-128, 128, shape, np.int8)
    constants[f"{name}_scale"] = random.uniform(0.001, 0.01, shape[axis]).astype(np.float32)
    constants[f"{name}_zero"] = np.zeros(shape[axis], np.int8)
    inputs = [f"{name}_codes", f"{name}_scale", f"{name}_zero"]
    return helper.make_node("DequantizeLinear", inputs, [name], axis=axis)


def weights_only_model(random):
    """Products and convolutions of floats with codes, beside every tile size."""
    nodes, inputs, outputs, constants = [], {}, {}, {}
    for depth, columns in ((64, 32), (67, 35), (3, 1), (256, 100), (1, 33)):
        name = f"{depth}x{columns}"
        inputs[f"x_{name}"] = (TensorProto.FLOAT, ["rows", depth])
        outputs[f"y_{name}"] = (TensorProto.FLOAT, ["rows", columns])
        nodes.append(add_dequantized(f"w_{name}", (depth, columns), 1, constants, random))
        nodes.append(helper.make_node("MatMul", [f"x_{name}", f"w_{name}"], [f"y_{name}"]))
    inputs["x_static"] = (TensorProto.FLOAT, [13, 40])
    outputs["y_static"] = (TensorProto.FLOAT, [13, 50])
    nodes.append(add_dequantized("w_static", (50, 40), 0, constants, random))
    constants["bias"] = random.standard_normal(50).astype(np.float32)
    nodes.append(helper.make_node("Gemm", ["x_static", "w_static", "bias"], ["y_static"], transB=1))
    for filters, channels, kernel, stride, group in ((5, 3, 3, 2, 1), (33, 17, 1, 1, 1),
                                                     (19, 1, 3, 1, 19)):
        name, pad = f"conv_{filters}x{channels}x{kernel}", kernel // 2
        size = (11 - kernel + 2 * pad) // stride + 1
        inputs[f"x_{name}"] = (TensorProto.FLOAT, [1, channels * group, 11, 11])
        outputs[f"y_{name}"] = (TensorProto.FLOAT, [1, filters, size, size])
        shape = (filters, channels, kernel, kernel)
        nodes.append(add_dequantized(f"w_{name}", shape, 0, constants, random))
        nodes.append(helper.make_node("Conv", [f"x_{name}", f"w_{name}"], [f"y_{name}"],
                                      strides=[stride, stride], pads=[pad] * 4, group=group))
    return integer_model(nodes, inputs, outputs, constants, opset=19), inputs


def test_weights_only():
    """Codes that floats are multiplied with are as good as the floats they stand for.

    Not against ONNX Runtime: it quantizes the left-hand sides of such products."""
    random = np.random.default_rng(3)
    model, inputs = weights_only_model(random)
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        path = pathlib.Path(folder) / "model.onnx"
        onnx.save(model, path)
        oracle = ReferenceEvaluator(model)
        programs = {
            " ".join(options): Program(path, *options)
            for options in (("--reference",), ("--target", "native"), ("--target", "x86-64-v3"),
                            ("--target", "x86-64"))
        }
        for rows in (1, 2, 5, 11, 12, 13, 31):
            feed = {
                name: random.standard_normal([rows if size == "rows" else size for size in shape],
                                             np.float32)
                for name, (_, shape) in inputs.items()
            }
            expected = dict(zip(oracle.output_names, oracle.run(None, feed)))
            for options, program in programs.items():
                check_close(program.run(feed), expected, f"{rows} rows, {options}")


if __name__ == "__main__":
    main(globals())
