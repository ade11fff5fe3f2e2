from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np
import pytest

from tests.experiments.made_results import (
    live,
    made_results,
    searched,
    space_of,
    spaces_of,
)
from tvmtune.experiments.bands import ALL_TASKS
from tvmtune.experiments.exact_score import ExactBaseline, budget_trials, exact_baseline
from tvmtune.experiments.published_score import (
    baseline,
    budget,
    cut_off_s,
    cut_off_trials,
    performance,
    strategy_curve,
)
from tvmtune.experiments.results import Results
from tvmtune.experiments.scores import Score, scores
from tvmtune.experiments.standings import AXES, Axis
from tvmtune.experiments.trace import Trace
from tvmtune.records.recorded_space import RecordedSpace

TIMES = np.arange(101.0, 0.0, -1.0) * 1e-3
"""101 times, the fastest 1 ms."""


def _found(made: tuple[Score, ...], *wanted: str) -> Score:
    (score,) = [s for s in made if (s.task, s.strategy, s.variant, s.axis) == wanted]
    return score


def _baseline(space: RecordedSpace, axis: Axis) -> ExactBaseline:
    made = exact_baseline(space, axis, np.random.default_rng(0))
    assert made is not None
    return made


def _random(space: RecordedSpace, seeds: int, trials: int) -> list[Trace]:
    return [searched(space, "T", "random", seed, trials, 0.0).trace for seed in range(seeds)]


def test_published_budget_by_hand() -> None:
    assert cut_off_s(TIMES, 0.95) == pytest.approx(1e-3 + 50e-3 * 0.05)
    # 3 ms is the first within 3.5 ms: place 98 of 0 to 100.
    assert cut_off_trials(TIMES, 0.95) == ceil(98 / (102 - 98)) == 25
    assert cut_off_trials(TIMES, 0.01) == ceil(51 / (102 - 51)) == 1
    assert cut_off_trials(TIMES, 1.0) == ceil(100 / 2) == 50
    assert cut_off_trials(np.ones(5), 0.95) is None
    # The first within the cut-off is the optimum itself: one place less.
    assert cut_off_trials(np.array([5.0, 4.0, 3.0, 1.0]), 0.95) == ceil(2 / 3)
    space = space_of(TIMES)
    spent = budget(space)
    assert spent is not None
    assert (spent.first_trials, spent.last_trials) == (1, 25)
    cost_s = float(np.median(space.build_s + space.run_s))
    assert (spent.first_s, spent.last_s) == pytest.approx((cost_s, 25 * cost_s))
    assert budget(space_of(np.full(9, 1e-3))) is None


def test_published_budgets_that_are_too_small_are_widened() -> None:
    few = budget(space_of([9e-3, 8e-3, 7e-3, 6e-3, 5e-3, 5e-3, 5e-3, 5e-3, 4.99e-3]))
    assert few is not None
    assert few.last_trials > few.first_trials
    two = budget(space_of([2e-3, 1e-3]))
    assert two is not None
    assert (two.first_trials, two.last_trials) == (0, 1)


def test_the_published_baseline_takes_a_rank_for_a_place() -> None:
    """The trap: of 101 configs, the best of M is expected at 102 / (M + 1) - 1, and is not."""
    space = space_of(TIMES, build_s=np.ones(101), run_s=np.zeros(101))
    ranks = np.round(baseline(space, np.array([1.0, 50.0])) * 1e3) - 1
    exact = [102 / 2 - 1, 102 / 51 - 1]
    assert ranks.tolist() == [49, 0]
    assert exact == [50, 1]
    assert baseline(space, np.array([3.0, 3.0]))[0] == pytest.approx(25e-3)


def test_failures_slow_the_published_baseline() -> None:
    times = np.where(np.arange(101) % 2, TIMES, np.nan)
    half = space_of(times, build_s=np.ones(101), run_s=np.zeros(101))
    whole = space_of(TIMES, build_s=np.ones(101), run_s=np.zeros(101))
    grid = np.linspace(1, 20, 50)
    assert (baseline(half, grid)[10:] >= baseline(whole, grid)[10:] - 2e-3).all()


def test_the_published_curve_falls_to_what_was_found() -> None:
    space = spaces_of(1)["task0"]
    traces = _random(space, 10, 150)
    spent = budget(space)
    assert spent is not None
    curve = strategy_curve(space, traces, spent.grid_s, np.random.default_rng(0))
    assert curve is not None
    assert (np.diff(curve) <= 0).all()
    again = strategy_curve(space, traces, spent.grid_s, np.random.default_rng(0))
    np.testing.assert_array_equal(curve, again)
    best = np.full(len(curve), space.best_s)
    random_s = baseline(space, spent.grid_s)
    np.testing.assert_allclose(performance(best, random_s, space.best_s), 1)
    np.testing.assert_allclose(performance(random_s, random_s, space.best_s), 0)
    short = [_first(t, 1) for t in traces]
    assert strategy_curve(space, short, spent.grid_s, np.random.default_rng(0)) is None


def _first(trace: Trace, trials: int) -> Trace:
    assert trace.rows is not None
    return replace(
        trace,
        times_s=trace.times_s[:trials],
        told_s=trace.told_s[:trials],
        rows=trace.rows[:trials],
    )


