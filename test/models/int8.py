#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What 8-bit quantization may cost on real models and data."""

import functools

import numpy as np
from onnx import TensorProto, numpy_helper

import data
from harness import Program, main, make_session, model_path, run_reference

MNIST_CALIBRATION = 100  # images, none of them evaluated for the cost against float


@functools.lru_cache(maxsize=None)
def mnist_program(recipe):
    images, _ = data.mnist_images()
    calibration = {data.MNIST_INPUT: images[:MNIST_CALIBRATION]} if "static" in recipe else None
    return Program(model_path("mnist/model.onnx"), "--recipe", recipe, calibration=calibration)


def mnist_right(recipe, first=0):
    images, labels = data.mnist_images()
    outputs = mnist_program(recipe).run_samples({data.MNIST_INPUT: images[first:]})
    return data.count_right(next(iter(outputs.values())), labels[first:]), len(labels) - first


def test_mnist_float_is_the_reference():
    right, total = mnist_right("float")
    assert right / total == 0.984, f"{right} of {total} right, expected 98.4 %"


def test_mnist_static():
    right, total = mnist_right("w8a8-static")
    assert right / total >= 0.98, f"{right} of {total} right, expected 98.0 %"
    return f"{right / total:.2%}"


def test_mnist_static_on_images_not_calibrated_with():
    float_right, total = mnist_right("float", MNIST_CALIBRATION)
    right, _ = mnist_right("w8a8-static", MNIST_CALIBRATION)
    assert right >= float_right - 0.004 * total, f"{right} of {total} right, float {float_right}"


def test_mnist_dynamic():
    right, total = mnist_right("w8a8-dynamic")
    assert right / total >= 0.98, f"{right} of {total} right, expected 98.0 %"
    return f"{right / total:.2%}"


def test_mobilenetv2_static():
    """At most 2 of the 120 images fewer right than in float, with weights well under half the size."""
    model = model_path("mobilenetv2/fp32.onnx")
    calibration, _ = data.mobilenet_images("calibration_48")
    images, labels = data.mobilenet_images("evaluation_120")
    right, weights = {}, {}
    for recipe in ("float", "w8a8-static"):
        samples = {data.MOBILENET_INPUT: calibration} if recipe == "w8a8-static" else None
        program = Program(model, "--recipe", recipe, calibration=samples)
        outputs = program.run_samples({data.MOBILENET_INPUT: images})
        right[recipe] = data.count_right(outputs["scores"], labels)
        weights[recipe] = program.info()["weights_bytes"]
    text = f"{right['w8a8-static']} of {len(labels)} right, float {right['float']}"
    assert right["w8a8-static"] >= right["float"] - 2, text
    shrunk = weights["w8a8-static"] / weights["float"]
    assert shrunk < 0.4, f"the int8 weights take {shrunk:.0%} of the float ones"
    return text


def load_tensor(path):
    tensor = TensorProto()
    tensor.ParseFromString(path.read_bytes())
    return numpy_helper.to_array(tensor)


def test_mobilenetv2_quantized_already():
    """Its authors' output within one code, and 84 % of the photos right, as with ONNX Runtime."""
    program = Program(model_path("mobilenetv2/qdq_int8.onnx"))
    shipped = model_path("mobilenetv2/qdq_int8_test_data_set_0")
    expected = load_tensor(shipped / "output_0.pb")
    scores = program.run({data.MOBILENET_INPUT: load_tensor(shipped / "input_0.pb")})["scores"]
    code = np.diff(np.unique(expected)).min()
    worst = np.abs(scores - expected).max() / code
    assert scores.shape == expected.shape and worst < 1.01, f"off by {worst:.1f} codes"
    images, labels = data.mobilenet_images("evaluation_120")
    outputs = program.run_samples({data.MOBILENET_INPUT: images})
    right = data.count_right(outputs["scores"], labels)
    text = f"{right} of {len(labels)} right, the shipped output within {worst:.0f} codes"
    assert right >= 0.84 * len(labels), text
    return text


@functools.lru_cache(maxsize=None)
def stories_windows():
    return data.stories_windows(step=5)


@functools.lru_cache(maxsize=None)
def stories_quality(recipe):
    """(perplexity, bytes of the weights)"""
    windows = stories_windows()
    program = Program(model_path("stories260k/stories260K.onnx"), "--recipe", recipe)
    outputs = program.run_samples({data.STORIES_INPUT: data.pad_windows(windows)})
    return data.perplexity(windows, outputs["logits"]), program.info()["weights_bytes"]


def test_stories260k_weights_only():
    """At most 0.5 % more perplexity than float. The embedding, which stays float, keeps the weights above
    a fourth of the size."""
    (in_float, float_bytes), (in_int8, int8_bytes) = stories_quality("float"), stories_quality("w8")
    assert in_int8 <= 1.005 * in_float, f"int8 weights {in_int8:.4f}, float {in_float:.4f}"
    shrunk = int8_bytes / float_bytes
    assert shrunk < 0.4, f"the int8 weights take {shrunk:.0%} of the float ones"
    return f"perplexity {in_int8:.4f}, float {in_float:.4f}, weights {shrunk:.0%}"


def test_stories260k_dynamic():
    """At most 1 % more perplexity than float; float itself is that of ONNX Runtime."""
    windows = stories_windows()
    session = make_session(model_path("stories260k/stories260K.onnx"))
    reference = data.perplexity(windows, [
        run_reference(session, {data.STORIES_INPUT: window[None]})["logits"] for window in windows
    ])
    in_float, _ = stories_quality("float")
    assert abs(in_float / reference - 1) < 1e-4, f"float {in_float:.5f}, expected {reference:.5f}"
    in_int8, _ = stories_quality("w8a8-dynamic")
    assert in_int8 <= 1.01 * in_float, f"int8 {in_int8:.4f}, float {in_float:.4f}"
    return f"perplexity {in_int8:.4f}, float {in_float:.4f}"


if __name__ == "__main__":
    main(globals())
