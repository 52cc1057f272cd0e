#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What rounding weights by their layers' inputs gains on real models, on data they were not calibrated with."""

import functools
import json
import pathlib
import tempfile

import numpy as np

import data
from harness import Program, main, model_path, run_tool

FORMATS = {
    4: "format: int4, group: 128, range: mse",
    3: "format: uint3, group: 64, symmetric: false, range: mse",
    "kmeans3": "format: kmeans3, granularity: channel",
}
STORIES = "stories260k/stories260K.onnx"


def compile_with_report(model, recipe, calibration=None, options=()):
    """(program, what the report says of each quantized layer)"""
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        path, report = pathlib.Path(folder) / "recipe.yaml", pathlib.Path(folder) / "report.json"
        path.write_text(recipe)
        program = Program(model_path(model), "--recipe", path, "--report", report, *options,
                          calibration=calibration)
        layers = json.loads(report.read_text())["layers"]
    return program, [layer["quantized"] for layer in layers if "quantized" in layer]


@functools.lru_cache(maxsize=None)
def stories(weights, method=""):
    """(perplexity, layers) of every 20th window"""
    windows = data.stories_windows(step=20)
    calibration = {data.STORIES_INPUT: data.stories_calibration(12)} if method else None
    program, layers = compile_with_report(
        STORIES, f"weights: {{{FORMATS[weights]}{method}}}\n", calibration)
    outputs = program.run_samples({data.STORIES_INPUT: data.pad_windows(windows)})
    return data.perplexity(windows, outputs["logits"]), layers


def check_better_than_nearest(weights, method="gptq"):
    nearest, _ = stories(weights)
    rounded, layers = stories(weights, f", rounding: {method}")
    gains = [layer["output_sqnr"] - layer["output_sqnr_nearest"] for layer in layers]
    text = f"perplexity {rounded:.3f}, nearest {nearest:.3f}; {min(gains):.1f} to {max(gains):.1f} dB"
    assert min(gains) > (0.3 if method == "gptq" else 0) and rounded < 0.98 * nearest, text
    return text


def test_stories260k_4_bits():
    return check_better_than_nearest(4)


def test_stories260k_3_bits():
    return check_better_than_nearest(3)


def test_stories260k_4_bits_learned():
    return check_better_than_nearest(4, "adaround")


def test_stories260k_centroids():
    """Codebooks for the layers' outputs, with the codes of k-means."""
    return check_better_than_nearest("kmeans3", "centroids")


def test_stories260k_weak_inputs_stay():
    """A quarter of a bit for the inputs that cost most: less error of every layer than GPTQ alone leaves."""
    _, plain = stories(3, ", rounding: gptq")
    kept, layers = stories(3, ", rounding: gptq, owq: {bits: 3.25}")
    gains = [one["output_sqnr"] - other["output_sqnr"] for one, other in zip(layers, plain)]
    bits = [one["effective_bits"] - other["effective_bits"] for one, other in zip(layers, plain)]
    text = f"perplexity {kept:.3f}; {min(gains):.1f} to {max(gains):.1f} dB; {min(bits):.2f} to {max(bits):.2f} bits"
    assert all(layer["weak_inputs"] > 0 for layer in layers), text
    assert sum(gains) / len(gains) > 0.2 and max(bits) < 0.3, text
    return text


def test_stories260k_formats_per_layer():
    """By the weights' own error no layer is worse off than in either format, and both formats are used."""
    every = {}
    for weights in ("format: int4", "format: fp4_e2m1", "format: int4, mofq: {or: [fp4_e2m1]}"):
        _, every[weights] = compile_with_report(STORIES, f"weights: {{{weights}, group: 32}}\n")
    integers, floats, chosen = every.values()
    for one, other, layer in zip(integers, floats, chosen):
        assert layer == max(one, other, key=lambda each: each["sqnr"]), (one, other, layer)
    numbers = [sum(layer["format"] == name for layer in chosen) for name in ("int4", "fp4_e2m1")]
    assert min(numbers) > 0, numbers
    return f"{numbers[0]} layers in int4, {numbers[1]} in fp4_e2m1"


def check_little_memory(method):
    """One run over the data for each matrix gives the module of one run for all."""
    images, _ = data.mnist_images()
    modules = []
    for options in ((), ("--rounding-memory=0",)):
        program, _ = compile_with_report(
            "mnist/model.onnx", f"weights: {{format: int3, rounding: {method}}}\n",
            {data.MNIST_INPUT: images[:20]}, options)
        modules.append(program.path.read_bytes())
    assert modules[0] == modules[1], "the modules differ"


def test_rounding_in_little_memory():
    check_little_memory("gptq")


def test_learning_in_little_memory():
    check_little_memory("adaround")


def test_stories260k_smoothed_and_rounded_in_parts():
    """Parts that processes of their own have rounded make the module of one run; each of them smooths the model
    first."""
    samples = {data.STORIES_INPUT: data.stories_calibration(3)}
    weights = f"weights: {{{FORMATS[4]}, rounding: gptq}}\nsmoothing: {{method: awq}}\n"
    whole, layers = compile_with_report(STORIES, weights, samples)
    with tempfile.TemporaryDirectory(prefix="halftone-") as name:
        folder = pathlib.Path(name)
        recipe, archive, parts = folder / "recipe.yaml", folder / "samples.npz", folder / "parts"
        recipe.write_text(weights)
        np.savez(archive, **samples)
        counts = []
        for part in ("2/2", "1/2"):
            run_tool("quant-compile", model_path(STORIES), "--recipe", recipe, "--calibration",
                     archive, "--checkpoint", parts, "--blocks", part, "--quiet")
            counts.append(len(list(parts.glob("*.rounded"))))
        merged, _ = compile_with_report(STORIES, weights, samples, ("--checkpoint", parts))
    assert 0 < counts[0] < counts[1] == len(layers), f"{counts} files for {len(layers)} layers"
    assert whole.path.read_bytes() == merged.path.read_bytes(), "the modules differ"
    return f"{counts[0]} and {counts[1] - counts[0]} layers"


def check_mnist(recipe, method="gptq"):
    """Filters are rounded by the windows that they read: less error of each layer's output."""
    images, labels = data.mnist_images()
    program, layers = compile_with_report(
        "mnist/model.onnx", f"weights: {{format: int3, rounding: {method}}}\n{recipe}\n",
        {data.MNIST_INPUT: images[:100]})
    outputs = program.run_samples({data.MNIST_INPUT: images[100:]})
    right = data.count_right(next(iter(outputs.values())), labels[100:]) / len(labels[100:])
    gains = [layer["output_sqnr"] - layer["output_sqnr_nearest"] for layer in layers]
    text = f"{right:.2%} right, {min(gains):.1f} to {max(gains):.1f} dB"
    assert len(gains) == 3 and min(gains) > 1 and right > 0.95, text
    return text


def test_mnist_convolutions():
    return check_mnist("")


def test_mnist_learned():
    return check_mnist("", "adaround")


def test_mnist_sequential():
    return check_mnist("sequential: true")


if __name__ == "__main__":
    main(globals())
