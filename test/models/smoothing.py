#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""That smoothing changes no float model, and what it and LLM.int8() save where channels are outliers."""

import functools
import pathlib
import sys
import tempfile

import numpy as np
import onnx
import onnx.parser
from onnx import numpy_helper

import data
from harness import ROOT, Program, check_same_bits, largest_error, main, model_path

sys.path.insert(0, str(ROOT / "benchmarks"))

from plant_outliers import plant  # noqa: E402

STORIES = "stories260k/stories260K.onnx"
# What a float model may be off by when its factors are somewhere else.
FOLDING_ERROR = 1e-5


def program(model, recipe, calibration=None):
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        path = pathlib.Path(folder) / "recipe.yaml"
        path.write_text(recipe)
        return Program(model, "--recipe", path, calibration=calibration)


def smoothed_floats(model, smoothing, calibration):
    """The float model with its factors moved."""
    return program(model, f"weights: {{format: none}}\nsmoothing: {smoothing}\n", calibration)


def check_float_model(name, inputs, smoothing, exact):
    """On the data that it was calibrated with."""
    model = model_path(name)
    before = program(model, "weights: {format: none}\n").run_samples(inputs)
    after = smoothed_floats(model, smoothing, inputs).run_samples(inputs)
    if exact:
        check_same_bits(after, before, name)
        return "the same bits"
    error = max(largest_error(after[output], before[output]) for output in before)
    assert 0 < error <= FOLDING_ERROR, f"off by {error:.2g} of the range"
    return f"off by {error:.1g} of the range"


def stories_inputs():
    return {data.STORIES_INPUT: data.stories_calibration(3)}


def mnist_inputs():
    return {data.MNIST_INPUT: data.mnist_images()[0][:20]}


def bart_inputs():
    archive = np.load(model_path("bart-g2p/us_gold_sample400.npz"))
    return {name: archive[name][:6, None, :21] for name in ("input_ids", "attention_mask")}


def mobilenet_inputs():
    return {data.MOBILENET_INPUT: data.mobilenet_images("evaluation_120")[0][:2]}


def test_stories260k_stays_the_same():
    return check_float_model(STORIES, stories_inputs(), "{method: smoothquant}", exact=False)


def test_mnist_stays_the_same():
    return check_float_model("mnist/model.onnx", mnist_inputs(), "{method: smoothquant}", exact=False)


def test_stories260k_by_powers_of_two():
    smoothing = "{method: smoothquant, power_of_two: true}"
    return check_float_model(STORIES, stories_inputs(), smoothing, exact=True)


def test_mnist_by_powers_of_two():
    smoothing = "{method: smoothquant, alpha: 0.8, power_of_two: true}"
    return check_float_model("mnist/model.onnx", mnist_inputs(), smoothing, exact=True)


def test_bart_g2p_stays_the_same():
    """Normalizations with a bias."""
    return check_float_model("bart-g2p/us_encoder.onnx", bart_inputs(), "{method: smoothquant}", exact=False)


def test_bart_g2p_by_powers_of_two():
    smoothing = "{method: smoothquant, alpha: 0.75, power_of_two: true}"
    return check_float_model("bart-g2p/us_encoder.onnx", bart_inputs(), smoothing, exact=True)


def test_mobilenetv2_stays_the_same():
    """Convolutions before and after those with one filter for each channel."""
    return check_float_model("mobilenetv2/fp32.onnx", mobilenet_inputs(), "{method: smoothquant}", exact=False)


@functools.lru_cache(maxsize=None)
def planted_perplexity(recipe, needs_data=True):
    """Of every 20th window, where two channels behind each normalization are 64 times larger."""
    windows = data.stories_windows(step=20)
    model = onnx.load(model_path(STORIES))
    assert plant(model) == 11
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        path = pathlib.Path(folder) / "planted.onnx"
        onnx.save(model, path)
        calibration = {data.STORIES_INPUT: data.stories_calibration(8)} if needs_data else None
        compiled = Program(path, "--recipe", recipe, calibration=calibration)
    outputs = compiled.run_samples({data.STORIES_INPUT: data.pad_windows(windows)})
    return data.perplexity(windows, outputs["logits"])


