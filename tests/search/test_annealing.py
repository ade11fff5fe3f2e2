from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from tvmtune.search.annealing import Annealer, AnnealingOptions, BestPoints

NONE = np.zeros((0, 10), np.int64)


def peak(points: NDArray[np.int64]) -> NDArray[np.float64]:
    """Highest, at 0, where every digit is 2."""
    distances = np.abs(points[:, 1:] - 2).sum(axis=1)
    return np.asarray(1.0 - distances, np.float64)


def test_best_points_keeps_the_best_unseen_whatever_their_sign(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    points = np.unique(domain.sample(np.random.default_rng(0), 40), axis=0)
    scores = -np.arange(len(points), dtype=np.float64) - 5
    taken = set(domain.keys(points[1:3]))
    best = BestPoints(domain, 4, taken)
    assert best.offer(points[10:], scores[10:])
    assert best.offer(points[:10], scores[:10])
    assert best.scores.tolist() == [-5, -8, -9, -10]
    assert np.array_equal(best.points, points[[0, 3, 4, 5]])
    assert not best.offer(points, scores), "nothing new"
    assert not best.offer(points[:0], scores[:0])
    assert len(best.scores) == 4


def test_best_points_tells_whether_an_offer_was_kept(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    points = np.unique(domain.sample(np.random.default_rng(0), 9), axis=0)
    best = BestPoints(domain, 2, set())
    assert best.offer(points[:2], np.array([1.0, 2.0]))
    assert not best.offer(points[2:3], np.array([1.0])), "a tie does not displace"
    assert not best.offer(points[3:4], np.array([0.5]))
    assert best.offer(points[3:4], np.array([3.0])), "offered again with a better score"
    assert best.scores.tolist() == [3.0, 2.0]


def test_finds_the_peak_and_keeps_its_chains(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain(templates=1)
    annealer = Annealer(domain, np.random.default_rng(0), AnnealingOptions(steps=60))
    points, scores, spread = annealer.run(peak, 20, set(), NONE)
    assert scores[0] == max(peak(points)) == 0.0
    assert (np.diff(scores) <= 0).all()
    assert domain.valid(points).all()
    assert len(set(domain.keys(points))) == 20
    assert 0.5 < spread < 10
    short = Annealer(domain, np.random.default_rng(0), AnnealingOptions(steps=1))
    alone = short.run(peak, 20, set(), NONE)[1].mean()
    annealer.options = AnnealingOptions(steps=1)
    assert annealer.run(peak, 20, set(), NONE)[1].mean() > alone + 3


def test_leaves_out_what_is_taken(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain(templates=1)
    found, _, _ = Annealer(domain, np.random.default_rng(0)).run(peak, 20, set(), NONE)
    taken = set(domain.keys(found))
    again, _, _ = Annealer(domain, np.random.default_rng(0)).run(peak, 20, taken, NONE)
    assert len(again) == 20
    assert not taken & set(domain.keys(again))


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_the_scale_of_scores_does_not_matter(factor: float, synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    plain = Annealer(domain, np.random.default_rng(3)).run(peak, 20, set(), NONE)
    scaled = Annealer(domain, np.random.default_rng(3)).run(
        lambda points: factor * peak(points), 20, set(), NONE
    )
    assert np.array_equal(plain[0], scaled[0])
    assert scaled[2] == pytest.approx(factor * plain[2])


def test_seeds_take_the_places_of_the_worst_chains(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain(templates=1)
    top = np.array([[0, 2, 2, 2, 2, 2, 2, 2, 2, 1]])
    options = AnnealingOptions(chains=4, steps=1, tries=100, temperature=(0.0, 0.0))
    annealer = Annealer(domain, np.random.default_rng(0), options)
    points, scores, _ = annealer.run(peak, 3, set(domain.keys(top)), top)
    assert scores.tolist() == [-1.0] * 3
    assert np.array_equal((points != top).sum(axis=1), [1, 1, 1])


def test_constant_scores_and_stopping_early(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    calls = []

    def constant(points: NDArray[np.int64]) -> NDArray[np.float64]:
        calls.append(len(points))
        return np.full(len(points), 0.5)

    options = AnnealingOptions(patience=3)
    points, _, spread = Annealer(domain, np.random.default_rng(0), options).run(
        constant, 50, set(), NONE
    )
    assert spread == 1.0
    assert len(points) == 50
    assert len(calls) == 2 + 4, "random points, chains, and steps until patience ends"


def test_a_domain_in_which_nothing_is_found(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    domain.sample = lambda *_: NONE
    points, scores, spread = Annealer(domain, np.random.default_rng(0)).run(peak, 5, set(), NONE)
    assert (points.shape, scores.shape, spread) == ((0, 10), (0,), 1.0)


def test_neighbours_that_are_not_valid_are_never_scored(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()

    def checked(points: NDArray[np.int64]) -> NDArray[np.float64]:
        assert domain.valid(points).all()
        return peak(points)

    domain_of_two = synthetic.SyntheticDomain(radices=(1, 1, 1, 1, 1, 1, 2, 1, 1), templates=1)
    Annealer(domain, np.random.default_rng(0)).run(checked, 5, set(), NONE)
    # There the only move is to a point that is not valid, so no chain ever moves.
    points, _, _ = Annealer(domain_of_two, np.random.default_rng(0)).run(peak, 5, set(), NONE)
    assert points.tolist() == [[0] * 10]
