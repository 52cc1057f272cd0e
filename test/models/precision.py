# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A model with every float as one of another type. Subgraphs are left as they are."""

from onnx import TensorProto, helper, numpy_helper


def _convert(tensor, data_type):
    if tensor.data_type == TensorProto.FLOAT:
        values = numpy_helper.to_array(tensor).astype(helper.tensor_dtype_to_np_dtype(data_type))
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


def _convert_attribute(node, attribute, data_type):
    if attribute.HasField("t"):
        _convert(attribute.t, data_type)
    if node.op_type == "Cast" and attribute.name == "to" and attribute.i == TensorProto.FLOAT:
        attribute.i = data_type


def with_floats_as(data_type, model):
    """`model`, changed."""
    for tensor in model.graph.initializer:
        _convert(tensor, data_type)
    for node in model.graph.node:
        for attribute in node.attribute:
            _convert_attribute(node, attribute, data_type)
    for values in (model.graph.input, model.graph.output, model.graph.value_info):
        for value in values:
            if value.type.tensor_type.elem_type == TensorProto.FLOAT:
                value.type.tensor_type.elem_type = data_type
    return model


def in_double_precision(model):
    """`model`, changed, for ONNX's reference evaluator: what rounding does not touch."""
    for node in model.graph.node:
        if node.op_type == "GlobalMaxPool":  # The evaluator computes it for images alone.
            node.op_type = "ReduceMax"
            node.attribute.append(helper.make_attribute("axes", [2]))
    return with_floats_as(TensorProto.DOUBLE, model)


def in_half_precision(model):
    """`model`, changed."""
    return with_floats_as(TensorProto.FLOAT16, model)
