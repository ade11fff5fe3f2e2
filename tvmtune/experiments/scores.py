"""Scores of strategies on recorded spaces, by task and together, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tvmtune.experiments.bands import ALL_TASKS, CONFIDENCE
from tvmtune.experiments.bootstrap import interval
from tvmtune.experiments.exact_score import exact_baseline
from tvmtune.experiments.published_score import baseline, budget, performance, strategy_curve
from tvmtune.experiments.results import Results, Search
from tvmtune.experiments.standings import Axis

Variant = Literal["exact", "published"]

CURVE_POINTS = 101


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Score:
    """How much of the way from random search to the optimum a strategy goes, by the mean.

    Parameters
    ----------
    task, strategy
        Of what; `ALL_TASKS`: the mean over the tasks that have a score.
    variant, axis
        Exact, by trials or by seconds, or as it is published, by seconds.
    score
        0 is random search, 1 the optimum at once.
    low, high
        Bootstrap interval of the exact one over seeds; None of the published one.
    gain, gain_low, gain_high
        The exact score less that of the default, over seeds that both have, and its interval;
        None for the default itself and the published one.
    spread
        Standard deviation of performance over the budget: no uncertainty of the score.
    covered
        Share of the budget that at least half of the searches lasted.
    performance
        Shape (101,): from the beginning of the budget to its end.
    """

    task: str
    strategy: str
    variant: Variant
    axis: Axis
    score: float
    low: float | None = None
    high: float | None = None
    gain: float | None = None
    gain_low: float | None = None
    gain_high: float | None = None
    spread: float
    covered: float
    performance: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Course:
    """The performance of a strategy on a task: over the budget, shape (g,), and by seed."""

    curve: NDArray[np.float64]
    by_seed: Mapping[int, float]
    covered: float


_Courses = dict[tuple[str, str], _Course]


def scores(results: Results, seed: int = 0) -> tuple[Score, ...]:
    """Exact scores by trials and by seconds, and published ones, by task and then together.

    Tasks that were searched live have none: a score needs the times of all configs.

    Parameters
    ----------
    results
        Of an experiment.
    seed
        Of simulated random searches, bags and bootstrap samples.
    """
    rng = np.random.default_rng(seed)
    return (
        *_table(results, _exact(results, "trials", rng), "exact", "trials", rng),
        *_table(results, _exact(results, "seconds", rng), "exact", "seconds", rng),
        *_table(results, _published(results, rng), "published", "seconds", rng),
    )


def _exact(results: Results, axis: Axis, rng: np.random.Generator) -> _Courses:
    made: _Courses = {}
    for task, space in results.spaces.items():
        known = exact_baseline(space, axis, rng)
        if known is None:
            continue
        for strategy, found in _searched(results, task):
            rows = known.performances([s.trace for s in found])
            seeds = {s.seed: float(row.mean()) for s, row in zip(found, rows, strict=True)}
            made[task, strategy] = _Course(rows.mean(0), seeds, _covered(found, known.at, axis))
    return made


def _published(results: Results, rng: np.random.Generator) -> _Courses:
    made: _Courses = {}
    for task, space in results.spaces.items():
        spent = budget(space)
        random_s = None if spent is None else baseline(space, spent.grid_s)
        if spent is None or random_s is None or (random_s == space.best_s).any():
            continue
        for strategy, found in _searched(results, task):
            curve_s = strategy_curve(space, [s.trace for s in found], spent.grid_s, rng)
            if curve_s is not None:
                course = performance(curve_s, random_s, space.best_s)
                covered = _covered(found, spent.grid_s, "seconds")
                made[task, strategy] = _Course(course, {}, covered)
    return made


def _searched(results: Results, task: str) -> Iterator[tuple[str, tuple[Search, ...]]]:
    """The strategies that have searches of a task, and these."""
    for strategy in results.study.strategy_names:
        if found := results.of(task, strategy):
            yield strategy, found


def _covered(found: Sequence[Search], at: NDArray[np.float64], axis: Axis) -> float:
    """The share of a grid that at least half of the searches lasted."""
    ends = [
        float(len(s.trace)) if axis == "trials" else float(s.trace.told_s.max(initial=0.0))
        for s in found
    ]
    return float((at <= sorted(ends, reverse=True)[(len(ends) - 1) // 2]).mean())


def _table(
    results: Results, made: _Courses, variant: Variant, axis: Axis, rng: np.random.Generator
) -> list[Score]:
    """The scores of tasks, then those of strategies that have one on each task that has any."""
    tasks = list(dict.fromkeys(task for task, _ in made))
    default = results.study.default
    groups = [(task, strategy, [task]) for task, strategy in made]
    for strategy in results.study.strategy_names:
        if tasks and all((task, strategy) in made for task in tasks):
            groups.append((ALL_TASKS, strategy, tasks))
    return [
        replace(
            _score(label, strategy, [made[task, strategy] for task in parts], (variant, axis), rng),
            **_gain(made, parts, strategy, default, rng),
        )
        for label, strategy, parts in groups
    ]


def _score(
    label: str,
    strategy: str,
    courses: Sequence[_Course],
    kind: tuple[Variant, Axis],
    rng: np.random.Generator,
) -> Score:
    curve = np.mean([course.curve for course in courses], axis=0)
    low = high = None
    if kind[0] == "exact":
        by_seed = [np.array(list(course.by_seed.values())) for course in courses]
        low, high = interval(by_seed, rng, CONFIDENCE)
    points = np.linspace(0, len(curve) - 1, CURVE_POINTS)
    return Score(
        task=label,
        strategy=strategy,
        variant=kind[0],
        axis=kind[1],
        score=float(curve.mean()),
        low=low,
        high=high,
        spread=float(curve.std()),
        covered=float(np.mean([course.covered for course in courses])),
        performance=np.interp(points, np.arange(len(curve)), curve),
    )


def _gain(
    made: _Courses, tasks: Sequence[str], strategy: str, default: str, rng: np.random.Generator
) -> dict[str, Any]:
    """The mean difference from the default and its interval, where both have common seeds."""
    groups = [
        _differences(made[task, strategy].by_seed, made[task, default].by_seed)
        for task in tasks
        if (task, default) in made
    ]
    if strategy == default or len(groups) < len(tasks) or not all(map(len, groups)):
        return {}
    low, high = interval(groups, rng, CONFIDENCE)
    mean = float(np.mean([group.mean() for group in groups]))
    return {"gain": mean, "gain_low": low, "gain_high": high}


def _differences(mine: Mapping[int, float], theirs: Mapping[int, float]) -> NDArray[np.float64]:
    return np.array([score - theirs[seed] for seed, score in mine.items() if seed in theirs])
