"""Flat arrays as kernels want them: aligned, and guarded so that a stray access is found out."""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

ALIGNMENT_BYTES = 64
"""Alignment of every pointer that a kernel gets."""

CANARY = 0xFF
"""Fills guarded memory: NaN as float32 and float64, -1 as an integer."""

Allocate = Callable[[int, DTypeLike], NDArray[Any]]
"""Makes a flat array from a number of elements and a dtype."""

_PROT_NONE = 0


def aligned(elements: int, dtype: DTypeLike) -> NDArray[Any]:
    """Return a flat array whose first element is aligned to 64 bytes; its contents are undefined.

    Parameters
    ----------
    elements
        Number of elements.
    dtype
        Their type.
    """
    item = np.dtype(dtype)
    size = elements * item.itemsize
    raw = np.empty(size + ALIGNMENT_BYTES, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT_BYTES
    return raw[start : start + size].view(item)


def usable_address(array: NDArray[Any]) -> int | None:
    """Return an array's address if a kernel can use it there: C-contiguous, aligned to 64 bytes."""
    if not array.flags.c_contiguous:
        return None
    address = address_of(array)
    return None if address % ALIGNMENT_BYTES else address


def element_address(array: NDArray[Any]) -> int | None:
    """Return an array's address if generated code can convert it there: contiguous elements."""
    if not (array.flags.c_contiguous and array.flags.aligned):
        return None
    return address_of(array)


def address_of(array: NDArray[Any]) -> int:
    """Return where the elements of a C-contiguous array lie."""
    try:  # a third of the time of the other way, which matters to calls of a few microseconds
        buffer = ctypes.c_char.from_buffer(array)  # type: ignore[arg-type]  # declared from 3.12 on
        return ctypes.addressof(buffer)
    except (TypeError, ValueError):  # read-only or empty
        return int(array.ctypes.data)


class GuardedArray:
    """A flat array between unmapped pages, filled with canaries.

    Its size in bytes is rounded up to a multiple of 64, and that end touches the unmapped page, so
    that the start is aligned.  An access at or past the rounded end faults.  The fewer than 64
    bytes between the two ends, and the part of the first page before the start, hold canaries:
    a read there yields NaN, a write there is seen by :meth:`is_intact`.

    Parameters
    ----------
    elements
        Number of elements.
    dtype
        Their type.
    """

    def __init__(self, elements: int, dtype: DTypeLike) -> None:
        item = np.dtype(dtype)
        size = elements * item.itemsize
        rounded = -(-size // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
        page = mmap.PAGESIZE
        inner = -(-max(rounded, 1) // page) * page
        memory = mmap.mmap(-1, inner + 2 * page, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        whole = np.frombuffer(memory, np.uint8)
        _forbid(whole.ctypes.data, page)
        _forbid(whole.ctypes.data + page + inner, page)
        usable = whole[page : page + inner]
        usable.fill(CANARY)
        start = inner - rounded
        self.array: NDArray[Any] = usable[start : start + size].view(item)
        self._margins = (usable[:start], usable[start + size :])

    def is_intact(self) -> bool:
        """Whether nothing was written beside the array."""
        return all(bool((margin == CANARY).all()) for margin in self._margins)


class GuardedMemory:
    """Allocates guarded arrays and remembers them; usable wherever `aligned` is."""

    def __init__(self) -> None:
        self._arrays: list[GuardedArray] = []

    def __call__(self, elements: int, dtype: DTypeLike) -> NDArray[Any]:
        """Return a new guarded array, filled with canaries."""
        guarded = GuardedArray(elements, dtype)
        self._arrays.append(guarded)
        return guarded.array

    def is_intact(self) -> bool:
        """Whether nothing was written beside any of the arrays."""
        return all(guarded.is_intact() for guarded in self._arrays)


def _forbid(address: int, size: int) -> None:
    """Make whole pages fault on any access."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(size), _PROT_NONE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"mprotect: {os.strerror(number)}")
