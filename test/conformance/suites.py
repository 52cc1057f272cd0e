# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Finds the ONNX backend tests: folders with a model.onnx and test_data_set_* folders.

Two suites: the one that Debian's package libonnx-testdata carries, and a newer one as an archive in a
folder beside the checkout ($HALFTONE_SHARED, default ../shared), which is optional.
"""

import dataclasses
import hashlib
import os
import pathlib
import re
import tarfile

import onnx

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEBIAN_SUITE = pathlib.Path("/usr/share/libonnx-testdata/data")
ARCHIVE = "onnx-backend-tests-1.23.tar.xz"
KINDS = ("node", "simple", "pytorch-converted", "pytorch-operator")
EXPANDED = re.compile(r"_expanded(_ver\d+|_function_ops)*$")


@dataclasses.dataclass(frozen=True)
class Case:
    suite: str  # onnx-1.12, onnx-1.23
    name: str  # node/test_add
    folder: pathlib.Path
    op: str  # what it tests
    # Every suite/name that has this content, this one included.
    keys: tuple = ()

    @property
    def model(self):
        return self.folder / "model.onnx"

    def data_sets(self):
        return sorted(self.folder.glob("test_data_set_*"))


def shared_folder():
    return pathlib.Path(os.environ.get("HALFTONE_SHARED", ROOT.parent / "shared"))


def unpack(archive, cache):
    """Unpacks once; the name of the folder changes with the archive."""
    status = archive.stat()
    folder = cache / f"{archive.name}-{status.st_size}-{int(status.st_mtime)}"
    if not folder.is_dir():
        partial = folder.with_suffix(".partial")
        with tarfile.open(archive) as content:
            # Older versions of Python know no filters; the archive is the ONNX project's own.
            safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            content.extractall(partial, **safe)
        partial.rename(folder)
    return folder


def content_hash(folder):
    """Of every file of a test, names included."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(folder)).encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.digest()


def tested_op(folder):
    """The op a test is about: its only node's, or that of the test it is the expanded form of."""
    if folder.parent.name != "node":
        return f"({folder.parent.name})"
    base = folder.with_name(EXPANDED.sub("", folder.name))
    model = base / "model.onnx" if (base / "model.onnx").exists() else folder / "model.onnx"
    nodes = onnx.load(model, load_external_data=False).graph.node
    ops = [node.op_type for node in nodes if node.op_type != "Constant"]
    return ops[0] if ops else "Constant"


def find_cases(cache, name_filter=""):
    """(cases, notes): every test once, even where a newer suite has it unchanged."""
    roots, notes = {}, []
    if DEBIAN_SUITE.is_dir():
        roots["onnx-1.12"] = DEBIAN_SUITE
    else:
        notes.append(f"no suite at {DEBIAN_SUITE}: install libonnx-testdata")
    archive = shared_folder() / ARCHIVE
    if archive.exists():
        roots["onnx-1.23"] = unpack(archive, cache)
    else:
        notes.append(f"no {archive} ($HALFTONE_SHARED): its tests are left out")
    first, keys = {}, {}
    for suite, root in roots.items():
        folders = [model.parent for kind in KINDS for model in (root / kind).glob("*/model.onnx")]
        for folder in sorted(folders):
            name = f"{folder.parent.name}/{folder.name}"
            digest = content_hash(folder)
            keys.setdefault(digest, []).append(f"{suite}/{name}")
            if digest not in first and re.search(name_filter, name):
                first[digest] = (suite, name, folder)
    cases = [
        Case(suite, name, folder, tested_op(folder), tuple(keys[digest]))
        for digest, (suite, name, folder) in first.items()
    ]
    return cases, notes
