#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How long compiling takes: for generated graphs of more and more nodes, or for real models.

  compile_time.py                  seconds for each number of nodes, and the slope of their logarithms
  compile_time.py --models         seconds to compile each of the models to int8
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = pathlib.Path(os.environ.get("HALFTONE_MODELS", ROOT.parent / "shared" / "models"))
WIDTH = 64
NODES_PER_LAYER = 11
LIMIT = 60  # seconds of CPU for one of the models

# Models with images beside them to calibrate with: (file, input).
CALIBRATION = {
    "mnist/model.onnx": ("mnist/t10k_first2000.npz", "Input3"),
    "mobilenetv2/fp32.onnx": ("mobilenetv2/calibration_48_uint8_nhwc256.npz", "image"),
}


class Graph:
    """Nodes one after the other, each with weights of its own where it has any."""

    def __init__(self):
        self.nodes, self.constants, self.random = [], [], np.random.default_rng(0)

    def constant(self, values):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def weights(self, *shape):
        return self.constant((self.random.standard_normal(shape) / 8).astype(np.float32))

    def node(self, op, *inputs, **attributes):
        output = f"t{len(self.nodes)}"
        name = f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [output], name=name, **attributes))
        return output


def generate(nodes, path):
    """A chain of layers of MatMul, Add, Relu, reshapes, a transpose, slices, Concat, Sigmoid, Mul."""
    graph = Graph()
    half, whole, zero, axis = (graph.constant(np.array([value], np.int64))
                               for value in (WIDTH // 2, WIDTH, 0, 1))
    square = graph.constant(np.array([0, 8, 8], np.int64))
    flat = graph.constant(np.array([0, WIDTH], np.int64))
    value = "x"
    for _ in range(nodes // NODES_PER_LAYER):
        sums = graph.node("Add", graph.node("MatMul", value, graph.weights(WIDTH, WIDTH)),
                          graph.weights(WIDTH))
        squares = graph.node("Reshape", graph.node("Relu", sums), square)
        turned = graph.node("Reshape", graph.node("Transpose", squares, perm=[0, 2, 1]), flat)
        halves = [graph.node("Slice", turned, *bounds, axis)
                  for bounds in ((zero, half), (half, whole))]
        swapped = graph.node("Concat", *reversed(halves), axis=1)
        value = graph.node("Mul", graph.node("Sigmoid", swapped), value)
    floats = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [4, WIDTH])
              for name in ("x", value)]
    model = helper.make_graph(graph.nodes, "generated", floats[:1], floats[1:], graph.constants)
    save(helper.make_model(model, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return len(graph.nodes)


def run(*command):
    """(CPU seconds, wall seconds) of a process."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - start
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stderr[:1000]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, wall


def slope(sizes, seconds):
    """The exponent of the power of the size that fits the seconds best."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def measure_sizes(arguments, folder):
    sizes, imports, compiles, phases = [], [], [], []
    print(f"{'nodes':>8}{'import s':>10}{'compile s':>11}   of which (wall)")
    for size in arguments.nodes:
        model, report = folder / "model.onnx", folder / "report.json"
        sizes.append(generate(size, model))
        imports.append(run(arguments.build / "bin/quant-import", model, "-o",
                           folder / "model.mlirbc")[0])
        compiles.append(run(arguments.build / "bin/quant-compile", model, "-o", folder / "model.so",
                            "--quiet", "--recipe", arguments.recipe, "--report", report)[0])
        phases.append({phase["name"]: phase["seconds"]
                       for phase in json.loads(report.read_text())["phases"]})
        parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in phases[-1].items())
        print(f"{sizes[-1]:>8}{imports[-1]:>10.2f}{compiles[-1]:>11.2f}   {parts}", flush=True)
    if len(sizes) < 2:
        return
    parts = ", ".join(f"{name} {slope(sizes, [phase[name] for phase in phases]):.2f}"
                      for name in phases[0])
    print(f"{'slope':>8}{slope(sizes, imports):>10.2f}{slope(sizes, compiles):>11.2f}   {parts}")


def calibration_samples(name, folder):
    """A few samples of the model's data; None where there are none beside it."""
    if name not in CALIBRATION or not (MODELS / CALIBRATION[name][0]).exists():
        return None
    data, tensor = CALIBRATION[name]
    with np.load(MODELS / data) as archive:
        images = archive["images"][:32].astype(np.float32)
    if images.ndim == 4:  # pixels of colour images, cut to what the model takes
        images = (images[:, 6:250, 6:250].transpose(0, 3, 1, 2) / 255 - 0.45) / 0.225
    else:
        images = images[:, None]
    path = folder / "calibration.npz"
    np.savez(path, **{tensor: np.ascontiguousarray(images[:, None])})
    return path


def measure_models(arguments, folder):
    slow = 0
    print(f"{'model':<36}{'recipe':<14}{'CPU s':>8}{'wall s':>8}")
    for model in sorted(MODELS.glob("**/*.onnx")):
        name = str(model.relative_to(MODELS))
        if arguments.filter not in name:
            continue
        recipes = {"w8a8-dynamic": []}
        if samples := calibration_samples(name, folder):
            recipes["w8a8-static"] = ["--calibration", samples]
        for recipe, options in recipes.items():
            cpu, wall = run(arguments.build / "bin/quant-compile", model, "-o", folder / "model.so",
                            "--quiet", "--recipe", recipe, *options)
            slow += cpu > LIMIT
            print(f"{name:<36}{recipe:<14}{cpu:>8.1f}{wall:>8.1f}", flush=True)
    print(f"{slow} take more than {LIMIT} s")
    return slow


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("HALFTONE_BUILD", ROOT / "build")))
    parser.add_argument("--nodes", type=int, nargs="+", default=[1250, 2500, 5000, 10000, 20000])
    parser.add_argument("--recipe", default="float", help="for generated graphs")
    parser.add_argument("--models", action="store_true", help="real models instead")
    parser.add_argument("--filter", default="", help="only models whose path contains this")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="halftone-") as name:
        if arguments.models:
            sys.exit(1 if measure_models(arguments, pathlib.Path(name)) else 0)
        measure_sizes(arguments, pathlib.Path(name))


if __name__ == "__main__":
    main()
