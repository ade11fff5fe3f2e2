"""All that a report says of an experiment, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isinf

import numpy as np

from tvmtune.experiments.bands import Curve, curves
from tvmtune.experiments.head_to_head import Duel, Reach, duels, reaches
from tvmtune.experiments.paired_tests import PairedTest, paired_tests
from tvmtune.experiments.results import Results
from tvmtune.experiments.scores import Score, scores
from tvmtune.experiments.standings import Axis, Optimum, Standing, optima, standings

SEED = 0
"""Of whatever in an analysis is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analysis:
    """What the results of an experiment say.

    Parameters
    ----------
    results
        Of what.
    optima
        The optimum of each task.
    standings, reaches
        What each search came to, and how soon each strategy was at the share on each task.
    curves, scores, duels, tests
        Best so far, scores, every strategy against every other, each against the default.
    """

    results: Results
    optima: Mapping[str, Optimum]
    standings: tuple[Standing, ...]
    reaches: tuple[Reach, ...]
    curves: tuple[Curve, ...]
    scores: tuple[Score, ...]
    duels: tuple[Duel, ...]
    tests: tuple[PairedTest, ...]

    @property
    def strategies(self) -> tuple[str, ...]:
        """Those that have searches, in the order of the study."""
        seen = {standing.strategy for standing in self.standings}
        return tuple(name for name in self.results.study.strategy_names if name in seen)

    @property
    def tasks(self) -> tuple[str, ...]:
        """Those that have searches, in the order of the study."""
        seen = {standing.task for standing in self.standings}
        return tuple(name for name in self.results.study.task_names if name in seen)

    def wins(self, axis: Axis) -> dict[str, float]:
        """How probable it is that each strategy is sooner at the share than another one.

        The mean over the others; without any 1/2.  The best stands first.
        """
        found = {
            name: [d.probability for d in self.duels if (d.strategy, d.axis) == (name, axis)]
            for name in self.strategies
        }
        mean = {name: float(np.mean(p)) if p else 0.5 for name, p in found.items()}
        return dict(sorted(mean.items(), key=lambda item: -item[1]))

    def reached(self, strategy: str) -> tuple[int, int]:
        """How many searches of a strategy reached the share, and how many there are."""
        mine = [s for s in self.standings if s.strategy == strategy]
        return sum(not isinf(s.trials_to_share) for s in mine), len(mine)


def analyse(results: Results, seed: int = SEED) -> Analysis:
    """Work out what the results of an experiment say.

    Parameters
    ----------
    results
        Of an experiment, finished or not.
    seed
        Of bootstrap samples, bags and simulated random searches: the same seed says the same.

    Raises
    ------
    RecordError
        If no search has finished.
    """
    found = standings(results)
    return Analysis(
        results=results,
        optima=optima(results),
        standings=found,
        reaches=reaches(results, found),
        curves=curves(results),
        scores=scores(results, seed),
        duels=duels(results, found),
        tests=paired_tests(results, found, seed),
    )
