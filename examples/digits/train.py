# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains the small convolutional network of the demo and writes everything the demo needs.

    python train.py [folder]

Data: the handwritten digits that come with scikit-learn (1,797 images of 8 x 8 pixels, values 0 to 16, from the UCI
repository). 1,297 are for training, of which the first 200 also serve as calibration data; the last 500 are for
evaluation and are seen nowhere else. Written are

    digits.onnx      float[batch, 1, 8, 8] "image" -> float[batch, 10] "scores"
    calibration.npz  image [200, 1, 1, 8, 8], one leading axis of samples
    evaluation.npz   image [500, 1, 1, 8, 8]
    labels.npy       int64 [500]

Needs numpy, onnx and scikit-learn. The same versions of them give the same bytes.
"""

import pathlib
import sys

import numpy as np
import onnx
from numpy.lib.stride_tricks import sliding_window_view
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits

TRAINING, CALIBRATION = 1297, 200
EPOCHS, BATCH, RATE = 30, 32, 2e-3


def load():
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))
    images = digits.images[order].astype(np.float32)[:, None]
    return images, digits.target[order]


def windows(x):
    """[N, C, H, W] to the 3 x 3 neighbourhoods [N, H, W, C * 9] of the zero-padded image."""
    n, c, h, w = x.shape
    view = sliding_window_view(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))), (3, 3), axis=(2, 3))
    return view.transpose(0, 2, 3, 1, 4, 5).reshape(n, h, w, c * 9)


def windows_backward(d, shape):
    """The transpose of `windows`."""
    n, c, h, w = shape
    d = d.reshape(n, h, w, c, 3, 3)
    padded = np.zeros((n, c, h + 2, w + 2), np.float32)
    for i in range(3):
        for j in range(3):
            padded[:, :, i : i + h, j : j + w] += d[..., i, j].transpose(0, 3, 1, 2)
    return padded[:, :, 1:-1, 1:-1]


def initialize(rng):
    def layer(inputs, outputs):
        weights = rng.normal(0, np.sqrt(2 / inputs), (inputs, outputs)).astype(np.float32)
        return [weights, np.zeros(outputs, np.float32)]

    return layer(9, 16) + layer(16 * 9, 32) + layer(32 * 16, 64) + layer(64, 10)


def conv(x, weights, bias):
    columns = windows(x)
    out = np.maximum(columns @ weights + bias, 0).transpose(0, 3, 1, 2)
    return columns, out


def forward(p, x):
    c1, a1 = conv(x / 16, p[0], p[1])
    c2, a2 = conv(a1, p[2], p[3])
    n, c = a2.shape[:2]
    blocks = a2.reshape(n, c, 4, 2, 4, 2)
    pooled = blocks.max(axis=(3, 5))
    flat = pooled.reshape(n, -1)
    a3 = np.maximum(flat @ p[4] + p[5], 0)
    return (c1, a1, c2, a2, blocks, pooled, flat, a3), a3 @ p[6] + p[7]


def gradients(p, x, labels):
    (c1, a1, c2, a2, blocks, pooled, flat, a3), scores = forward(p, x)
    n = len(x)
    d = np.exp(scores - scores.max(axis=1, keepdims=True))
    d /= d.sum(axis=1, keepdims=True)
    d[np.arange(n), labels] -= 1
    d /= n
    g6, g7 = a3.T @ d, d.sum(axis=0)
    d = (d @ p[6].T) * (a3 > 0)
    g4, g5 = flat.T @ d, d.sum(axis=0)
    d = (d @ p[4].T).reshape(pooled.shape)[:, :, :, None, :, None]
    d = (d * (blocks == pooled[:, :, :, None, :, None])).reshape(a2.shape) * (a2 > 0)
    d = d.transpose(0, 2, 3, 1)
    g2, g3 = np.tensordot(c2, d, ((0, 1, 2), (0, 1, 2))), d.sum(axis=(0, 1, 2))
    d = windows_backward(d @ p[2].T, a1.shape) * (a1 > 0)
    d = d.transpose(0, 2, 3, 1)
    g0, g1 = np.tensordot(c1, d, ((0, 1, 2), (0, 1, 2))), d.sum(axis=(0, 1, 2))
    return [g0, g1, g2, g3, g4, g5, g6, g7]


def train(images, labels):
    rng = np.random.default_rng(1)
    p = initialize(rng)
    mean = [np.zeros_like(x) for x in p]
    square = [np.zeros_like(x) for x in p]
    step = 0
    for epoch in range(EPOCHS):
        rate = RATE * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        order = rng.permutation(len(images))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            step += 1
            for i, g in enumerate(gradients(p, images[chosen], labels[chosen])):
                mean[i] = 0.9 * mean[i] + 0.1 * g
                square[i] = 0.999 * square[i] + 0.001 * g * g
                corrected = mean[i] / (1 - 0.9**step)
                p[i] = p[i] - rate * corrected / (np.sqrt(square[i] / (1 - 0.999**step)) + 1e-8)
    return [x.astype(np.float32) for x in p]


def export(p):
    def filters(weights, channels):
        return np.ascontiguousarray(weights.T.reshape(-1, channels, 3, 3))

    values = {
        "conv1.weight": filters(p[0] / 16, 1),  # The division of the pixels by 16.
        "conv1.bias": p[1],
        "conv2.weight": filters(p[2], 16),
        "conv2.bias": p[3],
        "fc1.weight": p[4],
        "fc1.bias": p[5],
        "fc2.weight": p[6],
        "fc2.bias": p[7],
    }
    same = dict(kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    node = helper.make_node
    nodes = [
        node("Conv", ["image", "conv1.weight", "conv1.bias"], ["c1"], "conv1", **same),
        node("Relu", ["c1"], ["a1"], "relu1"),
        node("Conv", ["a1", "conv2.weight", "conv2.bias"], ["c2"], "conv2", **same),
        node("Relu", ["c2"], ["a2"], "relu2"),
        node("MaxPool", ["a2"], ["p2"], "pool2", kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", ["p2"], ["f"], "flatten", axis=1),
        node("Gemm", ["f", "fc1.weight", "fc1.bias"], ["h"], "fc1"),
        node("Relu", ["h"], ["a3"], "relu3"),
        node("Gemm", ["a3", "fc2.weight", "fc2.bias"], ["scores"], "fc2"),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 8, 8])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 10])],
        [numpy_helper.from_array(value, name) for name, value in values.items()],
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
        producer_name="examples/digits/train.py",
    )
    onnx.checker.check_model(model)
    return model


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    images, labels = load()
    p = train(images[:TRAINING], labels[:TRAINING])
    _, scores = forward(p, images[TRAINING:])
    print(f"top-1 on {len(scores)} unseen images: {(scores.argmax(1) == labels[TRAINING:]).mean():.1%}")
    onnx.save(export(p), folder / "digits.onnx")
    np.savez_compressed(folder / "calibration.npz", image=images[:CALIBRATION, None])
    np.savez_compressed(folder / "evaluation.npz", image=images[TRAINING:, None])
    np.save(folder / "labels.npy", labels[TRAINING:].astype(np.int64))


if __name__ == "__main__":
    main()
