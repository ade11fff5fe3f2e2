"""The check that a new best has to pass: nothing read or written that is not its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tvmtune.artifact import Role
from tvmtune.measure.checking import Comparison, Tolerance, compare
from tvmtune.runtime.arrays import GuardedMemory
from tvmtune.runtime.kernel import BoundKernel, Packed
from tvmtune.runtime.loader import LoadedCode

_RUNS = 2
"""The second finds the first one's remains in the workspace and the output."""


def check_harder(
    code: LoadedCode,
    operands: Mapping[str, NDArray[Any]],
    expected: NDArray[np.float64],
    tolerance: Tolerance,
) -> tuple[Comparison, str | None]:
    """Run a kernel in guarded memory and look at everything it may not touch.

    Every array ends at an unmapped page, so that a read past its end kills the process; output and
    workspace hold NaN before the first run.

    Parameters
    ----------
    code
        Loaded code.
    operands
        Plain arrays by name.
    expected, tolerance
        The output, and the error tolerated.

    Returns
    -------
    comparison, fault
        That of the run with the largest error, and what is wrong in words, if anything.
    """
    arguments, memory = code.manifest.arguments, GuardedMemory()
    constants = {a.name: operands[a.name] for a in arguments if a.role is Role.CONSTANT}
    kernel = BoundKernel(code, constants, memory)
    packed = kernel.pack(*(operands[a.name] for a in arguments if a.role is Role.INPUT))
    before = _copies(packed, [a.name for a in arguments if a.role is not Role.OUTPUT])
    worst = Comparison(0.0)
    for number in range(1, _RUNS + 1):
        kernel.run(packed)
        comparison = compare(kernel.unpack(packed), expected, tolerance)
        if comparison.mismatch is not None:
            return comparison, f"run {number}: {comparison.mismatch}"
        worst = max(worst, comparison, key=lambda one: one.error)
        changed = [name for name, copy in before.items() if not _same(packed.arrays[name], copy)]
        if changed:
            return worst, f"run {number}: it wrote to what it may only read: {', '.join(changed)}"
    if not memory.is_intact():
        return worst, "it wrote beside one of its arrays"
    return worst, None


def _copies(packed: Packed, names: list[str]) -> dict[str, NDArray[Any]]:
    return {name: packed.arrays[name].copy() for name in names}


def _same(array: NDArray[Any], copy: NDArray[Any]) -> bool:
    """Whether two arrays are the same bit for bit."""
    return bool(np.array_equal(array.view(np.uint8), copy.view(np.uint8)))
