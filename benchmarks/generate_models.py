#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes models of known architectures with random weights: what matters for speed are their shapes.

The same arguments give the same file. Weights lie beside the model, in NAME.onnx.data.
"""

import argparse
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Graph:
    """A graph under construction; ops return the name of their (first) output."""

    def __init__(self, name, seed):
        self.name, self.random = name, np.random.default_rng(seed)
        self.nodes, self.weights, self.inputs, self.outputs = [], [], [], []
        self.macs = 0  # multiply-accumulates of a run

    def constant(self, values, dtype=np.float32):
        name = f"constant{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def weight(self, *shape, deviation):
        values = self.random.standard_normal(shape, np.float32) * np.float32(deviation)
        return self.constant(values)

    def op(self, kind, *inputs, **attributes):
        output = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def input(self, name, shape, dtype=TensorProto.FLOAT):
        self.inputs.append(helper.make_tensor_value_info(name, dtype, shape))
        return name

    def output(self, value, name, shape):
        self.nodes.append(helper.make_node("Identity", [value], [name], name=name))
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def linear(self, value, rows, depth, columns, has_bias=True):
        self.macs += rows * depth * columns
        product = self.op("MatMul", value, self.weight(depth, columns, deviation=depth**-0.5))
        return self.op("Add", product, self.weight(columns, deviation=0.01)) if has_bias else product

    def reshape(self, value, *shape):
        return self.op("Reshape", value, self.constant(shape, np.int64))

    def to_heads(self, value, length, heads, size):
        """[1, length, heads * size] -> [1, heads, length, size]"""
        return self.op("Transpose", self.reshape(value, 1, length, heads, size), perm=[0, 2, 1, 3])

    def from_heads(self, value, length, width):
        return self.reshape(self.op("Transpose", value, perm=[0, 2, 1, 3]), 1, length, width)

    def attention(self, query, key, value, scale, mask=None):
        """Softmax of the scores times the values; all [1, heads, length, size]."""
        scores = self.op("MatMul", query, self.op("Transpose", key, perm=[0, 1, 3, 2]))
        scores = self.op("Mul", scores, self.constant(scale))
        if mask:
            scores = self.op("Add", scores, mask)
        return self.op("MatMul", self.op("Softmax", scores, axis=-1), value)

    def save(self, folder):
        path = pathlib.Path(folder) / f"{self.name}.onnx"
        graph = helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.save_model(model, path, save_as_external_data=True, location=f"{path.name}.data",
                        size_threshold=4096)
        return path


def layer_norm(graph, value, width):
    scale = graph.constant(np.ones(width))
    return graph.op("LayerNormalization", value, scale, graph.constant(np.zeros(width)), axis=-1)


def bert(layers=12, length=128, width=768, heads=12, inner=3072):
    graph = Graph(f"bert-{layers}-layers-{length}", seed=1)
    value, size = graph.input("hidden", [1, length, width]), width // heads
    for _ in range(layers):
        query, key, values = (
            graph.to_heads(graph.linear(value, length, width, width), length, heads, size)
            for _ in range(3))
        graph.macs += 2 * heads * length * length * size
        context = graph.attention(query, key, values, size**-0.5)
        context = graph.from_heads(context, length, width)
        context = graph.linear(context, length, width, width)
        value = layer_norm(graph, graph.op("Add", context, value), width)
        hidden = graph.linear(value, length, width, inner)
        error = graph.op("Erf", graph.op("Div", hidden, graph.constant(2**0.5)))
        gelu = graph.op("Mul", hidden, graph.op("Add", error, graph.constant(1)))
        hidden = graph.op("Mul", gelu, graph.constant(0.5))
        hidden = graph.linear(hidden, length, inner, width)
        value = layer_norm(graph, graph.op("Add", hidden, value), width)
    graph.output(value, "last_hidden", [1, length, width])
    return graph


def conv(graph, value, image, channels, outputs, kernel, stride=1, activation="Relu"):
    """(result, size of its image)"""
    depth = channels * kernel * kernel
    image = (image - 1) // stride + 1
    graph.macs += image * image * depth * outputs
    value = graph.op(
        "Conv", value, graph.weight(outputs, channels, kernel, kernel, deviation=(1.6 / depth)**0.5),
        graph.weight(outputs, deviation=0.01), kernel_shape=[kernel] * 2, strides=[stride] * 2,
        pads=[kernel // 2] * 4)
    return (graph.op(activation, value) if activation else value), image


def resnet50(image=224):
    graph = Graph(f"resnet50-{image}", seed=2)
    value, size = conv(graph, graph.input("image", [1, 3, image, image]), image, 3, 64, 7, 2)
    value = graph.op("MaxPool", value, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    size, channels = (size - 1) // 2 + 1, 64
    for stage, (blocks, width) in enumerate([(3, 64), (4, 128), (6, 256), (3, 512)]):
        for block in range(blocks):
            stride = 2 if block == 0 and stage > 0 else 1
            shortcut, before = value, size
            value, size = conv(graph, value, before, channels, width, 1)
            value, size = conv(graph, value, size, width, width, 3, stride)
            value, size = conv(graph, value, size, width, 4 * width, 1, activation=None)
            if block == 0:
                shortcut, _ = conv(graph, shortcut, before, channels, 4 * width, 1, stride, None)
            value, channels = graph.op("Relu", graph.op("Add", value, shortcut)), 4 * width
    value = graph.op("Flatten", graph.op("GlobalAveragePool", value), axis=1)
    value = graph.linear(value, 1, channels, 1000)
    graph.output(value, "scores", [1, 1000])
    return graph


def rms_norm(graph, value, width):
    mean = graph.op("ReduceMean", graph.op("Pow", value, graph.constant(2)), axes=[-1], keepdims=1)
    root = graph.op("Sqrt", graph.op("Add", mean, graph.constant(1e-5)))
    return graph.op("Mul", graph.op("Div", value, root), graph.constant(np.ones(width)))


def rotate(graph, value, cosine, sine, size):
    """Rotary position embedding of [1, heads, length, size]."""
    axis, middle = graph.constant([3], np.int64), graph.constant([size // 2], np.int64)
    low = graph.op("Slice", value, graph.constant([0], np.int64), middle, axis)
    high = graph.op("Slice", value, middle, graph.constant([size], np.int64), axis)
    turned = graph.op("Concat", graph.op("Neg", high), low, axis=-1)
    return graph.op("Add", graph.op("Mul", value, cosine), graph.op("Mul", turned, sine))


def rotations(graph, positions, size, limit=2048):
    angles = np.arange(limit)[:, None] * 10000.0 ** (-np.arange(0, size, 2) / size)
    angles = np.concatenate([angles, angles], axis=1)
    return [
        graph.op("Unsqueeze", graph.op("Gather", graph.constant(table), positions),
                 graph.constant([1], np.int64))
        for table in (np.cos(angles), np.sin(angles))
    ]


def decoder(length, past, layers=16, width=2048, heads=32, key_heads=4, inner=5632):
    """Llama-style: RMS norms, rotary positions, grouped heads, gated products, a cache of keys and
    values. `length` tokens after `past` others."""
    graph = Graph(f"decoder-{layers}-layers-{length}-past-{past}", seed=3)
    size, total, group = width // heads, past + length, heads // key_heads
    value = graph.input("hidden", [1, length, width])
    cosine, sine = rotations(graph, graph.input("positions", [1, length], TensorProto.INT64), size)
    mask = None
    if length > 1:
        # Row i sees past + i + 1 positions; heads of a group are rows one after the other.
        seen = np.arange(total) <= past + np.arange(length)[:, None]
        mask = graph.constant(np.tile(np.where(seen, 0, -1e9), (group, 1)))
    caches = []
    for layer in range(layers):
        norm = rms_norm(graph, value, width)
        query, key, values = (
            graph.to_heads(graph.linear(norm, length, width, number * size, False), length, number,
                           size) for number in (heads, key_heads, key_heads))
        query = rotate(graph, query, cosine, sine, size)
        key = rotate(graph, key, cosine, sine, size)
        if past:
            shape = [1, key_heads, past, size]
            key = graph.op("Concat", graph.input(f"key{layer}", shape), key, axis=2)
            values = graph.op("Concat", graph.input(f"value{layer}", shape), values, axis=2)
        caches += [(key, f"next_key{layer}"), (values, f"next_value{layer}")]
        graph.macs += 2 * heads * length * total * size
        query = graph.reshape(query, 1, key_heads, group * length, size)
        context = graph.attention(query, key, values, size**-0.5, mask)
        context = graph.reshape(context, 1, heads, length, size)
        context = graph.from_heads(context, length, width)
        value = graph.op("Add", value, graph.linear(context, length, width, width, False))
        norm = rms_norm(graph, value, width)
        gate = graph.linear(norm, length, width, inner, False)
        gate = graph.op("Mul", gate, graph.op("Sigmoid", gate))
        gated = graph.op("Mul", gate, graph.linear(norm, length, width, inner, False))
        value = graph.op("Add", value, graph.linear(gated, length, inner, width, False))
    graph.output(value, "next_hidden", [1, length, width])
    for cache, name in caches:
        graph.output(cache, name, [1, key_heads, total, size])
    return graph


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--layers", type=int, default=16, help="of the decoder")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for graph in (bert(), resnet50(), decoder(1, 512, arguments.layers),
                  decoder(128, 0, arguments.layers)):
        print(graph.save(arguments.folder))


if __name__ == "__main__":
    main()
