#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that the IR in README.md is what quant-compile prints.

Each ```mlir block belongs to the last `--emit=STAGE` before it. Its statements have to occur in this
order among those that the stage prints for the README's model; statements may be left out between
them, `…` stands for anything, and values may have other names. Exits with 1 and one line per
statement that was not found.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODEL = "examples/matmul.onnxtxt"
OPTIONS = ["--recipe", "w8a8-dynamic", "--target", "znver4"]
STATEMENT = re.compile(r"^(%[^=:]*=|\^|\}|return|func\.func|\w+\.yield)")
PIECE = re.compile(r"…|%\w+")


def blocks(readme):
    """(stage, line number, text) of each ```mlir block."""
    for match in re.finditer(r"^```mlir\n(.*?)^```", readme, re.DOTALL | re.MULTILINE):
        before = readme[: match.start()]
        stages = re.findall(r"`--emit=([\w-]+)`", before.rpartition("\n**")[2])
        yield (stages[0] if stages else None), before.count("\n") + 2, match.group(1)


def statements(text):
    """(line number from 0, statement); a line that starts none continues the one before."""
    result = []
    for number, line in enumerate(text.splitlines()):
        line = re.sub(r"\s+", " ", line.strip())
        if STATEMENT.match(line) or not result:
            result.append([number, line])
        elif line:
            result[-1][1] += " " + line
    return result


def match_statement(shown, printed, names):
    """Names of the README's values after matching, or None."""
    pattern, last = "", 0
    found = []
    for piece in PIECE.finditer(shown):
        pattern += re.escape(shown[last : piece.start()])
        last = piece.end()
        if piece.group() == "…":
            pattern += ".*?"
        elif piece.group() in names:
            pattern += re.escape(names[piece.group()]) + r"\b"
        elif piece.group() in found:
            pattern += f"(?P=v{found.index(piece.group())})\\b"
        else:
            pattern += rf"(?P<v{len(found)}>%\w+)"
            found.append(piece.group())
    match = re.fullmatch(pattern + re.escape(shown[last:]), printed)
    if not match:
        return None
    return names | {name: match.group(f"v{i}") for i, name in enumerate(found)}


def check_block(shown, printed):
    """Line numbers and statements of `shown` that do not occur where they should."""
    names, position = {}, 0
    for number, statement in statements(shown):
        for index in range(position, len(printed)):
            matched = match_statement(statement, printed[index], names)
            if matched is not None:
                names, position = matched, index + 1
                break
        else:
            yield number, statement


def emit(root, stage):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "stage.mlir"
        subprocess.run(["quant-compile", root / MODEL, *OPTIONS, f"--emit={stage}", "-o", path],
                       check=True)
        return [statement for _, statement in statements(path.read_text())]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=ROOT)
    root = parser.parse_args().root
    readme = (root / "README.md").read_text()
    count, violations = 0, []
    for stage, line, text in blocks(readme):
        count += 1
        if stage is None:
            violations.append(f"README.md:{line}: no `--emit=STAGE` says what this block shows")
            continue
        for number, statement in check_block(text, emit(root, stage)):
            violations.append(f"README.md:{line + number}: --emit={stage} does not print: {statement}")
    print(*violations, sep="\n", end="\n" if violations else "")
    print(f"{count} blocks, {len(violations)} violations")
    sys.exit(1 if violations or not count else 0)


if __name__ == "__main__":
    main()
