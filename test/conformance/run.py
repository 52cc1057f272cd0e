#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the ONNX backend tests end to end: compile, run, compare. Prints the counts of each op.

A test is `unsupported` when the compiler refuses its op, type or opset in so many words, and `failed`
when anything else goes wrong. known-failures.txt names failures with a reason; an entry that passes is
stale, and a failure of its own. coverage.txt holds how many tests of each op have to pass, so that a
supported op cannot become unsupported unseen; outcomes.txt holds every test that does not pass with its
reason, for docs/OpSupport.md. --update writes both.
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import sys
import time

import outcomes as outcome_list
import runner
import suites

HERE = pathlib.Path(__file__).resolve().parent
KNOWN_FAILURES = HERE / "known-failures.txt"
COVERAGE = HERE / "coverage.txt"
OUTCOMES = HERE / "outcomes.txt"
KINDS = ("passed", "failed", "unsupported")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--filter", default="", help="only tests whose name matches")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="tests at a time")
    parser.add_argument("--list", action="store_true", help="print the outcome of every test")
    parser.add_argument("--update", action="store_true", help="write coverage.txt and outcomes.txt")
    parser.add_argument("--every", type=int, default=1, help="only each of this many tests")
    parser.add_argument("--emulated", action="store_true", help="as kernels of a GPU, in the emulator")
    return parser.parse_args()


def build_folder():
    return pathlib.Path(os.environ.get("HALFTONE_BUILD", suites.ROOT / "build"))


def read_entries(path):
    """The lines `key rest`, without comments, as {key: rest}."""
    lines = [line.split("#")[0].strip() for line in path.read_text().splitlines()]
    return {line.split()[0]: line.partition(" ")[2].strip() for line in lines if line}


def run_all(cases, jobs, options):
    """{case: outcome}, announcing failures as they come."""
    outcomes = {}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(runner.run_case, case, options): case for case in cases}
        for future in concurrent.futures.as_completed(futures):
            case, outcome = futures[future], future.result()
            outcomes[case] = outcome
            if outcome.kind == "failed":
                print(f"failed: {case.suite} {case.name}: {outcome.reason}", flush=True)
    return {case: outcomes[case] for case in cases}


def excuse_known(outcomes, known, is_complete):
    """Counts known failures as unsupported; returns complaints about entries that do not fail."""
    excused = [
        case for case, outcome in outcomes.items()
        if outcome.kind == "failed" and f"{case.suite}/{case.name}" in known
    ]
    for case in excused:
        print(f"known: {case.suite} {case.name}: {known[f'{case.suite}/{case.name}']}")
        outcomes[case].kind = "unsupported"
    names = {f"{case.suite}/{case.name}" for case in excused}
    present = {case.suite for case in outcomes}
    stale = [
        name for name in known if is_complete and name not in names
        and name.split("/")[0] in present
    ]
    return [f"{KNOWN_FAILURES.name}: {name} does not fail: remove it" for name in stale]


def count_by_op(outcomes):
    counts = collections.defaultdict(collections.Counter)
    for case, outcome in outcomes.items():
        counts[case.op][outcome.kind] += 1
    return counts


def print_table(outcomes):
    counts = count_by_op(outcomes)
    width = max(map(len, counts), default=0)
    print(f"{'op':{width}}", *(f"{kind:>11}" for kind in KINDS))
    for op, kinds in sorted(counts.items()):
        print(f"{op:{width}}", *(f"{kinds[kind]:>11}" for kind in KINDS))
    constants = sum(bool(outcome.constants) for outcome in outcomes.values())
    if constants:
        print(f"{constants} tests have inputs that the compiler wants as constants; it got them so")


def coverage(outcomes):
    """{suite/op: tests that pass}."""
    passed = collections.Counter(
        f"{case.suite}/{case.op}" for case, outcome in outcomes.items() if outcome.kind == "passed"
    )
    return dict(sorted(passed.items()))


def check_coverage(outcomes):
    """One complaint for each op of which fewer tests pass than before."""
    now, present = coverage(outcomes), {case.suite for case in outcomes}
    return [
        f"{COVERAGE.name}: {now.get(key, 0)} tests of {key} pass, {count} did"
        for key, count in read_entries(COVERAGE).items()
        if key.split("/")[0] in present and now.get(key, 0) < int(count)
    ]


def write_coverage(outcomes):
    lines = [f"{key} {count}\n" for key, count in coverage(outcomes).items()]
    COVERAGE.write_text(
        "# How many tests of each suite and op pass. Written by run.py --update; never lower it.\n"
        + "".join(lines)
    )


def split_outcomes(present):
    """The lines of outcomes.txt about the suites that are here, and the others."""
    lines = OUTCOMES.read_text().splitlines() if OUTCOMES.exists() else []
    here = {line for line in lines if line.split("/")[0] in present}
    return here, set(lines) - here


def write_outcomes(text, present):
    """Replaces what is about the suites that are here."""
    lines = split_outcomes(present)[1] | set(text.splitlines())
    ordered = sorted(lines, key=lambda line: (line.split()[0].count("/"), line))
    OUTCOMES.write_text("".join(f"{line}\n" for line in ordered))


def check_outcomes(text, present):
    """One complaint for each line about the suites that are here that differs."""
    stored, now = split_outcomes(present)[0], set(text.splitlines())
    return [f"{OUTCOMES.name}: no longer so: {line}" for line in sorted(stored - now)] + [
        f"{OUTCOMES.name}: missing: {line}" for line in sorted(now - stored)
    ]


def main():
    arguments = parse_arguments()
    build = build_folder()
    os.environ["PATH"] = f"{build / 'bin'}{os.pathsep}{os.environ['PATH']}"
    start = time.monotonic()
    options = ()
    if arguments.emulated:
        os.environ["LD_LIBRARY_PATH"] = str(build / "test" / "emulator")
        options = ("--target=nvptx-emulated",)
    cases, notes = suites.find_cases(build / "conformance", arguments.filter)
    cases = cases[:: arguments.every]
    print(*notes, sep="\n", end="\n" if notes else "")
    outcomes = run_all(cases, arguments.jobs, options)
    if arguments.list:
        for case, outcome in outcomes.items():
            print(outcome.kind, case.suite, case.name, outcome.reason)
    is_complete = not (arguments.filter or arguments.emulated or arguments.every > 1)
    known = read_entries(KNOWN_FAILURES)
    complaints = excuse_known(outcomes, known, is_complete)
    print_table(outcomes)
    if is_complete:
        text = outcome_list.render(outcomes, known)
        present = {case.suite for case in outcomes}
        if arguments.update:
            write_coverage(outcomes)
            write_outcomes(text, present)
        else:
            complaints += check_coverage(outcomes) + check_outcomes(text, present)
    print(*complaints, sep="\n", end="\n" if complaints else "")
    totals = collections.Counter(outcome.kind for outcome in outcomes.values())
    totals["failed"] += len(complaints)
    print(f"{len(cases)} tests in {time.monotonic() - start:.0f} s")
    print(", ".join(f"{totals[kind]} {kind}" for kind in KINDS))
    sys.exit(1 if totals["failed"] or not totals["passed"] else 0)


if __name__ == "__main__":
    main()
