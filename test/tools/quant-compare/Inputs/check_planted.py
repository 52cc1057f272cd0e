# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks what quant-compare says of digits when the inputs of fc1 are cut off."""

import json
import pathlib
import sys

comparison = json.loads(pathlib.Path(sys.argv[1]).read_text())
assert comparison["samples"] == 20
layers = comparison["layers"]
assert layers[0]["node"] == "fc1"
assert sorted(layer["node"] for layer in layers) == ["conv1", "conv2", "fc1", "fc2"]
assert layers[0]["gain_db"] > 10
assert min(layers, key=lambda layer: layer["alone"]["sqnr_db"]) is layers[0]
gains = [layer["gain_db"] for layer in layers]
assert gains == sorted(gains, reverse=True)
# It has the worst error of its own; the layers behind it inherit that, and those before it do not.
assert min(layers, key=lambda layer: layer["own"]["sqnr_db"]) is layers[0]
inherited = {layer["node"]: layer["inherited"]["sqnr_db"] for layer in layers}
assert inherited["fc2"] < 20 < min(inherited["fc1"], inherited["conv2"]), inherited
assert inherited["conv1"] is None, "nothing comes before it"
for layer in layers:
    assert 0 < layer["bytes"] < layer["float_bytes"]
    gain = layer["left_out"]["sqnr_db"] - comparison["quantized"]["sqnr_db"]
    assert abs(layer["gain_db"] - gain) < 1e-6
    rms = 10 ** (-layer["alone"]["sqnr_db"] / 20)
    assert abs(layer["alone"]["relative_rms"] / rms - 1) < 1e-6
