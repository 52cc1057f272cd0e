# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every format of weights with every format of activations, in products, convolutions and look-ups of odd shapes: what is compiled
computes what the same recipe does as naive float loops on decoded numbers. All layers of one kind of activations are one model."""

import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from harness import ROOT, Program, check_close, check_same_bits, main

FREE = "int8 int7 int6 int5 int4 int3 int2 uint8 uint7 uint6 uint5 uint4 uint3 uint2 sm8 sm4 sm2 fp8_e4m3 fp8_e5m2 fp6_e2m3 fp6_e3m2 fp4_e2m1 nf4".split()
FIXED = "f16 bf16 mxfp8 mxfp8_e5m2 mxfp6 mxfp6_e3m2 mxfp4 mxint8 mx9 mx6 mx4 vsq4 vsq8".split()
FITTED = ("kmeans2 kmeans3 kmeans4 kmeans5 kmeans6 kmeans7 kmeans8 bcq1 bcq2 bcq3 bcq4").split()
TABLES = ["[2, -3]", "[1, -1, 0.25]", "[-1, -0.5, 0, 0.25, 0.5, 1]", "[0.1, -0.7, 0.5, -2, 1.5, 3, 0, 1, -1]",
          str([round(-1.3 + 0.007 * i * i, 4) for i in range(37)]), str([i / 8 for i in range(-90, 166)])]
GRANULARITIES = ["granularity: tensor", "granularity: channel", "group: 16", "group: 5", "block: [3, 16]"]

# Inputs, weights, attributes: every size leaves a rest in tiles, registers and groups.
LAYERS = {
    "matmul": ([3, 37], [37, 21], {}),
    "gemm": ([3, 37], [21, 37], {"transB": 1}),
    "conv": ([1, 6, 7, 9], [10, 6, 3, 3], {"pads": [1, 1, 1, 1], "strides": [2, 1]}),
    "pointwise": ([1, 37, 5, 5], [18, 37, 1, 1], {}),
    "line": ([1, 6, 13], [10, 6, 5], {"pads": [2, 1]}),
    "grouped": ([1, 9, 7, 7], [6, 3, 3, 3], {"group": 3}),
    "depthwise": ([1, 19, 7, 7], [19, 1, 3, 3], {"group": 19}),
    "gather": ([4], [20, 22], {}),
}
OPERATORS = {"matmul": "MatMul", "gemm": "Gemm"}
# Products of whole registers and more: k that are decoded side by side, codes that are looked up together, many rows, as many as the
# run says, and registers that are filled up.
LONG_LAYERS = {
    "token": ([1, 448], [448, 70], {}),
    "rows": ([70, 448], [448, 70], {}),
    "any": ([5, 448], [448, 70], {}),
    "rest": ([9, 445], [445, 37], {}),
}
# Rows of whole registers, for indices of every rank, and as many as the run says; rows that are filled up.
ROW_LAYERS = {
    "entry": ([], [20, 384], {}),
    "entries": ([3, 2], [20, 128], {}),
    "some": ([6], [20, 256], {}),
    "filled": ([5], [20, 250], {}),
}
DIMENSIONS = {"any": ["count", 448], "some": ["count"]}
LAYERS_OF_ALL_KINDS = LAYERS | LONG_LAYERS | ROW_LAYERS
INDICES = {"gather": [3, 0, 19, -1], "entry": -2, "entries": [[0, 19], [-20, 7], [7, -1]], "some": [11, 4, -3, 19, 4, 0], "filled": [0, 19, 18, -20, 3]}


def weight_schemes():
    """All formats with all granularities that they have; a zero point, the full range or f16 scales where they may be."""
    for format in FREE + FITTED:
        for index, granularity in enumerate(GRANULARITIES):
            scheme = f"format: {format}, {granularity}"
            if index % 2 == 0 and ("int" in format or "bcq" in format):
                scheme += ", symmetric: false"
            elif format.startswith("int") and index == 3:
                scheme += ", symmetric: full-range"
            if format in FREE:
                scheme += ["", ", range: 'percentile:99'", ", scales: power-of-two, range: mse", ", scales: f16", ", range: entropy"][index]
            yield scheme
    for table in TABLES:
        yield from (f"format: table, table: {table}, {granularity}" for granularity in GRANULARITIES)
    yield from (f"format: {format}" for format in FIXED)


def build_layers(schemes):
    """A model with a node of its own for each scheme and kind of layer, and the rules of a recipe."""
    rng = np.random.default_rng(4)
    nodes, weights, outputs, rules = [], [], [], []
    inputs = {kind: rng.standard_normal(shape).astype(np.float32) for kind, (shape, _, _) in LAYERS_OF_ALL_KINDS.items()}
    inputs |= {kind: np.array(indices, np.int64) for kind, indices in INDICES.items()}
    for index, (scheme, kinds) in enumerate(schemes):
        for kind in kinds:
            name, (_, shape, attributes) = f"{kind}_{index}", LAYERS_OF_ALL_KINDS[kind]
            weights.append(numpy_helper.from_array(rng.standard_normal(shape).astype(np.float32), "w_" + name))
            operands = ["w_" + name, kind] if kind in INDICES else [kind, "w_" + name]
            operator = "Gather" if kind in INDICES else "MatMul" if kind in LONG_LAYERS else OPERATORS.get(kind, "Conv")
            nodes.append(helper.make_node(operator, operands, [name], name=name, **attributes))
            outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
            rules.append(f"  - {{ match: {name}, weights: {{ {scheme} }} }}")
    values = [helper.make_tensor_value_info(
        kind, TensorProto.INT64 if kind in INDICES else TensorProto.FLOAT, DIMENSIONS.get(kind, inputs[kind].shape))
        for kind in {node.name.split("_")[0]: None for node in nodes}]
    graph = helper.make_graph(nodes, "layers", values, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model, {value.name: inputs[value.name] for value in values}, rules


def check(name, schemes, activations, tmp, target="native"):
    model, inputs, rules = build_layers(schemes)
    path, recipe = tmp / "model.onnx", tmp / "recipe.yaml"
    onnx.save(model, path)
    text = "weights: { format: int8 }\n" + (f"activations: {{ {activations} }}\n" if activations else "")
    recipe.write_text(text + "layers:\n" + "\n".join(rules) + "\n")
    calibration = {name: value[None] for name, value in inputs.items()} if "static" in activations else None
    program = Program(path, "--recipe", recipe, "--target", target, calibration=calibration)
    actual = program.run_if_executable(inputs)
    if actual is None:
        return f"not executable here: {target}"
    check_close(actual, Program(path, "--recipe", recipe, "--reference", calibration=calibration).run(inputs), name)
    check_same_bits(program.run(inputs, "--threads", "2"), program.run(inputs, "--threads", "1"), f"{name}, two threads")
    return f"{len(rules)} layers"


def run(name, schemes, activations, target="native"):
    import tempfile
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        return check(name, list(schemes), activations, pathlib.Path(folder), target)


def in_turn(index):
    """A product and one of the convolutions."""
    kinds = ["conv", "pointwise", "line", "grouped", "depthwise", "gather"]
    return ["matmul" if index % 2 else "gemm", kinds[index % len(kinds)]]


def weights_alone(part):
    """A third of the schemes: compiling takes more than twice as long for twice the layers."""
    kinds = list(LAYERS)  # 8 kinds and 5 granularities: each meets each.
    schemes = [(scheme, [kinds[i % len(kinds)], kinds[(i + 3) % len(kinds)]])
               for i, scheme in enumerate(weight_schemes())]
    return run(f"weights, part {part}", schemes[part::3], "")


def test_weights_alone_1():
    return weights_alone(0)


def test_weights_alone_2():
    return weights_alone(1)


def test_weights_alone_3():
    return weights_alone(2)


def long_products(formats, granularities, target="native"):
    schemes = [f"format: {format}, {granularity}" for format in formats for granularity in granularities]
    return run(f"long products, {target}", ((scheme, LONG_LAYERS) for scheme in schemes), "", target)


def test_long_products_of_tables():
    """Groups of whole rows of registers, of one register, and that end within one."""
    return long_products("kmeans7 kmeans5 kmeans4 kmeans3 kmeans2 bcq4 bcq3 bcq2".split(), ("group: 64", "group: 16", "group: 24"))


def test_long_products_of_bytes():
    return long_products("kmeans8 int7 int6 uint7 fp6_e2m3 fp6_e3m2 fp8_e4m3".split(), ("granularity: tensor", "granularity: channel"))


def test_long_products_on_other_targets():
    """Without byte permutations, and with shorter registers."""
    formats = ("kmeans8", "kmeans4", "bcq3", "fp6_e3m2")
    return "; ".join(long_products(formats, ("granularity: channel", "group: 64"), target) for target in ("x86-64-v4", "x86-64-v3"))


def rows(part, target):
    """Each scheme with one of the kinds of indices, and groups within a register and of several."""
    schemes = list(weight_schemes())
    schemes += [f"format: {format}, group: {group}, symmetric: false" for format in ("uint7", "uint5", "uint3", "uint2", "bcq3") for group in (2, 7, 8, 24, 64, 128)]
    schemes += [f"format: {format}, group: {group}, scales: f16" for format in ("int8", "fp6_e2m3", "nf4") for group in (4, 8, 20, 64, 128)]
    schemes += [f"format: {format}, group: {group}" for format in ("kmeans8", "kmeans7", "kmeans5", "kmeans2") for group in (64, 128)]
    kinds = list(ROW_LAYERS)
    return run(f"rows, {target}, part {part}", ((scheme, [kinds[i % len(kinds)]]) for i, scheme in enumerate(schemes) if i % 2 == part), "", target)


def test_rows_1():
    return rows(0, "native")


def test_rows_2():
    return rows(1, "native")


def test_rows_on_other_targets():
    return "; ".join(rows(i % 2, target) for i, target in enumerate(("x86-64-v2+f16c", "x86-64-v3", "x86-64-v4")))


def test_one_block_for_all():
    """A block that is larger than the weights."""
    schemes = [f"format: {format}, block: [4096, 4096]" for format in ("int4", "uint8", "fp8_e4m3")]
    return run("one block", ((scheme, ["gather", "matmul", "conv"]) for scheme in schemes), "")


def with_activations(activations):
    schemes = [f"format: {format}" for format in FREE + FIXED + FITTED]
    schemes += [f"format: {format}, {blocks}" for format in ("int4", "uint4", "int8") for blocks in GRANULARITIES]
    return run(activations, ((scheme, in_turn(i)) for i, scheme in enumerate(schemes)), activations)


def test_dynamic_tokens():
    return with_activations("format: int8, granularity: token, when: dynamic, symmetric: true")


def test_dynamic_tensors():
    return with_activations("format: uint8, granularity: tensor, when: dynamic, symmetric: false")


def test_static_codes():
    return with_activations("format: uint8, when: static, symmetric: false")


def test_static_narrow_codes():
    return with_activations("format: int4, when: static, symmetric: true")


def test_static_fixed_point():
    return with_activations("format: int8, when: static, symmetric: true, scales: power-of-two")


def test_static_floats():
    return with_activations("format: fp8_e4m3, when: static, symmetric: true")


def test_rounded_floats():
    return with_activations("format: bf16")


def test_all_formats_are_here():
    """A format that is added to lib/Numerics/Format.cpp is added here."""
    import re
    text = (ROOT / "lib/Numerics/Format.cpp").read_text()
    table = text[text.index("static const Format formats[]"):]
    names = set(re.findall(r'"(\w+)"', table[:table.index("};")]))
    assert names == set(FREE + FIXED + FITTED), names ^ set(FREE + FIXED + FITTED)


if __name__ == "__main__":
    main(globals())
