"""Figures of traces: how soon a search was how near to the optimum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tvmtune.experiments.trace import Trace


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
