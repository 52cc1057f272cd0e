#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares compiled models with ONNX Runtime: same model, same threads, in turns in one process.

Outputs are checked before anything is timed. The ratio is ONNX Runtime's time divided by ours: above
1 we are faster. See docs/Performance.md for how the numbers are made.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import numpy as np

import cases
import halftone_runtime
import peer
import timing
from case import ROOT

# int8 may be this much further from float than ONNX Runtime's int8 is, both as relative RMS, and a
# tenth: of models that suffer a lot, both answers are as good as each other.
QUANTIZATION_SLACK = 0.02
QUANTIZATION_RATIO = 1.1


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("HALFTONE_BUILD", ROOT / "build")))
    parser.add_argument("--filter", nargs="+", default=[""],
                        help="only cases whose name contains one of these")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=15, help="blocks of each program")
    parser.add_argument("--layers", type=int, default=4,
                        help="of the decoder with random weights; 16 need 12 GB of memory")
    parser.add_argument("--json", type=pathlib.Path, help="write the results to this file")
    return parser.parse_args()


def measure_peaks(build, threads):
    """{threads: {name: value}} of this machine, now."""
    output = subprocess.run([build / "benchmarks/halftone-peak", str(max(threads))], check=True,
                            capture_output=True, text=True).stdout
    return {peak.pop("threads"): peak for peak in json.loads(output)["peaks"]}


def best_peak(peaks, kind):
    """(name, GMAC/s) of the fastest instruction for this kind of number."""
    candidates = {name: value for name, value in peaks.items() if name.startswith(kind + "_")}
    name = max(candidates, key=candidates.get)
    return name.removesuffix("_gmacs"), candidates[name]


def compile_case(build, case, folder):
    """The program, or None after the compiler's message."""
    program = folder / "program.so"
    command = [build / "bin/quant-compile", case.model, "-o", program, "--recipe", case.recipe]
    command += [part for name, size in case.dims.items() for part in ("--dim", f"{name}={size}")]
    if case.calibration is not None:
        np.savez(folder / "calibration.npz", **case.calibration)
        command += ["--calibration", folder / "calibration.npz"]
    status = subprocess.run([str(part) for part in command] + ["--quiet"]).returncode
    return program if status == 0 else None


def relative_rms(actual, expected):
    scale = np.sqrt(np.mean(np.square(expected, dtype=np.float64)))
    error = np.sqrt(np.mean(np.square(actual.astype(np.float64) - expected)))
    return float(error / scale) if scale else float(error)


class WrongOutputs(Exception):
    """Of our program."""


def check_outputs(case, ours, theirs):
    """What is wrong with our outputs, or None; both have run."""
    our_outputs, their_outputs = ours.outputs(), theirs.outputs()
    name = next(iter(their_outputs))
    actual, expected = our_outputs[name], their_outputs[name]
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        return f"{actual.dtype}{actual.shape} instead of {expected.dtype}{expected.shape}"
    if case.is_exact:
        return None if np.array_equal(actual, expected) else "the integers differ"
    if case.recipe == "float":
        error = np.abs(actual - expected).max() / np.abs(expected).max()
        return None if error <= case.error else f"off by {error:.2g} of the range"
    reference = peer.Session(case.model, 1, case.dims)
    reference.bind(case.inputs)()
    exact = reference.outputs()[name]
    our_error, their_error = relative_rms(actual, exact), relative_rms(expected, exact)
    if case.kind == "bf16":
        return None if our_error <= case.error else f"{our_error:.3f} from float"
    if our_error <= QUANTIZATION_RATIO * their_error + QUANTIZATION_SLACK:
        return None
    return f"{our_error:.3f} from float, ONNX Runtime {their_error:.3f}"


