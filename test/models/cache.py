#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Decoding with keys and values that are kept as codes from token to token."""

import functools
import pathlib
import tempfile

import numpy as np
import onnx

from harness import Program, check_close, main, model_path

TOKENS = [1, 403, 407, 261]


def path():
    return model_path("stories260k/stories260K_with_past.onnx")


@functools.cache
def decode(format, *options):
    """The outputs of each step, of which caches are fed to the next."""
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        recipe = pathlib.Path(folder) / "recipe.yaml"
        recipe.write_text(f"weights: {{ format: none }}\ncache: {{ format: {format} }}\n")
        program = Program(path(), "--recipe", recipe, *options)
    caches, steps = {}, []
    for value in onnx.load(path(), load_external_data=False).graph.input:
        if value.name.startswith("past"):
            caches[value.name] = np.zeros((1, 4, 0, 8), np.float32 if format == "none" else np.int8)
            if format != "none":
                caches[value.name + ".scale"] = np.zeros((1, 4, 0, 1), np.float32)
    for position, token in enumerate(TOKENS):
        steps.append(program.run({"input_ids": np.array([[token]]), "position_ids": np.array([[position]]),
                                  "attention_mask": np.ones((1, position + 1), np.int64), **caches}))
        caches = {name.replace("present", "past_key_values"): value
                  for name, value in steps[-1].items() if name.startswith("present")}
    return steps


def test_codes_are_those_of_the_definition():
    for format, most in (("int8", 127), ("int4", 7)):
        keys, first = decode("none")[0]["present.0.key"], decode(format)[0]
        scales = np.abs(keys).max(-1, keepdims=True) / np.float32(most)
        assert np.allclose(first["present.0.key.scale"], scales, rtol=1e-5), format
        assert np.abs(first["present.0.key"] - np.rint(keys / scales)).max() <= 1, format
        assert np.abs(first["present.0.key"]).max() == most, format


def test_what_was_kept_stays():
    for before, after in zip(decode("int8"), decode("int8")[1:]):
        for name, codes in before.items():
            if name.startswith("present"):
                assert np.array_equal(after[name][:, :, : codes.shape[2]], codes), f"{name} has changed"


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
