#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The numbers of scripts/demo, with nothing but Python's own library.

    report.py one-image FILE.npz KEY OUT.npy    the first sample of an array, for the latency
    report.py table LABELS.npy FOLDER RECIPE... accuracy, size and latency of FOLDER/RECIPE.{npy,so,json}
"""

import array
import ast
import io
import json
import pathlib
import sys
import zipfile

TYPE_CODES = {"<f4": "f", "<i8": "q"}


def read_npy(stream):
    """(type, shape, values) of an .npy stream in row-major order."""
    if stream.read(6) != b"\x93NUMPY":
        sys.exit("not an .npy file")
    major, _ = stream.read(2)
    size = int.from_bytes(stream.read(2 if major == 1 else 4), "little")
    header = ast.literal_eval(stream.read(size).decode())
    if header["fortran_order"] or header["descr"] not in TYPE_CODES:
        sys.exit(f"an array of another kind: {header}")
    return header["descr"], header["shape"], array.array(TYPE_CODES[header["descr"]], stream.read())


def write_npy(path, descr, shape, values):
    header = repr({"descr": descr, "fortran_order": False, "shape": shape})
    header += " " * (-(len(header) + 11) % 64) + "\n"
    prefix = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little")
    path.write_bytes(prefix + header.encode() + values.tobytes())


def write_one_image(npz, key, out):
    with zipfile.ZipFile(npz) as archive:
        descr, shape, values = read_npy(io.BytesIO(archive.read(key + ".npy")))
    write_npy(pathlib.Path(out), descr, shape[1:], values[: len(values) // shape[0]])


def accuracy(labels, path):
    with open(path, "rb") as stream:
        _, _, scores = read_npy(stream)
    classes = len(scores) // len(labels)
    if classes * len(labels) != len(scores):
        sys.exit(f"{path}: {len(scores)} scores for {len(labels)} labels")
    rows = (scores[i : i + classes] for i in range(0, len(scores), classes))
    return sum(row.index(max(row)) == label for row, label in zip(rows, labels)) / len(labels)


def print_table(labels_file, folder, recipes):
    folder = pathlib.Path(folder)
    with open(labels_file, "rb") as stream:
        _, _, labels = read_npy(stream)
    columns = []
    for recipe in recipes:
        timing = json.loads((folder / f"{recipe}.json").read_text())
        columns.append((
            recipe,
            f"{accuracy(labels, folder / f'{recipe}.npy'):.1%}",
            f"{(folder / f'{recipe}.so').stat().st_size / 1000:.0f} kB",
            f"{timing['median_ms'] * 1000:.1f} us",
        ))
    names = ("", f"accuracy on {len(labels)} images", "file size", "latency, 1 image, 1 thread")
    for name, *cells in zip(names, *columns):
        print(f"{name:28}", *(f"{cell:>12}" for cell in cells))


def main():
    command, *arguments = sys.argv[1:] or [""]
    if command == "one-image" and len(arguments) == 3:
        write_one_image(*arguments)
    elif command == "table" and len(arguments) >= 3:
        print_table(arguments[0], arguments[1], arguments[2:])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
