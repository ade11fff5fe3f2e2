"""What a search did: its trials, and when their results were there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trace:
    """The trials of a search, in the order in which they were proposed.

    Parameters
    ----------
    times_s
        Shape (t,), float64: seconds of a call of each config; nan for those that failed.
    told_s
        Shape (t,), float64: when the result was there, in seconds from the start.
    rows
        Shape (t,), int64: the config of each trial, as its row in the recorded space; None where
        the search was not replayed.
    thinking_s, building_s, running_s
        What the strategy itself took, and the builds and runs of all trials.
    """

    times_s: NDArray[np.float64]
    told_s: NDArray[np.float64]
    rows: NDArray[np.int64] | None
    thinking_s: float
    building_s: float
    running_s: float

    def __len__(self) -> int:
        return len(self.times_s)

    @property
    def best_so_far_s(self) -> NDArray[np.float64]:
        """Shape (t,): the fastest time found after each trial; inf before the first that ran."""
        found: NDArray[np.float64] = np.minimum.accumulate(
            np.where(np.isnan(self.times_s), np.inf, self.times_s)
        )
        return found

    def reached(self, limit_s: float) -> int | None:
        """The trial, counted from 0, that was the first to be as fast as a limit; None: none."""
        hits = np.flatnonzero(self.times_s <= limit_s)
        return int(hits[0]) if len(hits) else None
