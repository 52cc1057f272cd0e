# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What each suite's tests came to, as the text that outcomes.txt holds: `suite/kind passed of all`, and
`suite/kind/test  class: reason` for each test that does not pass."""

import collections
import re

import onnx

# Classes of reasons, the first that applies: what a test needs beside tensors of numbers, or does.
PREVIEW = re.compile(r"ai\.onnx\.preview(\.training)?|ai\.onnx\.training")
RANDOM = ("Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform",
          "RandomUniformLike")


def value_kinds(model):
    """Kinds of the values that a model declares: tensor, string, sequence, optional, …"""
    infos = [*model.graph.input, *model.graph.output]
    for info in infos:
        kind = info.type.WhichOneof("value") or "tensor_type"
        if kind == "tensor_type" and info.type.tensor_type.elem_type == onnx.TensorProto.STRING:
            kind = "string_type"
        yield kind.removesuffix("_type")


def all_ops(graph):
    for node in graph.node:
        yield node.domain, node.op_type
        for attribute in node.attribute:
            for subgraph in [attribute.g, *attribute.graphs]:
                yield from all_ops(subgraph)


def classify(case):
    """The class of a test, read off its model."""
    model = onnx.load(case.model, load_external_data=False)
    kinds = set(value_kinds(model))
    ops = set(all_ops(model.graph))
    domains, names = {domain for domain, _ in ops}, {name for _, name in ops}
    if "ai.onnx.ml" in domains:
        return "ai.onnx.ml"
    if any(PREVIEW.fullmatch(domain) for domain in domains):
        return "preview and training"
    if "string" in kinds or any(re.match(r"String|Regex", name) for name in names):
        return "strings"
    if "sequence" in kinds or any("Sequence" in name for name in names):
        return "sequences"
    if "optional" in kinds or any("Optional" in name for name in names):
        return "optionals"
    if names & {*RANDOM} or case.name.startswith("node/test_training_dropout"):
        return "random numbers"
    if "ImageDecoder" in names:
        return "image files"
    return "other"


def render(outcomes, known):
    """The text for outcomes of a complete run; `known` has the reasons of known failures."""
    counts, lines = collections.defaultdict(collections.Counter), []
    for case, outcome in outcomes.items():
        for key in case.keys:
            counts[key.rpartition("/")[0]][outcome.kind] += 1
        if outcome.kind == "passed":
            continue
        reason = known.get(f"{case.suite}/{case.name}")
        found = f"known failure: {reason}" if reason else f"{classify(case)}: {shorten(outcome.reason)}"
        lines += [f"{key} {found}" for key in case.keys]
    totals = [f"{group} {kinds['passed']} of {sum(kinds.values())}" for group, kinds in counts.items()]
    return "".join(f"{line}\n" for line in sorted(totals) + sorted(lines))


def shorten(reason):
    """A refusal without the tool and the node, whose names say nothing about the test."""
    return re.sub(r"^quant-compile: (node '[^']*' )?", "", reason)
