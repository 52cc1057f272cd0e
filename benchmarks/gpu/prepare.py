#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Fills a folder that checks and times compiled models on a machine with an NVIDIA GPU.

There, `sh FOLDER/run.sh [RUNS]` is all: it needs the driver and the C library, no toolkit and no Python. The
folder has modules, their inputs, what a CPU computes of these by plain loops, and a program with the runtime.
Times are those of whole runs, with copies of inputs and outputs.
"""

import argparse
import os
import pathlib
import subprocess
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("HALFTONE_BUILD", ROOT / "build"))
RECIPES = ("float", "w8a8-dynamic", "w4a16")
# Of the largest value: sums of floats in another order, and codes at a border that one of them moves.
LARGEST_ERROR = {"float": 1e-4, "w4a16": 1e-4, "w8a8-dynamic": 1e-2}
RUN = """#!/bin/sh
cd "$(dirname "$0")" || exit 2
command -v nvidia-smi > /dev/null && nvidia-smi --query-gpu=name,driver_version --format=csv,noheader
exec ./measure table.txt "$@"
"""


def build_layer(size, path):
    """A product with a square matrix, bias and activation, for any number of rows."""
    random = np.random.default_rng(size)
    weight = (random.standard_normal((size, size)) / np.sqrt(size)).astype(np.float32)
    bias = random.standard_normal(size).astype(np.float32)
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["product"], name="product"),
        helper.make_node("Add", ["product", "b"], ["biased"]),
        helper.make_node("Relu", ["biased"], ["y"]),
    ]
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", size]) for name in "xy"
    ]
    tensors = [numpy_helper.from_array(weight, "w"), numpy_helper.from_array(bias, "b")]
    graph = helper.make_graph(nodes, "layer", values[:1], values[1:], tensors)
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)


def run_tool(name, *arguments):
    subprocess.run([BUILD / "bin" / name, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def compute(module, inputs, folder):
    """The first output of a module for CPUs."""
    np.savez(folder / "in.npz", **inputs)
    run_tool("quant-run", module, "--inputs", folder / "in.npz", "--outputs", folder / "out.npz")
    with np.load(folder / "out.npz") as archive:
        return archive[archive.files[0]]


def add_model(name, model, samples, target, folder):
    """Compiles a model by every recipe; yields a line of the table for each sample (name: inputs)."""
    for recipe in RECIPES:
        options = () if recipe == "float" else ("--recipe", recipe)
        module = f"{name}-{recipe}.so"
        run_tool("quant-compile", model, "--quiet", f"--target={target}", "-o", folder / module, *options)
        with tempfile.TemporaryDirectory(prefix="halftone-") as temporary:
            temporary = pathlib.Path(temporary)
            cpu = temporary / "cpu.so"
            run_tool("quant-compile", model, "--quiet", "--reference", "-o", cpu, *options)
            for sample, inputs in samples.items():
                expected = f"{name}-{recipe}-{sample}.out"
                compute(cpu, inputs, temporary).tofile(folder / expected)
                words = [f"{name}-{recipe}-{sample}", module, LARGEST_ERROR[recipe], expected]
                for index, array in enumerate(inputs.values()):
                    path = f"{name}-{sample}.in{index}"
                    array.tofile(folder / path)
                    words.append(f"{','.join(map(str, array.shape))}:{path}")
                yield " ".join(map(str, words))


def prepare(folder, target, sizes, rows, models):
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for size in sizes:
        random = np.random.default_rng(1)
        samples = {str(n): {"x": random.standard_normal((n, size)).astype(np.float32)} for n in rows}
        with tempfile.TemporaryDirectory(prefix="halftone-") as temporary:
            model = pathlib.Path(temporary) / "layer.onnx"
            build_layer(size, model)
            lines += add_model(f"layer{size}", model, samples, target, folder)
    model = models / "stories260k" / "stories260K.onnx"
    if model.exists():
        random = np.random.default_rng(2)
        samples = {str(n): {"input_ids": random.integers(0, 512, (n, 16))} for n in rows if n <= 8}
        lines += add_model("stories260k", model, samples, target, folder)
    (folder / "table.txt").write_text("".join(f"{line}\n" for line in lines))
    (folder / "run.sh").write_text(RUN)
    command = ["clang-22", "-std=c11", "-O2", "-D_POSIX_C_SOURCE=200809L", HERE / "measure.c"]
    command += [f"-I{ROOT / 'runtime/include'}", BUILD / "lib" / "libhalftone_runtime.a"]
    subprocess.run([*command, "-lm", "-lpthread", "-ldl", "-o", folder / "measure"], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--target", default="nvptx", help="nvptx, or nvptx-emulated to try the folder")
    parser.add_argument("--sizes", type=int, nargs="*", default=[1024, 2048], help="of square matrices")
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 8, 32, 64], help="of inputs")
    models = os.environ.get("HALFTONE_MODELS", ROOT.parent / "shared" / "models")
    arguments = parser.parse_args()
    prepare(arguments.folder, arguments.target, arguments.sizes, arguments.rows, pathlib.Path(models))


if __name__ == "__main__":
    main()
