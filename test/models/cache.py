#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Decoding with keys and values that are kept as codes from token to token."""

import functools
import pathlib
import tempfile

import ml_dtypes
import numpy as np
import onnx

from harness import Program, check_close, main, model_path

TOKENS = [1, 403, 407, 261]
# What codes are to whoever runs the program, their largest number, and a code as a number.
INTEGERS = {"int8": 127, "int4": 7, "int2": 1}
FLOATS = {"fp8_e4m3": ml_dtypes.float8_e4m3fn, "fp8_e5m2": ml_dtypes.float8_e5m2, "fp4_e2m1": ml_dtypes.float4_e2m1fn}


def path():
    return model_path("stories260k/stories260K_with_past.onnx")


@functools.cache
def decode(format, *options, batch=1):
    """The outputs of each step, of which caches are fed to the next. The texts of a batch are each rotated by one token."""
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        recipe = pathlib.Path(folder) / "recipe.yaml"
        recipe.write_text(f"weights: {{ format: none }}\ncache: {{ format: {format} }}\n")
        program = Program(path(), "--recipe", recipe, *options)
    kind = np.float32 if format == "none" else FLOATS.get(format, np.int8)
    kind = np.uint8 if format == "fp4_e2m1" else kind  # A byte each.
    caches, steps = {}, []
    for value in onnx.load(path(), load_external_data=False).graph.input:
        if value.name.startswith("past"):
            caches[value.name] = np.zeros((batch, 4, 0, 8), kind)
            if format != "none":
                caches[value.name + ".scale"] = np.zeros((batch, 4, 0, 1), np.float32)
    for position in range(len(TOKENS)):
        tokens = [[TOKENS[(position + text) % len(TOKENS)]] for text in range(batch)]
        steps.append(program.run({"input_ids": np.array(tokens), "position_ids": np.full((batch, 1), position),
                                  "attention_mask": np.ones((batch, position + 1), np.int64), **caches}))
        caches = {name.replace("present", "past_key_values"): value.view(kind) if value.dtype.kind == "V" else value
                  for name, value in steps[-1].items() if name.startswith("present")}
    return steps


def test_codes_are_those_of_the_definition():
    for format, most in INTEGERS.items():
        keys, first = decode("none")[0]["present.0.key"], decode(format)[0]
        scales = np.abs(keys).max(-1, keepdims=True) / np.float32(most)
        assert np.allclose(first["present.0.key.scale"], scales, rtol=1e-5), format
        assert np.abs(first["present.0.key"] - np.rint(keys / scales)).max() <= 1, format
        assert np.abs(first["present.0.key"]).max() == most, format


def test_floats_are_those_of_the_definition():
    for format, kind in FLOATS.items():
        keys, first = decode("none")[0]["present.0.key"], decode(format)[0]
        scales, codes = first["present.0.key.scale"], first["present.0.key"].view(kind)
        most = float(ml_dtypes.finfo(kind).max)
        assert np.allclose(scales, np.abs(keys).max(-1, keepdims=True) / np.float32(most), rtol=1e-5), format
        # The keys themselves are computed in another order: a few lie on the other side of a boundary.
        assert (codes.view(np.uint8) == (keys / scales).astype(kind).view(np.uint8)).mean() > 0.95, format
        assert np.abs(codes.astype(np.float32)).max() == most, format


def test_texts_of_a_batch():
    """Each text has caches of its own: the first is that of a batch of one."""
    for format in ("int4", "fp8_e4m3"):
        for alone, both in zip(decode(format), decode(format, batch=2)):
            check_close({"logits": both["logits"][:1]}, {"logits": alone["logits"]}, format)
            assert not np.array_equal(both["present.0.key"][0].view(np.uint8), both["present.0.key"][1].view(np.uint8)), format


def test_what_was_kept_stays():
    for format in ("int8", "int2", "fp8_e5m2"):
        for before, after in zip(decode(format), decode(format)[1:]):
            for name, codes in before.items():
                if name.startswith("present"):
                    assert np.array_equal(after[name][:, :, : codes.shape[2]], codes), f"{format}: {name} has changed"


def test_little_is_lost():
    noise = [((quantized["logits"] - exact["logits"]) ** 2).sum() / (exact["logits"] ** 2).sum()
             for quantized, exact in zip(decode("int8"), decode("none"))]
    assert 0 < max(noise) < 1e-3, noise
    return f"noise of the logits at most {max(noise):.1e}"


def test_reference():
    """Naive loops compute the same."""
    fast, reference = (decode("int8", *options)[0]["logits"] for options in ([], ["--reference"]))
    check_close({"logits": fast}, {"logits": reference}, "first token")


if __name__ == "__main__":
    main(globals())
