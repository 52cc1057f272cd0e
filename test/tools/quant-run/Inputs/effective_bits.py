# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares what quant-run --info and the report say of a node with a formula of bits per weight."""

import json
import math
import sys

info_path, report_path, node, formula = sys.argv[1:]
bits = eval(formula, {})  # A test's own arithmetic.


def find(layers):
    return next(layer for layer in layers if layer["node"] == node)


with open(info_path) as file:
    info = json.load(file)
with open(report_path) as file:
    report = find(json.load(file)["layers"])
layer = find(info["layers"])
weights = math.prod(report["weight_shape"])
assert layer["weights"] == weights, layer
for said in (layer, report["quantized"]):
    assert said["bytes"] == weights * bits / 8, (said["bytes"], weights * bits / 8)
    assert math.isclose(said["effective_bits"], bits, rel_tol=1e-12), (said["effective_bits"], bits)
assert layer["module_bytes"] == report["module_bytes"], (layer, report["module_bytes"])
print(node, formula, layer["bytes"], layer["module_bytes"])
