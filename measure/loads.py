"""Runs a probe on several cores at the same time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from tvmtune.artifact import Role
from tvmtune.runtime.kernel import BoundKernel
from tvmtune.runtime.loader import LoadedCode


def sample_on_cores(
    code: LoadedCode, cores: Sequence[int], seconds: float
) -> list[tuple[float, ...]]:
    """Call a kernel back to back in a thread on each of some cores.

    Parameters
    ----------
    code
        A kernel without constants; its inputs are zero.
    cores
        One thread is pinned to each.
    seconds
        How long.

    Returns
    -------
    samples_s
        Seconds of each call, for each core, while all of them were busy.
    """
    kernel = BoundKernel(code, {})
    shapes = [(a.shape, a.dtype) for a in code.manifest.arguments if a.role is Role.INPUT]
    barrier = threading.Barrier(len(cores))

    def work(core: int) -> tuple[float, ...]:
        try:
            os.sched_setaffinity(0, {core})
            packed = kernel.pack(*(np.zeros(shape, dtype) for shape, dtype in shapes))
            kernel.run(packed)
        except BaseException:
            barrier.abort()
            raise
        barrier.wait()
        return _repeat(partial(kernel.run, packed), seconds)

    with ThreadPoolExecutor(len(cores)) as threads:
        return list(threads.map(work, cores))


def _repeat(call: Callable[[], object], seconds: float) -> tuple[float, ...]:
    """Return the seconds of each call, at least one."""
    samples: list[float] = []
    end = time.perf_counter() + seconds
    while not samples or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        samples.append(time.perf_counter() - start)
    return tuple(samples)
