"""Every strategy against every other: which of two is sooner at the share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tvmtune.experiments.bands import median_interval
from tvmtune.experiments.results import Results
from tvmtune.experiments.standings import AXES, Axis, Standing, pairs_of, upper_median

_AT_ONCE = 0.01
"""Seconds that differ by less of the larger ones are the same: it is chance who is before whom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """Two strategies on the same tasks with the same seeds.

    Parameters
    ----------
    strategy, other
        The two.
    axis
        What decides: trials or seconds.
    pairs, sooner, later, equal
        How many there are, and in how many the strategy reached the share sooner than the other,
        later, or neither did, or both at once: seconds less than 1 % apart.
    probability
        That the strategy is sooner; a tie counts as half.
    """

    strategy: str
    other: str
    axis: Axis
    pairs: int
    sooner: int
    later: int
    equal: int
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How soon a strategy was at the share.

    Parameters
    ----------
    task, strategy
        Of which searches.
    searches, reached
        How many there are, and how many got there.
    trials, seconds
        The median of what it took; None where half of them never got there.
    trials_low, trials_high
        A distribution-free interval of the median of trials; None where such a search never got
        there.
    best_share
        The median of the best share of the optimum's speed that was found.
    """

    task: str
    strategy: str
    searches: int
    reached: int
    trials: float | None
    trials_low: float | None
    trials_high: float | None
    seconds: float | None
    best_share: float


def duels(results: Results, found: Sequence[Standing]) -> tuple[Duel, ...]:
    """All ordered pairs of strategies that have searches in common, by trials and by seconds."""
    names = results.study.strategy_names
    return tuple(
        _duel(pairs, axis)
        for axis in AXES
        for strategy in names
        for other in names
        if strategy != other and (pairs := pairs_of(found, strategy, other))
    )


def reaches(results: Results, found: Sequence[Standing]) -> tuple[Reach, ...]:
    """How soon each strategy was at the share on each task."""
    groups = [
        [s for s in found if (s.task, s.strategy) == (task, strategy)]
        for task in results.study.task_names
        for strategy in results.study.strategy_names
    ]
    return tuple(_reach(group) for group in groups if group)


def _duel(pairs: Sequence[tuple[Standing, Standing]], axis: Axis) -> Duel:
    both = [(mine.to_share(axis), theirs.to_share(axis)) for mine, theirs in pairs]
    near = 1 - _AT_ONCE if axis == "seconds" else 1.0
    sooner = sum(a < near * b for a, b in both)
    later = sum(near * a > b for a, b in both)
    equal = len(both) - sooner - later
    return Duel(
        strategy=pairs[0][0].strategy,
        other=pairs[0][1].strategy,
        axis=axis,
        pairs=len(both),
        sooner=sooner,
        later=later,
        equal=equal,
        probability=(sooner + equal / 2) / len(both),
    )


def _reach(group: Sequence[Standing]) -> Reach:
    ordered, place = sorted(s.trials_to_share for s in group), median_interval(len(group))
    return Reach(
        task=group[0].task,
        strategy=group[0].strategy,
        searches=len(group),
        reached=sum(math.isfinite(s.trials_to_share) for s in group),
        trials=_known(upper_median([s.trials_to_share for s in group])),
        trials_low=_known(ordered[place.low]),
        trials_high=_known(ordered[place.high]),
        seconds=_known(upper_median([s.seconds_to_share for s in group])),
        best_share=sorted(s.best_share for s in group)[(len(group) - 1) // 2],
    )


def _known(value: float) -> float | None:
    return None if math.isinf(value) else value
