#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that documents quote what the files say.

A fenced block whose paragraph before ends in `path`: belongs to that file, and its lines have to stand
there one after the other; a line `…` leaves lines out, indentation does not count. Exits with 1 and one
line per block that is not there. Blocks without such a line are commands and outputs, not quotations.
"""

import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENTS = ["docs/AddingAnOp.md"]
QUOTE = re.compile(r"`([^`\n]+)`:\n\n```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)


def lines_of(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def pieces_of(block):
    """Runs of lines between the lines `…`."""
    pieces = [[]]
    for line in lines_of(block):
        if line == "…":
            pieces.append([])
        else:
            pieces[-1].append(line)
    return [piece for piece in pieces if piece]


def find_piece(piece, lines, start):
    """The position behind `piece` in `lines`, or None."""
    for index in range(start, len(lines) - len(piece) + 1):
        if lines[index : index + len(piece)] == piece:
            return index + len(piece)
    return None


def check_block(block, lines):
    """The first line of the piece that `lines` do not have, or None."""
    position = 0
    for piece in pieces_of(block):
        position = find_piece(piece, lines, position)
        if position is None:
            return piece[0]
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=ROOT, help="where documents are")
    parser.add_argument("--sources", type=pathlib.Path, default=ROOT, help="where quoted files are")
    arguments = parser.parse_args()
    count, violations = 0, []
    for name in DOCUMENTS:
        text = (arguments.root / name).read_text()
        for match in QUOTE.finditer(text):
            count += 1
            line = text[: match.start()].count("\n") + 1
            source = arguments.sources / match.group(1)
            if not source.is_file():
                violations.append(f"{name}:{line}: there is no file {match.group(1)}")
                continue
            missing = check_block(match.group(2), lines_of(source.read_text()))
            if missing is not None:
                violations.append(f"{name}:{line}: {match.group(1)} does not have: {missing}")
    print(*violations, sep="\n", end="\n" if violations else "")
    print(f"{count} quotations, {len(violations)} violations")
    sys.exit(1 if violations or not count else 0)


if __name__ == "__main__":
    main()
