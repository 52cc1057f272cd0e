#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Real models compiled in float agree with ONNX Runtime; dynamic sizes are those of one program."""

import numpy as np

import data
from harness import Program, check_close, main, make_session, model_path, run_reference

LAYERS, HEADS, HEAD_SIZE = 5, 4, 8  # of the key-value cache of stories260k


def check_model(name, feeds):
    """Compiles once and compares on every feed, {what: inputs}."""
    path = model_path(name)
    session, program = make_session(path), Program(path)
    for what, inputs in feeds.items():
        check_close(program.run(inputs), run_reference(session, inputs), what)


def test_mnist():
    images, _ = data.mnist_images()
    check_model("mnist/model.onnx", {f"image {i}": {data.MNIST_INPUT: images[i]} for i in range(5)})


def test_mobilenetv2():
    images, _ = data.mobilenet_images("evaluation_120")
    # The batch is dynamic; three images give a remainder after pairs.
    check_model("mobilenetv2/fp32.onnx", {
        "one image": {data.MOBILENET_INPUT: images[0]},
        "three images": {data.MOBILENET_INPUT: images[1:4, 0]},
    })


def test_stories260k():
    windows = data.stories_windows(step=20)
    feeds = {
        f"{length} tokens": {data.STORIES_INPUT: window[None, :length]}
        for length, window in zip((1, 2, 7, 64, 200), windows)
    }
    feeds["batch of 3"] = {
        data.STORIES_INPUT: np.stack([window[:33] for window in windows[:3]])
    }
    check_model("stories260k/stories260K.onnx", feeds)


def cached_feed(tokens, past):
    """Inputs of the model with a cache; `past` is {input name: array}, or None for an empty one."""
    batch, sequence = tokens.shape
    if past is None:
        past = {
            f"past_key_values.{layer}.{kind}": np.zeros((batch, HEADS, 0, HEAD_SIZE), np.float32)
            for layer in range(LAYERS) for kind in ("key", "value")
        }
    seen = past["past_key_values.0.key"].shape[2]
    positions = np.broadcast_to(np.arange(seen, seen + sequence), (batch, sequence))
    return {
        data.STORIES_INPUT: tokens,
        "attention_mask": np.ones((batch, seen + sequence), np.int64),
        "position_ids": np.ascontiguousarray(positions),
        **past,
    }


def next_past(outputs):
    return {
        name.replace("present", "past_key_values"): array
        for name, array in outputs.items() if name.startswith("present")
    }


def test_stories260k_with_cache():
    """A prefill, then steps of one token and of several, each with the cache of the one before."""
    path = model_path("stories260k/stories260K_with_past.onnx")
    session, program = make_session(path), Program(path)
    windows = data.stories_windows(step=20)
    for batch in (1, 3):
        tokens = np.stack([window[:48] for window in windows[:batch]])
        past, begin = None, 0
        for length in (17, 1, 1, 5, 24):
            inputs = cached_feed(tokens[:, begin : begin + length], past)
            expected = run_reference(session, inputs)
            what = f"batch {batch}, {length} tokens after {begin}"
            check_close(program.run(inputs), expected, what)
            past, begin = next_past(expected), begin + length


def test_stories260k_cache_equals_no_cache():
    """The two models are one: token by token gives the logits of the whole sequence."""
    whole = Program(model_path("stories260k/stories260K.onnx"))
    stepwise = Program(model_path("stories260k/stories260K_with_past.onnx"))
    tokens = data.stories_windows()[0][None, :12]
    expected = whole.run({data.STORIES_INPUT: tokens})["logits"]
    past, rows = None, []
    for i in range(tokens.shape[1]):
        outputs = stepwise.run(cached_feed(tokens[:, i : i + 1], past))
        rows.append(outputs["logits"])
        past = next_past(outputs)
    check_close({"logits": np.concatenate(rows, axis=1)}, {"logits": expected}, "token by token")


def test_bart_g2p_encoder():
    archive = np.load(model_path("bart-g2p/us_gold_sample400.npz"))
    feeds = {}
    for rows, length in ((slice(0, 1), 21), (slice(1, 2), 9), (slice(2, 10), 21)):
        feeds[f"rows {rows.start} to {rows.stop}, {length} letters"] = {
            "input_ids": archive["input_ids"][rows, :length],
            "attention_mask": archive["attention_mask"][rows, :length],
        }
    check_model("bart-g2p/us_encoder.onnx", feeds)


def test_bart_g2p_decoder():
    archive = np.load(model_path("bart-g2p/us_gold_sample400.npz"))
    feeds = {}
    for rows, source, target in ((slice(0, 1), 21, 1), (slice(1, 2), 9, 6), (slice(2, 10), 21, 22)):
        feeds[f"rows {rows.start} to {rows.stop}, {source} letters, {target} sounds"] = {
            "input_ids": archive["decoded"][rows, :target],
            "encoder_hidden_states": archive["last_hidden_state"][rows, :source],
            "encoder_attention_mask": archive["attention_mask"][rows, :source],
        }
    check_model("bart-g2p/us_decoder.onnx", feeds)


def test_ultraface():
    archive = np.load(model_path("ultraface/satya_io.npz"))
    check_model("ultraface/model.onnx", {"photo": {"input": archive["input"]}})


if __name__ == "__main__":
    main(globals())
