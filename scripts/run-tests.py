#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the tests of a build folder and closes with one line: N passed, N failed, N skipped.

Two kinds: what lit finds below <build>/test (command lines and GoogleTest), and the Python tests
test/{models,conformance,refusals}/*.py that are programs (have a `__main__` part). Such a test
closes with a line `N passed, N failed[, N skipped|unsupported]`. Without that line, or if it says 0
failed and exits with an error, it counts as one failure.
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
from xml.etree import ElementTree

LIT = "/usr/lib/llvm-22/bin/lit"
ROOT = pathlib.Path(__file__).resolve().parent.parent
PYTHON_TESTS = ("test/models", "test/conformance", "test/refusals")

Counts = collections.namedtuple("Counts", "passed failed skipped")

CLOSING_LINE = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) (?:skipped|unsupported))?")


def count_lit(report):
    """The counts in lit's XML report, and how many tests each reason skipped."""
    cases = list(ElementTree.fromstring(report).iter("testcase"))
    failed = sum(case.find("failure") is not None for case in cases)
    skips = [case.find("skipped") for case in cases]
    skipped = [skip.get("message") for skip in skips if skip is not None]
    # What a filter leaves out was not asked for; lit says the same word for GTEST_SKIP and Ctrl-C.
    reasons = collections.Counter(
        "skipped by the test itself" if reason == "User interrupt" else reason
        for reason in skipped
        if not reason.startswith("Test not selected")
    )
    counts = Counts(len(cases) - failed - len(skipped), failed, sum(reasons.values()))
    return counts, reasons


def run_lit(build, name_filter):
    report = build / "lit-report.xml"
    report.unlink(missing_ok=True)
    command = [LIT, "-sv", "--timeout", "600", "--xunit-xml-output", report, build / "test",
               build / "test/unit"]
    if name_filter:
        command += ["--filter", name_filter, "--allow-empty-runs"]
    status = subprocess.run(command).returncode
    if not report.exists():
        print("lit wrote no results", file=sys.stderr)
        return Counts(0, 1, 0)
    counts, reasons = count_lit(report.read_text())
    for reason, count in sorted(reasons.items()):
        print(f"{count} skipped: {reason}")
    if status != 0 and counts.failed == 0:
        counts = counts._replace(failed=1)
    return counts


def count_python(status, output):
    """The counts of one Python test from its exit status and its closing line."""
    lines = output.strip().splitlines()
    match = CLOSING_LINE.match(lines[-1]) if lines else None
    if not match:
        print("no closing line `N passed, N failed`: one failure", file=sys.stderr)
        return Counts(0, 1, 0)
    counts = Counts(*(int(group or 0) for group in match.groups()))
    if status != 0 and counts.failed == 0:
        print(f"exit status {status}: one failure", file=sys.stderr)
        return counts._replace(failed=1)
    return counts


def run_python(build, test):
    """The exit status of one Python test, and what it printed."""
    environment = dict(os.environ, HALFTONE_BUILD=str(build))
    environment["PATH"] = f"{build / 'bin'}{os.pathsep}{environment['PATH']}"
    command = [build / "venv/bin/python", test]
    process = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    return process.returncode, process.stdout


def run_python_tests(build, tests):
    """Several at a time: most of them use one processor. What they print keeps their order."""
    counts = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda test: run_python(build, test), tests)
        for test, (status, output) in zip(tests, results):
            print(f"-- {test.relative_to(ROOT)}\n{output}", end="", flush=True)
            counts.append(count_python(status, output))
    return counts


def python_tests(name_filter):
    tests = [path for folder in PYTHON_TESTS for path in sorted((ROOT / folder).glob("*.py"))]
    programs = [path for path in tests if '__name__ == "__main__"' in path.read_text()]
    return [path for path in programs if re.search(name_filter, str(path.relative_to(ROOT)))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--filter", default="", help="only tests whose name matches")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    counts = [run_lit(build, arguments.filter)]
    counts += run_python_tests(build, python_tests(arguments.filter))
    passed, failed, skipped = (sum(column) for column in zip(*counts))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
