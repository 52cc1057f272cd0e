# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Inputs of the real models, prepared as their authors did."""

import numpy as np

from harness import model_path

MNIST_INPUT = "Input3"
MOBILENET_INPUT = "image"
STORIES_INPUT = "input_ids"
WINDOW = 512


def mnist_images():
    """(images as [N, 1, 1, 28, 28], pixels 0 to 255; labels)"""
    archive = np.load(model_path("mnist/t10k_first2000.npz"))
    images = archive["images"].astype(np.float32).reshape(-1, 1, 1, 28, 28)
    return images, archive["labels"]


def mobilenet_images(name):
    """(images as [N, 1, 3, 244, 244], cropped and normalized; labels)"""
    archive = np.load(model_path(f"mobilenetv2/{name}_uint8_nhwc256.npz"))
    mean = np.array([0.485, 0.456, 0.406], np.float32)
    deviation = np.array([0.229, 0.224, 0.225], np.float32)
    cropped = archive["images"][:, 6:250, 6:250].astype(np.float32) / 255
    images = ((cropped - mean) / deviation).transpose(0, 3, 1, 2)
    return np.ascontiguousarray(images)[:, None], archive["labels"]


def stories_windows(step=1):
    """Every `step`-th window of token ids."""
    archive = np.load(model_path("stories260k/tinystories_944k_200windows_tok512.npz"))
    return [archive[name].astype(np.int64) for name in sorted(archive.files)[::step]]


def pad_windows(windows):
    """[N, 1, 512]: a causal model does not see what is appended."""
    padded = np.zeros((len(windows), 1, WINDOW), np.int64)
    for row, window in zip(padded, windows):
        row[0, : len(window)] = window
    return padded


def perplexity(windows, logits):
    """exp of the mean negative log likelihood of every token but the first of each window."""
    losses = []
    for window, scores in zip(windows, logits):
        scores = scores.reshape(-1, scores.shape[-1])[: len(window) - 1].astype(np.float64)
        scores -= scores.max(axis=-1, keepdims=True)
        log_sums = np.log(np.exp(scores).sum(axis=-1))
        losses.append(log_sums - scores[np.arange(len(scores)), window[1:]])
    return float(np.exp(np.concatenate(losses).mean()))


def count_right(scores, labels):
    """How many rows of scores have their largest at the label."""
    return int((scores.reshape(len(labels), -1).argmax(axis=1) == labels).sum())
