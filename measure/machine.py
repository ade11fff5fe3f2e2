"""Measures what a machine can do: the limits that candidates are compared with."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median, quantiles

from tvmtune.codegen.probes import make_probe
from tvmtune.errors import MeasureError
from tvmtune.machine import (
    Bandwidth,
    Cache,
    MachineFacts,
    available_memory_bytes,
    read_caches,
)
from tvmtune.measure.workers import Workers
from tvmtune.target import Target

_LOOP_S = 0.15
"""Of the multiply-add loop, once alone and once on all cores, in each round."""
_ROUNDS = 3
_READ_S = 0.1
_LARGEST_READ_BYTES = 512 << 20


def measure_machine(workers: Workers, target: Target, cores: Sequence[int]) -> MachineFacts:
    """Measure the peak, the bandwidths, the noise and the interference of this machine.

    It takes a few seconds; whoever needs the facts again keeps them.

    Parameters
    ----------
    workers
        Builder and runner to use.
    target
        Vectors and instructions that the probes use.
    cores
        Cores that may be used; the last, where kernels are timed, tells the peak of one.

    Raises
    ------
    MeasureError
        A probe could not be built or did not run.
    """
    if not cores:
        raise MeasureError("no core to measure; one at least is needed")
    core, other = cores[-1], cores[0]
    artifact = workers.probe("fma", target.text)
    flops = make_probe("fma", target).work
    alone: list[float] = []
    ratios: list[float] = []
    for _ in range(_ROUNDS):
        (own,) = workers.sample(artifact, [core], _LOOP_S)
        alone += own
        if other != core:
            beside, _ = workers.sample(artifact, [core, other], _LOOP_S)
            ratios.append(median(beside) / median(own))
    together = workers.sample(artifact, cores, _LOOP_S)
    return MachineFacts(
        cores=len(cores),
        peak_flops=flops / min(alone),
        all_peak_flops=sum(flops / median(own) for own in together),
        bandwidths=_bandwidths(workers, target, cores),
        noise=_noise(alone),
        interference=median(ratios) if ratios else 1.0,
        timer_s=_timer_step(),
    )


def read_sizes(caches: Sequence[Cache], memory_bytes: int) -> list[tuple[str, int]]:
    """Return what to read to tell the levels apart: a part of each cache, and twice the last.

    That part is half of it, and four times the cache before it at most: of a large cache that
    others share, less than half may be to be had.

    Parameters
    ----------
    caches
        Nearest first.
    memory_bytes
        Memory that can be had; a quarter of it is read at most, and 512 MiB.  Where the last cache
        is larger than that (of a virtual machine, which shares it), memory is not told from it.
    """
    limit = min(_LARGEST_READ_BYTES, memory_bytes // 4 or _LARGEST_READ_BYTES)
    befores = [limit, *(cache.size_bytes for cache in caches)]
    sizes = [
        (f"L{cache.level}", min(cache.size_bytes // 2, 4 * before))
        for cache, before in zip(caches, befores, strict=False)
    ]
    largest = caches[-1].size_bytes if caches else limit // 4
    return [(level, min(size, limit)) for level, size in [*sizes, ("memory", 2 * largest)]]


def size_for_each(size_bytes: int, below_bytes: int, limit_bytes: int, cores: int) -> int:
    """Return what each core is to read while all read at the same time.

    Together they read what one does alone, so that it fits a cache that they share; but each of
    them twice the cache below, which it has for itself, or what one reads alone if that is less.

    Parameters
    ----------
    size_bytes
        What one core reads alone.
    below_bytes
        Size of the cache before the level that is read; 0 if there is none.
    limit_bytes
        Of all the cores together.
    cores
        How many read.
    """
    return min(size_bytes, max(size_bytes // cores, 2 * below_bytes), limit_bytes // cores)


def _bandwidths(workers: Workers, target: Target, cores: Sequence[int]) -> tuple[Bandwidth, ...]:
    caches, memory_bytes = read_caches(cores[-1]), available_memory_bytes()
    sizes = read_sizes(caches, memory_bytes)
    limit = min(_LARGEST_READ_BYTES * 4, memory_bytes // 4 or _LARGEST_READ_BYTES)
    befores = [0, *(cache.size_bytes for cache in caches)]
    found = []
    for (level, size), before, cache in zip(sizes, befores, [*caches, None], strict=True):
        alone = every = _read_rates(workers, target, size, cores[-1:])
        if len(cores) > 1:
            each = size_for_each(size, before, limit, len(cores))
            every = _read_rates(workers, target, each, cores)
        found.append(Bandwidth(level, size, alone, every, cache))
    return tuple(found)


def _read_rates(workers: Workers, target: Target, size_bytes: int, cores: Sequence[int]) -> float:
    """Bytes per second of cores that read an array each, at the same time, together."""
    artifact = workers.probe("read", target.text, size_bytes)
    work = make_probe("read", target, size_bytes).work
    return sum(work / median(own) for own in workers.sample(artifact, cores, _READ_S))


def _noise(samples: Sequence[float]) -> float:
    if len(samples) < 2:
        return 0.0
    low, middle, high = quantiles(samples, n=4)
    return (high - low) / middle


def _timer_step() -> float:
    """Return the least difference that the clock shows."""
    least = 1.0
    for _ in range(1000):
        start = time.perf_counter()
        while (step := time.perf_counter() - start) == 0:
            continue
        least = min(least, step)
    return least
