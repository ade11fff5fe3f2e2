"""The interpreter's counts beside the figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pytest

from tvmtune.analysis.figures import Figures, distinct_elements, figures_of
from tvmtune.ir.interpreter import Counters, run
from tvmtune.passes import lower_schedule, run_passes
from tvmtune.schedule import Schedule


@dataclass(frozen=True)
class Comparison:
    """Figures of a schedule, and what running its final code counted."""

    figures: Figures
    counters: Counters
    distinct: Mapping[tuple[str, str, str], int]

    @property
    def differences(self) -> dict[tuple[object, ...], tuple[object, object]]:
        """Executions and bytes that are not the same: (figure, count) by what they are of."""
        pairs = (
            ("executions", self.figures.executions, self.counters.executions),
            ("loaded", self.figures.loaded_bytes, self.counters.loaded_bytes),
            ("stored", self.figures.stored_bytes, self.counters.stored_bytes),
        )
        return {
            (what, *key): (figures.get(key, 0), counts.get(key, 0))
            for what, figures, counts in pairs
            for key in {*figures, *counts}
            if figures.get(key, 0) != counts.get(key, 0)
        }

    @property
    def too_small(self) -> dict[tuple[str, str, str], tuple[int, int]]:
        """Distinct elements of which more were counted than the figure says."""
        counted = self.counters.distinct
        return {k: (self.distinct[k], n) for k, n in counted.items() if self.distinct[k] < n}

    @property
    def loose(self) -> dict[tuple[str, str, str], tuple[int, int]]:
        """Distinct elements of which fewer were counted."""
        counted = self.counters.distinct
        return {k: (self.distinct[k], n) for k, n in counted.items() if self.distinct[k] > n}


def _compared(schedule: Schedule) -> Comparison:
    program = lower_schedule(schedule)
    counters = Counters(track_distinct=True)
    arrays = {b.name: np.zeros(b.elements, b.dtype) for b in program.kernel.arguments}
    if program.prepare is not None:
        run(run_passes(program.prepare), arrays, counters)
    run(run_passes(program.kernel), arrays, counters)
    distinct = {k: int(n) for k, n in distinct_elements(schedule).items()}
    return Comparison(figures_of(schedule), counters, distinct)


@pytest.fixture
def compared() -> Callable[[Schedule], Comparison]:
    """Compare the figures of a schedule over integers with what its final code does."""
    return _compared
