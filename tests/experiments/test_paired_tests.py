from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.experiments.made_results import made_results
from tvmtune.experiments.bootstrap import interval
from tvmtune.experiments.paired_tests import holm, paired_tests, rank_biserial
from tvmtune.experiments.results import Results
from tvmtune.experiments.scipy_functions import (
    falling_fit,
    monotone_interpolation,
    ranks,
    signed_rank_p,
)
from tvmtune.experiments.standings import standings

WILCOXON = np.array([8, 14, 16, 18, -19, 21, 23, 25, 27, -3.0])
"""Ten differences with the rank sum 7 of the negative ones: 19 has rank 6, 3 rank 1."""


def test_the_signed_rank_test_has_tabulated_values() -> None:
    assert signed_rank_p(np.arange(1.0, 6.0)) == pytest.approx(2 / 2**5)
    assert signed_rank_p(np.arange(1.0, 9.0)) == pytest.approx(2 / 2**8)
    # Tables: of n = 10 a rank sum of 8 is the critical value at 0.05, of 3 at 0.01.
    assert 0.01 < signed_rank_p(WILCOXON) < 0.05
    assert signed_rank_p(WILCOXON) == pytest.approx(2 * 19 / 2**10)
    assert signed_rank_p(np.array([0.0, 0.0])) == 1
    assert signed_rank_p(np.array([0.0, *WILCOXON])) == signed_rank_p(WILCOXON)


def test_effects() -> None:
    assert rank_biserial(WILCOXON) == pytest.approx((7 - 48) / 55)
    assert rank_biserial(np.array([-1.0, -2.0, 0.0])) == 1
    assert rank_biserial(np.zeros(3)) == 0
    assert ranks(np.array([3.0, 1.0, 3.0])).tolist() == [2.5, 1, 2.5]


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_keeps_the_order(values: list[float]) -> None:
    corrected = holm(values)
    assert all(p <= c <= 1 for p, c in zip(values, corrected, strict=True))
    order = np.argsort(values, kind="stable")
    assert (np.diff(np.array(corrected)[order]) >= 0).all()


def test_pool_adjacent_violators_by_hand() -> None:
    x, fitted = falling_fit(np.arange(5.0), np.array([5.0, 6.0, 3.0, 4.0, 1.0]))
    assert fitted.tolist() == [5.5, 5.5, 3.5, 3.5, 1.0]
    x, fitted = falling_fit(np.array([2.0, 1.0, 1.0, 3.0]), np.array([5.0, 4.0, 2.0, 0.0]))
    assert x.tolist() == [1, 2, 3]
    np.testing.assert_allclose(fitted, [11 / 3, 11 / 3, 0])


def test_interpolation_keeps_what_falls_falling() -> None:
    x, y = np.array([1.0, 2.0, 5.0, 9.0]), np.array([9.0, 4.0, 4.0, 1.0])
    found = monotone_interpolation(x, y, np.linspace(1, 9, 100))
    assert (np.diff(found) <= 1e-12).all()
    assert monotone_interpolation(x, y, x).tolist() == y.tolist()


def test_the_default_against_better_and_worse() -> None:
    results = made_results(tasks=3, seeds=12)
    found = paired_tests(results, standings(results))
    random, sage = found
    assert [t.strategy for t in found] == ["random", "sage"]
    assert random.significant
    assert sage.significant
    assert random.effect < 0 < sage.effect
    assert random.ratio > 1 > sage.ratio
    for test in found:
        assert test.default == "bold"
        assert test.pairs == test.sooner + test.later + test.equal == 36
        assert test.ratio_low <= test.ratio <= test.ratio_high
        assert test.p_value <= test.p_corrected
    assert paired_tests(results, standings(results)) == found
    assert paired_tests(results, standings(results), seed=1) != found


def test_searches_that_never_got_there_count_as_the_budget_and_one() -> None:
    results = made_results(tasks=1, seeds=8, trials=3, knowing={"random": 0.0, "bold": 30.0})
    (test,) = paired_tests(results, standings(results))
    assert test.censored
    assert test.ratio == pytest.approx(4)
    unbounded = Results(
        study=type(results.study).from_json({**results.study.to_json(), "trials": None}),
        spaces=results.spaces,
        searches=results.searches,
    )
    (again,) = paired_tests(unbounded, standings(unbounded))
    assert again.ratio == pytest.approx(4)


def test_without_pairs_there_is_no_test() -> None:
    results = made_results(tasks=1, seeds=2)
    kept = tuple(s for s in results.searches if s.strategy != "bold" or s.seed == 5)
    alone = Results(study=results.study, spaces=results.spaces, searches=kept)
    assert paired_tests(alone, standings(alone)) == ()


def test_bootstrap_intervals_hold_the_mean() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        groups = [rng.normal(mean, 1, 20) for mean in (0, 2)]
        low, high = interval(groups, rng, 0.9)
        held += low <= 1 <= high
    assert 0.8 < held / 200 < 0.97
    low, high = interval([np.ones(5)], rng, 0.9)
    assert (low, high) == (1, 1)
    assert math.isfinite(low)
