# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trained models of the models folder, on real inputs, in float and in int8."""

import sys

import numpy as np

import peer
from case import MODELS, ROOT, Case

sys.path.insert(0, str(ROOT / "test/models"))

import data  # noqa: E402

CALIBRATION_SAMPLES = 8
# Quantized activations that are rounded the other way move an output by a step.
QUANTIZED_ERROR = 0.05


def static_pair(name, model, samples, folder, dims=None):
    """The float case and the statically quantized one, on the first of `samples` [N, …]."""
    (key, array), = samples.items()
    inputs, dims = {key: array[0]}, dims or {}

    def quantized():
        path = folder / f"{name}-static.onnx"
        if not path.exists():
            peer.quantize_static(model, path, [{key: sample} for sample in array])
        return path

    return [
        Case(f"{name} f32", "f32", model, inputs, dims=dims),
        Case(f"{name} int8 static", "i8", model, inputs, "w8a8-static", samples, quantized, dims),
    ]


def dynamic_pair(name, model, inputs, folder, dims=None):
    """The float case and the one with activations quantized at run time."""
    def quantized():
        path = folder / f"{model.stem}-dynamic.onnx"
        if not path.exists():
            peer.quantize_dynamic(model, path)
        return path

    dims = dims or {}
    return [
        Case(f"{name} f32", "f32", model, inputs, dims=dims),
        Case(f"{name} int8 dynamic", "i8", model, inputs, "w8a8-dynamic", None, quantized, dims),
    ]


def shifted(image):
    """Several samples of one image [1, C, H, W]: the image moved around its edges."""
    steps = range(CALIBRATION_SAMPLES)
    return np.stack([np.roll(image, (31 * i, 47 * i), (2, 3)) for i in steps])


def mnist_cases(folder):
    images, _ = data.mnist_images()
    return static_pair("mnist", MODELS / "mnist/model.onnx", {"Input3": images[:100]}, folder)


def mobilenet_cases(folder):
    images, _ = data.mobilenet_images("calibration_48")
    quantized = MODELS / "mobilenetv2/qdq_int8.onnx"
    floats, static = static_pair("mobilenetv2", MODELS / "mobilenetv2/fp32.onnx", {"image": images},
                                 folder, {"batch": 1})
    return [
        floats, floats.in_halves(), static,
        Case("mobilenetv2 int8 as it is", "i8", quantized, {"image": images[0]},
             dims={"batch": 1}, error=QUANTIZED_ERROR),
    ]


def ultraface_cases(folder):
    image = np.load(MODELS / "ultraface/satya_io.npz")["input"]
    return static_pair("ultraface", MODELS / "ultraface/model.onnx", {"input": shifted(image)},
                       folder)


def yolox_cases(folder):
    return static_pair("yolox-nano", MODELS / "yolox-nano/model.onnx",
                       {"images": shifted(data.photo(416, 416))}, folder)


def nanodet_cases(folder):
    mean, deviation = (np.float32(values).reshape(3, 1, 1) for values in (
        (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)))
    image = (data.photo(416, 416) - mean) / deviation
    return static_pair("nanodet", MODELS / "nanodet/nanodet_m.onnx", {"input.1": shifted(image)},
                       folder)


def ppocr_cases(folder):
    """Height and width are dynamic."""
    return static_pair("ppocr-det", MODELS / "ppocr-det/ch_PP-OCRv2_det_infer.onnx",
                       {"x": shifted(data.page(320, 480))}, folder)


def espcn_cases(folder):
    image = data.photo(224, 224)[:, :1] / 255
    return static_pair("espcn", MODELS / "espcn/model.onnx", {"input": shifted(image)}, folder,
                       {"batch_size": 1})


def candy_cases(folder):
    """Retired ops, which ONNX Runtime's quantizer does not know."""
    image = data.photo(720, 720)
    return [Case("candy f32", "f32", MODELS / "candy/model.onnx", {"inputImage": image},
                 dims={"None": 1})]


def edgetpu_cases(folder):
    name = "MobilenetEdgeTPU/expanded_conv_1/project/BatchNorm/FusedBatchNormV3"
    image = np.random.default_rng(0).standard_normal((1, 32, 56, 56)).astype(np.float32)
    return [Case("edgetpu-fragment int8 as it is", "i8", MODELS / "edgetpu-fragment/model.onnx",
                 {name: image}, error=QUANTIZED_ERROR)]


