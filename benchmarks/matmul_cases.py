# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Products with constant matrices, alone: floats, int8, and weights of few bits."""

import functools

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import peer
from case import Case


def save_matmul(folder, op, a_type, weight, out_type):
    rows, (depth, columns) = 128, weight.shape
    path = folder / f"{op}-{rows}x{depth}x{columns}.onnx"
    graph = helper.make_graph(
        [helper.make_node(op, ["a", "w"], ["y"], name="matmul")], "matmul",
        [helper.make_tensor_value_info("a", a_type, [rows, depth])],
        [helper.make_tensor_value_info("y", out_type, [rows, columns])],
        [numpy_helper.from_array(weight, "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


def matmul_cases(folder):
    random = np.random.default_rng(0)
    weight = random.standard_normal((768, 3072)).astype(np.float32)
    floats = save_matmul(folder, "MatMul", TensorProto.FLOAT, weight, TensorProto.FLOAT)
    codes = random.integers(-127, 128, weight.shape, np.int8)
    integers = save_matmul(folder, "MatMulInteger", TensorProto.UINT8, codes, TensorProto.INT32)
    dynamic = folder / "matmul-dynamic.onnx"
    peer.quantize_dynamic(floats, dynamic)
    inputs = {"a": random.standard_normal((128, 768)).astype(np.float32)}
    bytes_ = {"a": random.integers(0, 256, (128, 768), np.uint8)}
    name = "matmul 128x768x3072"
    float_case = Case(f"{name} f32", "f32", floats, inputs, is_whole_model=False)
    return [
        float_case, float_case.in_halves(),
        Case(f"{name} int8 dynamic", "i8", floats, inputs, "w8a8-dynamic", peer_model=dynamic,
             is_whole_model=False),
        Case(f"{name} int8 MatMulInteger", "i8", integers, bytes_, is_exact=True,
             is_whole_model=False),
    ]


def save_nbits(folder, rows, weight, bits, group, level):
    """MatMulNBits with weights of a few bits around the middle of their range, a scale per group."""
    depth, columns = weight.shape
    blocks = weight.T.reshape(columns, depth // group, group)
    middle = 1 << bits - 1
    scales = (np.abs(blocks).max(2) / (middle - 1)).astype(np.float32)
    codes = (np.round(blocks / scales[..., None]) + middle).clip(0, 2 * middle - 1).astype(np.uint8)
    if bits == 4:
        codes = codes[..., 0::2] | codes[..., 1::2] << 4
    path = folder / f"w{bits}g{group}-{rows}x{depth}x{columns}-level{level}.onnx"
    node = helper.make_node(
        "MatMulNBits", ["a", "b", "scales"], ["y"], name="matmul", domain="com.microsoft", K=depth,
        N=columns, bits=bits, block_size=group, accuracy_level=level)
    graph = helper.make_graph(
        [node], "matmul", [helper.make_tensor_value_info("a", TensorProto.FLOAT, [rows, depth])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [rows, columns])],
        [numpy_helper.from_array(codes, "b"), numpy_helper.from_array(scales.ravel(), "scales")])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def weight_only_cases(folder):
    """Products of floats with weights of 8 and 4 bits. ONNX Runtime in floats (level 1) and, for
    the larger matrix, with activations that it quantizes (level 4)."""
    random = np.random.default_rng(0)
    cases = []
    for depth, columns in ((768, 3072), (4096, 4096)):
        weight = random.standard_normal((depth, columns)).astype(np.float32)
        for bits, group in ((8, 128), (4, 32), (4, 128)):
            for rows in (1, 8, 128):
                inputs = {"a": random.standard_normal((rows, depth)).astype(np.float32)}
                model = functools.partial(save_nbits, folder, rows, weight, bits, group, 1)
                name = f"matmul {rows}x{depth}x{columns} w{bits} g{group}"
                cases.append(Case(name, "f32", model, inputs, is_whole_model=False))
                if depth == 4096 and bits == 4:
                    peer_model = functools.partial(save_nbits, folder, rows, weight, bits, group, 4)
                    cases.append(Case(f"{name} level 4", "f32", model, inputs,
                                      peer_model=peer_model, error=0.05,
                                      is_whole_model=False))
    return cases
