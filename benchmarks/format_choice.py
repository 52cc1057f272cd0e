#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What choosing a format for each layer gains over one format for all, on a real model.

Writes the table between its markers in docs/Methods.md. Needs the models folder ($HALFTONE_MODELS) and takes minutes.
Nothing is random.
"""

import argparse
import collections
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "test/models"))

from evaluation import Stories  # noqa: E402
from rounding import compile_with_report  # noqa: E402

BEGIN = "<!-- benchmarks/format_choice.py writes this table. -->\n"
END = "<!-- The formats end here. -->\n"

# name, what the weights have in common, the integers, the floats
WIDTHS = [
    ("4 bits, g32", "group: 32", "int4", "fp4_e2m1"),
]

# name, what the recipe says, whether it needs calibration data
CHOICES = [
    ("`{integer}`", "format: {integer}", False),
    ("`{floating}`", "format: {floating}", False),
    ("`tensor-mse`", "format: {integer}, mofq: {{or: [{floating}], by: tensor-mse}}", False),
    ("`output-mse`", "format: {integer}, mofq: {{or: [{floating}], by: output-mse}}", True),
    ("`output-mse`, then gptq",
     "format: {integer}, rounding: gptq, mofq: {{or: [{floating}], by: output-mse}}", True),
    ("`{integer}`, gptq", "format: {integer}, rounding: gptq", True),
    ("`{floating}`, gptq", "format: {floating}, rounding: gptq", True),
]


def rows(model):
    """The lines of the table; each is printed as it comes."""
    ((path, samples),) = model.parts
    for width, common, integer, floating in WIDTHS:
        for name, weights, needs_data in CHOICES:
            names = {"integer": integer, "floating": floating}
            program, layers = compile_with_report(
                path, f"weights: {{{weights.format(**names)}, {common}}}\n",
                samples if needs_data else None)
            count = collections.Counter(layer["format"] for layer in layers)
            row = (f"| {width} | {name.format(**names)} | {count[integer]} | {count[floating]} | "
                   f"{model.measure(program)} |\n")
            print(row, end="", flush=True)
            yield row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs/Methods.md")
    arguments = parser.parse_args()
    table = ("| width | format | layers in integers | in floats | perplexity |\n|---|---|---|---|---|\n"
             + "".join(rows(Stories())))
    before, rest = arguments.output.read_text().split(BEGIN)
    after = rest.split(END)[1]
    arguments.output.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}")


if __name__ == "__main__":
    main()
