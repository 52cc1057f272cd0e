# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Holds a profile of digits.onnx and its trace against each other: check-profile.py PROFILE TRACE"""

import json
import sys

profile, trace = (json.load(open(path)) for path in sys.argv[1:])
regions = profile["regions"]

named = {node for region in regions for node in region["nodes"]}
assert {"conv1", "conv2", "fc1", "fc2"} <= named, named
for name in ("fc1", "conv1"):
    (region,) = (region for region in regions
                 if name in region["nodes"] and region["kind"] == "contract")
    assert region["macs"] > 0 and region["bytes"] > 0 and region["calls"] == 1, region
    assert region["gmacs_per_second"] > 0 and 0 < region["of_peak"], region

# Every moment of the run belongs to one region or to none.
total = sum(region["ms"] for region in regions) + profile["outside_ms"]
assert abs(total - profile["ms"]) <= 1e-6 * profile["ms"], (total, profile["ms"])

events = trace["traceEvents"]
assert len(events) == sum(region["calls"] for region in regions), len(events)
for before, after in zip(events, events[1:]):
    assert before["ph"] == "X" and before["dur"] >= 0
    assert before["ts"] + before["dur"] <= after["ts"] + 1e-3, (before, after)
