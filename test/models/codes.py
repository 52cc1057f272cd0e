# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The numbers of every small format beside those of `ml_dtypes` and NumPy: what compiled code, naive loops and the folder of constants
make of each number that a format has, of the midpoints between them, of the floats next to those, and of what no code stands for."""

import pathlib
import tempfile

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from harness import Program, main

# Floating formats and the type of other people for each.
FLOATS = {
    "fp8_e4m3": ml_dtypes.float8_e4m3fn,
    "fp8_e5m2": ml_dtypes.float8_e5m2,
    "fp6_e2m3": ml_dtypes.float6_e2m3fn,
    "fp6_e3m2": ml_dtypes.float6_e3m2fn,
    "fp4_e2m1": ml_dtypes.float4_e2m1fn,
}
SIGNED = {f"int{bits}": 2**(bits - 1) - 1 for bits in range(3, 9)} | {f"sm{bits}": 2**(bits - 1) - 1 for bits in (2, 4, 8)}
UNSIGNED = {f"uint{bits}": 2**bits - 1 for bits in range(2, 9)}
CASTS = {
    TensorProto.FLOAT8E4M3FN: ml_dtypes.float8_e4m3fn,
    TensorProto.FLOAT8E5M2: ml_dtypes.float8_e5m2,
    TensorProto.FLOAT4E2M1: ml_dtypes.float4_e2m1fn,
    TensorProto.FLOAT16: np.float16,
    TensorProto.BFLOAT16: ml_dtypes.bfloat16,
}
WIDE = (TensorProto.FLOAT16, TensorProto.BFLOAT16)


def all_numbers(dtype):
    """The finite numbers, ascending."""
    bits = np.dtype(dtype).itemsize * 8 if dtype in (np.float16, ml_dtypes.bfloat16) else ml_dtypes.finfo(dtype).bits
    codes = np.arange(2**bits, dtype=np.uint16 if bits == 16 else np.uint8)
    numbers = codes.view(dtype).astype(np.float32)
    return np.unique(numbers[np.isfinite(numbers)])


def with_neighbours(numbers):
    """And the midpoints, and the floats on both sides of each."""
    middles = (numbers[:-1].astype(np.float64) + numbers[1:]) / 2
    points = np.concatenate([numbers, middles.astype(np.float32)])
    below, above = np.nextafter(points, np.float32(-np.inf)), np.nextafter(points, np.float32(np.inf))
    largest = np.abs(numbers).max()
    return np.unique(np.clip(np.concatenate([points, below, above]), numbers.min(), largest)).astype(np.float32)


def round_float(values, dtype):
    """Beyond the largest number is that number; NaN is NaN where there is one, else zero."""
    numbers = all_numbers(dtype)
    clipped = np.clip(values, numbers.min(), numbers.max()).astype(np.float32)
    has_nan = np.isnan(np.array([np.nan], np.float32).astype(dtype).astype(np.float32))[0] and dtype not in (
        ml_dtypes.float6_e2m3fn, ml_dtypes.float6_e3m2fn, ml_dtypes.float4_e2m1fn)
    clipped = clipped if has_nan else np.nan_to_num(clipped, nan=0.0)
    return clipped.astype(dtype).astype(np.float32)


def round_integer(values, low, high):
    return np.clip(np.rint(np.nan_to_num(values, nan=0.0, posinf=high, neginf=low)), low, high).astype(np.float32)


def references():
    """{format: (numbers that it has, the rounding of other people)}"""
    result = {name: (all_numbers(dtype), lambda x, dtype=dtype: round_float(x, dtype)) for name, dtype in FLOATS.items()}
    for name, largest in SIGNED.items():
        result[name] = (np.arange(-largest, largest + 1, dtype=np.float32),
                        lambda x, largest=largest: round_integer(x, -largest, largest))
    for name, largest in UNSIGNED.items():
        result[name] = (np.arange(largest + 1, dtype=np.float32), lambda x, largest=largest: round_integer(x, 0, largest))
    return result


def save(folder, nodes, inputs, outputs, constants, opset=25):
    graph = helper.make_graph(nodes, "codes", inputs, outputs,
                              [numpy_helper.from_array(value, name) for name, value in constants.items()])
    path = folder / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=11), path)
    return path


def check_equal(actual, expected, what):
    same = (actual == expected) | (np.isnan(actual) & np.isnan(expected))
    assert same.all(), f"{what}: {actual[~same][:5]} not {expected[~same][:5]}"


def run_both(path, inputs, *options, **more):
    """(how, outputs) of compiled code and of naive loops."""
    for how, extra in (("fast", []), ("reference", ["--reference"])):
        yield how, Program(path, *options, *extra, **more).run(inputs)


def test_weights():
    """An embedding whose largest weight is the format's largest number has the scale 1."""
    nodes, outputs, rules, constants, expected = [], [], [], {}, {}
    for name, (numbers, rounding) in references().items():
        weights = with_neighbours(numbers)
        constants["w_" + name] = weights[:, None]
        nodes.append(helper.make_node("Gather", ["w_" + name, "rows_" + name], [name], name=name))
        constants["rows_" + name] = np.arange(len(weights))
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
        symmetric = "false" if name in UNSIGNED else "true"
        rules.append(f"  - {{ match: {name}, weights: {{ format: {name}, granularity: tensor, symmetric: {symmetric} }} }}")
        expected[name] = rounding(weights)[:, None]
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        folder = pathlib.Path(folder)
        rows = {name: constants.pop(name) for name in list(constants) if name.startswith("rows_")}
        inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, value.shape) for name, value in rows.items()]
        recipe = folder / "recipe.yaml"
        recipe.write_text("weights: { format: none }\nlayers:\n" + "\n".join(rules) + "\n")
        path = save(folder, nodes, inputs, outputs, constants)
        for how, results in run_both(path, rows, "--recipe", recipe):
            for name, value in expected.items():
                check_equal(results[name], value, f"{name}, {how}")
    return f"{len(expected)} formats, {sum(map(len, expected.values()))} numbers"


