# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX Runtime: sessions, the quantized models its users make, counts of multiplications."""

import logging

import numpy as np
import onnx
import onnxruntime
from onnx import version_converter
from onnxruntime import quantization

CONTRACTIONS = {"Conv", "ConvTranspose", "Gemm", "MatMul", "MatMulInteger", "MatMulNBits"}


def keep_only_inputs(model):
    """Takes the constants out of the inputs, where old models list them: ONNX Runtime folds no input.
    Whether there were any."""
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in constants]
    if len(inputs) == len(model.graph.input):
        return False
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    model.ir_version = max(model.ir_version, 4)  # The first that allows this.
    return True


def best_form(path):
    """What ONNX Runtime runs fastest: the file, or its content without constants as inputs."""
    model = onnx.load(path, load_external_data=False)
    return model.SerializeToString() if keep_only_inputs(model) else str(path)


class Session:
    def __init__(self, path, threads, dims):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        for name, size in dims.items():
            options.add_free_dimension_override_by_name(name, size)
        self.session = onnxruntime.InferenceSession(
            best_form(path), options, providers=["CPUExecutionProvider"])

    def bind(self, inputs):
        """A function that runs on `inputs`; without copies, as the other side."""
        binding = self.session.io_binding()
        for info in self.session.get_inputs():
            binding.bind_cpu_input(info.name, inputs[info.name])
        self.names = [output.name for output in self.session.get_outputs()]
        for name in self.names:
            binding.bind_output(name, "cpu")
        self.binding = binding
        run = self.session.run_with_iobinding
        return lambda: run(binding)

    def outputs(self):
        return dict(zip(self.names, self.binding.copy_outputs_to_cpu()))


class Samples(quantization.CalibrationDataReader):
    def __init__(self, feeds):
        self.feeds = iter(feeds)

    def get_next(self):
        return next(self.feeds, None)


def to_opset_13(model):
    """Scales per channel came with it."""
    opsets = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    if opsets[0] >= 13:
        return model
    model = version_converter.convert_version(model, 13)
    # What the converter leaves: before 13 an empty tensor said that there are no scales.
    empty = {tensor.name for tensor in model.graph.initializer if 0 in tensor.dims}
    for node in model.graph.node:
        if node.op_type == "Resize" and len(node.input) == 4 and node.input[2] in empty:
            node.input[2] = ""
    return model


def forget_shapes(path):
    """The quantizer writes down shapes that hold for another size of image."""
    model = onnx.load(path)
    del model.graph.value_info[:]
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    onnx.save(model, path)


def quantize_static(model, target, feeds):
    """The form that is fast on x86: unsigned activations, signed weights per channel."""
    logging.disable(logging.WARNING)
    # The converter needs the constants where they were.
    newer = to_opset_13(onnx.load(model))
    keep_only_inputs(newer)
    quantization.quantize_static(
        newer, str(target), Samples(feeds), quant_format=quantization.QuantFormat.QDQ,
        activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8,
        per_channel=True, calibrate_method=quantization.CalibrationMethod.MinMax)
    forget_shapes(target)


def quantize_dynamic(model, target):
    logging.disable(logging.WARNING)
    quantization.quantize_dynamic(
        str(model), str(target), weight_type=quantization.QuantType.QInt8)


def run_all_contractions(model, inputs):
    """({tensor: shape} of all inputs and outputs of contractions, their nodes)."""
    model = onnx.load(model)
    nodes = [node for node in model.graph.node if node.op_type in CONTRACTIONS]
    shapes = {tensor.name: list(tensor.dims) for tensor in model.graph.initializer}
    given = set(shapes) | set(inputs)
    wanted = {name for node in nodes for name in (*node.input[:2], node.output[0])} - given
    if not wanted:
        return shapes, []
    del model.graph.output[:]
    for name in sorted(wanted):
        model.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"])
    values = session.run(sorted(wanted), inputs)
    shapes.update({name: list(array.shape) for name, array in inputs.items()})
    shapes.update({name: list(value.shape) for name, value in zip(sorted(wanted), values)})
    return shapes, nodes


def count_macs(model, inputs):
    """Multiply-accumulates of the contractions of one run, without those in branches and loops."""
    shapes, nodes = run_all_contractions(model, inputs)
    total = 0
    for node in nodes:
        left, right = (shapes[name] for name in node.input[:2])
        outputs = int(np.prod(shapes[node.output[0]]))
        if node.op_type == "MatMulNBits":
            depth = next(a.i for a in node.attribute if a.name == "K")
        elif node.op_type == "Conv":
            depth = int(np.prod(right[1:]))
        elif node.op_type == "ConvTranspose":
            outputs, depth = int(np.prod(left)), int(np.prod(right[1:]))
        elif node.op_type == "Gemm":
            transposed = any(a.name == "transA" and a.i for a in node.attribute)
            depth = left[0 if transposed else 1]
        else:
            depth = left[-1]
        total += outputs * depth
    return total
