from __future__ import annotations

from itertools import permutations
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.experiments.made_results import space_of, spaces_of
from tests.experiments.synthetic import made_domain
from tvmtune.experiments.random_search import (
    expected_best,
    expected_draws,
    ranked_shares,
    simulate,
    told_seconds,
)
from tvmtune.experiments.replay import replay
from tvmtune.search.setup import Setup
from tvmtune.search.strategies import make_strategy


def test_the_expected_best_is_that_of_all_permutations() -> None:
    times = np.array([1.0, 2.0, 2.0, 3.5, 7.0, 30.0])
    orders = np.array(list(permutations(times)))
    best = np.minimum.accumulate(orders, axis=1)
    draws = np.arange(1, 7)
    np.testing.assert_allclose(expected_best(times, draws), best.mean(axis=0))
    assert expected_best(times, np.array([99]))[0] == 1.0


def test_failures_are_draws_without_speed() -> None:
    space = space_of([2e-4, np.nan, 1e-4, 4e-4, np.nan])
    shares = ranked_shares(space)
    np.testing.assert_allclose(shares, [1, 0.5, 0.25, 0, 0])
    orders = np.array(list(permutations(shares)))
    best = np.maximum.accumulate(orders, axis=1).mean(axis=0)
    np.testing.assert_allclose(expected_best(shares, np.arange(1, 6)), best)


@given(st.integers(1, 8), st.integers(1, 8))
def test_expected_draws_are_those_of_all_orders(good: int, bad: int) -> None:
    n = good + bad
    firsts = [min(order.index(g) for g in range(good)) + 1 for order in _orders(n)]
    assert expected_draws(n, good) == pytest.approx(np.mean(firsts), rel=0.25)


def _orders(n: int) -> list[list[int]]:
    rng = np.random.default_rng(n)
    return [rng.permutation(n).tolist() for _ in range(1500)]


def test_a_large_space_has_weights_that_add_up() -> None:
    ones = np.ones(20_000)
    np.testing.assert_allclose(expected_best(ones, np.array([1, 7, 500, 19_999, 20_000])), 1)


def test_the_value_at_the_expected_rank_is_not_the_expected_value() -> None:
    """The traps of the calculated baseline, on 5,000 log-normal times."""
    n = 5000
    times = np.exp([1.482 * NormalDist().inv_cdf((i + 0.5) / n) for i in range(n)])
    draws = np.array([1, 2, 10, 50, 2000])
    exact = expected_best(times, draws)
    places = np.minimum(n - 1, np.round(draws * (n + 1) / (draws + 1)).astype(int))
    calculated = times[::-1][places]
    np.testing.assert_allclose(calculated, [1.0, 0.53, 0.14, 0.049, times[0]], rtol=0.1)
    np.testing.assert_allclose(exact[:4], [2.98, 0.9, 0.143, 0.044], rtol=0.15)
    assert exact[4] > 1.2 * times[0]
    assert expected_draws(101, 1) - 1 == 50  # the exact mean rank of the first of 101, from 0


def test_the_clock_is_that_of_a_replay() -> None:
    for overlap in (False, True):
        domain = made_domain(origin={"settings": {"overlap": overlap}})
        rng = np.random.default_rng(5)
        domain.space.build_s[:] = rng.uniform(0.01, 0.1, len(domain.space))
        domain.space.run_s[:] = rng.uniform(0.01, 0.1, len(domain.space))
        strategy = make_strategy("random", domain, Setup(seed=3))
        trace = replay(domain, strategy, 40, now_s=lambda: 0.0)
        spent = (domain.space.build_s[trace.rows][None], domain.space.run_s[trace.rows][None])
        np.testing.assert_allclose(told_seconds(*spent, overlap=overlap)[0], trace.told_s)


def test_simulated_searches_agree_with_the_expectation() -> None:
    for space in spaces_of(2).values():
        found = simulate(space, 30, 2000, np.random.default_rng(0))
        expected = expected_best(ranked_shares(space), np.arange(1, 31))
        np.testing.assert_allclose(found.best_share.mean(axis=0), expected, atol=0.02)
        assert found.seconds_of(1) == pytest.approx(found.told_s[:, 0].mean())
        shares = found.expected_at(np.array([0.0, 0.05, 1e6]))
        assert shares[0] == 0
        assert shares[2] == pytest.approx(found.best_share[:, -1].mean())
        assert (np.diff(shares) >= 0).all()