def magika_cases(folder):
    """Small differences of large means: float sums in another order differ more than elsewhere."""
    inputs = {"bytes": np.load(MODELS / "magika/inference_examples.npz")["bytes"][:1]}
    floats, integers = dynamic_pair("magika", MODELS / "magika/model.onnx", inputs, folder,
                                    {"unk__214": 1})
    floats.error = 1e-2
    return [floats, integers]


def mameformer_cases(folder):
    tokens = data.digit_strings(8)
    inputs = {"input_ids": tokens, "attention_mask": np.ones_like(tokens)}
    return dynamic_pair("mameformer, 8 rows", MODELS / "mameformer/7model.onnx", inputs, folder,
                        {"batch": 8})


def bart_cases(folder):
    archive = np.load(MODELS / "bart-g2p/us_gold_sample400.npz")
    mask = archive["attention_mask"][:1, :21]
    encoder = {"input_ids": archive["input_ids"][:1, :21], "attention_mask": mask}
    decoder = {
        "input_ids": archive["decoded"][:1, :22],
        "encoder_hidden_states": archive["last_hidden_state"][:1, :21],
        "encoder_attention_mask": mask,
    }
    return [
        *dynamic_pair("bart encoder", MODELS / "bart-g2p/us_encoder.onnx", encoder, folder),
        *dynamic_pair("bart decoder", MODELS / "bart-g2p/us_decoder.onnx", decoder, folder),
    ]


def silero_cases(folder):
    state = np.zeros((2, 1, 128), np.float32)
    inputs = {"input": data.silero_frames()[40], "state": state}
    rate = {"sr": np.array(16000, np.int64)}
    models = MODELS / "silero-vad"
    return [
        Case("silero-vad f32", "f32", models / "silero_vad.onnx", {**inputs, **rate}),
        Case("silero-vad without If f32", "f32", models / "silero_vad_op18_ifless.onnx",
             {**inputs, **rate}, dims={"batch": 1}),
        Case("silero-vad 16 kHz f32", "f32", models / "silero_vad_openvino_16k.onnx", inputs),
    ]


def gtcrn_cases(folder):
    inputs = {
        "mix": np.load(MODELS / "gtcrn/ort_io_first50.npz")["mix"][10],
        "conv_cache": np.zeros((2, 1, 16, 16, 33), np.float32),
        "tra_cache": np.zeros((2, 3, 1, 1, 16), np.float32),
        "inter_cache": np.zeros((2, 1, 33, 16), np.float32),
    }
    return [
        Case("gtcrn f32", "f32", MODELS / "gtcrn/gtcrn.onnx", inputs),
        Case("gtcrn simple f32", "f32", MODELS / "gtcrn/gtcrn_simple.onnx", inputs),
    ]


def decode_inputs(random, past):
    layers, heads, size = 5, 4, 8
    cache = {
        f"past_key_values.{layer}.{kind}":
            random.standard_normal((1, heads, past, size)).astype(np.float32)
        for layer in range(layers) for kind in ("key", "value")
    }
    return {
        "input_ids": np.array([[42]]), "attention_mask": np.ones((1, past + 1), np.int64),
        "position_ids": np.array([[past]]), **cache,
    }


def stories_cases(folder):
    plain = MODELS / "stories260k/stories260K.onnx"
    cached = MODELS / "stories260k/stories260K_with_past.onnx"
    window = next(window for window in data.stories_windows() if len(window) == data.WINDOW)
    cases = []
    for length in (128, 512):
        cases += dynamic_pair(f"stories260k prefill {length}", plain,
                              {"input_ids": window[None, :length]}, folder)
    inputs = decode_inputs(np.random.default_rng(0), 128)
    return cases + dynamic_pair("stories260k decode, past 128", cached, inputs, folder)


FOLDERS = {
    "mnist": mnist_cases, "mobilenetv2": mobilenet_cases, "yolox-nano": yolox_cases,
    "nanodet": nanodet_cases, "ultraface": ultraface_cases, "ppocr-det": ppocr_cases,
    "espcn": espcn_cases, "candy": candy_cases, "edgetpu-fragment": edgetpu_cases,
    "magika": magika_cases, "mameformer": mameformer_cases, "bart-g2p": bart_cases,
    "silero-vad": silero_cases, "gtcrn": gtcrn_cases, "stories260k": stories_cases,
}


def all_cases(folder):
    """(cases, lines about what is left out)."""
    cases, notes = [], []
    for name, make in FOLDERS.items():
        if (MODELS / name).is_dir():
            cases += make(folder)
        else:
            notes.append(f"{name} is left out: no {MODELS / name} ($HALFTONE_MODELS)")
    return cases, notes
