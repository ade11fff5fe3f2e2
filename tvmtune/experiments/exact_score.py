"""The score without its bias: a mean against the exact expectation of the same thing.

Of each search the best so far, as a share of the optimum's speed, is compared with the expectation
of the same for random search without replacement, after as many trials, or after as many seconds
on the same clock.  The mean over searches is what counts, not a median, as the expectation is a
mean as well: at each point a random search has the performance 0 in expectation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from tvmtune.experiments.published_score import END, START, cut_off_s
from tvmtune.experiments.random_search import (
    expected_best,
    expected_draws,
    ranked_shares,
    simulate,
)
from tvmtune.experiments.standings import Axis, shares_at
from tvmtune.experiments.trace import Trace
from tvmtune.records.recorded_space import RecordedSpace

RESOLUTION = 200
"""Points of the budget at which performance is averaged."""

_ORDERS = 1000
_NEARLY = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class ExactBaseline:
    """Random search on a recorded space, within the budget of the score.

    Parameters
    ----------
    axis
        What `at` counts.
    at
        Shape (`RESOLUTION`,): trials or seconds, from the first cut-off to the last.
    random_share
        Shape (`RESOLUTION`,): the expected best share of random search there.
    best_s
        The optimum.
    """

    axis: Axis
    at: NDArray[np.float64]
    random_share: NDArray[np.float64]
    best_s: float

    def performances(self, traces: Sequence[Trace]) -> NDArray[np.float64]:
        """How much of the way from random search to the optimum each search has gone.

        Returns
        -------
        ndarray
            Shape (s, `RESOLUTION`): 0 is random search, 1 the optimum; negative where it is behind
            random search.
        """
        found = np.array([shares_at(t, self.best_s, self.axis, self.at) for t in traces])
        ahead: NDArray[np.float64] = (found - self.random_share) / (1 - self.random_share)
        return ahead


def budget_trials(space: RecordedSpace) -> tuple[int, int]:
    """The expected trials of random search to the first and the last cut-off, failures included."""
    valid_s = space.times_s[~np.isnan(space.times_s)]
    enough = [int((valid_s <= cut_off_s(valid_s, part)).sum()) for part in (START, END)]
    first, last = (ceil(expected_draws(len(space), count)) for count in enough)
    return first, last


def exact_baseline(
    space: RecordedSpace, axis: Axis, rng: np.random.Generator
) -> ExactBaseline | None:
    """Random search on a space.

    None where its configs are equally fast, or so few that random search is sure of the optimum
    within the budget.

    By trials it is exact; by seconds the mean of simulated random searches, as what a trial takes
    depends on its config and on what overlaps.

    Parameters
    ----------
    space
        What was measured.
    axis
        Trials or seconds.
    rng
        Draws the orders of the simulated searches.
    """
    first, last = budget_trials(space)
    if np.nanmax(space.times_s) == space.best_s:
        return None
    if axis == "trials":
        at = np.round(np.linspace(first, last, RESOLUTION))
        random_share = expected_best(ranked_shares(space), at.astype(np.int64))
    else:
        # Longer than the budget, as some are ahead of the mean.
        searches = simulate(space, min(len(space), 2 * last + 16), _ORDERS, rng)
        at = np.linspace(searches.seconds_of(first), searches.seconds_of(last), RESOLUTION)
        random_share = searches.expected_at(at)
    if random_share.max() >= 1 - _NEARLY:
        return None
    return ExactBaseline(axis, at, random_share, space.best_s)
