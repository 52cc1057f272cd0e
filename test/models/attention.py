#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Attention as one kernel agrees with numpy in double precision and with the three ops that it replaces.

The sizes are odd on purpose: no number of queries, keys or elements is a multiple of a register, a tile
or a block. Each graph is compiled once for the queries, keys and batches it leaves open.
"""

import pathlib
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from harness import Program, check_same_bits, main, run_tool

TARGETS = ("native", "x86-64-v3", "x86-64")
LARGEST_ERROR = 1e-5  # of the values, which are around 1


def random_array(random, *shape):
    return random.standard_normal(shape).astype(np.float32)


def constant(name, value):
    return numpy_helper.from_array(np.array(value), name)


def save(path, nodes, constants, inputs, rank=4):
    names = {"q": ["batch", None, "queries", None], "k": ["batch", None, "keys", None],
             "v": ["batch", None, "keys", None]}

    def declare(name, array):
        dims = list(array.shape)
        if name in names:
            dims = [open_dim or size for open_dim, size in zip(names[name][-rank:], dims)]
            dims[0] = "batch"
        elif name == "m":
            open_dims = ["batch", None, "queries", "keys"][-len(dims):]
            dims = [size if size == 1 else open_dim or size
                    for open_dim, size in zip(open_dims, dims)]
        dtype = helper.np_dtype_to_tensor_dtype(array.dtype)
        return helper.make_tensor_value_info(name, dtype, dims)

    graph = helper.make_graph(
        nodes, "attention", [declare(name, array) for name, array in inputs.items()],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * rank)], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def chain(mask=None, group=1, scale=None, rank=4):
    """Nodes and constants of the usual graph; `group` heads share keys and values."""
    nodes, constants = [], []
    key, value = "k", "v"
    if group > 1:
        constants += [constant("two", [2]), constant("repeats", [1, 1, group, 1, 1]),
                      constant("by_group", [1, group, 1, 1])]
        key, value = "k_all", "v_all"
        for name in ("k", "v"):
            nodes += [
                helper.make_node("Unsqueeze", [name, "two"], [f"{name}_5"]),
                helper.make_node("Tile", [f"{name}_5", "repeats"], [f"{name}_tiled"]),
                helper.make_node("Shape", [name], [f"{name}_shape"]),
                helper.make_node("Mul", [f"{name}_shape", "by_group"], [f"{name}_dims"]),
                helper.make_node("Reshape", [f"{name}_tiled", f"{name}_dims"], [f"{name}_all"]),
            ]
    permutation = list(range(rank - 2)) + [rank - 1, rank - 2]
    nodes += [helper.make_node("Transpose", [key], ["k_t"], perm=permutation),
              helper.make_node("MatMul", ["q", "k_t"], ["products"])]
    scores = "products"
    if scale:
        op, number = scale
        constants.append(constant("scale", np.float32(number)))
        nodes.append(helper.make_node(op, [scores, "scale"], ["scaled"]))
        scores = "scaled"
    if mask == "add":
        nodes.append(helper.make_node("Add", [scores, "m"], ["masked"]))
        scores = "masked"
    elif mask:
        constants.append(constant("fill", np.float32(mask[1])))
        operands = ["m", scores, "fill"] if mask[0] else ["m", "fill", scores]
        nodes.append(helper.make_node("Where", operands, ["masked"]))
        scores = "masked"
    nodes += [helper.make_node("Softmax", [scores], ["weights"], axis=-1),
              helper.make_node("MatMul", ["weights", value], ["y"])]
    return nodes, constants


def reference(q, k, v, scale=1.0, mask=None):
    group = q.shape[-3] // k.shape[-3] if q.ndim == 4 else 1
    if group > 1:
        k, v = np.repeat(k, group, 1), np.repeat(v, group, 1)
    scores = q.astype(np.float64) @ np.swapaxes(k, -1, -2).astype(np.float64) * scale
    if mask is not None:
        scores = mask(scores)
    with np.errstate(invalid="ignore"):
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        return weights / weights.sum(-1, keepdims=True) @ v.astype(np.float64)


def check(result, expected, what):
    assert result.shape == expected.shape, f"{what}: {result.shape} not {expected.shape}"
    assert np.array_equal(np.isnan(result), np.isnan(expected)), f"{what}: NaNs differ"
    error = np.nanmax(np.abs(result - expected), initial=0)
    assert error <= LARGEST_ERROR, f"{what}: off by {error:.2g}"


def assert_fused(model):
    """Else the tests below would test the three ops."""
    tensors = model.with_suffix(".mlir")
    run_tool("quant-compile", model, "--emit=mlir-tensors", "-o", tensors, "--quiet")
    text = tensors.read_text()
    assert text.count("= halftone.attention") == 1 and "halftone.contract" not in text


def check_graph(graph, runs, targets=TARGETS, rank=4):
    """`runs`: {what: (inputs, expected)}. The graph is compiled once for all of them."""
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        path = pathlib.Path(folder) / "attention.onnx"
        save(path, *graph, next(iter(runs.values()))[0], rank)
        assert_fused(path)
        for target in targets:
            program = Program(path, "--target", target)
            for what, (inputs, expected) in runs.items():
                outputs = program.run(inputs, "--threads", "1")
                check(outputs["y"], expected, f"{what}, {target}")
                check_same_bits(program.run(inputs, "--threads", "2"), outputs, "two threads")
        naive = Program(path, "--reference")
        for what, (inputs, expected) in runs.items():
            check(naive.run(inputs)["y"], expected, f"{what}, --reference")


# (batch, query heads, key heads, queries, keys, head size, value size)
SIZES = [(1, 2, 2, 13, 37, 8, 8), (2, 3, 3, 1, 1, 8, 8), (1, 2, 2, 1, 130, 8, 8),
         (1, 2, 2, 300, 523, 8, 8)]


def make_inputs(random, batch, heads, key_heads, queries, keys, size, value_size):
    return {"q": random_array(random, batch, heads, queries, size),
            "k": random_array(random, batch, key_heads, keys, size),
            "v": random_array(random, batch, key_heads, keys, value_size)}


def test_numbers_of_queries_and_keys():
    random = np.random.default_rng(0)
    runs = {}
    for sizes in SIZES:
        inputs = make_inputs(random, sizes[0], 2, 2, *sizes[3:])
        runs[f"{sizes}"] = (inputs, reference(**inputs, scale=0.25))
    check_graph(chain(scale=("Mul", 0.25)), runs)


def test_no_keys():
    """A sum of nothing is 0, with keys of an open number as with the three ops."""
    random = np.random.default_rng(8)
    runs = {}
    for keys in (20, 0):
        inputs = make_inputs(random, 1, 2, 2, 9, keys, 8, 4)
        expected = reference(**inputs) if keys else np.zeros((1, 2, 9, 4), np.float32)
        runs[f"{keys} keys"] = (inputs, expected)
    check_graph(chain(), runs)


def test_sizes_of_heads():
    random = np.random.default_rng(1)
    for size, value_size in ((1, 1), (7, 20), (33, 5), (64, 80), (256, 100)):
        inputs = make_inputs(random, 1, 2, 2, 29, 71, size, value_size)
        factor = size ** 0.5
        check_graph(chain(scale=("Div", factor)), {
            f"heads of {size} and {value_size}": (inputs, reference(**inputs, scale=1 / factor))
        }, targets=("native", "x86-64-v3"))


def test_heads_that_share_keys():
    random = np.random.default_rng(2)
    runs = {}
    for queries, keys in ((19, 45), (1, 67)):
        inputs = make_inputs(random, 2, 6, 2, queries, keys, 16, 16)
        runs[f"{queries} queries"] = (inputs, reference(**inputs))
    check_graph(chain(group=3), runs)


def test_products_without_heads():
    random = np.random.default_rng(3)
    inputs = {name: array[:, 0] for name, array in make_inputs(random, 3, 1, 1, 21, 50, 12, 12).items()}
    check_graph(chain(rank=3), {"3-D": (inputs, reference(**inputs))}, rank=3)


def hide(random, *shape):
    """A mask that hides half of the keys, with some rows that lose all but one."""
    hidden = random.random(shape) < 0.5
    hidden[..., 0] = False
    return hidden


def test_masks_of_every_shape():
    random = np.random.default_rng(4)
    batch, heads, queries, keys = 2, 3, 17, 70
    for shape in ((queries, keys), (batch, 1, 1, keys), (1, heads, queries, keys),
                  (batch, heads, queries, keys), (1, 1, queries, 1)):
        inputs = make_inputs(random, batch, heads, heads, queries, keys, 8, 8)
        mask = np.where(hide(random, *shape), np.float32(-np.inf), random_array(random, *shape))
        inputs["m"] = mask
        expected = reference(inputs["q"], inputs["k"], inputs["v"], 0.5, lambda scores: scores + mask)
        check_graph(chain("add", scale=("Mul", 0.5)), {f"mask of {shape}": (inputs, expected)},
                    targets=("native", "x86-64"))


def test_rows_without_a_key():
    """The softmax of -inf everywhere is NaN, of the lowest number everywhere the mean."""
    random = np.random.default_rng(5)
    for fill in (-np.inf, np.finfo(np.float32).min):
        inputs = make_inputs(random, 1, 2, 2, 30, 300, 8, 8)
        mask = np.where(hide(random, 30, 300), np.float32(fill), np.float32(0))
        mask[3], mask[11:14] = fill, fill
        inputs["m"] = mask

        def apply(scores):
            return (scores.astype(np.float32) + mask).astype(np.float64)

        expected = reference(inputs["q"], inputs["k"], inputs["v"], 1, apply)
        check_graph(chain("add"), {f"filled with {fill}": (inputs, expected)})


def test_causal_masks():
    """Whole blocks are skipped here."""
    random = np.random.default_rng(6)
    runs = {}
    for queries, past in ((100, 0), (350, 0), (5, 290), (1, 300)):
        inputs = make_inputs(random, 1, 2, 2, queries, past + queries, 24, 24)
        rows, columns = np.indices((queries, past + queries))
        mask = np.where(columns > rows + past, np.float32(-np.inf), np.float32(0))
        inputs["m"] = mask
        expected = reference(inputs["q"], inputs["k"], inputs["v"], 1, lambda scores: scores + mask)
        runs[f"{queries} after {past}"] = (inputs, expected)
    check_graph(chain("add"), runs)


def test_choices():
    random = np.random.default_rng(7)
    for keeps in (True, False):
        for fill in (-np.inf, -3e38):
            inputs = make_inputs(random, 1, 2, 2, 23, 41, 8, 8)
            hidden = hide(random, 23, 41)
            inputs["m"] = ~hidden if keeps else hidden
            expected = reference(inputs["q"], inputs["k"], inputs["v"], 1,
                                 lambda scores: np.where(hidden, fill, scores))
            check_graph(chain((keeps, fill)), {f"{keeps} {fill}": (inputs, expected)},
                        targets=("native",))


if __name__ == "__main__":
    main(globals())
