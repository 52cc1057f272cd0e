# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Tests of the tools through their command lines; `lit build/test` runs them.

import os
import pathlib
import re
import shutil

import lit.formats

config.name = "Halftone"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".onnxtxt"]
config.excludes = ["Inputs", "unit", "models", "conformance", "CMakeLists.txt"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.halftone_build_root, "test")

source_root = pathlib.Path(config.halftone_source_root)
build_root = pathlib.Path(config.halftone_build_root)
tools = build_root / "bin"

config.environment["PATH"] = os.pathsep.join(
    [str(tools), config.llvm_tools_dir, config.environment.get("PATH", "")]
)
# FileCheck prints what it saw around a failure; a test that matches nothing is an error.
config.environment["FILECHECK_OPTS"] = "--dump-input=fail --allow-unused-prefixes=false"
# Debian's libMLIR is not instrumented, so containers shared with it cannot be annotated.
config.environment["ASAN_OPTIONS"] = "detect_container_overflow=0:detect_leaks=0"

# The Python of the tests: the environment that scripts/test makes, else the system's.
venv_python = build_root / "venv" / "bin" / "python"
python = str(venv_python) if venv_python.exists() else "/usr/bin/python3"

models = pathlib.Path(
    os.environ.get("HALFTONE_MODELS", source_root.parent / "shared" / "models")
)
config.environment["HALFTONE_MODELS"] = str(models)

config.substitutions += [
    ("%python", python),
    ("%source_root", str(source_root)),
    ("%build_root", str(build_root)),
    ("%scripts", str(source_root / "scripts")),
    ("%runtime_include", str(source_root / "runtime" / "include")),
    ("%digits", str(source_root / "examples" / "digits")),
    ("%models", str(models)),
    ("%host_cc", config.host_cc),
    ("%host_cxx", config.host_cxx),
    ("%llvm_lib", config.llvm_library_dir),
    ("%llvm_include", str(pathlib.Path(config.llvm_tools_dir).parent / "include")),
    # %quant_opt and so on; in the tests the plain name works too, through PATH.
    ("%quant_opt", str(tools / "quant-opt")),
    ("%quant_import", str(tools / "quant-import")),
    ("%quant_compile", str(tools / "quant-compile")),
    ("%quant_run", str(tools / "quant-run")),
    # A module written in C; see test/unit/Runtime.
    ("%test_module", str(build_root / "test" / "unit" / "Runtime" / "TestModule.so")),
    # A libcuda.so.1 that runs the kernels of --target=nvptx-emulated; see test/emulator.
    ("%cuda_emulator", str(build_root / "test" / "emulator")),
    ("%quant_lsp_server", str(tools / "quant-lsp-server")),
]


def cpu_flags():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    match = re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)
    return set(match.group(1).split()) if match else set()


# REQUIRES: a CPU feature means that the test runs code that uses it.
CPU_FEATURES = {
    "avx2": {"avx2", "fma"},
    "avx512": {"avx512f", "avx512bw", "avx512vl", "avx512dq"},
    "avx512vnni": {"avx512_vnni", "avx512vl"},
    "avx-vnni": {"avx_vnni"},
    "avx512bf16": {"avx512_bf16"},
    "amx": {"amx_tile", "amx_int8"},
}
# NVIDIA's assembler, which tests of PTX need: in PATH or where the toolkit is installed.
ptxas = shutil.which("ptxas", path=os.environ.get("PATH", "") + ":/usr/local/cuda/bin")
if ptxas:
    config.available_features.add("ptxas")
    config.substitutions.append(("%ptxas", ptxas))

flags = cpu_flags()
config.available_features.update(name for name, needs in CPU_FEATURES.items() if needs <= flags)

if models.is_dir():
    config.available_features.add("models")
if venv_python.exists():
    config.available_features.add("venv")
if config.halftone_sanitize:
    config.available_features.add("sanitizers")
