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
import subprocess
import sys
import tempfile

import numpy as np

import cases
import halftone_runtime
import peer
import timing

# int8 may be this much further from float than ONNX Runtime's int8 is, both as relative RMS.
QUANTIZATION_SLACK = 0.02


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("HALFTONE_BUILD", cases.ROOT / "build")))
    parser.add_argument("--filter", default="", help="only cases whose name contains this")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=15, help="blocks of each program")
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
    if our_error <= their_error + QUANTIZATION_SLACK:
        return None
    return f"{our_error:.3f} from float, ONNX Runtime {their_error:.3f}"


def run_case(case, program, threads, peaks, arguments, library):
    ours = halftone_runtime.Session(library, program, threads)
    theirs = peer.Session(case.peer_model or case.model, threads, case.dims)
    run_ours, run_theirs = ours.bind(case.inputs), theirs.bind(case.inputs)
    run_ours()
    run_theirs()
    result = {"case": case.name, "threads": threads}
    problem = check_outputs(case, ours, theirs)
    if problem:
        return {**result, "error": problem}
    result |= timing.summarize(*timing.alternate(run_ours, run_theirs, arguments.rounds))
    ours.close()
    macs = peer.count_macs(case.model, case.inputs)
    name, peak = best_peak(peaks[threads], case.kind)
    result["gmacs"] = macs / result["halftone_ms"] / 1e6
    result["peak"], result["of_peak"] = name, result["gmacs"] / peak
    return result


def print_row(result):
    title = f"{result['case']:42} {result['threads']}T"
    if "error" in result:
        print(f"{title}  wrong: {result['error']}", flush=True)
        return
    low, high = result["ratio_quartiles"]
    print(f"{title} {result['ratio']:6.2f} ({low:.2f} to {high:.2f}) {result['halftone_ms']:10.4f}"
          f" {result['onnxruntime_ms']:10.4f} {result['gmacs']:9.1f} {result['of_peak']:7.1%}"
          f" {result['peak']}", flush=True)


def main():
    arguments = parse_arguments()
    library = halftone_runtime.load_library(arguments.build / "lib/libhalftone.so")
    peaks = measure_peaks(arguments.build, arguments.threads)
    results = []
    with tempfile.TemporaryDirectory(prefix="halftone-") as name:
        folder = pathlib.Path(name)
        chosen, notes = cases.all_cases(folder)
        print(*notes, sep="\n", end="\n" if notes else "")
        print(f"{'case':42}    ratio (quartiles)   ours ms    peer ms    GMAC/s of peak")
        for index, case in enumerate(case for case in chosen if arguments.filter in case.name):
            program_folder = folder / str(index)
            program_folder.mkdir()
            program = compile_case(arguments.build, case, program_folder)
            for threads in arguments.threads:
                if program:
                    result = run_case(case, program, threads, peaks, arguments, library)
                else:
                    result = {"case": case.name, "threads": threads, "error": "does not compile"}
                results.append(result)
                print_row(result)
    if arguments.json:
        text = json.dumps({"peaks": peaks, "results": results}, indent=1)
        arguments.json.write_text(text + "\n")
    sys.exit(1 if any("error" in result for result in results) else 0)


if __name__ == "__main__":
    main()
