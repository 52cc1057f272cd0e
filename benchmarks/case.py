# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One comparison: a model, its inputs, and the quantized form that each program gets."""

import dataclasses
import os
import pathlib
import typing

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = pathlib.Path(os.environ.get("HALFTONE_MODELS", ROOT.parent / "shared" / "models"))

# A file, or a function that makes it when the case is run.
Model = typing.Union[pathlib.Path, typing.Callable[[], pathlib.Path]]

# Relative RMS: each of some fifty layers rounds its input and its weights to 8 bits.
HALF_ERROR = 0.03


@dataclasses.dataclass
class Case:
    name: str
    kind: str  # f32, bf16 or i8: whose peak counts
    model: Model  # in float, or integer as it is
    inputs: dict
    recipe: str = "float"
    calibration: dict = None  # {input: samples}
    peer_model: Model = None  # where it is not `model`
    dims: dict = dataclasses.field(default_factory=dict)
    is_exact: bool = False  # both must give the same integers
    error: float = 1e-4  # of the largest output: float sums in another order
    is_whole_model: bool = True  # counts in the summary; products alone do not
    macs: int = None  # where running the model to count them would take too much memory

    def in_halves(self):
        """The same float model in bfloat16, beside the peer's float: it has no kernels for these. Not in the summary."""
        return dataclasses.replace(self, name=self.name.replace("f32", "bf16"), kind="bf16",
                                   recipe="bf16", is_whole_model=False, error=HALF_ERROR)

    def prepare(self):
        """The case with files instead of functions."""
        made = {
            field: value() for field in ("model", "peer_model")
            if callable(value := getattr(self, field))
        }
        return dataclasses.replace(self, **made)
