#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that every include points downward in the order of the layers.

A file belongs to the layer that its path names: lib/<Layer>/, include/halftone/<Layer>/, runtime/ or
tools/. It may include its own layer and those of a lower rank; layers of one rank do not know each
other. Exits with 1 and one line per violation, `file:line: message`.
"""

import argparse
import pathlib
import re
import sys

RANKS = [
    ["Numerics"],
    ["Dialect", "IO"],
    ["Analysis"],
    ["ONNX", "Transforms", "Conversion"],
    ["CPU", "GPU"],
    ["Target"],
    ["Pipelines"],
    ["Calibration", "Profile"],
    ["Driver"],
    ["tools"],
]
RANK = {layer: rank for rank, layers in enumerate(RANKS) for layer in layers}

# Who may see a library at all: include prefix -> layers.
IR_LAYERS = set(RANK) - {"Numerics", "IO"}
RESTRICTED = {
    "mlir/": IR_LAYERS,
    "llvm/": set(RANK),
    "lld/": {"Target"},
    "onnx/": {"IO", "ONNX"},
    "google/protobuf/": {"IO", "ONNX"},
    "zip.h": {"IO"},
    "llvm/Support/CommandLine.h": {"tools"},
}

# The runtime's one public header; the compiler shares the ABI's structs with it.
RUNTIME_HEADER = "halftone/runtime.h"
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
SUFFIXES = {".cpp", ".h", ".c", ".inc"}


def layer_of(path):
    """The layer of a file, given its path below the root, or None outside all layers."""
    parts = path.parts
    if parts[0] in ("runtime", "tools"):
        return parts[0]
    if parts[0] == "lib" and len(parts) > 2:
        return parts[1]
    if parts[:2] == ("include", "halftone") and len(parts) > 3:
        return parts[2]
    return None


def violation_of_runtime(include):
    """The runtime runs without the compiler, so it may include nothing of it."""
    if include.startswith(("llvm/", "mlir/", "llvm-c/", "mlir-c/", "lld/")):
        return "the runtime must not depend on LLVM"
    if include.startswith("halftone/") and include != RUNTIME_HEADER:
        return "the runtime must not include the compiler"
    return None


def violation_of_compiler(layer, include):
    # The longest prefix decides: llvm/Support/CommandLine.h before llvm/.
    for prefix in sorted(RESTRICTED, key=len, reverse=True):
        if include.startswith(prefix):
            if layer in RESTRICTED[prefix]:
                return None
            allowed = ", ".join(sorted(RESTRICTED[prefix], key=RANK.get))
            return f"{layer} must not include {prefix}; only {allowed} may"
    if not include.startswith("halftone/") or include == RUNTIME_HEADER:
        return None
    target = include.split("/")[1]
    if target not in RANK:
        return f"no layer named {target}"
    if target != layer and RANK[target] >= RANK[layer]:
        return f"{layer} must not include {target}: it is not below it"
    return None


def check_file(root, path):
    layer = layer_of(path)
    if layer is None:
        return []
    if layer != "runtime" and layer not in RANK:
        return [f"{path}:1: no layer named {layer}; the layers are in scripts/check-layering.py"]
    violations = []
    for number, line in enumerate((root / path).read_text().splitlines(), start=1):
        match = INCLUDE.match(line)
        if not match:
            continue
        include = match.group(1)
        if layer == "runtime":
            message = violation_of_runtime(include)
        else:
            message = violation_of_compiler(layer, include)
        if message:
            violations.append(f"{path}:{number}: {message}: {include}")
    return violations


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default_root = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("--root", type=pathlib.Path, default=default_root)
    root = parser.parse_args().root
    files = [
        path.relative_to(root)
        for folder in ("include", "lib", "runtime", "tools")
        for path in sorted((root / folder).rglob("*"))
        if path.suffix in SUFFIXES
    ]
    if not files:
        sys.exit(f"check-layering: no source files below {root}")
    violations = [violation for path in files for violation in check_file(root, path)]
    print(*violations, sep="\n", end="\n" if violations else "")
    print(f"{len(files)} files, {len(violations)} violations")
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
