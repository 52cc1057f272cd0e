#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that every op and every pass is described, and that its example is a test.

An op has a summary, a description with an example in a ```mlir block, a test of the dialect that
checks how it is printed, and one that expects an error at it (in a file named -errors). A pass has a summary and a description that says `Requires:`, `Ensures:` and `Example:
test/...`, a file whose RUN lines run the pass; if it says `Errors:`, so do those of the file beside
it whose name ends in -errors. Exits with 1 and one line per violation.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

LLVM = pathlib.Path("/usr/lib/llvm-22")


def records(root, td):
    """The records of a .td file as llvm-tblgen dumps them."""
    command = [LLVM / "bin/llvm-tblgen", "--dump-json", "-I", LLVM / "include", "-I",
               root / "include", td]
    dumped = subprocess.run(command, capture_output=True, text=True)
    if dumped.returncode != 0:
        sys.exit(dumped.stderr)
    return json.loads(dumped.stdout)


def instances(dump, of_class):
    return [dump[name] for name in dump["!instanceof"].get(of_class, [])]


def op_names(line):
    return re.findall(r"\bhalftone\.\w+(?=[\s(])", line)


def ops_in_tests(root):
    """The ops whose printed form a test of the dialect checks, and those it expects errors at."""
    printed, wrong = set(), set()
    for path in sorted((root / "test/Dialect").rglob("*.mlir")):
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            if re.search(r"\bCHECK[\w-]*:", line):
                printed.update(op_names(line))
            expected = re.search(r"expected-error\s*@(?:\+(\d+)|(below))", line)
            if expected and path.stem.endswith("-errors"):
                target = number + int(expected.group(1) or 1)
                wrong.update(op_names(" ".join(lines[target : target + 1])))
    return printed, wrong


def check_ops(root):
    dump = records(root, root / "include/halftone/Dialect/HalftoneOps.td")
    printed, wrong = ops_in_tests(root)
    ops = instances(dump, "Op")
    violations = []
    for op in ops:
        name = "halftone." + op["opName"]
        description = op["description"] or ""
        if not op["summary"]:
            violations.append(f"{name}: no summary")
        if not description.strip():
            violations.append(f"{name}: no description")
        if not re.search(r"```mlir.*?" + re.escape(name) + r"\b.*?```", description, re.DOTALL):
            violations.append(f"{name}: no example in a ```mlir block")
        if name not in printed:
            violations.append(f"{name}: no test in test/Dialect checks how it is printed")
        if name not in wrong:
            violations.append(f"{name}: no test in test/Dialect expects an error at it")
    return len(ops), violations


def check_runs(root, argument, test):
    if not (root / test).is_file():
        return [f"{argument}: its test {test} does not exist"]
    runs = " ".join(line for line in (root / test).read_text().splitlines() if "RUN:" in line)
    if not re.search(re.escape(argument) + r"(?![\w-])", runs):
        return [f"{argument}: {test} does not run it"]
    return []


def check_example(root, argument, description):
    match = re.search(r"^\s*Example:\s+(test/\S+)", description, re.MULTILINE)
    if not match:
        return [f"{argument}: the description has no `Example: test/...`"]
    example = pathlib.Path(match.group(1))
    violations = check_runs(root, argument, example)
    if "Errors:" in description:
        violations += check_runs(root, argument, example.with_stem(example.stem + "-errors"))
    return violations


def check_passes(root):
    count, violations = 0, []
    for td in sorted((root / "include/halftone").glob("*/Passes.td")):
        for entry in instances(records(root, td), "PassBase"):
            count += 1
            argument, description = entry["argument"], entry["description"] or ""
            if not entry["summary"]:
                violations.append(f"{argument}: no summary")
            if "FILL IN" in entry["summary"] + description:
                violations.append(f"{argument}: not filled in")
            for word in ("Requires:", "Ensures:"):
                if word not in description:
                    violations.append(f"{argument}: the description does not say `{word}`")
            violations += check_example(root, argument, description)
    return count, violations


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default_root = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("--root", type=pathlib.Path, default=default_root)
    root = parser.parse_args().root.resolve()
    ops, op_violations = check_ops(root)
    passes, pass_violations = check_passes(root)
    violations = op_violations + pass_violations
    print(*violations, sep="\n", end="\n" if violations else "")
    print(f"{ops} ops, {passes} passes, {len(violations)} violations")
    sys.exit(1 if violations or not ops else 0)


if __name__ == "__main__":
    main()
