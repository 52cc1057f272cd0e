#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""All methods on all models: what each leaves of a model, judged by data that it was not calibrated with.

Writes the table between its markers in docs/Methods.md, model by model. Needs the models folder ($HALFTONE_MODELS) and takes about an hour;
--models and --rows measure a part of it again, and the rest stays. Nothing is random.
"""

import argparse
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "test/models"))

from evaluation import MODELS  # noqa: E402
from harness import Program, model_path  # noqa: E402

BEGIN = "<!-- benchmarks/method_table.py writes this table. -->\n"
END = "<!-- Up to here, all methods. -->\n"

W4G32 = "format: int4, group: 32, symmetric: full-range, range: mse, scales: f16"
W3 = "format: uint3, group: 64, symmetric: false, range: mse"
W2 = "format: uint2, group: 16, symmetric: false, range: mse"

# scheme, method, recipe as a preset's name or as YAML
ROWS = [
    ("float", "", "float"),
    ("W8A8", "dynamic", "w8a8-dynamic"),
    ("W8A8", "LLM.int8, dynamic", "w8a8-llm-int8"),
    ("W8A8", "SmoothQuant O1", "w8a8-smoothquant-o1"),
    ("W8A8", "static", "w8a8-static"),
    ("W8A8", "SmoothQuant O3, static", "w8a8-smoothquant-o3"),
    ("W4A16 g128", "nearest", "w4a16"),
    ("W4A16 g128", "MoFQ", "w4a16-mofq"),
    ("W4A16 g128", "AWQ", "w4a16-awq"),
    ("W4A16 g128", "SmoothQuant+", "w4a16-smoothquant-plus"),
    ("W4A16 g128", "GPTQ", "w4a16-gptq"),
    ("W4A16 g128", "AdaRound", "w4a16-adaround-mse"),
    ("W4A16 g32", "nearest", "w4a16-g32"),
    ("W4A16 g32", "GPTQ", f"weights: {{{W4G32}, rounding: gptq}}"),
    ("W4A16 g32", "AdaRound", f"weights: {{{W4G32}, rounding: adaround}}"),
    ("W3 g64", "nearest", "w3"),
    ("W3 g64", "GPTQ", f"weights: {{{W3}, rounding: gptq}}"),
    ("W3 g64", "GPTQ, OWQ + .25 bits", "w3a16-owq"),
    ("W3 g64", "AdaRound", f"weights: {{{W3}, rounding: adaround}}"),
    ("W2 g16", "nearest", "w2g16"),
    ("W2 g16", "GPTQ", f"weights: {{{W2}, rounding: gptq}}"),
    ("W2 g16", "AdaRound", f"weights: {{{W2}, rounding: adaround}}"),
]
DATA_FREE = {"float", "w8a8-dynamic", "w8a8-llm-int8", "w4a16", "w4a16-mofq", "w4a16-g32", "w3", "w2g16"}


def measure(model, recipe):
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        path = recipe
        if ":" in recipe:
            path = pathlib.Path(folder) / "recipe.yaml"
            path.write_text(recipe + "\n")
        programs = [Program(model_path(part), "--recipe", path, calibration=None if recipe in DATA_FREE else samples)
                    for part, samples in model.parts]
        return model.measure(*programs)


def read_table(text):
    """{(heading of a model, scheme, method): cell} of what was written before."""
    lines = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    if not lines:
        return {}
    headings = lines[0][2:]
    return {(heading, row[0], row[1]): cell for row in lines[2:] for heading, cell in zip(headings, row[2:])}


def write_table(cells):
    """Of the models that have a cell; an empty one was not measured."""
    measured = {heading for heading, _, _ in cells}
    headings = [each for each in map(head, MODELS.values()) if each in measured]
    yield f"| weights | method | {' | '.join(headings)} |\n|---|---|{'---|' * len(headings)}\n"
    for scheme, method, _ in ROWS:
        yield f"| {scheme} | {method} | {' | '.join(cells.get((heading, scheme, method), '') for heading in headings)} |\n"


def head(model):
    return f"{model.name}: {model.unit}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--rows", nargs="+", default=[""], help="only rows whose scheme begins with one of these")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs/Methods.md")
    arguments = parser.parse_args()
    before, _, rest = arguments.output.read_text().partition(BEGIN)
    table, _, after = rest.partition(END)
    cells = read_table(table)
    for model in (MODELS[name]() for name in arguments.models):
        for scheme, method, recipe in ROWS:
            if not scheme.startswith(tuple(arguments.rows)):
                continue
            cells[head(model), scheme, method] = measure(model, recipe)
            print(model.name, scheme, method, cells[head(model), scheme, method], sep="; ", flush=True)
        arguments.output.write_text(f"{before}{BEGIN}\n{''.join(write_table(cells))}\n{END}{after}")


if __name__ == "__main__":
    main()
