"""How much memory it takes to measure a workload, and whether there is as much."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from tvmtune.errors import UsageError
from tvmtune.measure.problem import CHECKING_SEEDS
from tvmtune.workload import Workload

_CASES = 1 + len(CHECKING_SEEDS)
_REFERENCE_BYTES = np.dtype(np.float64).itemsize


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryDemand:
    """Memory for the measuring of a workload.

    Parameters
    ----------
    kept_bytes
        Operands and references of all seeds, kept by the process that tunes.
    making_bytes
        What it needs beside them while it makes a reference.
    runner_bytes
        What a runner holds at the same time at least: one case, the operands packed, the output,
        and two arrays in which it is compared.
    """

    kept_bytes: int
    making_bytes: int
    runner_bytes: int

    @property
    def total_bytes(self) -> int:
        """All together."""
        return self.kept_bytes + self.making_bytes + self.runner_bytes

    @staticmethod
    def of(workload: Workload) -> MemoryDemand:
        """The demand of a workload, by the shapes of its arrays."""
        elements = sum(map(prod, workload.operands.values()))
        item_bytes = np.dtype(workload.dtype).itemsize
        operands, out = elements * item_bytes, prod(workload.out_shape) * item_bytes
        reference = prod(workload.out_shape) * _REFERENCE_BYTES
        return MemoryDemand(
            kept_bytes=_CASES * (operands + reference),
            making_bytes=max(elements * _REFERENCE_BYTES, 2 * reference),
            runner_bytes=2 * operands + out + 3 * reference,
        )


class MemoryBudget:
    """Takes on workloads as long as there is memory for them.

    Parameters
    ----------
    available_bytes
        Memory that can be had; 0: nobody knows.
    runner_bytes
        Memory that a runner may use.
    """

    def __init__(self, available_bytes: int, runner_bytes: int) -> None:
        self._available_bytes = available_bytes
        self._runner_bytes = runner_bytes
        self._kept_bytes = 0

    def take(self, workload: Workload) -> None:
        """Take on a workload, whose arrays will be kept beside those taken on before.

        Raises
        ------
        UsageError
            If there is not enough memory.
        """
        demand = MemoryDemand.of(workload)
        left_bytes = self._available_bytes - self._kept_bytes
        if self._available_bytes and demand.total_bytes > left_bytes:
            others = f" beside {_gib(self._kept_bytes)} of other tasks" if self._kept_bytes else ""
            raise UsageError(
                f"{workload.text}: measuring it needs about {_gib(demand.total_bytes)} of memory "
                f"(operands, references in float64, copies for checks){others}, and there are "
                f"{_gib(self._available_bytes)}; a smaller workload would work"
            )
        if demand.runner_bytes > self._runner_bytes:
            raise UsageError(
                f"{workload.text}: running it needs at least {_gib(demand.runner_bytes)} of memory "
                "(operands, output, reference in float64, copies for checks), and a runner may use "
                f"{_gib(self._runner_bytes)}; a smaller workload would work"
            )
        self._kept_bytes += demand.kept_bytes


def _gib(size_bytes: int) -> str:
    return f"{size_bytes / (1 << 30):.1f} GiB"
