#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the methods of rounding weights gain on real models, on data that they were not calibrated with.

Writes docs/Methods.md, the part behind its marker. Needs the models folder ($HALFTONE_MODELS) and takes
minutes; --models and --formats take parts of it. Sequential rounding compiles a model once for each input,
so it is measured where PLANS lists the format. Nothing is random: each model is calibrated with the
same samples every time.
"""

import argparse
import json
import pathlib
import re
import statistics
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "test/models"))

from evaluation import MODELS  # noqa: E402
from harness import Program, model_path  # noqa: E402

MARKER = "<!-- benchmarks/methods.py writes what follows. -->\n"

# name, what a recipe says of the weights
FORMATS = [
    ("int4 g128", "format: int4, group: 128"),
    ("int4 g128, mse", "format: int4, group: 128, range: mse"),
    ("uint4 g32, asymmetric, mse", "format: uint4, group: 32, symmetric: false, range: mse"),
    ("uint3 g64, asymmetric, mse", "format: uint3, group: 64, symmetric: false, range: mse"),
    ("uint2 g16, asymmetric, mse", "format: uint2, group: 16, symmetric: false, range: mse"),
]

CHANNEL_FORMATS = [("int4 per channel, mse", "format: int4, range: mse")]

CODEBOOKS = [(f"kmeans{bits} per channel", f"format: kmeans{bits}, granularity: channel") for bits in (2, 3, 4)]

# name, what it adds to the weights, what to the recipe; {bits} is a quarter more than those of the format
METHODS = [
    ("nearest", "", ""),
    ("gptq", ", rounding: gptq", ""),
    ("gptq, descending", ", rounding: gptq, gptq: {{order: descending}}", ""),
    ("gptq, owq + .25 bits", ", rounding: gptq, owq: {{bits: {bits}}}", ""),
    ("adaround", ", rounding: adaround", ""),
    ("gptq, sequential", ", rounding: gptq", "sequential: true"),
]
CODEBOOK_METHODS = [("nearest", "", ""), ("centroids", ", rounding: centroids", "")]


# By model: formats, codebooks, and the formats that are measured sequentially. Stories260k has 21 inputs, mobilenetv2 52.
PLANS = {
    "stories260k": (FORMATS, CODEBOOKS, []),
    "mnist": (FORMATS, [], ["uint3 g64, asymmetric, mse"]),
    "mobilenetv2": (CHANNEL_FORMATS, CODEBOOKS, []),
}


def mean_sqnr(report):
    """Mean signal to noise of the layers' outputs in dB for the inputs of calibration, nearest and rounded."""
    layers = [layer["quantized"] for layer in report["layers"]
              if "output_sqnr" in layer.get("quantized", {})]
    if not layers:
        return ""
    worse = [layer for layer in layers if layer["output_sqnr"] < layer["output_sqnr_nearest"]]
    assert not worse, f"{len(worse)} layers are worse than nearest"
    nearest, rounded = (statistics.mean(layer[key] for layer in layers)
                        for key in ("output_sqnr_nearest", "output_sqnr"))
    return f"{nearest:.1f} → {rounded:.1f} dB"


def measure(model, recipe):
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        report, path = pathlib.Path(folder) / "report.json", pathlib.Path(folder) / "recipe.yaml"
        path.write_text(recipe)
        ((model_file, samples),) = model.parts
        program = Program(model_path(model_file), "--recipe", path, "--report", report,
                          calibration=samples if "rounding" in recipe else None)
        return model.measure(program), mean_sqnr(json.loads(report.read_text()))


def add_method(weights, rounding):
    """What a recipe says of weights."""
    bits = int(re.search(r"(?:int|kmeans)(\d)", weights).group(1)) + 0.25
    return f"{weights}{rounding.format(bits=bits)}"


def heading(model, floats):
    yield f"### {model.name}: {model.unit}\n\n"
    yield f"Float: {floats[0]}. In brackets the mean SQNR of the layers' outputs, nearest → rounded.\n\n"


def measure_all(model, formats, methods, sequential):
    """By the names of format and method."""
    rows = {}
    for name, weights in formats:
        for method, rounding, recipe in methods:
            if "sequential" in recipe and name not in sequential:
                continue
            scheme = add_method(weights, rounding)
            rows[name, method] = measure(model, f"weights: {{ {scheme} }}\n{recipe}\n")
            print(model.name, name, method, *rows[name, method], sep="; ", flush=True)
    return rows


def table(formats, methods, rows):
    yield f"| rounding | {' | '.join(name for name, _ in formats)} |\n"
    yield "|---" * (len(formats) + 1) + "|\n"
    for method, _, _ in methods:
        if not any((name, method) in rows for name, _ in formats):
            continue
        cells = [rows.get((name, method), ("", "")) for name, _ in formats]
        texts = [f"{accuracy} ({sqnr})" if sqnr else accuracy for accuracy, sqnr in cells]
        yield f"| {method} | {' | '.join(texts)} |\n"
    yield "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", choices=PLANS, default=list(PLANS))
    parser.add_argument("--formats", nargs="+", default=[""],
                        help="only formats whose name begins with one of these")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs/Methods.md")
    arguments = parser.parse_args()
    text = []
    for model in (MODELS[name]() for name in arguments.models):
        floats = measure(model, "weights: { format: none }\n")
        print(model.name, "float", *floats, sep="; ", flush=True)
        text += heading(model, floats)
        model_formats, codebooks, sequential = PLANS[model.name]
        for formats, methods in ((model_formats, METHODS), (codebooks, CODEBOOK_METHODS)):
            formats = [each for each in formats if each[0].startswith(tuple(arguments.formats))]
            if formats:
                text += table(formats, methods, measure_all(model, formats, methods, sequential))
    before = arguments.output.read_text().split(MARKER)[0] if arguments.output.exists() else ""
    arguments.output.write_text(before + MARKER + "\n" + "".join(text).rstrip() + "\n")


if __name__ == "__main__":
    main()
