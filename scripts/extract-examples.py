#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints a module with the example of every op of the dialect, one function for each.

Values that an example uses but does not define become arguments of its function; their types are
read from the example itself. So the examples of the documents can be parsed and verified.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import textwrap

LLVM = pathlib.Path("/usr/lib/llvm-22")
NAME = re.compile(r"%[\w$.-]+")
OPENING, CLOSING = "([{<", ")]}>"


def described_ops(td, include):
    command = [LLVM / "bin/llvm-tblgen", "--dump-json", "-I", LLVM / "include", "-I", include, td]
    dumped = subprocess.run(command, capture_output=True, text=True)
    if dumped.returncode != 0:
        sys.exit(dumped.stderr)
    dump = json.loads(dumped.stdout)
    for name in dump["!instanceof"].get("Op", []):
        yield dump[name]["opName"], dump[name]["description"] or ""


def split_top(text, separator):
    """Splits at a separator that lies outside of all brackets; `->` is no bracket."""
    parts, depth, start = [], 0, 0
    masked = text.replace("->", "\0\0")
    index = 0
    while index < len(masked):
        char = masked[index]
        depth += (char in OPENING) - (char in CLOSING)
        if depth == 0 and masked.startswith(separator, index):
            parts.append(text[start:index])
            index += len(separator)
            start = index
            continue
        index += 1
    return parts + [text[start:]]


def outer_groups(text):
    """The contents of the outermost parentheses, and the text without them."""
    groups, rest, depth, start = [], "", 0, 0
    for index, char in enumerate(text):
        if char == "(":
            start = index + 1 if depth == 0 else start
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                groups.append(text[start:index])
        elif depth == 0:
            rest += char
    return groups, rest


def typed_operands(statement):
    """(name, type) of the operands that a statement names, where it gives them types."""
    operands = statement.split(" = ", 1)[-1] if statement.startswith("%") else statement
    head, *types = split_top(operands, " : ")
    groups, plain = outer_groups(head)
    for group in groups:
        yield from typed_operands(group)
    if types:
        names = NAME.findall(re.sub(r"\{.*\}", "", plain, flags=re.DOTALL))
        source = re.split(r"->", types[-1])[0].strip()
        if source.startswith("(") and source.endswith(")"):
            source = source[1:-1]
        yield from zip(names, (part.strip() for part in split_top(source, ",")))


def statements(example):
    """Operations of the example, those in regions too, and the heads and ends of regions. Any other
    line continues the one before."""
    result = []
    for line in example.strip().splitlines():
        line = line.strip()
        if re.match(r"%[^=:]*=|\^|\}|halftone\.\w+\b", line) or not result:
            result.append(line)
        else:
            result[-1] += " " + line
    return [re.sub(r" \{$", "", statement) for statement in result]


def function_of(name, number, example):
    if "func.func" in example:
        return example
    arguments, defined = {}, set()
    for statement in statements(example):
        if statement.startswith("^"):
            defined.update(NAME.findall(statement))
            continue
        for value, value_type in typed_operands(re.sub(r"//.*", "", statement)):
            if value not in defined:
                arguments.setdefault(value, value_type)
        if statement.startswith("%"):
            defined.update(NAME.findall(statement.split(" = ", 1)[0]))
    signature = ", ".join(f"{value}: {value_type}" for value, value_type in arguments.items())
    body = textwrap.indent(textwrap.dedent(example).strip("\n"), "  ")
    return f"func.func @{name}_{number}({signature}) {{\n{body}\n  return\n}}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default_root = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("--root", type=pathlib.Path, default=default_root)
    root = parser.parse_args().root
    td = root / "include/halftone/Dialect/HalftoneOps.td"
    for name, description in described_ops(td, root / "include"):
        examples = re.findall(r"```mlir\n(.*?)```", description, re.DOTALL)
        for number, example in enumerate(examples):
            print(function_of(name, number, example))


if __name__ == "__main__":
    main()
