#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Exported ONNX models: the checker accepts them, ONNX Runtime runs them, and compiled again they give
the same answers as the model compiled directly.

ONNX Runtime turns weights of 8 bits or less into its MatMulNBits, which by default rounds activations
too; the comparison asks it not to.
"""

import functools
import pathlib
import tempfile

import numpy as np
import onnx
import onnxruntime

import data
from harness import (ROOT, Program, check_close, check_same_bits, largest_error, main, model_path,
                     run_reference, run_tool)

DIGITS = ROOT / "examples" / "digits"
ONE_CODE = 1 / 127


class Exported:
    """A model compiled directly, exported, and compiled from what was exported."""

    def __init__(self, model, recipe, calibration=None, options=()):
        self.direct = Program(model, "--recipe", recipe, calibration=calibration)
        self.path = self.direct.file("exported.onnx")
        if calibration is not None:
            options += ("--calibration", self.direct.file("calibration.npz"))
        run_tool("quant-compile", model, "-o", self.path, "--quiet", "--emit=onnx", "--recipe", recipe,
                 *options)
        onnx.checker.check_model(str(self.path), full_check=True)
        self.again = Program(self.path)
        self.session = self.make_session()

    def make_session(self, fuses=True):
        settings = onnxruntime.SessionOptions()
        settings.add_session_config_entry("session.qdq_matmulnbits_accuracy_level", "1")
        if not fuses:
            settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        return onnxruntime.InferenceSession(
            str(self.path), settings, providers=["CPUExecutionProvider"])

    def ops(self):
        return [node.op_type for node in onnx.load(str(self.path)).graph.node]

    def check_again(self, inputs):
        """The same bits, and the names of the original model."""
        check_same_bits(self.again.run(inputs), self.direct.run(inputs), "compiled again")

    def check_onnxruntime(self, inputs, tolerance=1e-4):
        direct, reference = self.direct.run(inputs), run_reference(self.session, inputs)
        assert direct.keys() == reference.keys(), f"{sorted(direct)} not {sorted(reference)}"
        for name, expected in reference.items():
            error = largest_error(direct[name], expected)
            assert error <= tolerance, f"output '{name}' is off by {error:.2g} of its range"

    def check(self, inputs, tolerance=1e-4):
        self.check_again(inputs)
        self.check_onnxruntime(inputs, tolerance)


@functools.lru_cache(maxsize=None)
def digits():
    images = np.load(DIGITS / "evaluation.npz")["image"]
    return {"image": images[:20].reshape(-1, *images.shape[2:])}


def digits_calibration():
    with np.load(DIGITS / "calibration.npz") as archive:
        return dict(archive)


@functools.lru_cache(maxsize=None)
def float_digits():
    return Exported(DIGITS / "digits.onnx", "float")


def test_float():
    exported = float_digits()
    exported.check(digits())
    assert "QuantizeLinear" not in exported.ops()


def test_weights_only():
    exported = Exported(DIGITS / "digits.onnx", "w8")
    exported.check(digits())
    assert "DequantizeLinear" in exported.ops() and "QuantizeLinear" not in exported.ops()


def test_static():
    """Node by node ONNX Runtime gives our numbers; its fused kernels multiply the scales with each
    other before they round, so that a code may become the next one."""
    exported = Exported(DIGITS / "digits.onnx", "w8a8-static", digits_calibration())
    exported.check(digits(), tolerance=ONE_CODE)
    exported.session = exported.make_session(fuses=False)
    exported.check_onnxruntime(digits())
    assert exported.ops().count("QuantizeLinear") == 4, exported.ops()


def test_dynamic():
    Exported(DIGITS / "digits.onnx", "w8a8-dynamic").check(digits())


def test_dynamic_rows():
    tokens = np.random.default_rng(0).standard_normal((7, 8)).astype(np.float32)
    exported = Exported(ROOT / "examples" / "matmul.onnxtxt", "w8a8-dynamic")
    exported.check({"x": tokens})
    assert onnx.load(str(exported.path)).graph.input[0].type.tensor_type.shape.dim[0].dim_param == "tokens"


EMBEDDING = """<ir_version: 8, opset_import: ["" : 17]>
g (int64[n] i) => (float[n, 24] y) {{
  table = Constant <value = float[40, 24] {{{values}}}> ()
  y = Gather(table, i)
}}"""


def test_embeddings():
    """Gather takes neither integers of few bits nor small floats."""
    values = np.random.default_rng(0).standard_normal(40 * 24).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / "embedding.onnxtxt"
        model.write_text(EMBEDDING.format(values=", ".join(f"{value:.6f}" for value in values)))
        for weights in ("int4, group: 8", "fp8_e4m3", "nf4, group: 8", "mx6",
                        "table, table: [-2, 3], group: 8", "table, table: [-1, -0.5, 0, 0.25, 0.5, 1]"):
            recipe = pathlib.Path(folder) / "recipe.yaml"
            recipe.write_text(f"weights: {{ format: {weights} }}\nembeddings: true\n")
            Exported(model, str(recipe)).check({"i": np.array([3, 39, 0, 3])})


def test_external_data():
    """A model in two files is the same model."""
    inline = float_digits()
    split = Exported(DIGITS / "digits.onnx", "float", options=("--onnx-inline-bytes", "0"))
    assert (split.path.parent / "exported.onnx.data").stat().st_size > 90000
    assert split.path.stat().st_size < inline.path.stat().st_size / 4
    split.check(digits())


def test_mnist_static():
    images, _ = data.mnist_images()
    exported = Exported(model_path("mnist/model.onnx"), "w8a8-static", {data.MNIST_INPUT: images[:50]})
    exported.check({data.MNIST_INPUT: images[60]})


def test_mobilenetv2_quantized_already():
    """QDQ in, QDQ out. ONNX Runtime requantizes in another order, so codes may differ by one."""
    images, _ = data.mobilenet_images("calibration_48")
    exported = Exported(model_path("mobilenetv2/qdq_int8.onnx"), "float")
    exported.check_again({data.MOBILENET_INPUT: images[0]})
    exported.check_onnxruntime({data.MOBILENET_INPUT: images[0]}, tolerance=0.05)


def test_stories260k_dynamic():
    """Sums in another order round some codes to the next one, which later layers see."""
    window = data.stories_windows(step=50)[0][None, :40]
    exported = Exported(model_path("stories260k/stories260K.onnx"), "w8a8-dynamic")
    exported.check({data.STORIES_INPUT: window}, tolerance=0.05)


if __name__ == "__main__":
    main(globals())
