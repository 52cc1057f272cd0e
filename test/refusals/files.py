# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makers of bad files: each returns a function that writes into the folder of one case."""

import io
import os
import random
import shutil
import zipfile

import numpy as np
import onnx
import onnx.external_data_helper
import onnx.parser

MODEL = "model.onnx"


def parse(nodes, inputs="float[2, 3] x", outputs="float[2, 3] y", initializers="", opset=17,
          functions="", domains=""):
    """A model from the statements of its graph."""
    return onnx.parser.parse_model(
        f'<ir_version: 8, opset_import: ["" : {opset}{domains}]>\n'
        f"g ({inputs}) => ({outputs}) <{initializers}> {{ {nodes} }}\n{functions}")


def base():
    """A model that is right: what most cases change."""
    return parse("z = MatMul(x, w)  y = Add(z, b)",
                 initializers="float[3, 3] w = {1,2,3,4,5,6,7,8,9}, float[3] b = {1,2,3}")


def model(*arguments, change=None, **options):
    """Writes the model of those statements, or the right one, after `change` was applied to it."""

    def make(folder):
        proto = parse(*arguments, **options) if arguments else base()
        if change:
            change(proto)
        (folder / MODEL).write_bytes(proto.SerializeToString())

    return make


def changed(change):
    return model(change=change)


def data(content, name=MODEL):
    """Bytes, or text, as they are."""
    content = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / name).write_bytes(content)


def truncated(keep):
    """The right model up to a share of its bytes."""
    content = base().SerializeToString()
    return data(content[: int(len(content) * keep)])


def flip_bits(content, seed, count=3):
    generator = random.Random(seed)
    flipped = bytearray(content)
    for _ in range(count):
        flipped[generator.randrange(len(flipped))] ^= 1 << generator.randrange(8)
    return bytes(flipped)


def flipped(position, bit):
    """The right model with one bit flipped, at a byte counted from the start."""
    content = bytearray(base().SerializeToString())
    content[position] ^= 1 << bit
    return data(bytes(content))


def weight(proto):
    return proto.graph.initializer[0]


def external(location, offset="0", length="36", content=bytes(36)):
    """The right model with its weight in another file, described as given."""

    def change(proto):
        tensor = weight(proto)
        tensor.ClearField("float_data")
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        entries = {"location": location, "offset": offset, "length": length}
        for key, value in entries.items():
            if value is not None:
                tensor.external_data.add(key=key, value=value)

    def make(folder):
        model(change=change)(folder)
        (folder / "weights.bin").write_bytes(content)

    return make


def linked_data(folder):
    """The right model with its weight behind a link that leaves the folder."""
    external("link.bin")(folder)
    (folder / "link.bin").symlink_to("/etc/passwd")


def field(number, content):
    """A field of bytes or of another message, as protobuf writes it."""
    size, length = bytearray(), len(content)
    while length > 0x7F:
        size.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([number << 3 | 2]) + bytes(size) + bytes([length]) + content


def nested(depth):
    """A branch in a branch ...; written by hand, since the library does not go so deep."""

    def graph(statement, name):
        return field(1, statement) + field(2, name) + field(12, field(1, b"y"))

    def branch(name, statement):
        is_graph = b"\xa0\x01\x05"  # the attribute's type
        return field(5, field(1, name) + is_graph + field(6, graph(statement, name)))

    innermost = field(1, b"x") + field(2, b"y") + field(4, b"Neg")
    node = innermost
    for _ in range(depth):
        node = (field(1, b"c") + field(2, b"y") + field(4, b"If") + branch(b"then_branch", node)
                + branch(b"else_branch", innermost))
    proto = parse("", "bool c, float[2] x", "float[2] y").SerializeToString()
    return data(proto + field(7, field(1, node)))


def doubling_functions(levels):
    """Each function calls the next one twice: 2 ** levels nodes."""
    functions = [f'<domain: "f", opset_import: ["" : 17, "f" : 1]> f{level} (x) => (y) '
                 f"{{ z = f.f{level + 1}(x)  y = f.f{level + 1}(z) }}" for level in range(levels)]
    functions.append(f'<domain: "f", opset_import: ["" : 17]> f{levels} (x) => (y) '
                     "{ y = Neg(x) }")
    return model("y = f.f0(x)", domains=', "f" : 1', functions="\n".join(functions))


def beside(*makers):
    """All of them in one folder."""

    def make(folder):
        for maker in makers:
            maker(folder)

    return make


def folder_called(name):
    return lambda folder: (folder / name).mkdir()


def unreadable_folder(name):
    """A folder that nothing can be created in: a link that leads nowhere."""
    return lambda folder: (folder / name).symlink_to("nowhere")


# Tensors ---------------------------------------------------------------------------------------


def npz(**arrays):
    return lambda folder: np.savez(folder / "in.npz", **arrays)


def npy_bytes(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def npy_header(text):
    """An .npy file with that dictionary and the data of six floats."""
    padded = text.encode() + b"\n"
    return data(b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded + bytes(24),
                "in.npy")


def cut_npz(keep):
    def make(folder):
        npz(x=np.zeros((2, 3), np.float32))(folder)
        content = (folder / "in.npz").read_bytes()
        (folder / "in.npz").write_bytes(content[: int(len(content) * keep)])

    return make


def zip_member(name, content):
    """A zip archive with one member."""

    def make(folder):
        with zipfile.ZipFile(folder / "in.npz", "w") as archive:
            archive.writestr(name, content)

    return make


def altered_member(folder):
    """An archive whose array was changed after its checksum was taken."""
    npz(x=np.full((2, 3), 1.5, np.float32))(folder)
    content = (folder / "in.npz").read_bytes()
    value = np.float32(1.5).tobytes()
    (folder / "in.npz").write_bytes(content.replace(value, np.float32(2.5).tobytes(), 1))


def tensor(change, name="input_0.pb"):
    """A tensor for `x` in ONNX's format, after `change`."""

    def make(folder):
        proto = onnx.numpy_helper.from_array(np.zeros((2, 3), np.float32), "x")
        change(proto)
        (folder / name).write_bytes(proto.SerializeToString())

    return make


# Programs --------------------------------------------------------------------------------------

PROGRAM = "program.so"
GOOD_INPUT = npz(x=np.zeros((2, 3), np.float32))


class Compiled:
    """The right model compiled once, for the cases that run it or break it."""

    path = None

    @classmethod
    def program(cls, change=None):
        def make(folder):
            content = cls.path.read_bytes()
            if change:
                content = change(bytearray(content))
            (folder / PROGRAM).write_bytes(content)
            GOOD_INPUT(folder)

        return make


def with_program(maker):
    """The compiled model beside a bad file of tensors."""
    return beside(Compiled.program(), maker)


def set_byte(position, value):
    def change(content):
        content[position] ^= value
        return content

    return change


def in_text(content):
    """Changes one instruction or constant in the middle of the file."""
    content[len(content) // 2] ^= 0x10
    return content
