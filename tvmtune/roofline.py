"""What bounds a workload on a machine, and what share of that bound a result reaches.

A call does some operations on floats and moves some bytes.  Operations take their number over the
machine's peak at least; bytes their number over the bandwidth of the level of memory that they live
in.  The longer of the two times is the bound, and names it.

References
----------
Williams, Waterman and Patterson, "Roofline: An Insightful Visual Performance Model for Multicore
Architectures", Communications of the ACM 52(4), 2009; Ilic, Pratas and Sousa, "Cache-aware Roofline
Model: Upgrading the Loft", IEEE Computer Architecture Letters 13(1), 2014 (a line for each level,
and bytes counted as the cores ask for them).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from tvmtune.machine import MachineFacts, MemoryLevel
from tvmtune.workload import Workload

COMPUTE = "compute"
"""What the bound of a workload is called where it is the peak; else it is the name of a level."""


@dataclass(frozen=True, slots=True)
class Roofline:
    """What a machine can do with some threads: operations per second, and levels of memory.

    ``levels`` are nearest first; empty where they were not measured.
    """

    peak_flops: float
    levels: tuple[MemoryLevel, ...] = ()

    @staticmethod
    def of(facts: MachineFacts, threads: int) -> Roofline:
        """Of what was measured on a machine."""
        return Roofline(facts.peak_for(threads), facts.levels_for(threads))

    def to_settings(self) -> dict[str, Any]:
        """As settings of a record: plain JSON values, five digits."""
        levels = [[v.name, v.capacity_bytes, _rounded(v.bytes_per_s)] for v in self.levels]
        return {"peak_flops": _rounded(self.peak_flops), "levels": levels}

    @staticmethod
    def from_settings(settings: Mapping[str, Any]) -> Roofline | None:
        """What the settings of a record say; None if they have no peak.

        Older records have no levels; what is not written as :meth:`to_settings` does counts as
        absent.
        """
        peak = _positive(settings.get("peak_flops"))
        if peak is None:
            return None
        levels = settings.get("levels")
        read = [_level(level) for level in levels] if isinstance(levels, list) else []
        return Roofline(peak, tuple(v for v in read if v) if all(read) else ())

    def level_of(self, size_bytes: int) -> MemoryLevel | None:
        """Return the level that some bytes live in: the nearest whose capacity holds them all.

        A result is the time of calls repeated on the same arrays.  Whatever holds all of their
        bytes still has them at the next call, so that nothing beyond it is read; a level that holds
        only some of them has, under least-recently-used replacement, lost each when its turn comes.

        Parameters
        ----------
        size_bytes
            Of all arrays together.

        Returns
        -------
        MemoryLevel or None
            The last one where none is large enough; None where no level was measured.

        References
        ----------
        Hager and Wellein, "Introduction to High Performance Computing for Scientists and
        Engineers", CRC Press 2010, chapter 3: bandwidth steps down where the data of a loop that
        runs again and again outgrows a level.
        """
        for level in self.levels:
            if level.capacity_bytes is None or size_bytes <= level.capacity_bytes:
                return level
        return self.levels[-1] if self.levels else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A result under a roofline.

    Parameters
    ----------
    time_s
        Of one call.
    direct_flops
        Operations of the direct algorithm.
    real_flops
        Those that were executed, as far as they were counted and are fewer; else the direct ones:
        what an implementation does beyond these (storage rounded up) is no merit.
    traffic_bytes
        Compulsory traffic.
    level, bound, bound_s
        The level that the bytes live in; `COMPUTE` or the name of that level, and the least time of
        a call by it.  None where the levels were not measured.
    """

    time_s: float
    direct_flops: int
    real_flops: int
    traffic_bytes: int
    level: str | None
    bound: str | None
    bound_s: float | None

    @property
    def share(self) -> float | None:
        """Share of the bound that was reached."""
        return self.bound_s / self.time_s if self.bound_s is not None else None

    @property
    def effective_flops_per_s(self) -> float:
        """Rate in operations of the direct algorithm."""
        return self.direct_flops / self.time_s

    @property
    def real_flops_per_s(self) -> float:
        """Rate in operations that were executed."""
        return self.real_flops / self.time_s

    @property
    def saves(self) -> bool:
        """Whether a tenth of the direct algorithm's operations or more were not executed.

        As by Winograd's algorithms; products with zeros of a padding that are left out are seldom
        as many.
        """
        return self.real_flops <= 0.9 * self.direct_flops

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; rates in GFLOP/s, intensities in operations per byte."""
        return {
            "flops": self.direct_flops,
            "real_flops": self.real_flops,
            "bytes": self.traffic_bytes,
            "intensity": self.direct_flops / self.traffic_bytes,
            "real_intensity": self.real_flops / self.traffic_bytes,
            "effective_gflops": self.effective_flops_per_s / 1e9,
            "real_gflops": self.real_flops_per_s / 1e9,
            "level": self.level,
            "bound": self.bound,
            "bound_s": self.bound_s,
            "share_of_bound": self.share,
        }


def place(
    workload: Workload, time_s: float, executed_flops: int, roofline: Roofline | None
) -> Placement:
    """Place a result under a roofline.

    Parameters
    ----------
    workload
        What was computed.
    time_s
        Of one call; positive.
    executed_flops
        Operations of one call as a record has them; 0 where nobody counted.
    roofline
        Of the machine and the threads that it was measured with; None if that is not known.
    """
    direct, size = workload.flops, workload.traffic_bytes
    real = min(executed_flops, direct) if executed_flops > 0 else direct
    level = None if roofline is None else roofline.level_of(size)
    bound, bound_s = None, None
    if roofline is not None and level is not None:
        compute_s, memory_s = real / roofline.peak_flops, size / level.bytes_per_s
        bound_s = max(compute_s, memory_s)
        bound = COMPUTE if compute_s >= memory_s else level.name
    return Placement(
        time_s=time_s,
        direct_flops=direct,
        real_flops=real,
        traffic_bytes=size,
        level=None if level is None else level.name,
        bound=bound,
        bound_s=bound_s,
    )


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")


def _positive(value: Any) -> float | None:
    """A positive number that a float holds, as such."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        return None
    try:
        return float(value) if isfinite(value) else None
    except OverflowError:
        return None


def _level(value: Any) -> MemoryLevel | None:
    if not isinstance(value, list) or len(value) != 3 or not isinstance(value[0], str):
        return None
    name, capacity, rate = value[0], value[1], _positive(value[2])
    if rate is None or not (capacity is None or _positive(capacity)):
        return None
    return MemoryLevel(name, capacity, rate)
