#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Gives a trained ONNX model outlier channels without changing what it computes.

Large language models have a few channels behind their normalizations that are a hundred times larger than the others; small models
have none. Where a factor per channel (the gain of a normalization) is read by matrix products alone, some channels of it are
multiplied by a power of two and the weights that they meet divided by it: the float model gives the same bits. The channels are
drawn from a fixed seed, so the same arguments give the same file.
"""

import argparse
import collections

import numpy as np
import onnx
from onnx import numpy_helper

# Where the gain (and what is added to the product with it) stands among a node's inputs.
GAINS = {"Mul": (1,), "LayerNormalization": (1, 2), "SimplifiedLayerNormalization": (1,)}


def replace(initializers, name, values):
    initializers[name].CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values), name))


def plant_at(node, readers, initializers, random, channels, factor):
    """Whether the node has gains that can be exchanged with the weights of all its readers."""
    gains = [node.input[index] for index in GAINS[node.op_type] if index < len(node.input)]
    weights = [reader.input[1] for reader in readers]
    if not readers or any(reader.op_type != "MatMul" or reader.input[0] != node.output[0]
                          for reader in readers):
        return False
    if not all(name in initializers for name in gains + weights):
        return False
    size = initializers[weights[0]].dims[0]
    if any(list(initializers[name].dims) != [size] for name in gains) or size < 2 * channels:
        return False
    chosen = random.choice(size, channels, replace=False)
    scale = np.ones(size, np.float32)
    scale[chosen] = factor
    for name in gains:
        replace(initializers, name, numpy_helper.to_array(initializers[name]) * scale)
    for name in set(weights):
        replace(initializers, name, numpy_helper.to_array(initializers[name]) / scale[:, None])
    return True


def plant(model, channels=2, factor=64, seed=0):
    """Changes the model; the number of normalizations that have outliers now."""
    random = np.random.default_rng(seed)
    graph = model.graph
    initializers = {tensor.name: tensor for tensor in graph.initializer}
    readers = collections.defaultdict(list)
    for node in graph.node:
        for name in node.input:
            readers[name].append(node)
    outputs = {output.name for output in graph.output}
    planted = 0
    for node in graph.node:
        if node.op_type not in GAINS or node.output[0] in outputs:
            continue
        # A gain or matrix with other readers would change what those compute.
        shared = [name for user in [node, *readers[node.output[0]]] for name in user.input[1:]
                  if len(readers[name]) > 1]
        if not shared:
            planted += plant_at(node, readers[node.output[0]], initializers, random, channels, factor)
    return planted


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--channels", type=int, default=2, help="outliers behind each normalization (2)")
    parser.add_argument("--factor", type=float, default=64, help="how large, a power of two (64)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if np.frexp(arguments.factor)[0] != 0.5:
        parser.error("--factor is no power of two: the model would change")
    model = onnx.load(arguments.model)
    planted = plant(model, arguments.channels, arguments.factor, arguments.seed)
    if not planted:
        parser.error("no normalization is read by matrix products alone")
    onnx.save(model, arguments.output)
    print(f"{arguments.output}: {arguments.channels} outlier channels behind {planted} normalizations")


if __name__ == "__main__":
    main()
