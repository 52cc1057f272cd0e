#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares ops of ONNX Runtime's domain com.microsoft with ONNX Runtime itself.

Each entry of the table is a model of one node with inputs from a fixed seed; what the entry gives as
constants become initializers. Without the package onnxruntime nothing is compared, and a line says so.
"""

import argparse
import dataclasses
import os
import pathlib
import sys
import tempfile

import numpy as np
import onnx
from onnx import helper, numpy_helper

import runner
import suites

DOMAIN = "com.microsoft"
FLOATS = ("--rtol", "1e-3", "--atol", "1e-4")
# ONNX Runtime rounds products of scales in another order.
ONE_CODE = ("--rtol", "0", "--atol", "1")
# Its float kernels on blocks of a few bits round activations too.
BLOCKS = ("--rtol", "1e-2", "--atol", "1e-2")


@dataclasses.dataclass
class Entry:
    name: str
    op: str
    inputs: list  # arrays in the order of the op's inputs; None where one is left out
    attributes: dict = dataclasses.field(default_factory=dict)
    constants: tuple = ()  # positions of inputs that are initializers
    outputs: int = 1
    tolerance: tuple = FLOATS
    domain: str = DOMAIN
    # Outputs that ONNX Runtime leaves out or pads: only those with a name are compared.
    unnamed: tuple = ()
    # Nodes of standard ops that mean the same, for an op without a kernel in ONNX Runtime.
    meaning: tuple = ()


def seeded(name):
    return np.random.default_rng(sum(name.encode()))


def floats(rng, *shape):
    return rng.standard_normal(shape).astype(np.float32)


def codes(rng, dtype, *shape):
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max + 1, shape).astype(dtype)


def scalar(value, dtype=np.float32):
    return np.array(value, dtype)


def binary(op, dtype):
    rng = seeded(op)
    zero = 120 if dtype == np.uint8 else -3
    grid = [scalar(0.05), scalar(zero, dtype)]
    return Entry(
        f"{op}_{np.dtype(dtype).name}", op,
        [codes(rng, dtype, 2, 3, 8), *grid, codes(rng, dtype, 3, 8), scalar(0.03),
         scalar(zero + 4, dtype), scalar(0.2), scalar(zero, dtype)],
        constants=(1, 2, 4, 5, 6, 7), tolerance=ONE_CODE,
    )


def unary(op, attributes=None, shape=(2, 5, 7), out=(0.01, 10), name=None, out_zero=True):
    rng = seeded(op)
    inputs = [codes(rng, np.uint8, *shape), scalar(0.04), scalar(130, np.uint8), scalar(out[0]),
              scalar(out[1], np.uint8)]
    return Entry(name or op, op, inputs, attributes or {}, (1, 2, 3, 4), tolerance=ONE_CODE)


def qlinear_concat():
    rng = seeded("concat")
    parts = [codes(rng, np.uint8, 2, 3, 4), scalar(0.05), scalar(100, np.uint8),
             codes(rng, np.uint8, 2, 5, 4), scalar(0.07), scalar(128, np.uint8)]
    return Entry("QLinearConcat", "QLinearConcat", [scalar(0.1), scalar(120, np.uint8), *parts],
                 {"axis": 1}, (0, 1, 3, 4, 6, 7), tolerance=ONE_CODE)


def qlinear_where():
    rng = seeded("where")
    inputs = [rng.integers(0, 2, (2, 3, 4)).astype(bool), codes(rng, np.uint8, 2, 3, 4), scalar(0.05),
              scalar(100, np.uint8), codes(rng, np.uint8, 3, 4), scalar(0.07), scalar(128, np.uint8),
              scalar(0.1), scalar(120, np.uint8)]
    return Entry("QLinearWhere", "QLinearWhere", inputs, {}, (2, 3, 5, 6, 7, 8), tolerance=ONE_CODE)


def qgemm(name, quantized, per_column):
    rng = seeded(name)
    columns = (5,) if per_column else ()
    inputs = [codes(rng, np.uint8, 4, 16), scalar(0.02), scalar(120, np.uint8),
              codes(rng, np.int8, 5, 16),
              np.full(columns, 0.03, np.float32) * (1 + np.arange(5) if per_column else 1),
              np.zeros(columns, np.int8), rng.integers(-500, 500, 5).astype(np.int32)]
    inputs[4] = np.asarray(inputs[4], np.float32)
    if quantized:
        inputs += [scalar(0.5), scalar(128, np.uint8)]
    return Entry(name, "QGemm", inputs, {"transB": 1}, tuple(range(1, len(inputs))),
                 tolerance=ONE_CODE if quantized else FLOATS)


def dynamic_matmul(op, per_column, bias):
    rng = seeded(op)
    columns = (6,) if per_column else ()
    scale = np.asarray(0.01 + 0.01 * rng.random(columns), np.float32)
    zero = np.asarray(rng.integers(-5, 5, columns), np.int8)
    weight = codes(rng, np.int8, 16, 6)
    extra = [floats(rng, 6)] if bias else []
    name = f"{op}{'_columns' if per_column else ''}{'_bias' if bias else ''}"
    if op == "DynamicQuantizeMatMul":
        return Entry(name, op, [floats(rng, 4, 16), weight, scale, zero, *extra], {},
                     tuple(range(1, 4 + bias)))
    inputs = [codes(rng, np.uint8, 4, 16), weight, scalar(0.02), scale, scalar(117, np.uint8), zero,
              *extra]
    return Entry(name, op, inputs, {}, tuple(range(1, 6 + bias)))


def pack(values, bits):
    """Codes along the last axis, the first one in the lowest bits of a byte."""
    per_byte = 8 // bits
    padding = -values.shape[-1] % per_byte
    values = np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, padding)])
    values = values.reshape(*values.shape[:-1], -1, per_byte).astype(np.uint32)
    shifts = bits * np.arange(per_byte, dtype=np.uint32)
    return (values << shifts).sum(-1).astype(np.uint8)


def signed_scales(rng, count):
    """Of either sign, as blocks have that put their largest magnitude on the lowest code; that of a block of zeros is 0."""
    scales = (0.02 + 0.02 * rng.random(count)) * rng.choice([-1, 1], count)
    scales[0] = 0
    return scales.astype(np.float32)


def matmul_nbits(bits, rows, block, zero_points, batch=()):
    name = f"MatMulNBits_{bits}_{rows}_{block}_{zero_points}" + ("_batch" if batch else "")
    rng = seeded(name)
    columns, count = 24, -(-rows // block)
    weight = rng.integers(0, 1 << bits, (columns, count, block))
    inputs = [floats(rng, *batch, 3, rows), pack(weight, bits),
              signed_scales(rng, columns * count)]
    if zero_points == "packed":
        inputs.append(pack(rng.integers(0, 1 << bits, (columns, count)), bits).reshape(-1))
    elif zero_points == "float":
        inputs.append(rng.uniform(0, 1 << bits, columns * count).astype(np.float32))
    return Entry(name, "MatMulNBits", inputs,
                 {"K": rows, "N": columns, "bits": bits, "block_size": block},
                 tuple(range(1, len(inputs))), tolerance=BLOCKS)


def gather_blocks():
    rng = seeded("gather")
    table, block = rng.integers(0, 16, (10, 64)), 32
    inputs = [pack(table, 4), np.array([[1, 9], [0, 1]], np.int64), floats(rng, 10, 2)]
    return Entry("GatherBlockQuantized", "GatherBlockQuantized", inputs,
                 {"bits": 4, "block_size": block, "gather_axis": 0, "quantize_axis": 1}, (0, 2))


def skip_norm(simplified, with_bias):
    op = "SkipSimplifiedLayerNormalization" if simplified else "SkipLayerNormalization"
    rng = seeded(op)
    inputs = [floats(rng, 2, 3, 16), floats(rng, 2, 3, 16), floats(rng, 16)]
    if not simplified:
        inputs.append(floats(rng, 16))
    if with_bias:
        inputs.append(floats(rng, 16))
    return Entry(f"{op}{'_bias' if with_bias else ''}", op, inputs, {"epsilon": 1e-5},
                 tuple(range(2, len(inputs))), outputs=4, unnamed=(1, 2))


def rotary(interleaved, per_token):
    rng = seeded("rotary")
    angles = rng.random((12, 4)).astype(np.float32)
    positions = np.array([[2, 3, 4], [0, 5, 7]], np.int64) if per_token else np.array([2], np.int64)
    return Entry(f"RotaryEmbedding_{interleaved}_{per_token}", "RotaryEmbedding",
                 [floats(rng, 2, 3, 16), positions, np.cos(angles), np.sin(angles)],
                 {"interleaved": interleaved}, (2, 3))


def group_query(past, rotates, window=-1, softcap=0.0, packed=False):
    name = f"GroupQueryAttention_{past}_{rotates}_{window}_{softcap}_{packed}"
    rng = seeded(name)
    # Heads of a multiple of 16 elements: ONNX Runtime rotates no others.
    heads, shared, size, new = 4, 2, 16, 3 if past == 0 else 1
    angles = rng.random((16, size // 2)).astype(np.float32)
    parts = [floats(rng, 1, new, heads * size), floats(rng, 1, new, shared * size),
             floats(rng, 1, new, shared * size)]
    if packed:
        parts = [np.concatenate(parts, axis=2), None, None]
    caches = [floats(rng, 1, shared, past, size), floats(rng, 1, shared, past, size)]
    attributes = {"num_heads": heads, "kv_num_heads": shared, "do_rotary": int(rotates),
                  "local_window_size": window, "softcap": softcap}
    return Entry(name, "GroupQueryAttention",
                 [*parts, *(caches if past else [None, None]), np.array([past + new - 1], np.int32),
                  scalar(past + new, np.int32)] + ([np.cos(angles), np.sin(angles)] if rotates else []),
                 attributes, (5, 6) + ((7, 8) if rotates else ()), outputs=3)


def multi_head(mask, bias, past, causal=0):
    name = f"MultiHeadAttention_{mask}_{bias}_{past}_{causal}"
    rng = seeded(name)
    inputs = [floats(rng, 2, 3, 16), floats(rng, 2, 3, 16), floats(rng, 2, 3, 16),
              floats(rng, 48) if bias else None,
              np.array([[1, 1, 1], [1, 1, 0]], np.int32) if mask else None, None,
              floats(rng, 2, 4, 5, 4) if past else None, floats(rng, 2, 4, 5, 4) if past else None]
    while inputs[-1] is None:
        inputs.pop()
    return Entry(name, "MultiHeadAttention", inputs, {"num_heads": 4, "unidirectional": causal},
                 (3,) if bias else (), outputs=3 if past else 1)


def packed_mask(rng, kind, batch, total):
    """A mask in each of the forms of packed attention."""
    if kind == "ends":
        return rng.integers(1, total + 1, batch).astype(np.int32)
    if kind == "ranges":
        return np.concatenate([np.full(batch, total), rng.integers(0, total, batch)]).astype(np.int32)
    if kind == "flags":
        flags = rng.integers(0, 2, (batch, total)).astype(np.int32)
        flags[:, 0] = 1
        return flags
    return None


def quantized_attention(dtype, mask=None, past=0, causal=0, columns=False, present=False):
    name = f"QAttention_{np.dtype(dtype).name}_{mask}_{past}_{causal}_{columns}"
    rng = seeded(name)
    batch, length, hidden, heads = 2, 3, 16, 4
    per_column = (3 * hidden,) if columns else ()
    zero = np.asarray(rng.integers(-3, 4, per_column) if dtype == np.int8
                      else rng.integers(120, 136, per_column), dtype)
    inputs = [codes(rng, np.uint8, batch, length, hidden), codes(rng, dtype, hidden, 3 * hidden),
              floats(rng, 3 * hidden), scalar(0.02),
              np.asarray(0.01 + 0.01 * rng.random(per_column), np.float32),
              packed_mask(rng, mask, batch, past + length), scalar(121, np.uint8), zero,
              floats(rng, 2, batch, heads, past, hidden // heads) if past else None]
    while inputs[-1] is None:
        inputs.pop()
    return Entry(name, "QAttention", inputs, {"num_heads": heads, "unidirectional": causal},
                 (1, 2, 3, 4, 6, 7), outputs=2 if past or present else 1)


def packed_attention(mask=None, past=0, causal=0, sizes=None, scores=False):
    name = f"Attention_{mask}_{past}_{causal}_{bool(sizes)}_{scores}"
    rng = seeded(name)
    batch, length, hidden, heads = 2, 3, 16, 4
    columns = sum(sizes) if sizes else 3 * hidden
    inputs = [floats(rng, batch, length, hidden), floats(rng, hidden, columns) * 0.2,
              floats(rng, columns), packed_mask(rng, mask, batch, past + length),
              floats(rng, 2, batch, heads, past, hidden // heads) if past else None,
              floats(rng, batch, heads, length, past + length) if scores else None]
    while inputs[-1] is None:
        inputs.pop()
    attributes = {"num_heads": heads, "unidirectional": causal}
    if sizes:
        attributes["qkv_hidden_sizes"] = sizes
    return Entry(name, "Attention", inputs, attributes, (1, 2), outputs=2 if past else 1)


def embeddings(segments, mask):
    name = f"EmbedLayerNormalization_{segments}_{mask}"
    rng = seeded(name)
    words = rng.integers(0, 20, (2, 5)).astype(np.int32)
    inputs = [words, rng.integers(0, 2, (2, 5)).astype(np.int32) if segments else None,
              floats(rng, 20, 8), floats(rng, 6, 8), floats(rng, 2, 8) if segments else None,
              floats(rng, 8), floats(rng, 8),
              np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], np.int32) if mask else None]
    if not mask:
        inputs.pop()
    return Entry(name, "EmbedLayerNormalization", inputs, {"epsilon": 1e-6},
                 (2, 3, 4, 5, 6) if segments else (2, 3, 5, 6), outputs=2)


def fused():
    rng = seeded("fused")
    image, filters, bias = floats(rng, 1, 3, 8, 8), floats(rng, 4, 3, 3, 3), floats(rng, 4)
    x = floats(rng, 2, 6, 10)
    return [
        Entry("FastGelu", "FastGelu", [x, floats(rng, 10)], {}, (1,)),
        Entry("FastGelu_plain", "FastGelu", [x]),
        Entry("BiasGelu", "BiasGelu", [x, floats(rng, 10)], {}, (1,)),
        Entry("Gelu", "Gelu", [x]),
        Entry("QuickGelu", "QuickGelu", [x], {"alpha": 1.5}),
        Entry("FusedMatMul", "FusedMatMul", [floats(rng, 2, 5, 6), floats(rng, 2, 7, 5)],
              {"transA": 1, "transB": 1, "alpha": 0.5}),
        Entry("FusedGemm_LeakyRelu", "FusedGemm", [floats(rng, 3, 6), floats(rng, 5, 6), floats(rng, 5)],
              {"transB": 1, "alpha": 0.5, "beta": 2.0, "activation": "LeakyRelu",
               "activation_alpha": 0.2}, (1, 2)),
        Entry("FusedGemm_plain", "FusedGemm", [floats(rng, 3, 6), floats(rng, 6, 5)],
              {"activation": "Tanh"}, (1,)),
        Entry("TransposeMatMul", "TransposeMatMul", [floats(rng, 2, 5, 6), floats(rng, 2, 7, 6)],
              {"transB": 1}),
        Entry("FusedConv_Relu", "FusedConv", [image, filters, bias],
              {"activation": "Relu", "pads": [1, 1, 1, 1]}, (1, 2)),
        Entry("FusedConv_Clip", "FusedConv", [image, filters, bias],
              {"activation": "Clip", "activation_params": [-1.0, 1.0]}, (1, 2)),
        Entry("FusedConv_sum", "FusedConv", [image, filters, bias, floats(rng, 1, 4, 6, 6)],
              {"activation": "LeakyRelu", "activation_params": [0.2]}, (1, 2)),
        Entry("SimplifiedLayerNormalization", "SimplifiedLayerNormalization", [x, floats(rng, 10)],
              {"axis": -1, "epsilon": 1e-5}, (1,), domain=""),
    ]


def nhwc_conv(name, attributes, groups=1):
    """A convolution with the channels last, in the input, the filter and the output."""
    rng = seeded(name)
    inputs = [floats(rng, 2, 7, 6, 4), floats(rng, 8, 3, 2, 4 // groups), floats(rng, 8)]
    meaning = (
        helper.make_node("Transpose", ["input_0"], ["x"], perm=[0, 3, 1, 2]),
        helper.make_node("Transpose", ["input_1"], ["w"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["x", "w", "input_2"], ["y"], group=groups, **attributes),
        helper.make_node("Transpose", ["y"], ["output_0"], perm=[0, 2, 3, 1]),
    )
    return Entry(name, "NhwcConv", inputs, {"group": groups, **attributes}, (1, 2), meaning=meaning)


def table():
    return [
        *(binary(op, dtype) for op in ("QLinearAdd", "QLinearMul") for dtype in (np.uint8, np.int8)),
        unary("QLinearSigmoid", out=(1 / 256, 0)),
        unary("QLinearLeakyRelu", {"alpha": 0.1}, out=(0.04, 128)),
        unary("QLinearSoftmax", {"axis": -1, "opset": 13}, out=(1 / 256, 0)),
        unary("QLinearSoftmax", {"axis": 1, "opset": 12}, out=(1 / 256, 0), name="QLinearSoftmax_12"),
        unary("QLinearAveragePool", {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [1, 0, 0, 1]},
              shape=(1, 3, 6, 6), out=(0.04, 128)),
        unary("QLinearGlobalAveragePool", {}, shape=(2, 3, 5, 4), out=(0.02, 128)),
        unary("QLinearGlobalAveragePool", {"channels_last": 1}, shape=(2, 5, 4, 3), out=(0.02, 128),
              name="QLinearGlobalAveragePool_last"),
        qlinear_concat(), qlinear_where(),
        qgemm("QGemm", True, False), qgemm("QGemm_columns", True, True),
        qgemm("QGemm_float", False, True),
        dynamic_matmul("DynamicQuantizeMatMul", False, False),
        dynamic_matmul("DynamicQuantizeMatMul", True, True),
        dynamic_matmul("MatMulIntegerToFloat", False, False),
        dynamic_matmul("MatMulIntegerToFloat", True, True),
        *(matmul_nbits(bits, 64, 32, zero) for bits in (2, 4, 8) for zero in ("none", "packed")),
        matmul_nbits(4, 48, 32, "packed"), matmul_nbits(4, 64, 16, "float"),
        matmul_nbits(4, 64, 32, "none", batch=(2,)),
        gather_blocks(),
        skip_norm(False, False), skip_norm(False, True), skip_norm(True, False), skip_norm(True, True),
        *(rotary(interleaved, per_token) for interleaved in (0, 1) for per_token in (False, True)),
        group_query(0, False), group_query(0, True), group_query(5, True),
        group_query(0, False, packed=True), group_query(6, True, window=4),
        group_query(0, False, softcap=20.0),
        multi_head(False, False, False), multi_head(True, True, False), multi_head(False, True, True),
        multi_head(False, False, False, causal=1),
        quantized_attention(np.int8), quantized_attention(np.uint8, columns=True),
        quantized_attention(np.int8, "ends", columns=True), quantized_attention(np.int8, "ranges"),
        quantized_attention(np.int8, "flags", causal=1), quantized_attention(np.int8, past=4, causal=1),
        quantized_attention(np.uint8, "flags", past=4),
        packed_attention(), packed_attention("ends"), packed_attention("flags", causal=1),
        packed_attention(past=4, causal=1), packed_attention(sizes=[16, 16, 24]),
        packed_attention(scores=True),
        embeddings(True, True), embeddings(False, False),
        nhwc_conv("NhwcConv", {"pads": [1, 0, 1, 1], "strides": [2, 1]}),
        nhwc_conv("NhwcConv_groups", {"dilations": [2, 1]}, groups=2),
        *fused(),
    ]


def make_model(entry, nodes=()):
    """The model of an entry, or one with `nodes` between its inputs and outputs instead of the op."""
    names = [f"input_{i}" if array is not None else "" for i, array in enumerate(entry.inputs)]
    outputs = ["" if i in entry.unnamed else f"output_{i}" for i in range(entry.outputs)]
    node = helper.make_node(entry.op, names, outputs, name=entry.name, domain=entry.domain,
                            **entry.attributes)
    initializers, infos = [], []
    for i, array in enumerate(entry.inputs):
        if array is None:
            continue
        if i in entry.constants:
            initializers.append(numpy_helper.from_array(array, names[i]))
        else:
            kind = helper.np_dtype_to_tensor_dtype(array.dtype)
            infos.append(helper.make_tensor_value_info(names[i], kind, array.shape))
    results = [onnx.ValueInfoProto(name=name) for name in outputs if name]
    graph = helper.make_graph(nodes or [node], entry.name, infos, results, initializers)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(DOMAIN, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def write_case(entry, session_of, folder):
    """A test case as suites of ONNX have them, with ONNX Runtime's outputs; returns the program's
    model and the data set."""
    model = make_model(entry)
    data = folder / "test_data_set_0"
    data.mkdir()
    session = session_of(make_model(entry, entry.meaning).SerializeToString())
    feeds = {info.name: entry.inputs[int(info.name.split("_")[1])] for info in session.get_inputs()}
    results = session.run(None, feeds)
    for i, info in enumerate(model.graph.input):
        tensor = numpy_helper.from_array(feeds[info.name], info.name)
        (data / f"input_{i}.pb").write_bytes(tensor.SerializeToString())
    for i, (info, array) in enumerate(zip(session.get_outputs(), results)):
        tensor = numpy_helper.from_array(array, info.name)
        (data / f"output_{i}.pb").write_bytes(tensor.SerializeToString())
    for info, array in zip(model.graph.output, results):
        info.type.tensor_type.elem_type = helper.np_dtype_to_tensor_dtype(array.dtype)
    onnx.save(model, folder / "model.onnx")
    return folder / "model.onnx", data


def check(entry, session_of):
    """None if the program computes what ONNX Runtime does, else what is wrong."""
    with tempfile.TemporaryDirectory(prefix="halftone-") as name:
        folder = pathlib.Path(name)
        model, data = write_case(entry, session_of, folder)
        outcome = runner.compile_model(model, folder / "program.so")
        if outcome:
            return outcome.reason
        return runner.compare(folder / "program.so", data, entry.tolerance)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--filter", default="", help="only entries whose name contains it")
    arguments = parser.parse_args()
    try:
        import onnxruntime
    except ImportError:
        print("the package onnxruntime is not installed: there is nothing to compare with")
        print(f"0 passed, 0 failed, {len(table())} skipped")
        return 0
    build = pathlib.Path(os.environ.get("HALFTONE_BUILD", suites.ROOT / "build"))
    os.environ["PATH"] = f"{build / 'bin'}{os.pathsep}{os.environ['PATH']}"

    def session_of(model):
        return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])

    entries = [entry for entry in table() if arguments.filter in entry.name]
    failures = 0
    for entry in entries:
        problem = check(entry, session_of)
        failures += problem is not None
        print(f"{'failed' if problem else 'passed'}: {entry.name}{': ' + problem if problem else ''}",
              flush=True)
    print(f"{len(entries) - failures} passed, {failures} failed, 0 skipped")
    return 1 if failures or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
