# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A model with every float as a double, for ONNX's reference evaluator: what rounding does not touch."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper


def _widen(tensor):
    if tensor.data_type == TensorProto.FLOAT:
        values = numpy_helper.to_array(tensor).astype(np.float64)
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


def _widen_attribute(node, attribute):
    if attribute.HasField("t"):
        _widen(attribute.t)
    if node.op_type == "Cast" and attribute.name == "to" and attribute.i == TensorProto.FLOAT:
        attribute.i = TensorProto.DOUBLE


def _replace_global_max(node):
    """The evaluator computes GlobalMaxPool for images alone."""
    if node.op_type == "GlobalMaxPool":
        node.op_type = "ReduceMax"
        node.attribute.append(helper.make_attribute("axes", [2]))


def in_double_precision(model):
    """`model`, changed. Subgraphs are left as they are."""
    for tensor in model.graph.initializer:
        _widen(tensor)
    for node in model.graph.node:
        _replace_global_max(node)
        for attribute in node.attribute:
            _widen_attribute(node, attribute)
    for values in (model.graph.input, model.graph.output, model.graph.value_info):
        for value in values:
            if value.type.tensor_type.elem_type == TensorProto.FLOAT:
                value.type.tensor_type.elem_type = TensorProto.DOUBLE
    return model
