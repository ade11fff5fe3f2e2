from __future__ import annotations

from dataclasses import replace
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.experiments.made_results import live, made_results
from tvmtune.experiments.bands import ALL_TASKS, Curve, curves, log_grid, median_interval
from tvmtune.experiments.results import Results, Search
from tvmtune.experiments.trace import Trace


@pytest.mark.parametrize(
    ("n", "low", "high"),
    [(1, 0, 0), (2, 0, 1), (5, 0, 4), (6, 0, 5), (9, 1, 7), (10, 1, 8), (25, 7, 17), (50, 17, 32)],
)
def test_the_tabulated_intervals(n: int, low: int, high: int) -> None:
    found = median_interval(n)
    assert (found.low, found.high) == (low, high)
    assert (found.coverage >= 0.95) == (n >= 6)


def test_coverage_is_what_it_is() -> None:
    assert median_interval(1).coverage == 0
    assert median_interval(5).coverage == pytest.approx(1 - 2 / 32)
    found = median_interval(25)
    below = sum(comb(25, i) for i in range(found.low + 1)) / 2**25
    assert found.coverage == pytest.approx(1 - 2 * below)
    samples = np.sort(np.random.default_rng(0).exponential(size=(20_000, 25)), axis=1)
    inside = (samples[:, found.low] <= np.log(2)) & (np.log(2) <= samples[:, found.high])
    assert inside.mean() == pytest.approx(found.coverage, abs=0.01)


@given(st.integers(1, 400), st.floats(0.5, 0.999))
def test_intervals_are_as_short_as_they_may(n: int, confidence: float) -> None:
    found = median_interval(n, confidence)
    assert 0 <= found.low <= (n - 1) // 2 <= found.high == n - 1 - found.low
    assert found.coverage >= confidence or found.low == 0
    if found.low < (n - 1) // 2:
        below = sum(comb(n, i) for i in range(found.low + 2))
        assert 1 - 2 * below / 2**n < confidence


def test_grids() -> None:
    trials = log_grid(1, 500, "trials")
    assert trials[0] == 1
    assert trials[-1] == 500
    assert (np.diff(trials) >= 1).all()
    assert log_grid(3.0, 2.0, "seconds").tolist() == [3.0]


def _of(found: tuple[Curve, ...], task: str, strategy: str, axis: str) -> Curve:
    (curve,) = [c for c in found if (c.task, c.strategy, c.axis) == (task, strategy, axis)]
    return curve


def test_bands_hold_the_median_and_curves_rise() -> None:
    results = made_results(tasks=2, seeds=11)
    found = curves(results)
    assert len(found) == 2 * 3 * (2 + 1)
    for curve in found:
        assert (curve.low <= curve.median).all()
        assert (curve.median <= curve.high).all()
        assert (np.diff(curve.median) >= 0).all()
        assert curve.low.min() >= 0
        assert curve.high.max() <= 1
        assert curve.searches == 11
        assert curve.coverage >= 0.95
    curve = _of(found, "task0", "sage", "trials")
    best = [s.trace.best_so_far_s for s in results.of("task0", "sage")]
    for place, trials in enumerate(curve.at.astype(int)):
        shares = [results.spaces["task0"].best_s / b[trials - 1] for b in best]
        assert curve.median[place] == pytest.approx(np.median(shares))
    together = _of(found, ALL_TASKS, "sage", "trials")
    assert together.median[-1] >= _of(found, ALL_TASKS, "random", "trials").median[-1]


def _cut(search: Search, trials: int) -> Search:
    trace = search.trace
    assert trace.rows is not None
    short = Trace(
        times_s=trace.times_s[:trials],
        told_s=trace.told_s[:trials],
        rows=trace.rows[:trials],
        thinking_s=0.0,
        building_s=0.0,
        running_s=0.0,
    )
    return replace(search, trace=short)


def test_searches_that_ended_are_carried_on() -> None:
    results = made_results(tasks=1, seeds=4)
    searches = tuple(_cut(s, 10) if s.seed < 3 else s for s in results.searches)
    found = curves(Results(study=results.study, spaces=results.spaces, searches=searches))
    for axis in ("trials", "seconds"):
        curve = _of(found, "task0", "bold", axis)
        assert curve.alive[0] == 1
        for one in (curve, _of(found, ALL_TASKS, "bold", axis)):
            assert one.alive[one.alive > 0][-1] == 0.25
            assert (np.diff(one.median) >= 0).all()


def test_seeds_that_lack_a_task_are_not_in_the_whole() -> None:
    results = made_results(tasks=2, seeds=4)
    searches = tuple(s for s in results.searches if s.key != ("task1", "bold", 0))
    searches = tuple(s for s in searches if s.key[:2] != ("task1", "sage"))
    found = curves(Results(study=results.study, spaces=results.spaces, searches=searches))
    assert _of(found, ALL_TASKS, "bold", "trials").searches == 3
    assert not [c for c in found if c.task == ALL_TASKS and c.strategy == "sage"]


def test_of_live_tasks_the_best_known_is_the_optimum() -> None:
    found = curves(live(made_results(tasks=1, seeds=5)))
    assert max(c.high[-1] for c in found) == pytest.approx(1)


def test_nothing_was_tried() -> None:
    results = made_results(tasks=1, seeds=1)
    searches = tuple(_cut(s, 0) for s in results.searches)
    assert curves(Results(study=results.study, spaces={}, searches=searches)) == ()
