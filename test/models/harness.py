# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the tests on real models share: where models lie, the tools, comparison, the closing line."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import traceback

import numpy as np
import onnxruntime

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MODELS = pathlib.Path(os.environ.get("HALFTONE_MODELS", ROOT.parent / "shared" / "models"))
BUILD = pathlib.Path(os.environ.get("HALFTONE_BUILD", ROOT / "build"))
TIME_LIMIT = 900  # seconds for one process

# Of the largest reference value of an output: what float32 sums in another order may differ by.
LARGEST_ERROR = 1e-4
# Of one element beyond that: relative to itself, and to the largest.
ELEMENT_ERROR = (1e-4, 2e-5)
# Of the largest reference value of an output where values were rounded to f16.
LARGEST_ERROR_HALF = 5e-3


class Skip(Exception):
    pass


asked_for = set()  # the models that this process has looked up


def model_path(name):
    path = MODELS / name
    if not path.exists():
        raise Skip(f"no {path} ($HALFTONE_MODELS)")
    asked_for.add(path)
    return path


def check_none_left_out(*elsewhere):
    """That every model of the folder was asked for; `elsewhere` are tested in other files."""
    if not MODELS.exists():
        raise Skip(f"no {MODELS} ($HALFTONE_MODELS)")
    if len(sys.argv) > 1:
        raise Skip("only some of the tests were chosen")
    left_out = set(MODELS.rglob("*.onnx")) - asked_for - {MODELS / name for name in elsewhere}
    assert not left_out, f"not tested: {', '.join(sorted(map(str, left_out)))}"


def run_tool(name, *arguments):
    command = [str(BUILD / "bin" / name), *(str(argument) for argument in arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit status {result.returncode}\n"
                             f"{result.stdout[:500]}{result.stderr[:1500]}")
    return result.stdout


class Program:
    """A compiled model in a temporary folder of its own."""

    def __init__(self, model, *options, calibration=None):
        self.folder = tempfile.TemporaryDirectory(prefix="halftone-")
        self.path = self.file("program.so")
        if calibration is not None:
            np.savez(self.file("calibration.npz"), **calibration)
            options += ("--calibration", self.file("calibration.npz"))
        run_tool("quant-compile", model, "-o", self.path, "--quiet", *options)

    def file(self, name):
        return pathlib.Path(self.folder.name) / name

    def run(self, inputs, *options):
        """{output name: array}"""
        np.savez(self.file("inputs.npz"), **inputs)
        run_tool("quant-run", self.path, "--inputs", self.file("inputs.npz"), "--outputs",
                 self.file("outputs.npz"), *options)
        with np.load(self.file("outputs.npz")) as archive:
            return {name: archive[name] for name in archive.files}

    def run_if_executable(self, inputs, *options):
        """As `run`; None where this machine lacks instructions of the module."""
        try:
            return self.run(inputs, *options)
        except AssertionError as error:
            if "was compiled for another CPU" in str(error):
                return None
            raise

    def run_samples(self, inputs):
        """As `run`; every array has one leading axis more, samples."""
        return self.run(inputs, "--samples")

    def info(self):
        return json.loads(run_tool("quant-run", "--info", "--json", self.path))


def make_session(model):
    return onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])


def run_reference(session, inputs):
    """{output name: array} of ONNX Runtime."""
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs)))


def largest_error(actual, expected):
    scale = np.abs(expected).max(initial=0)
    difference = np.abs(actual.astype(np.float64) - expected).max(initial=0)
    return difference / scale if scale else difference


def check_close(actual, expected, what):
    """Same names, types and shapes; floats within the errors above, integers equal."""
    assert actual.keys() == expected.keys(), f"{what}: {sorted(actual)} not {sorted(expected)}"
    for name, reference in expected.items():
        result = actual[name]
        kind = f"{result.dtype}{list(result.shape)}"
        assert (result.dtype, result.shape) == (reference.dtype, reference.shape), (
            f"{what}: output '{name}' is {kind}, expected {reference.dtype}{list(reference.shape)}")
        if reference.dtype.kind != "f":
            assert np.array_equal(result, reference), f"{what}: output '{name}' differs"
            continue
        assert np.isfinite(result).all(), f"{what}: output '{name}' has infinities or NaNs"
        is_half = reference.dtype == np.float16
        reference = reference.astype(np.float64)
        error = largest_error(result, reference)
        limit = LARGEST_ERROR_HALF if is_half else LARGEST_ERROR
        assert error <= limit, f"{what}: output '{name}' is off by {error:.2g} of its range"
        if is_half:
            continue
        relative, absolute = ELEMENT_ERROR
        allowed = relative * np.abs(reference) + absolute * np.abs(reference).max(initial=0)
        worst = np.abs(result - reference) - allowed
        assert (worst <= 0).all(), (
            f"{what}: output '{name}': {(worst > 0).sum()} of {worst.size} elements are too far off")


def check_same_bits(actual, expected, what):
    assert actual.keys() == expected.keys(), f"{what}: {sorted(actual)} not {sorted(expected)}"
    for name, reference in expected.items():
        result = actual[name]
        assert result.dtype == reference.dtype and result.shape == reference.shape, what
        different = int((result.view(np.uint8) != reference.view(np.uint8)).sum())
        assert different == 0, f"{what}: output '{name}' differs in {different} bytes"


def main(tests):
    """Runs functions called test_…, prints one line for each and the closing line."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    for name, test in tests.items():
        if not name.startswith("test_") or pattern not in name:
            continue
        start, note = time.monotonic(), ""
        try:
            note, kind = test() or "", "passed"
        except Skip as skip:
            note, kind = str(skip), "skipped"
        except AssertionError as error:
            note, kind = str(error), "failed"
        except Exception:  # a broken test is a failure like any other
            note, kind = traceback.format_exc(), "failed"
        counts[kind] += 1
        seconds = time.monotonic() - start
        print(f"{kind}: {name[5:]} ({seconds:.1f} s){': ' if note else ''}{note}", flush=True)
    print(", ".join(f"{count} {kind}" for kind, count in counts.items()))
    sys.exit(1 if counts["failed"] else 0)