def test_the_published_curve_is_held_when_half_have_ended() -> None:
    space = spaces_of(1)["task0"]
    traces = [_first(t, 8 if i < 6 else 9) for i, t in enumerate(_random(space, 10, 150))]
    spent = budget(space)
    assert spent is not None
    curve = strategy_curve(space, traces, spent.grid_s, np.random.default_rng(0))
    assert curve is not None
    assert len(set(curve[len(curve) // 2 :].tolist())) == 1


def test_exact_budgets_are_expected_draws() -> None:
    assert budget_trials(space_of(TIMES)) == (2, ceil(102 / 4))
    failing = space_of(np.concatenate([TIMES, np.full(101, np.nan)]))
    assert budget_trials(failing) == (4, ceil(203 / 4))


def test_the_exact_baseline_by_trials_is_the_expectation() -> None:
    space = space_of([4e-4, 2e-4, 1e-4, 8e-4])
    made = _baseline(space, "trials")
    assert made.at[0] == budget_trials(space)[0]
    one_draw = np.mean([0.25, 0.5, 1, 0.125])
    for few in ([1e-3] * 5, [1e-3, 2e-3]):
        assert exact_baseline(space_of(few), "trials", np.random.default_rng(0)) is None
    first = _baseline(space_of([4e-4, 2e-4, 1e-4, 1e-4, 1e-4, 8e-4]), "trials")
    assert first.random_share[0] > one_draw


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", ["task0", "task1"])
def test_random_search_scores_zero_and_the_optimum_one(axis: Axis, name: str) -> None:
    space = spaces_of(2)[name]
    known = _baseline(space, axis)
    rows = known.performances(_random(space, 600, 150))
    error = rows.mean(axis=1).std() / np.sqrt(len(rows))
    assert abs(rows.mean()) < 4 * error < 0.1
    at_once = Trace(
        times_s=np.array([space.best_s]),
        told_s=np.array([0.0]),
        rows=None,
        thinking_s=0.0,
        building_s=0.0,
        running_s=0.0,
    )
    np.testing.assert_allclose(known.performances([at_once]), 1)


def test_the_published_score_favours_random_search() -> None:
    """Its baseline is no expectation and leaves failures out; this is what the exact one mends."""
    results = made_results(tasks=3, seeds=60, knowing={"random": 0.0, "bold": 1.0}, trials=150)
    made = scores(results)
    exact = _found(made, ALL_TASKS, "random", "exact", "trials")
    assert exact.low is not None
    assert exact.high is not None
    assert exact.low < 0 < exact.high
    published = _found(made, ALL_TASKS, "random", "published", "seconds")
    assert abs(published.score) > abs(exact.score)


def test_scores_of_an_experiment() -> None:
    results = made_results(tasks=2, seeds=12)
    made = scores(results)
    for variant, axis in (("exact", "trials"), ("exact", "seconds"), ("published", "seconds")):
        found = [_found(made, ALL_TASKS, n, variant, axis) for n in ("random", "bold", "sage")]
        assert found[0].score < found[1].score < found[2].score
        for score in found:
            parts = [_found(made, t, score.strategy, variant, axis) for t in results.spaces]
            assert score.score == pytest.approx(np.mean([p.score for p in parts]))
            assert 0 < score.covered <= 1
            assert score.spread >= 0
            assert len(score.performance) == 101
    sage = _found(made, ALL_TASKS, "sage", "exact", "trials")
    assert None not in (sage.low, sage.high, sage.gain, sage.gain_low, sage.gain_high)
    bold = _found(made, ALL_TASKS, "bold", "exact", "trials")
    assert sage.gain == pytest.approx(sage.score - bold.score)
    assert bold.gain is None
    assert _found(made, ALL_TASKS, "sage", "published", "seconds").low is None
    assert _values(made) == _values(scores(results))


def _values(made: tuple[Score, ...]) -> list[Any]:
    return [(s.score, s.low, s.high, s.gain, s.gain_low) for s in made]


def test_one_task_is_a_whole_as_well() -> None:
    made = scores(made_results(tasks=1, seeds=6))
    assert _found(made, ALL_TASKS, "sage", "exact", "trials").score == pytest.approx(
        _found(made, "task0", "sage", "exact", "trials").score
    )


def test_what_has_no_score() -> None:
    results = made_results(tasks=2, seeds=4)
    assert scores(live(results)) == ()
    lacking = tuple(s for s in results.searches if s.key[:2] != ("task1", "sage"))
    made = scores(Results(study=results.study, spaces=results.spaces, searches=lacking))
    assert not [s for s in made if (s.task, s.strategy) == (ALL_TASKS, "sage")]
    assert [s for s in made if (s.task, s.strategy) == ("task0", "sage")]
    without = tuple(s for s in results.searches if s.key[:2] != ("task1", "bold"))
    made = scores(Results(study=results.study, spaces=results.spaces, searches=without))
    assert _found(made, "task1", "sage", "exact", "trials").gain is None
    assert _found(made, ALL_TASKS, "sage", "exact", "trials").gain is None
    same = {"task0": space_of(np.full(200, 1e-4), workload="matmul:m=1")}
    searches = tuple(s for s in results.searches if s.task == "task0")
    assert scores(Results(study=results.study, spaces=same, searches=searches)) == ()


def test_searches_that_end_at_once_have_no_published_score() -> None:
    results = made_results(tasks=1, seeds=4, trials=1)
    made = scores(results)
    assert {s.variant for s in made} == {"exact"}
    assert max(s.covered for s in made) < 0.5
