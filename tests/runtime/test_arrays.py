from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from tvmtune.runtime.arrays import GuardedArray, GuardedMemory, aligned, usable_address


@pytest.mark.parametrize("elements", [1, 15, 16, 1000, 5000])
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_aligned_and_guarded_arrays_have_the_size_and_alignment(elements: int, dtype: str) -> None:
    for array in (aligned(elements, dtype), GuardedArray(elements, dtype).array):
        assert array.shape == (elements,)
        assert array.dtype == dtype
        assert array.ctypes.data % 64 == 0
        array[...] = 1
        assert array.sum() == elements


def test_usable_arrays_are_aligned_and_contiguous() -> None:
    array = aligned(64, "float32")
    assert usable_address(array) == array.ctypes.data
    assert usable_address(array[1:]) is None
    assert usable_address(array.reshape(8, 8).T) is None


def test_guarded_array_is_filled_with_nan_and_notices_writes_beside_it() -> None:
    memory = GuardedMemory()
    array = memory(5, "float32")
    other = memory(16, "float32")
    assert np.isnan(array).all()
    array[...] = 0
    other[...] = 0
    assert memory.is_intact()
    beside = np.lib.stride_tricks.as_strided(array, (6,))
    assert np.isnan(beside[5])
    beside[5] = 0
    assert not memory.is_intact()


def test_guarded_array_notices_writes_before_it() -> None:
    guarded = GuardedArray(16, "float32")
    before = np.lib.stride_tricks.as_strided(guarded.array, (2,), (-4,))
    before[1] = 0
    assert not guarded.is_intact()


@pytest.mark.parametrize(("elements", "stride"), [(16, 16), (1024, 1024), (5, 16)])
def test_reading_past_the_rounded_end_faults(elements: int, stride: int) -> None:
    script = f"""
import numpy as np
from tvmtune.runtime.arrays import GuardedArray
array = GuardedArray({elements}, "float32").array
view = np.lib.stride_tricks.as_strided(array, (2,), (4 * {stride},))
print(float(view[1]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == -11
    assert done.stdout == b""
