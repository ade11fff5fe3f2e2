"""What candidates of a task are tried on: operands, and the output they must give."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tvmtune.measure.checking import Tolerance, tolerance_for
from tvmtune.operators import reference
from tvmtune.workload import Workload

TIMING_SEED = 0
CHECKING_SEEDS = (1, 2)
"""Seeds of the operands that only a new best is checked on."""

Reference = Callable[[Workload, Mapping[str, NDArray[Any]]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class SharedArray:
    """An array with its digest, by which a runner knows it again."""

    array: NDArray[Any]
    digest: str

    @staticmethod
    def of(array: NDArray[Any]) -> SharedArray:
        """Take an array, which must not change from now on."""
        array = np.ascontiguousarray(array)
        digest = hashlib.sha256(f"{array.dtype.str}{array.shape}".encode())
        digest.update(
            array.reshape(-1).view(np.uint8).data
        )  # in place: it may be most of the memory
        return SharedArray(array, digest.hexdigest())


@dataclass(frozen=True, eq=False)
class Case:
    """Operands by name, the output expected in float64, and the error tolerated."""

    seed: int
    operands: Mapping[str, SharedArray]
    expected: SharedArray
    tolerance: Tolerance

    @cached_property
    def arrays(self) -> Mapping[str, SharedArray]:
        """All arrays by digest."""
        return {a.digest: a for a in (*self.operands.values(), self.expected)}

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, arrays by digest."""
        return {
            "seed": self.seed,
            "operands": {name: a.digest for name, a in self.operands.items()},
            "expected": self.expected.digest,
            "tolerance": self.tolerance.to_json(),
        }


class Problem:
    """A workload with seeded operands and reference outputs, each made once.

    Parameters
    ----------
    workload
        What is computed.
    reference
        Computes the output in float64 from the operands by name.
    """

    def __init__(self, workload: Workload, reference: Reference = reference) -> None:
        self.workload = workload
        self._reference = reference
        self._cases: dict[int, Case] = {}

    def case(self, seed: int = TIMING_SEED) -> Case:
        """Return standard-normal operands of a seed with their output."""
        if seed not in self._cases:
            self._cases[seed] = self._make(seed)
        return self._cases[seed]

    def _make(self, seed: int) -> Case:
        rng = np.random.default_rng(seed)
        dtype = np.dtype(self.workload.dtype)
        operands = {
            name: rng.standard_normal(shape, dtype=np.float32).astype(dtype, copy=False)
            for name, shape in self.workload.operands.items()
        }
        expected = np.asarray(self._reference(self.workload, operands), np.float64)
        return Case(
            seed,
            {name: SharedArray.of(array) for name, array in operands.items()},
            SharedArray.of(expected),
            tolerance_for(dtype, self.workload.reduction_length, expected),
        )
