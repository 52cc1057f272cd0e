# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes one image of the digits in FOLDER as an input: make-digit.py FOLDER FILE"""

import pathlib
import sys

import numpy as np

with np.load(pathlib.Path(sys.argv[1]) / "evaluation.npz") as archive:
    np.savez(sys.argv[2], image=archive["image"][0])
