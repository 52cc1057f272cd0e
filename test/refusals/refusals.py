#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Bad files of every kind, and what the tools say of them.

Each is refused with exit status 1 and one located error that says why; no process crashes, leaves a
file behind, or takes more memory or time than a small file may. The table is in `table.py`.
"""

import argparse
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

from files import Compiled, data, model
from table import ACCEPTED, EITHER, REFUSALS, Refusal

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("HALFTONE_BUILD", ROOT / "build"))

TIME_LIMIT = 10  # seconds
MAPPED_LIMIT = 4 << 30  # bytes of address space: with LLVM's libraries, and no huge allocation
MEMORY_LIMIT = 512 << 20  # bytes resident at the peak
# What a crash, a failed assertion and a sanitizer's finding have in common.
CRASH = re.compile(r"Stack dump|PLEASE submit|Assertion|UNREACHABLE|Sanitizer|runtime error:|"
                   r"LLVM ERROR|terminate called|libprotobuf")


def is_sanitized():
    """Sanitizers map terabytes and take their own time and memory."""
    return re.search(r"^HALFTONE_SANITIZE:\w+=.+$", (BUILD / "CMakeCache.txt").read_text(), re.M)


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MAPPED_LIMIT, MAPPED_LIMIT))


class Outcome:
    """A finished process: status (negative: the signal), messages, peak memory and seconds."""

    def __init__(self, folder, command, limited):
        (folder / "tmp").mkdir()
        environment = dict(os.environ, TMPDIR=str(folder / "tmp"))
        environment["PATH"] = f"{BUILD / 'bin'}{os.pathsep}{environment['PATH']}"
        with tempfile.TemporaryFile("w+", errors="replace") as messages:
            start = time.monotonic()
            process = subprocess.Popen(command.split(), cwd=folder, env=environment,
                                       stdin=subprocess.DEVNULL, stdout=messages, stderr=messages,
                                       preexec_fn=limit_memory if limited else None)
            signal.signal(signal.SIGALRM, lambda *_: process.kill())
            signal.alarm(TIME_LIMIT if limited else 10 * TIME_LIMIT)
            _, status, usage = os.wait4(process.pid, 0)
            signal.alarm(0)
            self.seconds = time.monotonic() - start
            process.returncode = self.status = os.waitstatus_to_exitcode(status)
            self.peak = usage.ru_maxrss << 10
            messages.seek(0)
            self.messages = messages.read()


def list_files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def find_fault(outcome, expected, limited):
    """Why that is no proper refusal with the expected message; empty if it is one."""
    if outcome.status < 0:
        return f"ended by {signal.Signals(-outcome.status).name} after {outcome.seconds:.1f} s"
    if CRASH.search(outcome.messages):
        return "crashed"
    if limited and outcome.peak > MEMORY_LIMIT:
        return f"took {outcome.peak >> 20} MiB"
    if expected is EITHER and outcome.status == 0:
        return ""
    if outcome.status != (0 if expected is ACCEPTED else 1):
        return f"exit status {outcome.status}"
    if expected is ACCEPTED:
        return ""
    if not re.search(r"error: .+", outcome.messages):
        return "no error is reported"
    if expected is not EITHER and expected not in outcome.messages:
        return f"does not say '{expected}'"
    return ""


def check(case, limited):
    """A sentence on what is wrong, with the messages; empty if nothing is."""
    with tempfile.TemporaryDirectory(prefix="refusal-") as path:
        folder = pathlib.Path(path)
        case.make(folder)
        before = list_files(folder) | {"tmp"}
        outcome = Outcome(folder, case.command, limited)
        fault = find_fault(outcome, case.expected, limited)
        left = list_files(folder) - before
        if not fault and left and outcome.status != 0:
            fault = f"left behind: {', '.join(sorted(left))}"
        return f"{fault}\n{outcome.messages[:1500]}".rstrip() if fault else ""


def compile_base(folder):
    model()(folder)
    Compiled.path = folder / "program.so"
    subprocess.run([BUILD / "bin/quant-compile", folder / "model.onnx", "-o", Compiled.path,
                    "--quiet"], check=True)


# Programs that refuse as none may, and what the check must say of each.
OFFENCES = [
    ("kill -SEGV $$", "ended by SIGSEGV"),
    ("echo error: wrong; echo Assertion failed; exit 1", "crashed"),
    ("echo error: wrong; exit 2", "exit status 2"),
    ("echo error: wrong", "exit status 0"),
    ("exit 1", "no error is reported"),
    ("echo error: right; exit 1", "does not say 'wrong'"),
    ("echo error: wrong; touch left; exit 1", "left behind: left"),
    ("echo error: wrong; touch tmp/left; exit 1", "left behind: tmp/left"),
    ("head -c 600M /dev/zero | tail -c 600M >/dev/null; echo error: wrong; exit 1", "took"),
    ("sleep 99", "ended by SIGKILL"),
]


def check_offences():
    """That no offence passes for a refusal; a list of those that do."""
    missed = []
    for script, fault in OFFENCES:
        found = check(Refusal(script, data(script, "offence.sh"), "sh offence.sh", "wrong"), True)
        if not found.startswith(fault):
            missed.append(f"FAILED offence '{script}': expected '{fault}', found '{found}'")
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--filter", default="", help="only cases whose name matches")
    arguments = parser.parse_args()
    cases = [case for case in REFUSALS if re.search(arguments.filter, case.name)]
    names = [case.name for case in REFUSALS]
    assert len(names) == len(set(names)), "two cases have the same name"
    limited = not is_sanitized()
    missed = check_offences() if not arguments.filter else []
    failed = len(missed)
    print("\n".join(missed), end="\n" if missed else "")
    with tempfile.TemporaryDirectory(prefix="refusals-") as folder:
        compile_base(pathlib.Path(folder))
        for case in cases:
            fault = check(case, limited)
            failed += bool(fault)
            if fault:
                print(f"FAILED {case.name}: {case.command}: {fault}", flush=True)
    total = len(cases) + (len(OFFENCES) if not arguments.filter else 0)
    print(f"{total - failed} passed, {failed} failed")
    sys.exit(1 if failed or not cases else 0)


if __name__ == "__main__":
    main()
