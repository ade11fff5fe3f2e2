"""How proposals fall over the templates of a domain."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tvmtune.cost_models.models import make_cost_model
from tvmtune.search.base import Strategy
from tvmtune.search.setup import Setup
from tvmtune.search.shares import divide, reached
from tvmtune.search.strategies import make_strategy

TEMPLATES, PLAN, BEST = 6, 16, 4
TARGET = np.array([2, 3, 3, 4, 2, 1, 1, 5, 1])


def made(name: str, domain: Any, seed: int) -> Strategy:
    options = {"annealing": {"steps": 15}} if name == "sa-xgb" else {}
    setup = Setup(
        seed=seed,
        plan_size=PLAN,
        models=lambda model: make_cost_model(model, seed),
        options=options,
    )
    return make_strategy(name, domain, setup)


def narrow_s(points: NDArray[np.int64]) -> NDArray[np.float64]:
    """One template is twice as fast as the others at its best, which is a small part of it."""
    distances = np.square(points[:, 1:] - TARGET).sum(axis=1)
    level = np.where(points[:, 0] == BEST, 2.0, 1.0)
    return np.asarray(1e-3 / (level * (0.4 + 0.6 * np.exp(-distances / 12))), np.float64)


def templates_of(proposals: list[Any]) -> NDArray[np.int64]:
    return np.bincount([int(p.point[0]) for p in proposals], minlength=TEMPLATES)


def test_equally_good_templates_get_equal_shares() -> None:
    order = divide(12, np.zeros(3, np.int64), np.ones(3))
    assert order == [0, 1, 2] * 4
    later = divide(30, np.array([10, 10, 10]), np.ones(3))
    assert np.bincount(later).tolist() == [10, 10, 10]


def test_what_was_tried_least_catches_up() -> None:
    assert divide(4, np.array([5, 1, 3]), np.ones(3)) == [1, 1, 1, 2]


def test_a_template_far_behind_gets_few_proposals_and_never_none_for_good() -> None:
    reach = np.array([1.0, 0.25, 0.25, 0.25])
    shares = np.bincount(divide(200, np.full(4, 4), reach), minlength=4)
    assert shares.tolist() == [200, 0, 0, 0]
    shares = np.bincount(divide(50_000, np.full(4, 4), reach), minlength=4)
    assert 1 <= shares[1] <= 5


def test_the_closer_the_more() -> None:
    shares = np.bincount(divide(300, np.full(4, 4), np.array([1.0, 0.9, 0.7, 0.4])))
    assert (np.diff(shares) < 0).all()
    assert shares[1] > 30


def test_what_has_nothing_left_gets_none_unless_nothing_has() -> None:
    tried, reach = np.array([9, 9]), np.array([1.0, 0.1])
    assert set(divide(9, tried, reach, spent={0})) == {1}
    assert set(divide(9, tried, reach, spent={0, 1})) == {0}


def test_reached_is_a_share_of_the_best_throughput() -> None:
    numbers = np.array([0, 0, 1, 1, 3])
    costs = np.array([4.0, 2.0, np.nan, 8.0, np.nan])
    assert reached(4, numbers, costs).tolist() == [1.0, 0.25, 1.0, 0.0]
    nothing = np.zeros(0)
    assert reached(2, nothing.astype(np.int64), nothing).tolist() == [1.0, 1.0]
    assert reached(2, np.array([0]), np.array([np.nan])).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("name", ["random", "sa-xgb"])
def test_the_first_plan_tries_every_template_alike(name: str, synthetic: ModuleType) -> None:
    domain = uneven(synthetic)
    first = made(name, domain, 0).ask(4 * TEMPLATES)
    assert [p.proposer for p in first[:TEMPLATES]] == ["default"] * TEMPLATES
    for plans in (first[TEMPLATES : 2 * TEMPLATES], first):
        assert set(templates_of(plans)) == {len(plans) // TEMPLATES}


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", ["random", "sa-xgb"])
def test_most_trials_go_to_the_template_that_is_best_by_far(
    name: str, seed: int, synthetic: ModuleType
) -> None:
    strategy = made(name, uneven(synthetic), seed)
    proposals, costs = synthetic.drive(strategy, narrow_s, 160, batch=4)
    first = TEMPLATES + PLAN if name == "random" else PLAN
    shares = templates_of(proposals[first:])
    assert shares[BEST] > 0.6 * shares.sum()
    assert np.delete(shares, BEST).max() < 0.15 * shares.sum()
    assert proposals[int(np.nanargmin(costs))].point[0] == BEST


@pytest.mark.parametrize("name", ["random", "sa-xgb"])
def test_the_better_one_is_found_though_it_shows_late(name: str, synthetic: ModuleType) -> None:
    """The default of the best template is slow, and so are many others."""

    def late_s(points: NDArray[np.int64]) -> NDArray[np.float64]:
        slow = (points[:, 0] == BEST) & (points[:, 1] < 2)
        return np.where(slow, 2.2, 1.0) * narrow_s(points)

    strategy = made(name, uneven(synthetic), 0)
    proposals, _ = synthetic.drive(strategy, late_s, 200, batch=4)
    assert templates_of(proposals[100:]).argmax() == BEST


@pytest.mark.parametrize("name", ["random", "sa-xgb"])
def test_a_template_that_only_fails_is_given_up(name: str, synthetic: ModuleType) -> None:
    def failing_s(points: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.where(points[:, 0] == 1, np.nan, narrow_s(points))

    proposals, _ = synthetic.drive(made(name, uneven(synthetic), 0), failing_s, 160, batch=4)
    assert templates_of(proposals)[1] <= 8


@pytest.mark.parametrize("name", ["random", "sa-xgb"])
def test_late_results_do_not_flood_one_template(name: str, synthetic: ModuleType) -> None:
    """What is under way counts as tried."""
    strategy = made(name, uneven(synthetic), 0)
    asked = strategy.ask(60)
    assert set(templates_of(asked)) <= {10}
    points = np.stack([p.point for p in asked])
    strategy.tell(points[:1], narrow_s(points[:1]))
    assert len(strategy.ask(40)) == 40


@pytest.mark.parametrize("name", ["random", "sa-xgb", "grid"])
@pytest.mark.parametrize("cost", [narrow_s, lambda points: np.full(len(points), np.nan)])
def test_templates_far_behind_are_exhausted_too(
    name: str, cost: Callable[[Any], Any], synthetic: ModuleType
) -> None:
    domain = synthetic.SyntheticDomain(radices=synthetic.SMALL_RADICES, templates=TEMPLATES)
    proposals, _ = synthetic.drive(made(name, domain, 0), cost, 10**6)
    keys = domain.keys(np.stack([p.point for p in proposals]))
    everything = domain.keys(np.stack(list(domain.scan(0))))
    assert sorted(keys) == sorted(everything)


def uneven(synthetic: ModuleType) -> Any:
    """Six templates, of which the first has most of the points."""

    class Uneven(synthetic.SyntheticDomain):  # type: ignore[name-defined, misc]
        def valid(self, points: NDArray[np.int64]) -> NDArray[np.bool_]:
            fits: NDArray[np.bool_] = super().valid(points)
            return np.asarray(fits & ((points[:, 0] == 0) | (points[:, 6] % 3 != 2)), np.bool_)

    return Uneven(templates=TEMPLATES)
