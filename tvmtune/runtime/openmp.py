"""Finds the OpenMP runtime that parallel kernels call, or stands in for it."""

from __future__ import annotations

import ctypes
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BODY = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_PARALLEL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint)
_NUMBER = ctypes.CFUNCTYPE(ctypes.c_int)

_SYMBOLS = ("GOMP_parallel", "omp_get_thread_num", "omp_get_num_threads")
_BUNDLES = ("xgboost.libs", "scikit_learn.libs")


@dataclass(frozen=True, slots=True)
class OpenMP:
    """Addresses of ``GOMP_parallel`` and its companions.

    ``owner`` keeps alive what the addresses point into; ``serial`` says that it is the stand-in.
    """

    addresses: Mapping[str, int]
    owner: Any
    serial: bool = False


def find_openmp() -> OpenMP:
    """Return GNU OpenMP: that of the process, the system's, or one that another package bundles.

    Without any, thread numbers run one after the other, which is slow and right; that warns.
    """
    for library in _candidates():
        found = _addresses(library)
        if found is not None:
            return OpenMP(found, library)
    warnings.warn(
        "libgomp.so.1 was not found: parallel kernels run on one thread; installing libgomp1 "
        "would help",
        RuntimeWarning,
        stacklevel=2,
    )
    return serial_openmp()


def serial_openmp() -> OpenMP:
    """Return a stand-in whose parallel regions run each thread number in turn.

    Regions must not synchronise their threads with barriers.
    """
    state = _Region()

    def parallel(body: int, data: int | None, threads: int, _flags: int) -> None:
        outer = state.number, state.threads
        function = _BODY(body)
        state.threads = max(1, threads)
        for number in range(state.threads):
            state.number = number
            function(data)
        state.number, state.threads = outer

    callbacks = {
        "GOMP_parallel": _PARALLEL(parallel),
        "omp_get_thread_num": _NUMBER(lambda: state.number),
        "omp_get_num_threads": _NUMBER(lambda: state.threads),
    }
    return OpenMP({n: _address(c) for n, c in callbacks.items()}, callbacks, serial=True)


class _Region(threading.local):
    """The place of each Python thread in the parallel region that it runs."""

    number = 0
    threads = 1


def _candidates() -> Iterator[ctypes.CDLL]:
    """Libraries that may hold OpenMP, in order of preference."""
    yield ctypes.CDLL(None)
    for name in _names():
        try:
            yield ctypes.CDLL(name)
        except OSError:
            continue


def _names() -> Iterator[str]:
    """What the library may be called: its system-wide name, then copies in other packages."""
    yield "libgomp.so.1"
    for folder in (Path(entry) for entry in sys.path if entry):
        for bundle in _BUNDLES:
            yield from sorted(str(path) for path in (folder / bundle).glob("libgomp*.so*"))


def _addresses(library: ctypes.CDLL) -> dict[str, int] | None:
    """Addresses of the symbols, or None where one is missing."""
    try:
        return {name: _address(getattr(library, name)) for name in _SYMBOLS}
    except AttributeError:
        return None


def _address(function: Any) -> int:
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address is not None
    return address
