# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What scripts/run-tests.py counts. Takes its path."""

import importlib.util
import sys

spec = importlib.util.spec_from_file_location("run_tests", sys.argv[1])
run_tests = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run_tests)


def expect(actual, *expected):
    assert tuple(actual) == expected, f"{tuple(actual)} is not {expected}"


REPORT = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites><testsuite name="a">
<testcase name="passed"/>
<testcase name="failed"><failure><![CDATA[output]]></failure></testcase>
<testcase name="no-models"><skipped message="Missing required feature(s): models"/></testcase>
</testsuite><testsuite name="b">
<testcase name="passed"/>
<testcase name="itself"><skipped message="User interrupt"/></testcase>
<testcase name="filtered"><skipped message="Test not selected (--filter, --max-tests)"/></testcase>
</testsuite></testsuites>"""
counts, reasons = run_tests.count_lit(REPORT)
expect(counts, 2, 1, 2)
assert reasons["Missing required feature(s): models"] == 1, reasons

expect(run_tests.count_python(0, "abs ok\n3 passed, 0 failed, 2 unsupported\n"), 3, 0, 2)
expect(run_tests.count_python(1, "3 passed, 2 failed\n"), 3, 2, 0)
# A crash after a good closing line, one before any, and no output at all.
expect(run_tests.count_python(1, "3 passed, 0 failed\n"), 3, 1, 0)
expect(run_tests.count_python(0, "3 passed, 0 failed\nTraceback\n"), 0, 1, 0)
expect(run_tests.count_python(0, ""), 0, 1, 0)
