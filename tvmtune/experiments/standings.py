"""What each search came to: how soon it was near the optimum, and where its time went."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tvmtune.errors import RecordError
from tvmtune.experiments.results import Results, Search
from tvmtune.experiments.trace import Trace

Axis = Literal["trials", "seconds"]
"""What a search is charged by."""

AXES: tuple[Axis, ...] = ("trials", "seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimum:
    """The fastest time of a task that is known.

    Parameters
    ----------
    time_s
        Seconds of a call; inf where no trial of any search ran.
    recorded
        Whether it is that of the recorded space, else the best of all searches.
    """

    time_s: float
    recorded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a search came to.

    Parameters
    ----------
    task, strategy, seed
        Which search.
    trials, failed
        How many trials it made, and how many of them failed.
    best_s
        The fastest time it found; inf where no trial ran.
    best_share
        The optimum's time over it: 1 is the optimum, 0 where no trial ran.
    trials_to_share, seconds_to_share
        What it took to reach the study's share of the optimum's speed; inf where it never did.
    thinking_s, building_s, running_s, total_s
        What the strategy itself, all builds and all runs took, and when the last result was there.
    """

    task: str
    strategy: str
    seed: int
    trials: int
    failed: int
    best_s: float
    best_share: float
    trials_to_share: float
    seconds_to_share: float
    thinking_s: float
    building_s: float
    running_s: float
    total_s: float

    def to_share(self, axis: Axis) -> float:
        """What it took to reach the share, in trials or in seconds."""
        return self.trials_to_share if axis == "trials" else self.seconds_to_share


def optima(results: Results) -> dict[str, Optimum]:
    """The optimum of each task: of its recorded space, else the best of all searches."""
    return {name: _optimum(results, name) for name in results.study.task_names}


def standings(results: Results) -> tuple[Standing, ...]:
    """What each search came to, in their order.

    Raises
    ------
    RecordError
        If no search has finished.
    """
    if not results.searches:
        raise RecordError("no search has finished: there is nothing to report")
    known = optima(results)
    return tuple(_standing(s, known[s.task].time_s, results.study.share) for s in results.searches)


def pairs_of(
    found: Sequence[Standing], strategy: str, other: str
) -> tuple[tuple[Standing, Standing], ...]:
    """The searches of two strategies on the same task with the same seed."""
    others = {(s.task, s.seed): s for s in found if s.strategy == other}
    mine = (s for s in found if s.strategy == strategy)
    return tuple((s, others[s.task, s.seed]) for s in mine if (s.task, s.seed) in others)


def upper_median(values: Sequence[float]) -> float:
    """The upper of two middle ones: no mean of what was reached and what was not."""
    return sorted(values)[len(values) // 2]


def shares_at(
    trace: Trace, optimum_s: float, axis: Axis, grid: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The best so far as a share of the optimum's speed; after the end, what it was there.

    Parameters
    ----------
    trace
        What a search did.
    optimum_s
        The fastest time that is known.
    axis, grid
        Shape (g,): after how many trials, or after how many seconds.

    Returns
    -------
    ndarray
        Shape (g,), float64: 1 is the optimum, 0 before the first trial that ran.
    """
    best_s = best_at(trace, axis, grid)
    return np.where(np.isinf(best_s), 0.0, optimum_s / best_s)


def best_at(trace: Trace, axis: Axis, grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shape (g,): the best time so far, after trials or seconds; inf before the first that ran."""
    times_s = np.where(np.isnan(trace.times_s), np.inf, trace.times_s)
    if axis == "seconds":
        order = np.argsort(trace.told_s, kind="stable")
        times_s = times_s[order]
        counts = np.searchsorted(trace.told_s[order], grid, side="right")
    else:
        counts = np.minimum(grid.astype(np.int64), len(times_s))
    best_s: NDArray[np.float64] = np.concatenate([[np.inf], np.minimum.accumulate(times_s)])[counts]
    return best_s


def _optimum(results: Results, task: str) -> Optimum:
    space = results.spaces.get(task)
    if space is not None:
        return Optimum(time_s=space.best_s, recorded=True)
    times = [_best_s(s.trace) for s in results.searches if s.task == task]
    return Optimum(time_s=min(times, default=math.inf), recorded=False)


def _standing(search: Search, optimum_s: float, share: float) -> Standing:
    trace, best_s = search.trace, _best_s(search.trace)
    hits = np.flatnonzero(trace.times_s <= optimum_s / share)
    return Standing(
        task=search.task,
        strategy=search.strategy,
        seed=search.seed,
        trials=len(trace),
        failed=int(np.isnan(trace.times_s).sum()),
        best_s=best_s,
        best_share=0.0 if math.isinf(best_s) else optimum_s / best_s,
        trials_to_share=float(hits[0]) + 1 if len(hits) else math.inf,
        seconds_to_share=float(trace.told_s[hits].min()) if len(hits) else math.inf,
        thinking_s=trace.thinking_s,
        building_s=trace.building_s,
        running_s=trace.running_s,
        total_s=float(trace.told_s.max(initial=0.0)),
    )


def _best_s(trace: Trace) -> float:
    return float(np.min(trace.times_s, where=~np.isnan(trace.times_s), initial=np.inf))