def check_recovery(plain, smoothed, least_loss, largest_loss, needs_data=True):
    """Losses are of the perplexity, relative to that of the float model."""
    floats = planted_perplexity("float", needs_data=False)
    losses = [planted_perplexity(recipe, needs_data) / floats - 1 for recipe in (plain, smoothed)]
    text = f"perplexity {floats:.3f}, {plain} {losses[0]:+.1%}, {smoothed} {losses[1]:+.1%}"
    assert losses[0] > least_loss and losses[1] < largest_loss, text
    return text


def test_weights_with_outliers():
    """4-bit weights of large inputs get finer steps."""
    return check_recovery("w4a16", "w4a16-awq", 0.4, 0.3)


def test_outliers_per_token():
    return check_recovery("w8a8-dynamic", "w8a8-smoothquant-o1", 0.2, 0.01)


def to_codes(values, axis):
    """int8 codes and their scales, of the largest magnitude along the axis."""
    largest = np.abs(values).max(axis, keepdims=True, initial=0)
    scales = np.where(largest > 0, largest / np.float32(127), np.float32(1))
    return np.rint(values / scales), scales


def check_product(recipe, x, outliers, are_rows_floats, calibration=None):
    """What a product with these outlier columns gives is what LLM.int8() says, in double precision."""
    path = ROOT / "examples/matmul.onnxtxt"
    weights = numpy_helper.to_array(onnx.parser.parse_model(path.read_text()).graph.initializer[0])
    compiled = Program(path, "--recipe", recipe, calibration=calibration)
    result = compiled.run({"x": x})["y"]
    kept = np.setdiff1d(np.arange(x.shape[1]), outliers)
    rows, row_scales = to_codes(x[:, kept], 1)
    codes, scales = to_codes(weights[kept] if are_rows_floats else weights, 0)
    floats = weights if are_rows_floats else codes * scales
    codes = codes if are_rows_floats else codes[kept]
    expected = (rows @ codes) * row_scales * scales + x[:, outliers].astype(np.float64) @ floats[outliers]
    assert largest_error(result, expected) < 1e-6, f"off by {largest_error(result, expected):.2g} of the range"


def product_input(outliers):
    x = np.random.default_rng(5).uniform(-5, 5, (3, 8)).astype(np.float32)
    x[1, outliers] = np.where(np.arange(len(outliers)) % 2, 70, -6)  # At the threshold itself, and far above.
    return x


def test_products_find_their_outliers():
    for outliers in ([], [5], [1, 2, 6], list(range(8))):
        check_product("w8a8-llm-int8", product_input(outliers), outliers, are_rows_floats=False)
    return "no, one, three and all columns"


def test_products_know_their_outliers():
    """Those that calibration has seen, whatever a run brings."""
    for outliers in ([5], [1, 2, 6]):
        calibration = {"x": product_input(outliers)[None]}
        for x in (product_input(outliers), product_input([])):
            check_product("w8a8-llm-int8-static", x, outliers, are_rows_floats=True, calibration=calibration)
    return "one and three columns"


def test_outliers_stay_float():
    """Their rows are decoded from codes, in which planting has left little of them: that is what remains."""
    return check_recovery("w8a8-dynamic", "w8a8-llm-int8", 0.2, 0.06, needs_data=False)


def test_outliers_of_calibration_stay_float():
    """Their rows are kept as they were."""
    return check_recovery("w8a8-dynamic", "w8a8-llm-int8-static", 0.2, 0.01)


def test_outliers_static():
    return check_recovery("w8a8-static", "w8a8-smoothquant-o3", 5, 0.01)


if __name__ == "__main__":
    main(globals())
