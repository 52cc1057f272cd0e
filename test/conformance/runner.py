# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles one backend test and runs it on its data sets, through the command lines of the tools."""

import dataclasses
import json
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import onnx

TIME_LIMIT = 120  # seconds for one process; the slowest takes a few
# ONNX's own runner uses these for floats. Integers have to be equal.
FLOAT_TOLERANCE = ("--rtol", "1e-3", "--atol", "1e-7")
EXACT = ("--rtol", "0", "--atol", "0")

# How quant-compile says that it does not do something, as opposed to failing at it.
UNSUPPORTED = re.compile(
    r"not supported|is supported in opsets|only .* (is|are) supported|must be known when compiling"
    r"|no opset of the domain ai\.onnx is imported|has no code for the device"
)
WANTS_CONSTANT = re.compile(r"must be known when compiling, but '([^']*)' is computed")


@dataclasses.dataclass
class Outcome:
    kind: str  # passed, failed, unsupported
    reason: str = ""
    constants: tuple = ()  # inputs that had to be made constants


def run_tool(*command):
    """(exit status, stdout, stderr); a process that takes too long counts as killed."""
    try:
        result = subprocess.run(
            [str(part) for part in command], capture_output=True, text=True, errors="replace",
            timeout=TIME_LIMIT,
        )
    except subprocess.TimeoutExpired:
        return -signal.SIGKILL, "", f"takes more than {TIME_LIMIT} s"
    return result.returncode, result.stdout, result.stderr


def first_error(stderr):
    lines = [line for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line]
    line = (errors or lines or ["no message"])[0]
    return re.sub(r"^\S*: error: ", "", line)


def describe_exit(tool, status, stderr):
    if status < 0:
        return f"{tool} died of {signal.Signals(-status).name}: {first_error(stderr)}"
    return f"{tool}: {first_error(stderr)}"


def read_tensor(path):
    tensor = onnx.TensorProto()
    tensor.ParseFromString(path.read_bytes())
    return tensor


def is_float(tensor):
    return "FLOAT" in onnx.TensorProto.DataType.Name(tensor.data_type) or tensor.data_type in (
        onnx.TensorProto.DOUBLE,
    )


def relabel_bf16(case, data_set, folder):
    """The data set, or a copy of it: older tests store bf16 as uint16 of the same bits."""
    bf16, uint16 = onnx.TensorProto.BFLOAT16, onnx.TensorProto.UINT16
    graph = onnx.load(case.model).graph
    declared = {
        f"{kind}_{index}.pb": info.type.tensor_type.elem_type
        for kind, infos in (("input", graph.input), ("output", graph.output))
        for index, info in enumerate(infos)
    }
    if bf16 not in declared.values():
        return data_set
    target = folder / data_set.name
    shutil.copytree(data_set, target)
    for path in target.glob("*.pb"):
        tensor = read_tensor(path)
        if declared.get(path.name) == bf16 and tensor.data_type == uint16:
            tensor.data_type = bf16
            path.write_bytes(tensor.SerializeToString())
    return target


class BakedCase:
    """A copy of a test whose named inputs became initializers with the values of one data set."""

    def __init__(self, case, data_set, names, folder):
        self.model = folder / "baked.onnx"
        self.data = folder / "data"
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir()
        model = onnx.load(case.model)
        kept = []
        for index, info in enumerate(list(model.graph.input)):
            source = data_set / f"input_{index}.pb"
            if info.name not in names:
                shutil.copy(source, self.data / f"input_{len(kept)}.pb")
                kept.append(info)
                continue
            tensor = read_tensor(source)
            tensor.name = info.name
            model.graph.initializer.append(tensor)
        del model.graph.input[:]
        model.graph.input.extend(kept)
        onnx.save(model, self.model)
        for source in data_set.glob("output_*.pb"):
            shutil.copy(source, self.data)


def compare(program, data_set, tolerance=None):
    """None when the outputs of `program` are those of the data set, else what is wrong.

    `tolerance` are options of quant-run; without it that of ONNX's own runner."""
    inputs = list(data_set.glob("input_*.pb"))
    outputs = [read_tensor(path) for path in sorted(data_set.glob("output_*.pb"))]
    if not outputs:
        return "the data set has no outputs"
    tolerance = tolerance or (FLOAT_TOLERANCE if any(map(is_float, outputs)) else EXACT)
    status, stdout, stderr = run_tool(
        "quant-run", program, *(("--inputs", data_set) if inputs else ()), "--compare", data_set,
        *tolerance, "--threads", "1", "--json",
    )
    if status not in (0, 1) or not stdout.strip():
        return describe_exit("quant-run", status, stderr)
    compared = json.loads(stdout).get("comparison", [])
    if len(compared) != len(outputs):
        return f"{len(compared)} of {len(outputs)} outputs were compared: {first_error(stderr)}"
    for output in compared:
        if output["mismatches"]:
            return (
                f"output '{output['name']}': {output['mismatches']} of {output['elements']} elements"
                f" differ, by up to {output['max_abs_error']}"
            )
    return None if status == 0 else describe_exit("quant-run", status, stderr)


def compile_model(model, program, options=()):
    """None when `program` was written, else the Outcome."""
    status, _, stderr = run_tool("quant-compile", model, "-o", program, "--quiet", *options)
    if status == 0:
        return None
    reason = describe_exit("quant-compile", status, stderr)
    is_refusal = status == 1 and UNSUPPORTED.search(reason)
    return Outcome("unsupported" if is_refusal else "failed", reason)


def wanted_constants(reason, graph, names):
    """The inputs that a refusal is about: the one it names, or, where it names a value or a size that is
    computed from inputs, all vectors of integers among them."""
    if not re.search("must be known when compiling|only known when the model runs", reason):
        return []
    named = WANTS_CONSTANT.search(reason)
    inputs = {info.name: info.type.tensor_type for info in graph.input if info.name not in names}
    if named and named[1] in inputs:
        return [named[1]]
    integers = (onnx.TensorProto.INT32, onnx.TensorProto.INT64)
    return [name for name, kind in inputs.items()
            if kind.elem_type in integers and len(kind.shape.dim) == 1]


def compile_with_constants(case, data_set, folder, program, options):
    """Compiles; inputs that have to be known when compiling become constants.

    Returns (outcome or None, names of these inputs, folder with the data to run on)."""
    names, model, data = [], case.model, data_set
    while True:
        outcome = compile_model(model, program, options)
        wanted = wanted_constants(outcome.reason, onnx.load(case.model).graph, names) if outcome else []
        if not wanted:
            return outcome, tuple(names), data
        names += wanted
        baked = BakedCase(case, data_set, names, folder)
        model, data = baked.model, baked.data


def run_case(case, options=()):
    """The Outcome of a test: it passes when every data set does. `options` are those of quant-compile."""
    with tempfile.TemporaryDirectory(prefix="halftone-") as name:
        folder = pathlib.Path(name)
        program = folder / "program.so"
        constants = ()
        for index, data_set in enumerate(case.data_sets()):
            data_set = relabel_bf16(case, data_set, folder)
            # The program of the first data set does for the others, unless it holds data.
            data = data_set
            if index == 0 or constants:
                outcome, constants, data = compile_with_constants(
                    case, data_set, folder, program, options)
                if outcome:
                    return outcome
            problem = compare(program, data)
            if problem:
                return Outcome("failed", f"{data_set.name}: {problem}", constants)
        return Outcome("passed", "", constants)
