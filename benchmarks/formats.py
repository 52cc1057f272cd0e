#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What each number format costs on real models: accuracy, bits, and the layer that suffers most.

Writes docs/Formats.md, the part behind its marker: the tables of the models that were measured, those of others stay. Needs the models
folder ($HALFTONE_MODELS) and takes a quarter of an hour; --models takes part of it, --formats a look at some rows, which writes nothing.
"""

import argparse
import json
import math
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "test/models"))

import evaluation  # noqa: E402
from harness import Program, model_path  # noqa: E402

MARKER = "<!-- benchmarks/formats.py writes what follows. -->\n"
MODELS = {name: evaluation.MODELS[name] for name in ("mnist", "stories260k", "mobilenetv2", "bart-g2p")}

# name, recipe as a preset's name or as YAML
FORMATS = [
    ("float", "float"),
    ("w8a8 static", "w8a8-static"),
    ("w8a8 dynamic", "w8a8-dynamic"),
    ("w4a8 static", "w4a8-static"),
    ("w4a8 dynamic", "w4a8-dynamic"),
    ("int8 per channel", "w8"),
    ("int8 per tensor", "weights: {format: int8, granularity: tensor}"),
    ("int6 per channel", "weights: {format: int6}"),
    ("int4 per channel", "weights: {format: int4}"),
    ("int4 g128", "weights: {format: int4, group: 128}"),
    ("int4 g128, mse", "weights: {format: int4, group: 128, range: mse}"),
    ("int4 g128, full range, mse", "w4a16"),
    ("int4 g32", "weights: {format: int4, group: 32}"),
    ("int4 g32, mse", "weights: {format: int4, group: 32, range: mse}"),
    ("int4 8 x 16 blocks, mse", "weights: {format: int4, block: [8, 16], range: mse}"),
    ("uint4 g32, asymmetric, mse",
     "weights: {format: uint4, group: 32, symmetric: false, range: mse}"),
    ("uint4 g32, asymmetric, mse, f16 scales",
     "weights: {format: uint4, group: 32, symmetric: false, range: mse, scales: f16}"),
    ("uint4 g64, asymmetric, mse, f16 scales",
     "weights: {format: uint4, group: 64, symmetric: false, range: mse, scales: f16}"),
    ("int4 g32, full range, f16 scales (Q4_0)",
     "weights: {format: int4, group: 32, symmetric: full-range, scales: f16}"),
    ("int4 g32, full range, mse, f16 scales", "w4a16-g32"),
    ("int3 g64, full range, mse",
     "weights: {format: int3, group: 64, symmetric: full-range, range: mse}"),
    ("uint3 g64, asymmetric, mse", "w3"),
    ("uint2 g16, asymmetric, mse", "w2g16"),
    ("fp8 e4m3 per channel", "fp8"),
    ("fp8 e5m2 per channel", "weights: {format: fp8_e5m2}"),
    ("fp6 e2m3 per channel", "weights: {format: fp6_e2m3}"),
    ("fp4 e2m1 g32", "weights: {format: fp4_e2m1, group: 32}"),
    ("nf4 g64", "nf4"),
    ("mxfp8", "mxfp8"),
    ("mxfp6", "weights: {format: mxfp6}"),
    ("mxfp4", "mxfp4"),
    ("mxint8", "weights: {format: mxint8}"),
    ("mx9", "weights: {format: mx9}"),
    ("mx6", "weights: {format: mx6}"),
    ("mx4", "weights: {format: mx4}"),
    ("vsq8", "weights: {format: vsq8}"),
    ("vsq4", "weights: {format: vsq4}"),
    ("kmeans4 per channel", "kmeans4"),
    ("kmeans4 per tensor", "weights: {format: kmeans4}"),
    ("kmeans3 per tensor", "weights: {format: kmeans3}"),
    ("kmeans2 per tensor", "weights: {format: kmeans2}"),
    ("bcq4 g128, offset", "weights: {format: bcq4, symmetric: false}"),
    ("bcq3 g128, offset", "bcq3"),
    ("bcq2 g128, offset", "weights: {format: bcq2, symmetric: false}"),
    ("bf16", "weights: {format: bf16}"),
]


def summarize(reports):
    """Bits per weight of the quantized layers, their bytes, and the layer with the least SQNR."""
    layers = [layer for report in reports for layer in report["layers"] if "effective_bits" in layer.get("quantized", {})]
    if not layers:
        return "32", "", ""
    quantized = [layer["quantized"] for layer in layers]
    weights = sum(math.prod(layer["weight_shape"]) for layer in layers)
    size = sum(each["bytes"] for each in quantized)
    worst = min(layers, key=lambda layer: layer["quantized"].get("sqnr", math.inf))
    sqnr = worst["quantized"].get("sqnr", math.inf)
    return f"{8 * size / weights:.2f}", f"{size:,}", f"{sqnr:.1f} dB (`{worst['node']}`)"


def measure(model, recipe, options):
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        folder = pathlib.Path(folder)
        if ":" in recipe:
            (folder / "recipe.yaml").write_text(recipe + "\n")
            recipe = folder / "recipe.yaml"
        programs, reports = [], []
        for part, (path, samples) in enumerate(model.parts):
            report = folder / f"report{part}.json"
            calibration = samples if recipe in ("w8a8-static", "w4a8-static") else None
            programs.append(Program(model_path(path), "--recipe", recipe, "--report", report, *options, calibration=calibration))
            reports.append(json.loads(report.read_text()))
        accuracy = model.measure(*programs)
        bits, size, worst = summarize(reports)
        return accuracy, bits, size, worst, f"{sum(program.info()['weights_bytes'] for program in programs):,}"


def table(model, rows):
    yield f"### {model.name}\n\n"
    yield f"| format | {model.unit} | bits per weight | bytes of codes and scales | worst layer's SQNR | module's weights |\n"
    yield "|---|---|---|---|---|---|\n"
    for name, (accuracy, bits, size, worst, module) in rows:
        yield f"| {name} | {accuracy} | {bits} | {size} | {worst} | {module} |\n"
    yield "\n"


def read_tables(text):
    """{model: its table} of what was written before."""
    sections = [section for section in text.split("### ") if section.strip()]
    return {section.split("\n", 1)[0]: "### " + section.rstrip() + "\n" for section in sections}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--formats", nargs="+", default=[""],
                        help="only formats whose name begins with one of these; writes nothing")
    parser.add_argument("--reference", action="store_true", help="compile to naive loops")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs/Formats.md")
    arguments = parser.parse_args()
    options = ["--reference"] if arguments.reference else []
    before, _, tables = arguments.output.read_text().partition(MARKER)
    tables = read_tables(tables)
    for model in (MODELS[name]() for name in arguments.models):
        rows = []
        for name, recipe in FORMATS:
            if not name.startswith(tuple(arguments.formats)):
                continue
            row = measure(model, recipe, options)
            if row is not None:
                print(model.name, name, *row, sep="; ", flush=True)
                rows.append((name, row))
        tables[model.name] = "".join(table(model, rows)).rstrip() + "\n"
        if arguments.formats == [""]:
            text = "\n".join(tables[name] for name in MODELS if name in tables)
            arguments.output.write_text(before + MARKER + "\n" + text)


if __name__ == "__main__":
    main()
