# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Inputs of the real models, prepared as their authors did."""

import wave

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


def photo(height, width):
    """A photo of people as [1, 3, height, width], pixels 0 to 255, repeated or cut to the size."""
    pixels = np.load(model_path("ultraface/satya_io.npz"))["input"][0] * 128 + 127
    rows, columns = (np.arange(size) % limit for size, limit in zip((height, width), pixels.shape[1:]))
    return np.ascontiguousarray(pixels[:, rows][:, :, columns])[None]


def page(height, width):
    """Rows of glyphs, black on white, as [1, 3, height, width] from -2 to 2."""
    random = np.random.default_rng(0)
    pixels = np.full((height, width), 2, np.float32)
    for y in range(16, height - 24, 32):
        for x in range(16, width - 20, 12):
            strokes = random.integers(0, 2, (4, 4)) * 4 - 2
            pixels[y : y + 16, x : x + 8] = np.kron(strokes, np.ones((4, 2)))
    return np.ascontiguousarray(np.broadcast_to(pixels, (1, 3, height, width)))


def digit_strings(count):
    """The first strings that mameformer is tested with, as token ids [N, 7]."""
    lines = model_path("mameformer/test.txt").read_text().split()[:count]
    return np.array([[int(character, 36) % 10 for character in f"{line:0>7}"] for line in lines])


def stories_windows(step=1):
    """Every `step`-th window of token ids."""
    archive = np.load(model_path("stories260k/tinystories_944k_200windows_tok512.npz"))
    return [archive[name].astype(np.int64) for name in sorted(archive.files)[::step]]


def stories_calibration(count=40):
    """The first full windows that are not among every fifth, [count, 1, 512]."""
    windows = [window for index, window in enumerate(stories_windows())
               if index % 5 != 0 and len(window) == WINDOW]
    return np.stack(windows[:count])[:, None]


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


def silero_frames():
    """Speech at 16 kHz, [frames, 1, 576]: 512 samples behind the last 64 of the frame before."""
    with wave.open(str(model_path("silero-vad/test.wav"))) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16) / np.float32(32768)
    padded = np.concatenate([np.zeros(64, np.float32), samples.astype(np.float32)])
    count = len(samples) // 512
    return np.stack([padded[None, 512 * i : 512 * i + 576] for i in range(count)])