def run_case(case, program, threads, peaks, arguments, library):
    """Raises what stands in the way of a comparison."""
    ours = halftone_runtime.Session(library, program, threads)
    theirs = peer.Session(case.peer_model or case.model, threads, case.dims)
    run_ours, run_theirs = ours.bind(case.inputs), theirs.bind(case.inputs)
    run_ours()
    run_theirs()
    problem = check_outputs(case, ours, theirs)
    if problem:
        raise WrongOutputs(problem)
    result = {"case": case.name, "threads": threads, "is_whole_model": case.is_whole_model}
    result |= timing.summarize(*timing.alternate(run_ours, run_theirs, arguments.rounds))
    ours.close()
    macs = case.macs or peer.count_macs(case.model, case.inputs)
    name, peak = best_peak(peaks[threads], case.kind)
    result["gmacs"] = macs / result["halftone_ms"] / 1e6
    result["peak"], result["of_peak"] = name, result["gmacs"] / peak
    return result


def print_row(result):
    title = f"{result['case']:42} {result['threads']}T"
    if "error" in result:
        print(f"{title}  not compared: {result['error']}", flush=True)
        return
    low, high = result["ratio_quartiles"]
    print(f"{title} {result['ratio']:6.2f} ({low:.2f} to {high:.2f}) {result['halftone_ms']:10.4f}"
          f" {result['onnxruntime_ms']:10.4f} {result['gmacs']:9.1f} {result['of_peak']:7.1%}"
          f" {result['peak']}", flush=True)


def print_summary(results):
    """Of the whole models, in float and in int8: the geometric mean of the ratios and the worst."""
    compared = [row for row in results if row.get("is_whole_model")]
    for threads in sorted({row["threads"] for row in compared}):
        rows = [row for row in compared if row["threads"] == threads]
        worst = min(rows, key=lambda row: row["ratio"])
        mean = statistics.geometric_mean(row["ratio"] for row in rows)
        print(f"{len(rows)} whole models on {threads}T: geometric mean {mean:.2f}, worst"
              f" {worst['ratio']:.2f} ({worst['case']}),"
              f" {sum(row['ratio'] < 1 for row in rows)} below 1")
    failed = [f"{row['case']} {row['threads']}T" for row in results if "error" in row]
    if failed:
        print(f"{len(failed)} not compared: {', '.join(failed)}")


def run_on_threads(case, program, peaks, arguments, library):
    """One result for each number of threads, printed."""
    for threads in arguments.threads:
        try:
            result = run_case(case, program, threads, peaks, arguments, library)
        except Exception as error:  # Of either program: the others are compared all the same.
            reason = " ".join(str(error).split())[:200]
            result = {"case": case.name, "threads": threads,
                      "error": f"{type(error).__name__}: {reason}"}
        print_row(result)
        yield result


def prepare(case, build, folder):
    """(the case with its files, the program); raises what stands in the way."""
    folder.mkdir()
    case = case.prepare()
    program = compile_case(build, case, folder)
    if not program:
        raise RuntimeError("does not compile")
    return case, program


def main():
    arguments = parse_arguments()
    library = halftone_runtime.load_library(arguments.build / "lib/libhalftone.so")
    peaks = measure_peaks(arguments.build, arguments.threads)
    results = []
    with tempfile.TemporaryDirectory(prefix="halftone-") as name:
        folder = pathlib.Path(name)
        chosen, notes = cases.all_cases(folder, arguments.layers)
        print(*notes, sep="\n", end="\n" if notes else "")
        print(f"{'case':42}    ratio (quartiles)   ours ms    peer ms    GMAC/s of peak")
        chosen = [case for case in chosen if any(part in case.name for part in arguments.filter)]
        for index, case in enumerate(chosen):
            program_folder = folder / str(index)
            try:
                case, program = prepare(case, arguments.build, program_folder)
            except Exception as error:
                reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
                results += [{"case": case.name, "threads": threads, "error": reason}
                            for threads in arguments.threads]
                print_row(results[-1])
                continue
            results += run_on_threads(case, program, peaks, arguments, library)
            shutil.rmtree(program_folder)
    print_summary(results)
    if arguments.json:
        text = json.dumps({"peaks": peaks, "results": results}, indent=1)
        arguments.json.write_text(text + "\n")
    sys.exit(1 if any("error" in result for result in results) else 0)


if __name__ == "__main__":
    main()
