#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What decoding weights costs: layers with weights in every format beside the same layer in float, timed in turns on one thread.

Writes the table between its markers in docs/Performance.md: the time of the format over that of float, below 1 where fewer bytes win.
Ends with status 1 if a format takes more than twice as long. Takes about a quarter of an hour; --formats takes part of it.
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import halftone_runtime  # noqa: E402
from timing import alternate  # noqa: E402

BUILD = pathlib.Path(os.environ.get("HALFTONE_BUILD", ROOT / "build"))
BEGIN = "<!-- benchmarks/decoding.py writes this table. -->\n"
END = "<!-- Up to here, decoding. -->\n"
LIMIT = 2.0
ROUNDS = 5

# name: operator, input, weights, attributes
LAYERS = {
    "1 x 1024 x 1024": ("MatMul", [1, 1024], [1024, 1024], {}),
    "64 x 1024 x 1024": ("MatMul", [64, 1024], [1024, 1024], {}),
    "conv 64 to 64, 3 x 3, 28 x 28": ("Conv", [1, 64, 28, 28], [64, 64, 3, 3], {"pads": [1, 1, 1, 1]}),
    "depthwise 256, 3 x 3, 28 x 28": ("Conv", [1, 256, 28, 28], [256, 1, 3, 3], {"pads": [1, 1, 1, 1], "group": 256}),
    "64 rows of 4096 x 512": ("Gather", [64], [4096, 512], {}),
    "1 x 1001 x 999": ("MatMul", [1, 1001], [1001, 999], {}),
    "33 x 1001 x 999": ("MatMul", [33, 1001], [1001, 999], {}),
    "64 rows of 4096 x 500": ("Gather", [64], [4096, 500], {}),
}

FREE = "int8 int7 int6 int5 int4 int3 int2 uint4 sm8 sm4 fp8_e4m3 fp8_e5m2 fp6_e2m3 fp6_e3m2 fp4_e2m1 nf4".split()
FIXED = "f16 bf16 mxfp8 mxfp6 mxfp4 mxint8 mx9 mx6 mx4 vsq4 vsq8".split()
FITTED = "kmeans8 kmeans5 kmeans4 kmeans3 kmeans2 bcq1 bcq2 bcq3 bcq4".split()


def schemes():
    for format in FREE:
        yield f"{format}", f"format: {format}, granularity: channel"
        yield f"{format} g32", f"format: {format}, group: 32"
    yield "uint4 g32 asymmetric", "format: uint4, group: 32, symmetric: false"
    yield "int4 8 x 16 blocks", "format: int4, block: [8, 16]"
    for format in FIXED:
        yield format, f"format: {format}"
    for format in FITTED:
        if not format.startswith("bcq"):
            yield format, f"format: {format}"
        yield f"{format} g128", f"format: {format}, group: 128"


def build_model(folder, layer):
    operator, shape, weight_shape, attributes = LAYERS[layer]
    rng = np.random.default_rng(1)
    weights = numpy_helper.from_array(rng.standard_normal(weight_shape, np.float32), "w")
    is_lookup = operator == "Gather"
    x = rng.integers(0, weight_shape[0], shape) if is_lookup else rng.standard_normal(shape, np.float32)
    node = helper.make_node(operator, ["w", "x"] if is_lookup else ["x", "w"], ["y"], name="layer", **attributes)
    kind = TensorProto.INT64 if is_lookup else TensorProto.FLOAT
    graph = helper.make_graph([node], "layer", [helper.make_tensor_value_info("x", kind, shape)],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], [weights])
    path = folder / "layer.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path, {"x": x}


def compile_layer(model, scheme):
    recipe, program = model.parent / "recipe.yaml", model.parent / (re.sub(r"\W+", "-", scheme) + ".so")
    recipe.write_text(f"weights: {{ {scheme} }}\nembeddings: true\n")
    subprocess.run([BUILD / "bin/quant-compile", model, "-o", program, "--recipe", recipe, "--quiet"], check=True)
    return program


def time_layer(library, layer, chosen):
    """{name of a scheme: its time over that of float}"""
    ratios = {}
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        model, inputs = build_model(pathlib.Path(folder), layer)
        plain = halftone_runtime.Session(library, compile_layer(model, "format: none"), 1)
        run_plain = plain.bind(inputs)
        run_plain()
        for name, scheme in chosen:
            session = halftone_runtime.Session(library, compile_layer(model, scheme), 1)
            run = session.bind(inputs)
            run()
            difference = np.linalg.norm(session.outputs()["y"] - plain.outputs()["y"]) / np.linalg.norm(plain.outputs()["y"])
            if not difference < 1:  # Even a bit for each weight keeps more than that.
                raise RuntimeError(f"{layer}, {name}: wrong by {difference}")
            ours, floats = alternate(run, run_plain, ROUNDS)
            ratios[name] = statistics.median(our / other for our, other in zip(ours, floats))
            print(f"{layer}; {name}; {ratios[name]:.2f}", flush=True)
            session.close()
        plain.close()
    return ratios


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--formats", nargs="+", default=[""], help="only schemes whose name begins with one of these; writes nothing")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs/Performance.md")
    arguments = parser.parse_args()
    chosen = [scheme for scheme in schemes() if scheme[0].startswith(tuple(arguments.formats))]
    library = halftone_runtime.load_library(BUILD / "lib/libhalftone.so")
    columns = {layer: time_layer(library, layer, chosen) for layer in LAYERS}
    rows = [f"| weights | {' | '.join(columns)} |\n", "|---|" + "---|" * len(columns) + "\n"]
    rows += [f"| {name} | {' | '.join(f'{column[name]:.2f}' for column in columns.values())} |\n" for name, _ in chosen]
    slow = [f"{layer}, {name}: {ratio:.2f}" for layer, column in columns.items() for name, ratio in column.items() if ratio > LIMIT]
    if arguments.formats == [""]:
        before, _, rest = arguments.output.read_text().partition(BEGIN)
        arguments.output.write_text(before + BEGIN + "".join(rows) + END + rest.partition(END)[2])
    print("\n".join(["more than twice as long as float:", *slow] if slow else ["none takes twice as long as float"]))
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
