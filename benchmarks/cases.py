# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What is compared: models, inputs, and the quantized form that each program gets."""

import dataclasses
import os
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import peer

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = pathlib.Path(os.environ.get("HALFTONE_MODELS", ROOT.parent / "shared" / "models"))


@dataclasses.dataclass
class Case:
    name: str
    kind: str  # f32 or i8: whose peak counts
    model: pathlib.Path  # in float, or integer as it is
    inputs: dict
    recipe: str = "float"
    calibration: dict = None  # {input: samples}
    peer_model: pathlib.Path = None  # where it is not `model`
    dims: dict = dataclasses.field(default_factory=dict)
    is_exact: bool = False  # both must give the same integers
    error: float = 1e-4  # of the largest output: float sums in another order


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
    return [
        Case(f"{name} f32", "f32", floats, inputs),
        Case(f"{name} int8 dynamic", "i8", floats, inputs, "w8a8-dynamic", peer_model=dynamic),
        Case(f"{name} int8 MatMulInteger", "i8", integers, bytes_, is_exact=True),
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
                model = save_nbits(folder, rows, weight, bits, group, 1)
                name = f"matmul {rows}x{depth}x{columns} w{bits} g{group}"
                cases.append(Case(name, "f32", model, inputs))
                if depth == 4096 and bits == 4:
                    peer_model = save_nbits(folder, rows, weight, bits, group, 4)
                    cases.append(Case(f"{name} level 4", "f32", model, inputs,
                                      peer_model=peer_model, error=0.05))
    return cases


def static_pair(name, model, samples, inputs, dims, folder):
    """The float case and the statically quantized one. `samples`: {input: [N, …]}."""
    quantized = folder / f"{name}-static.onnx"
    (key, array), = samples.items()
    peer.quantize_static(model, quantized, [{key: sample} for sample in array])
    return [
        Case(f"{name} f32", "f32", model, inputs, dims=dims),
        Case(f"{name} int8 static", "i8", model, inputs, "w8a8-static", samples, quantized, dims),
    ]


def mnist_cases(folder):
    images = np.load(MODELS / "mnist/t10k_first2000.npz")["images"]
    images = images.astype(np.float32).reshape(-1, 1, 1, 28, 28)
    return static_pair("mnist", MODELS / "mnist/model.onnx", {"Input3": images[:100]},
                       {"Input3": images[100]}, {}, folder)


def mobilenet_cases(folder):
    archive = np.load(MODELS / "mobilenetv2/calibration_48_uint8_nhwc256.npz")
    mean = np.array([0.485, 0.456, 0.406], np.float32)
    deviation = np.array([0.229, 0.224, 0.225], np.float32)
    images = (archive["images"][:, 6:250, 6:250].astype(np.float32) / 255 - mean) / deviation
    images = np.ascontiguousarray(images.transpose(0, 3, 1, 2))[:, None]
    return static_pair("mobilenetv2", MODELS / "mobilenetv2/fp32.onnx", {"image": images},
                       {"image": images[0]}, {"batch": 1}, folder)


def decode_inputs(random, past):
    layers, heads, size = 5, 4, 8
    cache = {
        f"past_key_values.{layer}.{kind}":
            random.standard_normal((1, heads, past, size)).astype(np.float32)
        for layer in range(layers) for kind in ("key", "value")
    }
    return {
        "input_ids": np.array([[42]]), "attention_mask": np.ones((1, past + 1), np.int64),
        "position_ids": np.array([[past]]), **cache,
    }


def stories_cases(folder):
    random = np.random.default_rng(0)
    plain = MODELS / "stories260k/stories260K.onnx"
    cached = MODELS / "stories260k/stories260K_with_past.onnx"
    archive = np.load(MODELS / "stories260k/tinystories_944k_200windows_tok512.npz")
    window = next(archive[name] for name in archive.files if len(archive[name]) == 512)
    runs = [
        (f"stories260k prefill {length}", plain, {"input_ids": window[None, :length].astype(np.int64)})
        for length in (128, 512)
    ]
    runs.append(("stories260k decode, past 128", cached, decode_inputs(random, 128)))
    cases = []
    for name, model, inputs in runs:
        dynamic = folder / f"{model.stem}-dynamic.onnx"
        if not dynamic.exists():
            peer.quantize_dynamic(model, dynamic)
        cases += [
            Case(f"{name} f32", "f32", model, inputs),
            Case(f"{name} int8 dynamic", "i8", model, inputs, "w8a8-dynamic", peer_model=dynamic),
        ]
    return cases


def all_cases(folder):
    """(cases, lines about what is left out)."""
    cases, notes = matmul_cases(folder) + weight_only_cases(folder), []
    for name, make in (
        ("mnist", mnist_cases), ("mobilenetv2", mobilenet_cases), ("stories260k", stories_cases),
    ):
        if (MODELS / name).is_dir():
            cases += make(folder)
        else:
            notes.append(f"{name} is left out: no {MODELS / name} ($HALFTONE_MODELS)")
    return cases, notes
