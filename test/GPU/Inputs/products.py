# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Products and convolutions of odd sizes in the emulator, with three orders of warps each, have the
bits of plain loops on the CPU. Arguments: a folder for files, and the folder of the emulator."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import numpy
import onnx
from onnx import helper

random = numpy.random.default_rng(0)


def values(dtype, shape):
    if numpy.issubdtype(dtype, numpy.integer):
        limits = numpy.iinfo(dtype)
        return random.integers(limits.min, limits.max + 1, shape).astype(dtype)
    return random.standard_normal(shape).astype(dtype)


def make_model(op, result, inputs, constants, **attributes):
    """`op` of inputs, then constants: arrays by name. Returns the model."""
    node = (op, " ".join([*inputs, *constants]), "result", attributes)
    return make_graph([node], result, inputs, constants)


def make_graph(nodes, result, inputs, constants):
    """Nodes (op, names of inputs, name of the output, attributes) that compute `result`."""
    infos = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
        for name, x in inputs.items()
    ]
    output = helper.make_tensor_value_info("result", result, None)
    tensors = [onnx.numpy_helper.from_array(numpy.array(x), name) for name, x in constants.items()]
    nodes = [
        helper.make_node(op, operands.split(), [name], **attributes)
        for op, operands, name, attributes in nodes
    ]
    graph = helper.make_graph(nodes, "g", infos, [output], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def integer_product(lhs, rhs, sizes, zero_points=None):
    rows, terms, columns = sizes
    constants = {"b": values(rhs, (terms, columns))}
    for name, zeros, dtype in zip(("x", "y"), zero_points or (), (lhs, rhs)):
        constants[name] = numpy.array(zeros).astype(dtype)
    inputs = {"a": values(lhs, (rows, terms))}
    return make_model("MatMulInteger", onnx.TensorProto.INT32, inputs, constants), inputs


def float_product(dtype, batch, sizes):
    rows, terms, columns = sizes
    inputs = {
        "a": values(dtype, (*batch, rows, terms)),
        "b": values(dtype, (*batch, terms, columns)),
    }
    result = helper.np_dtype_to_tensor_dtype(numpy.dtype(dtype))
    return make_model("MatMul", result, inputs, {}), inputs


def scaled_product(batch, sizes, permutation):
    """Sums of bytes that are scaled, get a bias, an activation and a residual, and become codes."""
    rows, terms, columns = sizes
    shape = (*batch, rows, columns)
    inputs = {"a": values(U8, (*batch, rows, terms)), "r": values(F32, shape)}
    constants = {"b": values(S8, (terms, columns)), "z": numpy.uint8(131)}
    constants |= {"s": values(F32, columns) / 500, "c": values(F32, columns)}
    constants |= {"t": numpy.float32(0.05), "u": numpy.uint8(99)}
    nodes = [
        ("MatMulInteger", "a b z", "sums", {}),
        ("Cast", "sums", "wide", {"to": onnx.TensorProto.FLOAT}),
        ("Mul", "wide s", "scaled", {}),
        ("Add", "scaled c", "biased", {}),
        ("Sigmoid", "biased", "active", {}),
        ("Add", "active r", "mixed", {}),
        ("QuantizeLinear", "mixed t u", "codes", {}),
        ("Transpose", "codes", "result", {"perm": permutation}),
    ]
    return make_graph(nodes, onnx.TensorProto.UINT8, inputs, constants), inputs


def convolution(image, channels, kernel, stride, group=1):
    inputs = {"x": values(numpy.float32, image)}
    weights = values(numpy.float32, (channels, image[1] // group, kernel, kernel))
    attributes = {"strides": [stride] * 2, "pads": [1] * 4, "group": group}
    return make_model("Conv", onnx.TensorProto.FLOAT, inputs, {"w": weights}, **attributes), inputs


S8, U8, F16, F32 = numpy.int8, numpy.uint8, numpy.float16, numpy.float32
CASES = {
    # Rows copied as they lie, columns gathered; a tile of 16 rows, and one of 64.
    "s8": lambda: integer_product(S8, S8, (37, 80, 29)),
    "s8-few-rows": lambda: integer_product(S8, S8, (9, 64, 200)),
    # Terms that are no multiple of anything, and zero points of either side.
    "u8s8": lambda: integer_product(U8, S8, (70, 67, 130), (131, 3)),
    "u8": lambda: integer_product(U8, U8, (9, 64, 200), ([7], range(200))),
    "s8u8": lambda: integer_product(S8, U8, (130, 33, 9), (range(-60, 70), 200)),
    # The largest tile.
    "s8-many-rows": lambda: integer_product(S8, U8, (521, 96, 136), (-3, 0)),
    "f16": lambda: float_product(F16, (), (33, 50, 41)),
    "f16-aligned": lambda: float_product(F16, (), (70, 64, 64)),
    "f32": lambda: float_product(F32, (), (33, 50, 41)),
    "f32-batch": lambda: float_product(F32, (3,), (17, 48, 100)),
    # What follows a sum is computed where the sum is: in tiles, and in warps.
    "epilogue": lambda: scaled_product((), (37, 80, 29), (1, 0)),
    "epilogue-batch": lambda: scaled_product((2,), (19, 67, 70), (2, 0, 1)),
    "epilogue-few-rows": lambda: scaled_product((), (3, 80, 29), (0, 1)),
    "epilogue-one-term": lambda: scaled_product((), (9, 1, 29), (0, 1)),
    # Rows are places of images, terms those of windows.
    "convolution": lambda: convolution((2, 5, 11, 14), 19, 3, 1),
    "convolution-strided": lambda: convolution((1, 16, 9, 12), 24, 3, 2),
    "convolution-grouped": lambda: convolution((1, 32, 8, 11), 32, 3, 1, group=2),
}


def run(*arguments, **environment):
    subprocess.run(arguments, check=True, env={**os.environ, **environment})


def assemble(path):
    """NVIDIA's assembler, where there is one, finds registers for every value."""
    assembler = shutil.which("ptxas", path=os.environ["PATH"] + ":/usr/local/cuda/bin")
    text = path.read_text()
    for chip in ("sm_90a", "sm_80") if assembler else ():
        path.with_suffix(f".{chip}.ptx").write_text(text.replace("sm_90a", chip))
        arguments = [assembler, "-v", f"-arch={chip}", path.with_suffix(f".{chip}.ptx")]
        arguments += ["-o", "/dev/null"]
        log = subprocess.run(arguments, check=True, capture_output=True, text=True).stderr
        if re.search("[1-9][0-9]* bytes spill|C75", log):
            sys.exit(f"{path} for {chip}: {log}")


def check(name, folder, emulator):
    model, inputs = CASES[name]()
    path = folder / name
    onnx.save(model, f"{path}.onnx")
    numpy.savez(f"{path}.npz", **inputs)
    compile = ["quant-compile", f"{path}.onnx", "--quiet"]
    run(*compile, "--target=x86-64-v3", "--reference", "-o", f"{path}-cpu.so")
    run("quant-run", f"{path}-cpu.so", "--inputs", f"{path}.npz", "--outputs", f"{path}-out.npz")
    run(*compile, "--target=nvptx-emulated", "-o", f"{path}-device.so")
    for seed in range(3):
        run(
            *("quant-run", f"{path}-device.so", "--inputs", f"{path}.npz"),
            *("--compare", f"{path}-out.npz", "--atol", "0", "--rtol", "0"),
            LD_LIBRARY_PATH=emulator,
            HALFTONE_EMULATOR_SEED=str(seed),
        )
    run(*compile, "--target=nvptx", "--emit=ptx", "-o", f"{path}.ptx")
    assemble(pathlib.Path(f"{path}.ptx"))


folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for case in sys.argv[3:] or CASES:
    check(case, folder, sys.argv[2])
