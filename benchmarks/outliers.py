#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What methods against outliers save: a model as it was trained, and with outliers planted behind its normalizations.

Writes the table between its markers in docs/Methods.md. Needs the models folder ($HALFTONE_MODELS) and takes minutes. Nothing is
random but where the outliers are, which has a fixed seed.
"""

import argparse
import pathlib
import sys
import tempfile

import onnx

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "test/models"))

import data  # noqa: E402
from harness import Program, model_path  # noqa: E402
from plant_outliers import plant  # noqa: E402

BEGIN = "<!-- benchmarks/outliers.py writes this table. -->\n"
END = "<!-- Up to here. -->\n"
MODEL = "stories260k/stories260K.onnx"

PER_TENSOR = ("weights: {format: int8}\n"
              "activations: {format: int8, granularity: tensor, when: dynamic, symmetric: true}\n")
O1_BY_POWERS = ("weights: {format: int8}\n"
                "activations: {format: int8, granularity: token, when: dynamic, symmetric: true}\n"
                "smoothing: {method: smoothquant, power_of_two: true}\n")
AWQ_GPTQ = ("weights: {format: int4, group: 128, symmetric: full-range, range: mse, rounding: gptq}\n"
            "smoothing: {method: awq}\n")

# name, preset or recipe, whether it needs calibration data
RECIPES = [
    ("float", "float", False),
    ("`w8a8-dynamic`: a scale per token", "w8a8-dynamic", False),
    ("`w8a8-llm-int8`: the same, outliers in float", "w8a8-llm-int8", False),
    ("`w8a8-llm-int8-static`: those of calibration", "w8a8-llm-int8-static", True),
    ("`w8a8-smoothquant-o1`: the same, smoothed", "w8a8-smoothquant-o1", True),
    ("… by powers of two", O1_BY_POWERS, True),
    ("int8, a scale per tensor, dynamic", PER_TENSOR, False),
    ("`w8a8-smoothquant-o2`: the same, smoothed", "w8a8-smoothquant-o2", True),
    ("`w8a8-static`: a scale per tensor", "w8a8-static", True),
    ("`w8a8-smoothquant-o3`: the same, smoothed", "w8a8-smoothquant-o3", True),
    ("`w4a16`: int4 g128", "w4a16", False),
    ("`w4a16-awq`: the same, scaled", "w4a16-awq", True),
    ("`w4a16-smoothquant-plus`: the same, smoothed", "w4a16-smoothquant-plus", True),
    ("`w4a16-gptq`", "w4a16-gptq", True),
    ("awq, then gptq", AWQ_GPTQ, True),
]


def compile_recipe(model, recipe, calibration):
    if "\n" not in recipe:
        return Program(model, "--recipe", recipe, calibration=calibration)
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        path = pathlib.Path(folder) / "recipe.yaml"
        path.write_text(recipe)
        return Program(model, "--recipe", path, calibration=calibration)


def rows(planted):
    """The lines of the table; each is printed as it comes."""
    windows = data.stories_windows(step=5)
    inputs = {data.STORIES_INPUT: data.pad_windows(windows)}
    calibration = {data.STORIES_INPUT: data.stories_calibration()}
    for name, recipe, needs_data in RECIPES:
        cells = []
        for path in (model_path(MODEL), planted):
            program = compile_recipe(path, recipe, calibration if needs_data else None)
            logits = program.run_samples(inputs)["logits"]
            cells.append(f"{data.perplexity(windows, logits):.4f}")
        row = f"| {name} | {' | '.join(cells)} |\n"
        print(row, end="", flush=True)
        yield row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs/Methods.md")
    arguments = parser.parse_args()
    model = onnx.load(model_path(MODEL))
    plant(model)
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        planted = pathlib.Path(folder) / "planted.onnx"
        onnx.save(model, planted)
        table = "| recipe | as trained | with outliers |\n|---|---|---|\n" + "".join(rows(planted))
    before, rest = arguments.output.read_text().split(BEGIN)
    after = rest.split(END)[1]
    arguments.output.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}")


if __name__ == "__main__":
    main()
