# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the tensor files of these tests into a folder that has the folders pb and folder."""

import pathlib
import sys

import numpy as np
import onnx.numpy_helper

folder = pathlib.Path(sys.argv[1])
a = np.arange(6, dtype=np.float32).reshape(2, 3)
b = np.float32(10) * a
total = a + b + 1

np.savez_compressed(folder / "in.npz", a=a, b=b, labels=np.array(["none", "of", "ours"]))
np.savez(folder / "expected.npz", sum=total)
np.save(folder / "a.npy", a)
np.save(folder / "b.npy", b)
np.save(folder / "wrong-b.npy", b[:, :2].copy())
(folder / "text.txt").write_text("text")
np.savez(folder / "fail.npz", n=np.int64(300), failing=np.int64(200))
np.savez(folder / "ranges.npz", n=np.array([2, 3]))

for name, tensor in {"input_0": a, "input_1": b, "output_0": total}.items():
    data = onnx.numpy_helper.from_array(tensor).SerializeToString()
    (folder / "pb" / f"{name}.pb").write_bytes(data)

samples = np.stack([a, a + 1, a - 7])
np.savez_compressed(folder / "samples.npz", a=samples, b=2 * samples)
np.savez(folder / "samples-expected.npz", sum=3 * samples + 1)
for i, sample in enumerate(samples):
    np.savez(folder / "folder" / f"{i}.npz", a=sample, b=2 * sample)

wrong = total.copy()
wrong[0, 0] += 0.5
wrong[1, 1] = np.nan
np.savez(folder / "wrong.npz", sum=wrong)
np.savez(folder / "wrong-shape.npz", sum=total.T)
np.savez(folder / "wrong-type.npz", sum=total.astype(np.float64))
