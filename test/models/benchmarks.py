#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The benchmarks run: they load the library, check outputs against ONNX Runtime, and print a ratio.

No time is tested, only that there is one; what benchmarks take from the runtime's interface would otherwise break unseen.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

from harness import BUILD, ROOT, main

def compare(*arguments):
    with tempfile.TemporaryDirectory(prefix="halftone-") as folder:
        results = pathlib.Path(folder) / "results.json"
        command = [sys.executable, ROOT / "benchmarks/compare.py", "--build", BUILD, "--rounds", "1",
                   "--json", results, *arguments]
        run = subprocess.run(command, capture_output=True, text=True, timeout=300)
        assert run.returncode == 0, run.stdout + run.stderr
        return json.loads(results.read_text())["results"]


def test_compare():
    name = "matmul 128x768x3072 int8 MatMulInteger"
    results = compare("--filter", name, "--threads", "1", "2")
    assert [(result["case"], result["threads"]) for result in results] == [(name, 1), (name, 2)]
    assert all(result["ratio"] > 0 for result in results)


if __name__ == "__main__":
    main(globals())
