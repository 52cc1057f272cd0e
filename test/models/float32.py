#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Real models compiled in float agree with ONNX Runtime; dynamic sizes are those of one program."""

import pathlib
import tempfile

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

import data
from harness import (Program, check_close, check_none_left_out, main, make_session, model_path,
                     run_reference)
from precision import in_double_precision, in_half_precision

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


def test_espcn():
    """Super resolution: depth to space at the end."""
    luminance = data.photo(224, 224)[:, :1] / 255
    check_model("espcn/model.onnx", {"photo": {"input": luminance}})


def test_candy():
    """Style transfer: instance normalization, and ops that ONNX has retired."""
    check_model("candy/model.onnx", {"photo": {"inputImage": data.photo(720, 720)}})


def test_magika():
    """Its variances are small differences of large means, which multiplies the errors of float sums:
    two runtimes are far apart, so both are held against the model in double precision."""
    path = model_path("magika/model.onnx")
    archive = np.load(model_path("magika/inference_examples.npz"))
    inputs = {"bytes": archive["bytes"][:5]}
    (exact,) = ReferenceEvaluator(in_double_precision(onnx.load(path))).run(None, inputs)
    expected = run_reference(make_session(path), inputs)["target_label"]
    actual = Program(path).run(inputs)["target_label"]
    errors = [float(np.abs(result - exact).max()) for result in (actual, expected)]
    assert errors[0] <= errors[1], f"off by {errors[0]:.2g}, ONNX Runtime by {errors[1]:.2g}"
    assert (actual.argmax(axis=1) == exact.argmax(axis=1)).all(), "another type of file"


def test_mameformer():
    tokens = data.digit_strings(8)
    check_model("mameformer/7model.onnx", {
        f"{n} strings": {"input_ids": tokens[:n], "attention_mask": np.ones_like(tokens[:n])}
        for n in (1, 8)
    })


def test_nanodet():
    mean, deviation = (np.float32(values).reshape(3, 1, 1) for values in (
        (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)))
    photo = (data.photo(416, 416) - mean) / deviation
    check_model("nanodet/nanodet_m.onnx", {"photo": {"input.1": photo}})


def test_yolox_nano():
    check_model("yolox-nano/model.onnx", {"photo": {"images": data.photo(416, 416)}})


def test_ppocr_det():
    """Height and width are dynamic: one program for both sizes."""
    check_model("ppocr-det/ch_PP-OCRv2_det_infer.onnx", {
        f"{height} x {width}": {"x": data.page(height, width)}
        for height, width in ((96, 160), (160, 96))
    })


def test_edgetpu_fragment():
    """Quantized already, with several users of one DequantizeLinear."""
    path = model_path("edgetpu-fragment/model.onnx")
    (name,) = (value.name for value in make_session(path).get_inputs())
    image = np.random.default_rng(0).standard_normal((1, 32, 56, 56)).astype(np.float32)
    check_model("edgetpu-fragment/model.onnx", {"noise": {name: image}})


def check_stream(name, first, frames, states):
    """Frame after frame, each with the states {input: output} that ONNX Runtime left before."""
    path = model_path(name)
    session, program = make_session(path), Program(path)
    inputs = first
    for i, frame in enumerate(frames):
        inputs = {**inputs, **frame}
        expected = run_reference(session, inputs)
        check_close(program.run(inputs), expected, f"frame {i}")
        inputs.update({state: expected[output] for state, output in states.items()})


def test_gtcrn():
    """GRUs over the bands of a frame, forward and backward; streaming caches."""
    frames = np.load(model_path("gtcrn/ort_io_first50.npz"))["mix"]
    caches = {"conv_cache": (2, 1, 16, 16, 33), "tra_cache": (2, 3, 1, 1, 16),
              "inter_cache": (2, 1, 33, 16)}
    empty = {cache: np.zeros(shape, np.float32) for cache, shape in caches.items()}
    for model in ("gtcrn.onnx", "gtcrn_simple.onnx"):
        check_stream(f"gtcrn/{model}", empty, [{"mix": frame} for frame in frames[10:14]],
                     {cache: f"{cache}_out" for cache in caches})


def test_silero_vad():
    """LSTM; one variant chooses a network by the sample rate."""
    frames = data.silero_frames()[40:44]
    state = {"state": np.zeros((2, 1, 128), np.float32)}
    rate = {"sr": np.array(16000, np.int64)}
    feeds = [{"input": frame} for frame in frames]
    outputs = {"state": "stateN"}
    check_stream("silero-vad/silero_vad_openvino_16k.onnx", state, feeds, outputs)
    check_stream("silero-vad/silero_vad_op18_ifless.onnx", {**state, **rate}, feeds, outputs)
    check_stream("silero-vad/silero_vad.onnx", {**state, **rate}, feeds, outputs)


def test_silero_vad_other_rate():
    """The other branch, and a batch of two."""
    path = model_path("silero-vad/silero_vad.onnx")
    session, program = make_session(path), Program(path)
    rng = np.random.default_rng(0)
    for batch in (1, 2):
        inputs = {"input": rng.normal(0, 0.1, (batch, 288)).astype(np.float32),
                  "state": rng.normal(0, 0.1, (2, batch, 128)).astype(np.float32),
                  "sr": np.array(8000, np.int64)}
        check_close(program.run(inputs), run_reference(session, inputs), f"batch {batch}")


def check_half_precision(name, inputs):
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        path = pathlib.Path(folder) / "half.onnx"
        onnx.save(in_half_precision(onnx.load(model_path(name))), path)
        expected = run_reference(make_session(path), inputs)
        assert {array.dtype for array in expected.values()} == {np.dtype(np.float16)}
        check_close(Program(path).run(inputs), expected, name)


def test_half_precision():
    """ONNX Runtime rounds to f16 in other places: it computes groups of ops in float."""
    images, _ = data.mnist_images()
    check_half_precision("mnist/model.onnx", {data.MNIST_INPUT: images[0].astype(np.float16)})
    window = data.stories_windows(step=50)[0][None, :64]
    check_half_precision("stories260k/stories260K.onnx", {data.STORIES_INPUT: window})


def test_none_is_left_out():
    """Tests run in the order of this file; the codes of int8.py are not compared as floats."""
    check_none_left_out("mobilenetv2/qdq_int8.onnx")


if __name__ == "__main__":
    main(globals())
