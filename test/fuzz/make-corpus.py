#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the seeds of import-fuzzer: the models of test/ONNX, which have every op, and bad ones."""

import argparse
import pathlib
import sys

import onnx.parser

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "test/refusals"))
sys.dont_write_bytecode = True

import table  # noqa: E402  Its cases are one change away from what is right.

LARGEST = 4096  # bytes: what is larger is mutated too slowly to be found out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path, help="where the seeds are written")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for text in sorted((ROOT / "test/ONNX").glob("*.onnxtxt")):
        proto = onnx.parser.parse_model(text.read_text())
        (folder / f"{text.stem}.onnx").write_bytes(proto.SerializeToString())
    cases = [*table.FILES, *table.GRAPHS, *table.TENSORS, *table.NODES, *table.SUBGRAPHS]
    for index, (name, make, command, _) in enumerate(cases):
        scratch = folder / "scratch"
        scratch.mkdir()
        try:
            if command == table.COMPILE and "program" not in name:
                make(scratch)
            model = scratch / "model.onnx"
            if model.is_file() and model.stat().st_size <= LARGEST:
                (folder / f"seed-{index:03}").write_bytes(model.read_bytes())
        finally:
            for path in scratch.iterdir():
                path.rmdir() if path.is_dir() else path.unlink()
            scratch.rmdir()


if __name__ == "__main__":
    main()