def test_activations():
    """A product with 1 shows the rounded activation. What lies beyond the range given by hand saturates."""
    nodes, outputs, rules, values, expected = [], [], [], {}, {}
    for name, (numbers, rounding) in references().items():
        if name.startswith("sm"):
            continue  # of weights alone
        largest = numbers.max()
        beyond = np.float32([np.inf, -np.inf, np.nan, 3e38, -3e38, largest * 1.5, -largest * 1.5, 1e-42, -0.0])
        values[name + "_x"] = np.concatenate([with_neighbours(numbers), beyond])[:, None]
        nodes.append(helper.make_node("MatMul", [name + "_x", "one_" + name], [name], name=name))
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
        symmetric, low = ("false", 0) if name in UNSIGNED else ("true", -largest)
        if name in SIGNED:  # A run saturates at the bounds of the type, as ONNX has it.
            rounding = lambda x, largest=largest: round_integer(x, -largest - 1, largest)
        rules.append(f"  - {{ match: {name}, weights: {{ format: f16 }}, activations: {{ format: {name}, symmetric: {symmetric}, "
                     f"range: 'clip:{low},{largest}' }} }}")
        expected[name] = rounding(values[name + "_x"])
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        folder = pathlib.Path(folder)
        inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, value.shape) for name, value in values.items()]
        recipe = folder / "recipe.yaml"
        recipe.write_text("weights: { format: none }\nlayers:\n" + "\n".join(rules) + "\n")
        path = save(folder, nodes, inputs, outputs, {"one_" + name: np.ones((1, 1), np.float32) for name in expected})
        calibration = {name: np.zeros_like(value)[None] for name, value in values.items()}
        for how, results in run_both(path, values, "--recipe", recipe, calibration=calibration):
            for name, value in expected.items():
                check_equal(results[name], value, f"{name}, {how}")
    return f"{len(expected)} formats, {sum(map(len, expected.values()))} numbers"


def cast_values(to, dtype):
    numbers = all_numbers(dtype)
    if to in WIDE:  # Every eleventh of 65,536 and all near zero and near the largest.
        numbers = np.unique(np.concatenate([numbers[::11], numbers[:40], numbers[-40:], numbers[len(numbers) // 2 - 40:][:80]]))
    return with_neighbours(numbers)


def test_casts():
    """There and back, of an input and of a constant."""
    nodes, outputs, values, constants, expected = [], [], {}, {}, {}
    for to, dtype in CASTS.items():
        name = TensorProto.DataType.Name(to)
        x = cast_values(to, dtype)
        values[name + "_x"] = constants[name + "_c"] = x
        for source in ("x", "c"):
            code, result = f"{name}_{source}_code", f"{name}_{source}_back"
            nodes.append(helper.make_node("Cast", [f"{name}_{source}"], [code], to=to))
            nodes.append(helper.make_node("Cast", [code], [result], to=TensorProto.FLOAT))
            outputs.append(helper.make_tensor_value_info(result, TensorProto.FLOAT, None))
            expected[result] = round_float(x, dtype)
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, value.shape) for name, value in values.items()]
        path = save(pathlib.Path(folder), nodes, inputs, outputs, constants)
        for how, results in run_both(path, values):
            for name, value in expected.items():
                check_equal(results[name], value, f"{name}, {how}")
    return f"{len(CASTS)} types, {sum(map(len, expected.values()))} numbers"


if __name__ == "__main__":
    main(globals())
