# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a model with an embedding: make-embedding.py WORDS WIDTH FILE"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

words, width, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
table = np.random.default_rng(0).standard_normal((words, width)).astype(np.float32)
graph = helper.make_graph(
    [helper.make_node("Gather", ["table", "ids"], ["y"], name="embed")], "embedding",
    [helper.make_tensor_value_info("ids", TensorProto.INT64, ["n"])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", width])], [numpy_helper.from_array(table, "table")])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
