# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What rounding weights by their inputs takes in memory, whatever the number of layers and samples: what the largest
layer needs. The models are generated chains of products, their weights in files beside them.

Pages of files are left out where layers are counted: the system takes them back when it is short of memory. They are
those of the float program that runs on the samples."""

import pathlib
import re
import subprocess
import tempfile
import time

import numpy as np

from harness import BUILD, TIME_LIMIT, main
from large_weights import GROUP, MB, measure, write_chain

WIDTH = 1536
ROWS = 64


def measure_own(name, *arguments):
    """The largest resident memory of one run of a tool without the pages of files, in bytes, looked at again and
    again."""
    command = [str(BUILD / "bin" / name), *(str(argument) for argument in arguments)]
    largest, end = 0, time.monotonic() + TIME_LIMIT
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            if found := re.search(r"^RssAnon:\s+(\d+) kB", status, re.MULTILINE):
                largest = max(largest, int(found[1]) * 1024)
            if time.monotonic() > end:
                process.kill()
            time.sleep(0.002)
    assert process.returncode == 0, f"{name}: exit status {process.returncode}"
    return largest


def round_chain(measure_with, layers, samples):
    """The memory of rounding all layers into files."""
    with tempfile.TemporaryDirectory(prefix="halftone-") as name:
        folder = pathlib.Path(name)
        model, recipe, data = folder / "model.onnx", folder / "recipe.yaml", folder / "samples.npz"
        write_chain(model, layers, WIDTH)
        recipe.write_text(f"weights: {{format: int4, group: {GROUP}, rounding: gptq}}\n")
        random = np.random.default_rng(samples)
        np.savez(data, x=random.standard_normal((samples, ROWS, WIDTH), dtype=np.float32))
        result = measure_with("quant-compile", model, "--recipe", recipe, "--calibration", data,
                              "--checkpoint", folder / "parts", "--blocks", "1/1",
                              "--rounding-memory", 0, "--quiet")
        assert len(list((folder / "parts").glob("*.rounded"))) == layers
    return result


def test_it_does_not_grow_with_samples():
    few, many = (round_chain(measure, 1, samples) for samples in (2, 200))
    text = f"{few / MB:.0f} MB for 2 samples, {many / MB:.0f} MB for 200 samples, of 75 MB"
    assert many - few < 8 * MB, text
    return text


def test_it_does_not_grow_with_layers():
    few, many = (round_chain(measure_own, layers, 2) for layers in (1, 8))
    text = f"{few / MB:.0f} MB for 1 layer, {many / MB:.0f} MB for 8 layers, of 9 MB each"
    layer = 4 * WIDTH * WIDTH
    assert few > 3 * layer, text  # The weights and the factor of the matrix, in f64, at least.
    # Keeping the weights of each would take seven times a layer's, and keeping its matrix twice that.
    assert many - few < 2 * layer, text
    return text


if __name__ == "__main__":
    main(globals())
