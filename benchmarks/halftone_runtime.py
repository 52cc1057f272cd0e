# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The host API of runtime/include/halftone/runtime.h through ctypes, for what benchmarks need."""

import ctypes

import ml_dtypes
import numpy as np

ABI_VERSION = 4
MAX_RANK = 8
DTYPES = {
    1: np.bool_, 2: np.int8, 3: np.uint8, 4: np.int16, 5: np.uint16, 6: np.int32, 7: np.uint32,
    8: np.int64, 9: np.uint64, 10: np.float16, 11: ml_dtypes.bfloat16, 12: np.float32,
    13: np.float64,
}
CODES = {np.dtype(dtype): code for code, dtype in DTYPES.items()}


class _Tensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p), ("dtype", ctypes.c_uint32), ("rank", ctypes.c_uint32),
        ("dims", ctypes.c_int64 * MAX_RANK),
    ]


class _TensorInfo(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p), ("dtype", ctypes.c_uint32), ("rank", ctypes.c_uint32),
        ("dims", ctypes.c_void_p), ("dim_names", ctypes.c_void_p),
    ]


class _Entry(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p), ("num_inputs", ctypes.c_uint32),
        ("num_outputs", ctypes.c_uint32), ("inputs", ctypes.POINTER(_TensorInfo)),
        ("outputs", ctypes.POINTER(_TensorInfo)), ("function", ctypes.c_void_p),
    ]


class _Descriptor(ctypes.Structure):  # its beginning
    _fields_ = [
        ("magic", ctypes.c_uint64), ("abi_version", ctypes.c_uint32),
        ("struct_size", ctypes.c_uint32), ("target_triple", ctypes.c_char_p),
        ("target_cpu", ctypes.c_char_p), ("cpu_features", ctypes.c_uint64),
        ("entries", ctypes.POINTER(_Entry)), ("num_entries", ctypes.c_uint32),
    ]


class _Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("message", ctypes.c_char * 1020)]


class _SessionOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32), ("threads", ctypes.c_int32),
        ("pool_user", ctypes.c_void_p), ("pool_parallel_for", ctypes.c_void_p),
        ("observer", ctypes.c_void_p), ("observer_user", ctypes.c_void_p),
        ("profiler", ctypes.c_void_p), ("profiler_user", ctypes.c_void_p),
        ("device_stream", ctypes.c_void_p),
    ]


def load_library(path):
    library = ctypes.CDLL(str(path))
    version = library.halftone_runtime_abi_version()
    if version != ABI_VERSION:
        raise RuntimeError(f"{path} has interface version {version}, expected {ABI_VERSION}")
    pointer = ctypes.c_void_p
    library.halftone_module_describe.restype = ctypes.POINTER(_Descriptor)
    library.halftone_module_describe.argtypes = [pointer]
    library.halftone_load.argtypes = [ctypes.c_char_p, pointer, pointer, pointer]
    library.halftone_unload.argtypes = [pointer]
    library.halftone_session_create.argtypes = [pointer] * 4
    library.halftone_session_destroy.argtypes = [pointer]
    library.halftone_session_run.argtypes = [
        pointer, ctypes.c_uint32, pointer, ctypes.c_uint32, pointer, ctypes.c_uint32, pointer,
    ]
    return library


class Session:
    """One compiled program and a session on it."""

    def __init__(self, library, path, threads):
        self.library, self.error = library, _Error()
        self.module, self.session = ctypes.c_void_p(), ctypes.c_void_p()
        self.check(library.halftone_load(
            str(path).encode(), None, ctypes.byref(self.module), ctypes.byref(self.error)))
        options = _SessionOptions(struct_size=ctypes.sizeof(_SessionOptions), threads=threads)
        self.check(library.halftone_session_create(
            self.module, ctypes.byref(options), ctypes.byref(self.session),
            ctypes.byref(self.error)))
        self.entry = library.halftone_module_describe(self.module).contents.entries[0]

    def check(self, status):
        if status != 0:
            raise RuntimeError(self.error.message.decode())

    def close(self):
        self.library.halftone_session_destroy(self.session)
        self.library.halftone_unload(self.module)

    def bind(self, inputs):
        """A function that runs on `inputs`, {name: array}, and leaves the outputs to `outputs`."""
        self.arrays = [
            np.asarray(inputs[self.entry.inputs[i].name.decode()], order="C")
            for i in range(self.entry.num_inputs)
        ]
        tensors = (_Tensor * len(self.arrays))()
        for tensor, array in zip(tensors, self.arrays):
            tensor.data = array.ctypes.data
            tensor.dtype = CODES[array.dtype]
            tensor.rank = array.ndim
            tensor.dims[: array.ndim] = array.shape
        self.results = (_Tensor * self.entry.num_outputs)()
        run, error = self.library.halftone_session_run, ctypes.byref(self.error)
        arguments = (self.session, 0, tensors, len(tensors), self.results, len(self.results), error)

        def call():
            status = run(*arguments)
            if status:
                self.check(status)

        return call

    def outputs(self):
        """{name: copy} of what the last run left."""
        arrays = {}
        for i, tensor in enumerate(self.results):
            dtype = np.dtype(DTYPES[tensor.dtype])
            shape = tuple(tensor.dims[: tensor.rank])
            size = int(np.prod(shape)) * dtype.itemsize
            data = ctypes.string_at(tensor.data, size) if size else b""
            arrays[self.entry.outputs[i].name.decode()] = np.frombuffer(data, dtype).reshape(shape)
        return arrays
