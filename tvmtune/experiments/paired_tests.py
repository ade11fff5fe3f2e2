"""Is a strategy sooner at the share than the default?  Paired tests, effects and ratios.

A pair is a task with a seed.  A search that never reached the share counts as one that took a
trial more than any of its task made.  Pairs count as independent: a test says something of these
tasks, not of tasks in general.

References
----------
S. Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6, 1979.
D. S. Kerby, "The simple difference formula", Comprehensive Psychology 3, 2014: the matched-pairs
rank-biserial correlation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tvmtune.experiments.bands import CONFIDENCE
from tvmtune.experiments.bootstrap import interval
from tvmtune.experiments.results import Results
from tvmtune.experiments.scipy_functions import ranks, signed_rank_p
from tvmtune.experiments.standings import Standing, pairs_of

LEVEL = 0.01
"""What p values are compared with, after Holm's correction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedTest:
    """A strategy against the default, by trials to the share.

    Parameters
    ----------
    strategy, default
        The two.
    pairs, sooner, later, equal
        How many pairs there are, and in how many the strategy was sooner at the share, later, or
        both took as many trials.
    p_value, p_corrected
        Two-sided, of Wilcoxon's signed-rank test on log ratios; and by Holm over all strategies.
    significant
        Whether the corrected one is below `LEVEL`.
    effect
        Matched-pairs rank-biserial correlation: 1 where the strategy is sooner in all pairs, -1
        where later, 0 where neither.
    ratio, ratio_low, ratio_high
        Median trials to the share over those of the default, by the geometric mean over tasks, and
        its bootstrap interval.
    censored
        Whether a median is one of searches that never got there, so that the ratio is a bound.
    """

    strategy: str
    default: str
    pairs: int
    sooner: int
    later: int
    equal: int
    p_value: float
    p_corrected: float
    significant: bool
    effect: float
    ratio: float
    ratio_low: float
    ratio_high: float
    censored: bool


def paired_tests(
    results: Results, found: Sequence[Standing], seed: int = 0
) -> tuple[PairedTest, ...]:
    """Each strategy against the default, as far as they have pairs.

    Parameters
    ----------
    results
        Of an experiment.
    found
        What its searches came to.
    seed
        Of bootstrap samples.
    """
    default, rng = results.study.default, np.random.default_rng(seed)
    names = [name for name in results.study.strategy_names if name != default]
    pairs = {name: pairs_of(found, name, default) for name in names}
    compared = [name for name in names if pairs[name]]
    caps = _caps(results, found)
    logs = {name: _log_trials(pairs[name], caps) for name in compared}
    p_values = [signed_rank_p(np.concatenate(list(logs[n].values())) @ [1, -1]) for n in compared]
    corrected = holm(p_values)
    return tuple(
        _test(name, default, logs[name], caps, (p, c), rng)
        for name, p, c in zip(compared, p_values, corrected, strict=True)
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """P values corrected for their number, in their order."""
    corrected, largest = [0.0] * len(p_values), 0.0
    for place, i in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[i]))
        corrected[i] = largest
    return corrected


def rank_biserial(differences: NDArray[np.float64]) -> float:
    """The share of ranks of negative differences less that of positive ones; zeros are left out."""
    nonzero = differences[differences != 0]
    if not len(nonzero):
        return 0.0
    ranked = ranks(np.abs(nonzero))
    return float((ranked[nonzero < 0].sum() - ranked[nonzero > 0].sum()) / ranked.sum())


def _caps(results: Results, found: Sequence[Standing]) -> dict[str, float]:
    """What a search that never got there counts as, by task: a trial more than the budget.

    Where that is in seconds only, a trial more than the longest search of the task.
    """
    caps = dict.fromkeys(results.study.task_names, 1.0 + (results.study.trials or 0))
    for standing in found:
        caps[standing.task] = max(caps[standing.task], standing.trials + 1.0)
    return caps


def _log_trials(
    pairs: Sequence[tuple[Standing, Standing]], caps: Mapping[str, float]
) -> dict[str, NDArray[np.float64]]:
    """By task the logarithms of trials to the share, shape (n, 2): of both of each pair."""
    made: dict[str, list[tuple[float, float]]] = {}
    for mine, theirs in pairs:
        cap = caps[mine.task]
        counts = (min(mine.trials_to_share, cap), min(theirs.trials_to_share, cap))
        made.setdefault(mine.task, []).append((math.log(counts[0]), math.log(counts[1])))
    return {task: np.array(rows) for task, rows in made.items()}


def _test(
    name: str,
    default: str,
    logs: Mapping[str, NDArray[np.float64]],
    caps: Mapping[str, float],
    p_values: tuple[float, float],
    rng: np.random.Generator,
) -> PairedTest:
    groups = list(logs.values())
    differences = np.concatenate(groups) @ [1, -1]
    low, high = interval(groups, rng, CONFIDENCE, _median_ratios)
    middles = np.array([np.median(group, axis=0) for group in groups])
    ends = np.log([caps[task] for task in logs])
    return PairedTest(
        strategy=name,
        default=default,
        pairs=len(differences),
        sooner=int((differences < 0).sum()),
        later=int((differences > 0).sum()),
        equal=int((differences == 0).sum()),
        p_value=p_values[0],
        p_corrected=p_values[1],
        significant=p_values[1] < LEVEL,
        effect=rank_biserial(differences),
        ratio=math.exp(float(np.mean(middles @ [1, -1]))),
        ratio_low=math.exp(low),
        ratio_high=math.exp(high),
        censored=bool((middles >= ends[:, np.newaxis]).any()),
    )


def _median_ratios(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """The logarithm of the ratio of medians of each resample, shape (r, n, 2) to (r,)."""
    ratios: NDArray[np.float64] = np.median(samples, axis=1) @ np.array([1, -1])
    return ratios
