#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Rounding to nearest and GPTQ beside other implementations of them, on the same weights, with the same samples.

Nearest is that of Intel's Neural Compressor, as ONNX Runtime brings it along. Its GPTQ carries no errors (it reads the triangle of the
factor that is zero) and gives the codes of nearest: GPTQ is held against the paper's derivation, in NumPy. Weights of stories260k, 4 bits
in groups of 32 with a zero point each; all models run in the same runtime. Writes the table between its markers in docs/Methods.md. Needs
the models folder ($HALFTONE_MODELS) and takes minutes. Nothing is random.
"""

import argparse
import contextlib
import io
import pathlib
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from onnxruntime.quantization.neural_compressor import weight_only

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "test/models"))

import data  # noqa: E402
from evaluation import Stories  # noqa: E402
from harness import Program, model_path  # noqa: E402

BEGIN = "<!-- benchmarks/independent.py writes this table. -->\n"
END = "<!-- Up to here, independent. -->\n"
BITS, GROUP, DAMPING = 4, 32, 0.01  # Neural Compressor packs no odd number of groups.
LAST_CODE = (1 << BITS) - 1
NAMES = {"nearest": "nearest, Neural Compressor", "gptq": "GPTQ, by elimination in f64"}


def round_to_nearest(model):
    with contextlib.redirect_stdout(io.StringIO()):  # A progress bar.
        rounded = weight_only.rtn_quantize(model, algorithm="RTN", num_bits=BITS, group_size=GROUP, scheme="asym").model
    rounded.opset_import.append(helper.make_opsetid("com.microsoft", 1))  # It is left out.
    return rounded


def gather_hessians(model, layers, samples):
    """{layer: sum of x x^T over the rows that it sees}"""
    observed = onnx.ModelProto()
    observed.CopyFrom(model)
    inputs = {node.name: node.input[0] for node in model.graph.node if node.name in layers}
    names = sorted(set(inputs.values()))
    observed.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    session = onnxruntime.InferenceSession(observed.SerializeToString(), providers=["CPUExecutionProvider"])
    sums = dict.fromkeys(names, 0.0)
    for sample in samples:
        for name, rows in zip(names, session.run(names, {data.STORIES_INPUT: sample})):
            rows = rows.reshape(-1, rows.shape[-1]).astype(np.float64)
            sums[name] = sums[name] + rows.T @ rows
    return {layer: sums[name] for layer, name in inputs.items()}


def fit(group):
    """Scale and zero point of each column, [1, N] each."""
    low, high = np.minimum(group.min(axis=0), 0), np.maximum(group.max(axis=0), 0)
    scale = np.maximum((high - low) / LAST_CODE, np.finfo(np.float32).tiny)
    return scale, np.clip(np.round(-low / scale), 0, LAST_CODE)


def round_by_elimination(weight, hessian):
    """GPTQ as its paper derives it from OBQ: weights [K, N] in turn, each row's error carried to the rows after it by the inverse of their
    Hessian, from which the row is then eliminated. No Cholesky factor, no blocks."""
    weight, result = weight.astype(np.float64), np.empty(weight.shape)
    inverse = np.linalg.inv(hessian + np.eye(len(hessian)) * DAMPING * np.diag(hessian).mean())
    for row in range(len(weight)):
        if row % GROUP == 0:
            scale, zero = fit(weight[row : row + GROUP])
        result[row] = (np.clip(np.round(weight[row] / scale) + zero, 0, LAST_CODE) - zero) * scale
        weight[row:] -= np.outer(inverse[row:, row] / inverse[row, row], weight[row] - result[row])
        inverse -= np.outer(inverse[:, row], inverse[row]) / inverse[row, row]
    return result.astype(np.float32)


def round_by_gptq(model, samples):
    layers = list_layers(model)
    hessians, weights = gather_hessians(model, layers, samples), {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.name in layers:
            tensor = weights[node.input[1]]
            rounded = round_by_elimination(numpy_helper.to_array(tensor), hessians[node.name])
            tensor.CopyFrom(numpy_helper.from_array(rounded, tensor.name))
    return model


def list_layers(model):
    """What both round: products with constant matrices."""
    matrices = {tensor.name for tensor in model.graph.initializer if len(tensor.dims) == 2}
    return [node.name for node in model.graph.node if node.op_type == "MatMul" and node.input[1] in matrices]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs/Methods.md")
    arguments = parser.parse_args()
    model = Stories()
    ((path, calibration),) = model.parts
    path = model_path(path)
    table = "| method | Halftone | another implementation |\n|---|---|---|\n"
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        folder = pathlib.Path(folder)
        for method in ("nearest", "gptq"):
            other = onnx.load(path)
            other = round_to_nearest(other) if method == "nearest" else round_by_gptq(other, calibration[data.STORIES_INPUT])
            onnx.save(other, folder / "other.onnx")
            weights = f"format: uint{BITS}, group: {GROUP}, symmetric: false, rounding: {method}"
            layers = ", ".join(f"{{match: '{layer}', weights: {{{weights}}}}}" for layer in list_layers(onnx.load(path)))
            (folder / "recipe.yaml").write_text(f"weights: {{format: none}}\nlayers: [{layers}]\n")
            ours = Program(path, "--recipe", folder / "recipe.yaml", calibration=calibration if method == "gptq" else None)
            figures = model.measure(ours), model.measure(Program(folder / "other.onnx", "--recipe", "float"))
            table += f"| {NAMES[method]} | {figures[0]} | {figures[1]} |\n"
            print(method, *figures, sep="; ", flush=True)
    before, _, rest = arguments.output.read_text().partition(BEGIN)
    arguments.output.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
