"""What is known about a machine: facts that were measured, and what its kernel says of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NO_LIMIT = 1 << 60
"""Version 1 of control groups writes the largest number of pages where there is no limit."""
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


@dataclass(frozen=True, slots=True)
class Cache:
    """A data cache that a core sees: its level, 1 being nearest, and size.

    ``cores`` is how many share it.
    """

    level: int
    size_bytes: int
    cores: int = 1


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """How fast a level of the memory hierarchy is read.

    ``level`` is ``"L1"``, ``"L2"``, ..., ``"memory"``; ``size_bytes`` that of the array read by one
    core, at ``bytes_per_s``.  ``all_bytes_per_s`` is the sum over all cores reading at the same
    time, 0 where it was not measured; ``cache`` the cache that is read, None for memory.
    """

    level: str
    size_bytes: int
    bytes_per_s: float
    all_bytes_per_s: float = 0.0
    cache: Cache | None = None


@dataclass(frozen=True, slots=True)
class MemoryLevel:
    """A level of the memory hierarchy as some threads together see it.

    ``capacity_bytes`` is None for memory, which holds everything; ``bytes_per_s`` the rate at
    which the threads read from it.
    """

    name: str
    capacity_bytes: int | None
    bytes_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """What was measured on a machine.

    Parameters
    ----------
    cores
        Cores that may be used.
    peak_flops
        Floating-point operations per second of one core on float32 vectors, multiply and add
        counted as two, by a loop of nothing else.
    all_peak_flops
        Of all the cores at the same time.
    bandwidths
        Of the levels, nearest first.
    noise
        Interquartile range over median of the times of one and the same loop.
    interference
        Time of the loop on one core beside another busy core, over its time alone: 1 is none.
    timer_s
        Least step of the clock.
    """

    cores: int
    peak_flops: float
    all_peak_flops: float
    bandwidths: tuple[Bandwidth, ...]
    noise: float
    interference: float
    timer_s: float

    def peak_for(self, threads: int) -> float:
        """Return the peak of some threads: of one core, of all, or in between in proportion."""
        return self._between(self.peak_flops, self.all_peak_flops, threads)

    def levels_for(self, threads: int) -> tuple[MemoryLevel, ...]:
        """Return the levels as some threads see them, nearest first.

        Their rate is that of one core, of all, or in between in proportion; their capacity that
        of as many caches as the threads fill, one core each.
        """
        return tuple(
            MemoryLevel(
                b.level,
                None if b.cache is None else b.cache.size_bytes * -(-threads // b.cache.cores),
                self._between(b.bytes_per_s, b.all_bytes_per_s or b.bytes_per_s, threads),
            )
            for b in self.bandwidths
        )

    def _between(self, one: float, every: float, threads: int) -> float:
        if threads <= 1 or self.cores <= 1:
            return one
        share = (min(threads, self.cores) - 1) / (self.cores - 1)
        return one + share * (every - one)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        value = {name: getattr(self, name) for name in self.__slots__}
        value["bandwidths"] = [
            [
                *(b.level, b.size_bytes, b.bytes_per_s, b.all_bytes_per_s),
                None if b.cache is None else [b.cache.level, b.cache.size_bytes, b.cache.cores],
            ]
            for b in self.bandwidths
        ]
        return value

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> MachineFacts:
        """The facts that :meth:`to_json` wrote."""
        fields = dict(value)
        fields["bandwidths"] = tuple(
            Bandwidth(str(level), int(size), float(rate), float(every), cache and Cache(*cache))
            for level, size, rate, every, cache in value["bandwidths"]
        )
        return MachineFacts(**fields)


def available_cores() -> tuple[int, ...]:
    """Return the cores that this process may use."""
    return tuple(sorted(os.sched_getaffinity(0)))


def read_caches(core: int = 0, root: Path = Path("/sys/devices/system/cpu")) -> tuple[Cache, ...]:
    """Return the data caches that a core sees, nearest first; empty where the kernel is silent."""
    caches = []
    for folder in sorted((root / f"cpu{core}" / "cache").glob("index*")):
        kind, level, size = (_read(folder / name) for name in ("type", "level", "size"))
        found = re.fullmatch(r"(\d+)([KMG]?)", size)
        if kind in ("Data", "Unified") and level.isdigit() and found:
            sharers = _count_listed(_read(folder / "shared_cpu_list"))
            caches.append(Cache(int(level), int(found[1]) * _UNITS[found[2]], max(1, sharers)))
    return tuple(sorted(caches, key=lambda cache: cache.level))


def _count_listed(cores: str) -> int:
    """How many numbers a list of the kernel's has, as in ``0-3,8``."""
    pairs = re.findall(r"(\d+)(?:-(\d+))?", cores)
    return sum(int(last or first) - int(first) + 1 for first, last in pairs)


def available_memory_bytes(
    meminfo: Path = Path("/proc/meminfo"),
    groups: Path = Path("/proc/self/cgroup"),
    root: Path = Path("/sys/fs/cgroup"),
) -> int:
    """Return the memory that can be had without swapping; 0 where the kernel is silent.

    That is what the machine has left, or a control group around this process if that is less.

    References
    ----------
    Linux, Documentation/admin-guide/cgroup-v2.rst, "Memory"; cgroup-v1/memory.rst, section 2.
    """
    found = re.search(r"^MemAvailable:\s*(\d+) kB", _read(meminfo), re.MULTILINE)
    left: list[int | None] = [int(found[1]) << 10] if found else []
    for line in _read(groups).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "memory"):
            top = root / controllers
            left += [_left_in(folder) for folder in _folders(top, top / path.lstrip("/"))]
    return min((size for size in left if size is not None), default=0)


def _folders(top: Path, folder: Path) -> Iterator[Path]:
    """The folders of a control group and of those around it."""
    while folder != top and top in folder.parents:
        yield folder
        folder = folder.parent
    yield top


def _left_in(folder: Path) -> int | None:
    """Memory that a control group may still use; None if it sets no limit.

    Pages of files that were not used lately count as free: they are dropped first.
    """
    for limit_name, usage_name, file_name in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        limit, usage = _read(folder / limit_name), _read(folder / usage_name)
        if limit.isdigit() and usage.isdigit() and int(limit) < _NO_LIMIT:
            files = re.search(rf"^{file_name} (\d+)", _read(folder / "memory.stat"), re.MULTILINE)
            return max(int(limit) - int(usage) + (int(files[1]) if files else 0), 0)
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
