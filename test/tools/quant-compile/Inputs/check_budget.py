# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks a budget's table against the module that was made and what quant-compare measures.

check_budget.py TABLE INFO.json COMPARISON.json accuracy|size LIMIT
"""

import json
import pathlib
import sys

table, info, comparison = (pathlib.Path(path).read_text() for path in sys.argv[1:4])
goal, limit = sys.argv[4], float(sys.argv[5])
rows = [line.split() for line in table.split("assignment", 1)[1].splitlines()[1:]]
(chosen,) = (row for row in rows if "chosen" in row)
byte_count, measured = int(chosen[-3]), float(chosen[-1])

in_module = sum(layer["bytes"] for layer in json.loads(info)["layers"])
assert byte_count == in_module, (byte_count, in_module)
elsewhere = json.loads(comparison)["quantized"]["sqnr_db"]
assert abs(measured - elsewhere) < 0.006, (measured, elsewhere)
predicted = float(chosen[-2])
assert abs(measured - predicted) < 3, (measured, predicted)

tried = [(int(row[-3]), float(row[-1].replace("exact", "inf"))) for row in rows if row[-1] != "-"]
if goal == "accuracy":
    assert measured >= limit
    assert byte_count == min(size for size, decibels in tried if decibels >= limit)
    uniform = [int(row[-3]) for row in rows if row[0] == "all" and float(row[-1].replace("exact", "inf")) >= limit]
    assert not uniform or byte_count <= min(uniform), "an assignment to each layer is worth more than one for all"
else:
    assert byte_count <= limit
    assert measured == max(decibels for size, decibels in tried if size <= limit)
