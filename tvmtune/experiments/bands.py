"""Best-so-far curves: medians of searches, with bands that assume no distribution.

References
----------
H. A. David and H. N. Nagaraja, *Order Statistics*, 3rd ed., 2003, section 7.1: the interval of a
quantile between two order statistics.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from tvmtune.experiments.results import Results, Search
from tvmtune.experiments.standings import AXES, Axis, Optimum, optima, shares_at

ALL_TASKS = ""
"""The name that curves of all tasks together have for a task."""

CONFIDENCE = 0.95

_POINTS = 64


@dataclass(frozen=True, slots=True)
class MedianInterval:
    """Which order statistics hold the median between them.

    Parameters
    ----------
    low, high
        Places of both in a sorted sample, counted from 0.
    coverage
        How probable it is, at least, that the median of the distribution lies between them; below
        what was asked for where the sample is too small for it.
    """

    low: int
    high: int
    coverage: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """The best so far of a strategy on a task, over its searches.

    Parameters
    ----------
    task, strategy
        Of what; `ALL_TASKS`: the mean over all tasks of the searches with one seed.
    axis
        What `at` counts.
    at
        Shape (g,): trials or seconds, on a log grid.
    median, low, high
        Shape (g,): share of the optimum's speed, and its band.
    alive
        Shape (g,): the share of searches that had not ended yet; those that had are carried on.
    searches
        How many there are, or seeds where these are all tasks.
    coverage
        Confidence of the band, at each point by itself.
    """

    task: str
    strategy: str
    axis: Axis
    at: NDArray[np.float64]
    median: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    alive: NDArray[np.float64]
    searches: int
    coverage: float


def median_interval(n: int, confidence: float = CONFIDENCE) -> MedianInterval:
    """The shortest symmetric interval of order statistics that has the median so surely.

    For a continuous distribution the k-th smallest and the k-th largest of n have it between them
    with probability 1 - 2 P(B < k), B binomial (n, 1/2); where values tie, more often.

    Parameters
    ----------
    n
        Size of the sample, at least 1.
    confidence
        What is asked for; a sample below it has its smallest and largest.
    """
    below, place, total = 1, 0, 2**n
    while place + 1 <= (n - 1) // 2:
        wider = below + comb(n, place + 1)
        if 1 - 2 * wider / total < confidence:
            break
        below, place = wider, place + 1
    return MedianInterval(place, n - 1 - place, 1 - 2 * below / total if n > 1 else 0.0)


def log_grid(first: float, last: float, axis: Axis) -> NDArray[np.float64]:
    """Points from the first to the last in equal ratios; whole numbers, each once, for trials."""
    points = np.geomspace(first, max(first, last), _POINTS)
    points[-1] = max(first, last)
    return np.unique(np.round(points)) if axis == "trials" else np.unique(points)


def curves(results: Results, confidence: float = CONFIDENCE) -> tuple[Curve, ...]:
    """A curve for each task, strategy and axis, then those of all tasks together."""
    known, made = optima(results), []
    for axis in AXES:
        for task in results.study.task_names:
            grid = _grid([s for s in results.searches if s.task == task], axis)
            for strategy in results.study.strategy_names:
                found = results.of(task, strategy)
                if found and len(grid):
                    rows, alive = _sampled(found, known[task], axis, grid)
                    labels = (task, strategy, axis)
                    made.append(_curve(labels, grid, rows, alive.mean(0), confidence))
        made += _of_all_tasks(results, known, axis, confidence)
    return tuple(made)


def _of_all_tasks(
    results: Results, known: dict[str, Optimum], axis: Axis, confidence: float
) -> list[Curve]:
    """For each strategy the mean over tasks, by seed; seeds that lack a task are left out."""
    grid, made = _grid(results.searches, axis), []
    tasks = {search.task for search in results.searches}
    for strategy in results.study.strategy_names:
        by_seed: dict[int, list[Search]] = {}
        for search in results.searches:
            if search.strategy == strategy:
                by_seed.setdefault(search.seed, []).append(search)
        whole = [group for group in by_seed.values() if len(group) == len(tasks)]
        if not whole or not len(grid):
            continue
        means, alive = [], []
        for group in whole:
            parts = [_sampled([s], known[s.task], axis, grid) for s in group]
            means.append(np.mean([rows[0] for rows, _ in parts], axis=0))
            alive.append(np.mean([ends[0] for _, ends in parts], axis=0))
        labels = (ALL_TASKS, strategy, axis)
        made.append(_curve(labels, grid, np.array(means), np.mean(alive, axis=0), confidence))
    return made


def _grid(searches: Sequence[Search], axis: Axis) -> NDArray[np.float64]:
    """From the first result of any search to the last."""
    ran = [s.trace for s in searches if len(s.trace)]
    if not ran:
        return np.empty(0)
    if axis == "trials":
        return log_grid(1, max(map(len, ran)), axis)
    first = min(float(trace.told_s.min()) for trace in ran)
    return log_grid(max(first, 1e-6), max(float(t.told_s.max()) for t in ran), axis)


def _sampled(
    searches: Sequence[Search], optimum: Optimum, axis: Axis, grid: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Shapes (s, g): shares of the optimum's speed, and which searches had not ended."""
    rows = np.array([shares_at(s.trace, optimum.time_s, axis, grid) for s in searches])
    ends = [len(s.trace) if axis == "trials" else s.trace.told_s.max(initial=0.0) for s in searches]
    return rows, grid[np.newaxis] <= np.array(ends)[:, np.newaxis]


def _curve(
    labels: tuple[str, str, Axis],
    grid: NDArray[np.float64],
    rows: NDArray[np.float64],
    alive: NDArray[np.float64],
    confidence: float,
) -> Curve:
    """The curve of shares, shape (s, g); the lower of two middle ones is the median."""
    task, strategy, axis = labels
    ranked, n = np.sort(rows, axis=0), len(rows)
    interval = median_interval(n, confidence)
    return Curve(
        task=task,
        strategy=strategy,
        axis=axis,
        at=grid,
        median=ranked[(n - 1) // 2],
        low=ranked[interval.low],
        high=ranked[interval.high],
        alive=alive,
        searches=n,
        coverage=interval.coverage,
    )
