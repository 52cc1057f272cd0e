# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models whose weights are larger than the memory they may take.

The bound is that of a model of 3 GB: below 1.5 GB, and in proportion for smaller ones. The model is
generated; HALFTONE_LARGE_WEIGHTS_MB chooses its size (default 320; 3000 take 5 minutes and 5 GB of disk).
"""

import functools
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from onnx import TensorProto, helper, save

from harness import BUILD, TIME_LIMIT, largest_error, main

MB = 1 << 20
SIZE_MB = int(os.environ.get("HALFTONE_LARGE_WEIGHTS_MB", 320))
WIDTH = 4096 if SIZE_MB >= 1024 else 1024
GROUP = 128
RECIPE = f"weights: {{format: int4, group: {GROUP}}}\n"
# A process of its own without NumPy: what runs the tool counts as its peak until the tool starts.
MEASURE = ("import resource, subprocess, sys; status = subprocess.run(sys.argv[1:]).returncode; "
           "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(status)")


def layer_weights(layer, width):
    random = np.random.default_rng(layer)
    weights = random.standard_normal((width, width), dtype=np.float32)
    return weights * np.float32(np.sqrt(2 / width))


def external_tensor(name, width, location, offset):
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[width, width],
                         data_location=TensorProto.EXTERNAL)
    entries = {"location": location, "offset": offset, "length": 4 * width * width}
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def write_chain(path, layers, width):
    """x -> MatMul -> Relu -> MatMul -> …, all weights in one file beside the model."""
    data = path.with_suffix(".data")
    nodes, tensors, value = [], [], "x"
    with data.open("wb") as file:
        for layer in range(layers):
            tensors.append(external_tensor(f"w{layer}", width, data.name, file.tell()))
            file.write(layer_weights(layer, width).tobytes())
            nodes.append(helper.make_node("MatMul", [value, f"w{layer}"], [f"m{layer}"]))
            nodes.append(helper.make_node("Relu", [f"m{layer}"], [f"r{layer}"]))
            value = f"r{layer}"
    floats = functools.partial(helper.make_tensor_value_info, elem_type=TensorProto.FLOAT)
    graph = helper.make_graph(nodes, "chain", [floats("x", shape=["rows", width])],
                              [floats(value, shape=["rows", width])], tensors)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def decoded_weights(layer, width):
    """The weights of a layer as 4-bit codes with a scale for each group along the reduction hold
    them."""
    groups = layer_weights(layer, width).reshape(-1, GROUP, width)
    scales = np.abs(groups).max(axis=1, keepdims=True) / np.float32(7)
    return (np.rint(groups / scales) * scales).reshape(width, width)


def reference(x, layers):
    for layer in range(layers):
        x = np.maximum(x.astype(np.float64) @ decoded_weights(layer, x.shape[1]), 0)
    return x


def measure(name, *arguments):
    """The largest resident memory of one run of a tool, in bytes."""
    command = [sys.executable, "-I", "-S", "-c", MEASURE, str(BUILD / "bin" / name),
               *(str(argument) for argument in arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT)
    assert result.returncode == 0, f"{name}: {result.stderr[:1500]}"
    return int(result.stdout.split()[-1]) * 1024


def compile_and_run(folder, layers, width):
    """(peak of quant-compile, peak of quant-run, input, output)"""
    model, program = folder / "model.onnx", folder / "model.so"
    inputs, outputs, recipe = folder / "inputs.npz", folder / "outputs.npz", folder / "recipe.yaml"
    write_chain(model, layers, width)
    recipe.write_text(RECIPE)
    x = np.random.default_rng(1000).standard_normal((1, width)).astype(np.float32)
    np.savez(inputs, x=x)
    compiler = measure("quant-compile", model, "-o", program, "--recipe", recipe, "--quiet")
    runner = measure("quant-run", program, "--inputs", inputs, "--outputs", outputs)
    with np.load(outputs) as archive:
        return compiler, runner, x, archive[archive.files[0]]


def bound(base, weights_bytes):
    """1.5 GB for 3 GB of weights, of which the same program takes `base` with small ones."""
    return base + weights_bytes * (1.5e9 - base) / 3e9


def test_quantizing_large_weights_takes_half_their_memory():
    layers = max(SIZE_MB * MB // (4 * WIDTH * WIDTH), 1)
    weights_bytes = layers * 4 * WIDTH * WIDTH
    with tempfile.TemporaryDirectory(prefix="halftone-") as name:
        compiler_base, runner_base, _, _ = compile_and_run(pathlib.Path(name), layers, GROUP)
        compiler, runner, x, output = compile_and_run(pathlib.Path(name), layers, WIDTH)
    peaks = (f"quant-compile {compiler / MB:.0f} MB (of which the program {compiler_base / MB:.0f}), "
             f"quant-run {runner / MB:.0f} MB ({runner_base / MB:.0f})")
    assert compiler <= bound(compiler_base, weights_bytes), peaks
    assert runner <= bound(runner_base, weights_bytes), peaks
    error = largest_error(output, reference(x, layers))
    assert error <= 1e-4, f"off by {error:.2g} of the largest"
    return f"{weights_bytes / MB:.0f} MB: {peaks}; error {error:.1g}"


if __name__ == "__main__":
    main(globals())
