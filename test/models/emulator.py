# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs modules for 64-bit Arm: the runtime, cross-compiled, under qemu's user mode."""

import atexit
import functools
import pathlib
import shutil
import subprocess
import tempfile

import numpy as np

from harness import ROOT, TIME_LIMIT, Program, Skip

SYSTEM_ROOT = pathlib.Path("/usr/aarch64-linux-gnu")
EMULATOR = "qemu-aarch64"
COMPILER = ["clang++-22", "--target=aarch64-linux-gnu", "-std=c++17", "-O2", "-fno-rtti",
            "-fno-exceptions", "-fno-threadsafe-statics", "-DXXH_INLINE_ALL", "-fuse-ld=lld",
            "-nostdlib++", f"-I{ROOT / 'runtime/include'}",
            "-idirafter", "/usr/include"]  # xxhash is a header
DTYPES = {"f32": np.float32, "f64": np.float64, "f16": np.float16, "bool": np.bool_,
          "i8": np.int8, "u8": np.uint8, "i16": np.int16, "u16": np.uint16,
          "i32": np.int32, "u32": np.uint32, "i64": np.int64, "u64": np.uint64}


@functools.lru_cache(maxsize=None)
def runner():
    """The program that runs a module, made once."""
    if not shutil.which(EMULATOR) or not (SYSTEM_ROOT / "include").exists():
        raise Skip(f"no {EMULATOR} or no {SYSTEM_ROOT} (packages qemu-user, "
                   "libstdc++-12-dev-arm64-cross)")
    folder = tempfile.TemporaryDirectory(prefix="halftone-")
    atexit.register(folder.cleanup)
    program = pathlib.Path(folder.name) / "run-module"
    sources = [*sorted((ROOT / "runtime").glob("*.cpp")), ROOT / "test/models/run-module.cpp"]
    subprocess.run([*COMPILER, *sources, "-o", program], check=True, timeout=TIME_LIMIT)
    return program


class ArmProgram(Program):
    """A model compiled for an Arm CPU; `cpu` is qemu's name of one that has what it needs."""

    def __init__(self, model, target, *options, cpu="max"):
        self.cpu = cpu
        runner()
        super().__init__(model, "--target", target, *options)

    def run(self, inputs, *options):
        assert not options, "the runner has no options"
        arguments = []
        for index, (name, array) in enumerate(inputs.items()):
            path = self.file(f"input.{index}")
            path.write_bytes(np.ascontiguousarray(array).tobytes())
            arguments.append(f"{','.join(map(str, array.shape))}:{path}")
        command = [EMULATOR, "-cpu", self.cpu, "-L", SYSTEM_ROOT, runner(), self.path,
                   self.file("output"), *arguments]
        result = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT)
        assert result.returncode == 0, f"exit status {result.returncode}: {result.stderr[:1500]}"
        outputs = {}
        for index, line in enumerate(result.stdout.splitlines()):
            name, dtype, dims = line.rsplit(" ", 2)
            shape = tuple(int(dim) for dim in dims.split(",") if dim)
            data = self.file(f"output.{index}").read_bytes()
            outputs[name] = np.frombuffer(data, DTYPES[dtype]).reshape(shape)
        return outputs
