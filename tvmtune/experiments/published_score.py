"""The score of the published methodology, as its package computes it.

Kept as it is, so that figures compare with those of others; what is odd about it is said in
docs/experiments.md, and `tvmtune.experiments.exact_score` does without.  Here the bagging has a
seed, and a margin that is too small is widened in trials.

References
----------
F.-J. Willemsen, R. Schoonhoven, J. Filipovic, J. O. Tørring, R. van Nieuwpoort and B. van
Werkhoven, "A methodology for comparing optimization algorithms for auto-tuning", Future Generation
Computer Systems 159, 2024; the package ``autotuning_methodology`` 1.1.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from tvmtune.experiments.scipy_functions import falling_fit, monotone_interpolation
from tvmtune.experiments.trace import Trace
from tvmtune.records.recorded_space import RecordedSpace

START, END = 0.01, 0.95
"""Cut-offs between which performance is averaged."""

RESOLUTION = 1000
"""Points between them."""

_FEWEST_ESTIMATORS = 3


@dataclass(frozen=True, slots=True)
class Budget:
    """Where the score begins and ends, in trials and in seconds."""

    first_trials: int
    last_trials: int
    first_s: float
    last_s: float

    @property
    def grid_s(self) -> NDArray[np.float64]:
        """Shape (`RESOLUTION`,): the points in time."""
        return np.linspace(self.first_s, self.last_s, RESOLUTION)


def cut_off_s(valid_s: NDArray[np.float64], part: float) -> float:
    """The time that is as far from the median to the optimum as a part says."""
    best_s = float(valid_s.min())
    return best_s + (float(np.median(valid_s)) - best_s) * (1 - part)


def cut_off_trials(valid_s: NDArray[np.float64], part: float) -> int | None:
    """Trials that random search takes to a cut-off; None where that is the optimum at once.

    With the times sorted from the slowest, d_0 to d_(N-1), and i the first with d_i at most the
    cut-off, i / (N + 1 - i), rounded up.
    """
    falling = np.sort(valid_s)[::-1]
    n, limit_s = len(falling), cut_off_s(valid_s, part)
    i = int(np.argmax(falling <= limit_s))
    if part != 1 and falling[i] == falling[-1]:
        if i == 0:
            return None
        i -= 1
    return ceil(i / (n + 1 - i))


def budget(space: RecordedSpace) -> Budget | None:
    """The budget of a space; None where one cannot be told, as its configs are equally fast."""
    valid_s = _valid(space)
    first, last = cut_off_trials(valid_s, START), cut_off_trials(valid_s, END)
    every = cut_off_trials(valid_s, 1.0)
    if first is None or last is None or every is None:
        return None
    if last - first < 2:
        last, first = (min(every, last + 2), 0) if not first else (min(every, last + 1), first - 1)
    cost_s = float(np.median(space.build_s + space.run_s))
    return Budget(first, last, first * cost_s, last * cost_s)


def baseline(space: RecordedSpace, grid_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """The calculated random search, shape (g,): the time at the rank that is expected.

    That of M trials is d at round(M (N + 1) / (M + 1)), smoothed by PCHIP; M is the time over what
    a trial takes by the mean of those that run, plus the share of failures times their mean.
    """
    falling = np.sort(_valid(space))[::-1]
    n = len(falling)
    trials = np.round(np.maximum(grid_s / _trial_seconds(space), 1)).astype(np.int64)
    places = np.minimum(n - 1, np.round(trials * (n + 1) / (trials + 1)).astype(np.int64))
    distinct, first = np.unique(trials, return_index=True)
    if len(distinct) < 2:
        return falling[places]
    spread = np.linspace(trials[0], trials[-1], len(trials))
    return monotone_interpolation(distinct.astype(np.float64), falling[places[first]], spread)


def strategy_curve(
    space: RecordedSpace,
    traces: Sequence[Trace],
    grid_s: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.float64] | None:
    """A strategy's best so far, shape (g,), by bagged isotonic regression of its rank on time.

    From when half of the searches have ended it is held as it was.  None where a search has fewer
    than two results in that time.

    Parameters
    ----------
    space
        What was searched.
    traces
        The searches of the strategy, at least one.
    grid_s
        Shape (g,): ascending.
    rng
        Draws the bags.
    """
    ascending = np.sort(_valid(space))
    margin = 0.1 + 0.25 / max(map(len, traces))
    window = grid_s[0] * (1 - margin), grid_s[-1] * (1 + margin)
    points = [_points(trace, window) for trace in traces]
    if min(len(told_s) for told_s, _ in points) < 2:
        return None
    told_s, best_s = (np.concatenate(part) for part in zip(*points, strict=True))
    places = np.searchsorted(ascending, best_s).astype(np.float64)
    fitted = _bagged(told_s, places, grid_s, max(len(traces), _FEWEST_ESTIMATORS), rng)
    rounded = np.clip(np.round(fitted), 0, len(ascending) - 1).astype(np.int64)
    return _held(ascending[rounded], grid_s, traces)


def performance(
    curve_s: NDArray[np.float64], random_s: NDArray[np.float64], best_s: float
) -> NDArray[np.float64]:
    """How much of the way from random search to the optimum a curve has gone, shape (g,).

    0 is random search, which must not be at the optimum; 1 is the optimum.
    """
    return (curve_s - random_s) / (best_s - random_s)


def _valid(space: RecordedSpace) -> NDArray[np.float64]:
    times_s = space.times_s
    return times_s[~np.isnan(times_s)]


def _trial_seconds(space: RecordedSpace) -> float:
    cost_s, failed = space.build_s + space.run_s, np.isnan(space.times_s)
    extra_s = failed.mean() * cost_s[failed].mean() if failed.any() else 0.0
    return float(cost_s[~failed].mean() + extra_s)


def _points(
    trace: Trace, window: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When results were there, and the best until then, within a window of time."""
    best_s = trace.best_so_far_s
    kept = (window[0] <= trace.told_s) & (trace.told_s <= window[1]) & np.isfinite(best_s)
    return trace.told_s[kept], best_s[kept]


def _bagged(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    at: NDArray[np.float64],
    estimators: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """The mean of isotonic regressions, each of a bag of 1 / sqrt(estimators) of the points."""
    size = max(1, int(len(x) / np.sqrt(estimators)))
    total = np.zeros(len(at))
    for _ in range(estimators):
        bag = rng.integers(0, len(x), size)
        total += np.interp(at, *falling_fit(x[bag], y[bag]))
    mean: NDArray[np.float64] = total / estimators
    return mean


def _held(
    curve_s: NDArray[np.float64], grid_s: NDArray[np.float64], traces: Sequence[Trace]
) -> NDArray[np.float64]:
    """The curve, constant from the first end of a search that is later than half of them."""
    ends = np.sort([trace.told_s[np.isfinite(trace.best_so_far_s)].max() for trace in traces])
    later = ends[ends > np.median(ends)]
    if not len(later) or later[0] >= grid_s[-1]:
        return curve_s
    place = int(np.searchsorted(grid_s, later[0], side="right"))
    return np.concatenate([curve_s[:place], np.full(len(curve_s) - place, curve_s[place])])
