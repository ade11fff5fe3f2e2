"""Figures of traces: how soon a search was how near to the optimum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tvmtune.experiments.replay import Trace
from tvmtune.records.recorded_space import RecordedSpace


def best_so_far(space: RecordedSpace, trace: Trace) -> NDArray[np.float64]:
    """The fastest time found after each trial, shape (t,); inf before the first that ran."""
    times_s = space.times_s[trace.rows]
    found: NDArray[np.float64] = np.minimum.accumulate(np.where(np.isnan(times_s), np.inf, times_s))
    return found


def reached_at(space: RecordedSpace, trace: Trace, share: float) -> int | None:
    """The trial, counted from 0, that was the first to reach a share of the optimum's speed."""
    limit_s = space.best_s / share
    hits = np.flatnonzero(best_so_far(space, trace) <= limit_s)
    return int(hits[0]) if len(hits) else None


def median_trials(reached: Sequence[int | None]) -> float | None:
    """The median of how many trials it took; None where half of the searches never got there."""
    return _median([np.inf if r is None else r + 1 for r in reached])


def median_seconds(traces: Sequence[Trace], reached: Sequence[int | None]) -> float | None:
    """The median of when it was reached; None where half of the searches never got there."""
    pairs = zip(traces, reached, strict=True)
    return _median([np.inf if r is None else float(t.told_s[r]) for t, r in pairs])


def _median(values: Sequence[float]) -> float | None:
    """The upper of two middle ones: no mean of what was reached and what was not."""
    middle = sorted(values)[len(values) // 2]
    return None if np.isinf(middle) else middle
