from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tvmtune.cost_models.models import make_cost_model
from tvmtune.cost_models.quality import spearman
from tvmtune.search.prior import RESULTS, TrustedPrior, weight_of
from tvmtune.search.setup import Setup
from tvmtune.search.strategies import make_strategy


@dataclass
class Oracle:
    """Knows the true times, or their opposite."""

    synthetic: ModuleType
    sign: float = 1.0
    first: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 10), np.int64))

    def scores(self, points: NDArray[np.int64]) -> NDArray[np.float64]:
        costs: NDArray[np.float64] = np.nan_to_num(self.synthetic.cost_s(points, noise=0), nan=1.0)
        return -self.sign * np.log(costs)

    def agreement(self, points: NDArray[np.int64], scores: NDArray[np.float64]) -> float:
        return spearman(scores, self.scores(points))


def best_after(synthetic: ModuleType, prior: Any, trials: int, name: str = "sa-xgb") -> float:
    setup = Setup(seed=2, models=lambda model: make_cost_model(model, 2), prior=prior)
    strategy = make_strategy(name, synthetic.SyntheticDomain(), setup)
    return float(np.nanmin(synthetic.drive(strategy, synthetic.cost_s, trials, batch=4)[1]))


def test_it_counts_less_with_results_and_not_at_all_against_them() -> None:
    assert weight_of(1.0, 0) == 1.0
    assert weight_of(0.8, RESULTS) == pytest.approx(0.4)
    assert weight_of(0.8, 10_000) < 0.01
    assert weight_of(-0.5, 3) == 0.0


@pytest.mark.parametrize("name", ["sa-xgb", "evo-xgb", "rank-xgb"])
def test_a_good_one_shortens_a_search(name: str, synthetic: ModuleType) -> None:
    cold = best_after(synthetic, None, 12, name)
    assert best_after(synthetic, Oracle(synthetic), 12, name) < 0.7 * cold


def test_a_wrong_one_is_dropped(synthetic: ModuleType) -> None:
    prior = TrustedPrior(Oracle(synthetic, sign=-1.0))
    points = synthetic.SyntheticDomain().sample(np.random.default_rng(0), 50)
    scores = np.exp(Oracle(synthetic).scores(points))
    prior.compare(points, scores)
    assert prior.weight == 0.0
    assert (prior.joined(points, scores) == scores).all()
    wrong = best_after(synthetic, Oracle(synthetic, sign=-1.0), 120)
    assert wrong < 1.3 * best_after(synthetic, None, 120)


def test_its_scores_are_brought_to_the_scale_of_the_results(synthetic: ModuleType) -> None:
    prior = TrustedPrior(Oracle(synthetic))
    points = synthetic.SyntheticDomain().sample(np.random.default_rng(0), RESULTS)
    scores = 0.1 * Oracle(synthetic).scores(points) - 3
    assert (prior.joined(points, None) == prior.prior.scores(points)).all()
    prior.compare(points, scores)
    assert prior.weight == pytest.approx(0.5)
    np.testing.assert_allclose(prior.joined(points, scores), scores)
    same = points[[0] * 9]
    prior.compare(same, np.ones(9))
    assert np.isfinite(prior.joined(same, np.ones(9))).all()


def test_its_first_points_come_after_the_defaults(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    first = domain.sample(np.random.default_rng(3), 2)
    oracle = Oracle(synthetic, first=np.concatenate([first, domain.defaults(), first]))
    setup = Setup(models=lambda model: make_cost_model(model, 0), prior=oracle)
    strategy = make_strategy("sa-xgb", domain, setup)
    proposals = strategy.ask(8)
    assert [p.proposer for p in proposals[:5]] == ["default"] * 2 + ["transfer"] * 2 + ["model"]
    assert np.array_equal(np.stack([p.point for p in proposals[2:4]]), first)
    assert all(p.predicted is None for p in proposals)
