"""One suite for every strategy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tvmtune.cost_models.models import make_cost_model
from tvmtune.errors import SearchError
from tvmtune.search.base import Strategy
from tvmtune.search.setup import Setup
from tvmtune.search.strategies import STRATEGIES, make_strategy

OPTUNA = ("tpe", "cmaes", "nsga2")
NAMES = tuple(name for name in STRATEGIES if name != "gp")
"""All but the one whose time grows with the cube of its trials; tests/search/test_optuna.py."""
OPTIONS: dict[str, dict[str, Any]] = {
    "sa-xgb": {"annealing": {"steps": 10}},
    "evo-xgb": {"population": 64, "generations": 4},
    "rank-xgb": {"most": 2**10},
}


def made(name: str, domain: Any, seed: int = 0) -> Strategy:
    setup = Setup(
        seed=seed,
        plan_size=32,
        models=lambda model: make_cost_model(model, seed),
        options=OPTIONS.get(name, {}),
    )
    return make_strategy(name, domain, setup)


def small(synthetic: ModuleType) -> Any:
    return synthetic.SyntheticDomain(radices=synthetic.SMALL_RADICES)


def all_keys(domain: Any) -> list[bytes]:
    return [domain.keys(point[np.newaxis])[0] for point in domain.scan(0)]


def keys_of(domain: Any, proposals: list[Any]) -> list[bytes]:
    keys: list[bytes] = domain.keys(np.stack([proposal.point for proposal in proposals]))
    return keys


def texts(proposals: list[Any]) -> list[Any]:
    return [(p.point.tolist(), p.proposer, p.predicted) for p in proposals]


@pytest.mark.parametrize("name", NAMES)
def test_never_repeats_and_proposes_valid_points(name: str, synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    proposals, _ = synthetic.drive(made(name, domain), synthetic.cost_s, 160, batch=13)
    assert len(proposals) == 160
    assert len(set(keys_of(domain, proposals))) == 160
    assert domain.valid(np.stack([p.point for p in proposals])).all()


@pytest.mark.parametrize("name", NAMES)
def test_defaults_come_first(name: str, synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain(templates=3)
    strategy = made(name, domain)
    first = strategy.ask(1) + strategy.ask(4)
    assert [p.proposer == "default" for p in first] == [True, True, True, False, False]
    assert np.array_equal(np.stack([p.point for p in first[:3]]), domain.defaults())
    assert all(p.predicted is None for p in first)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_exhausts_a_small_space_exactly(name: str, batch: int, synthetic: ModuleType) -> None:
    domain = small(synthetic)
    strategy = made(name, domain)
    proposals, _ = synthetic.drive(strategy, synthetic.cost_s, 10**6, batch)
    assert sorted(keys_of(domain, proposals)) == sorted(all_keys(domain))
    assert strategy.ask(1) == []


@pytest.mark.parametrize("name", NAMES)
def test_exhausts_a_small_space_without_being_told(name: str, synthetic: ModuleType) -> None:
    domain = small(synthetic)
    proposals = made(name, domain).ask(10**6)
    assert sorted(keys_of(domain, proposals)) == sorted(all_keys(domain))


@pytest.mark.parametrize("name", NAMES)
def test_a_space_of_one_point(name: str, synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain(radices=(1, 2, 1, 1, 1, 1, 1, 1, 1), templates=1)
    assert len(made(name, domain).ask(5)) == 2
    domain = synthetic.SyntheticDomain(radices=(1,) * 9, templates=1)
    domain.defaults = lambda: np.zeros((1, 10), np.int64)
    assert [p.proposer for p in made(name, domain).ask(5)] == ["default"]


@pytest.mark.parametrize("name", NAMES)
def test_goes_on_when_everything_fails(name: str, synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    proposals, _ = synthetic.drive(
        made(name, domain), lambda points: np.full(len(points), np.nan), 120
    )
    assert len(set(keys_of(domain, proposals))) == 120


@pytest.mark.parametrize("name", NAMES)
def test_takes_results_in_any_order_and_late(name: str, synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    strategy = made(name, domain)
    rng = np.random.default_rng(5)
    asked: list[Any] = []
    waiting: list[Any] = []
    while len(asked) < 150:
        new = strategy.ask(10)
        asked += new
        waiting += new
        rng.shuffle(waiting)
        told, waiting = waiting[:7], waiting[7:]
        points = np.stack([p.point for p in told])
        strategy.tell(points, synthetic.cost_s(points))
    assert len(set(keys_of(domain, asked))) == 150


@pytest.mark.parametrize("name", NAMES)
def test_never_proposes_what_it_was_told(name: str, synthetic: ModuleType) -> None:
    domain = small(synthetic)
    told = np.stack(list(domain.scan(0)))[::3]
    told = np.concatenate([domain.defaults()[1:], told])
    strategy = made(name, domain)
    before = strategy.ask(3)
    strategy.tell(told, synthetic.cost_s(told))
    after, _ = synthetic.drive(strategy, synthetic.cost_s, 10**6)
    rest = keys_of(domain, before + after)
    assert not set(domain.keys(told)) & set(keys_of(domain, after))
    assert len(set(rest)) == len(rest)
    assert set(rest) | set(domain.keys(told)) == set(all_keys(domain))


@pytest.mark.parametrize("name", NAMES)
def test_takes_points_told_twice_and_points_that_are_not_valid(
    name: str, synthetic: ModuleType
) -> None:
    domain = synthetic.SyntheticDomain()
    strategy = made(name, domain)
    points = domain.sample(np.random.default_rng(0), 40)
    strategy.tell(points, synthetic.cost_s(points))
    strategy.tell(points[::-1], synthetic.cost_s(points)[::-1])
    strange = points[:3].copy()
    strange[:, 1:3] = (5, 5)
    assert not domain.valid(strange).any()
    strategy.tell(strange, np.full(3, 1e-9))
    proposals, _ = synthetic.drive(strategy, synthetic.cost_s, 80)
    assert domain.valid(np.stack([p.point for p in proposals])).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_size_of_asks_changes_nothing(name: str, synthetic: ModuleType) -> None:
    one, other = (made(name, synthetic.SyntheticDomain(), 3) for _ in range(2))
    asked = [texts(one.ask(64)), texts([p for _ in range(64) for p in other.ask(1)])]
    assert asked[0] == asked[1]


@pytest.mark.parametrize("name", NAMES)
def test_is_deterministic(name: str, synthetic: ModuleType) -> None:
    runs = []
    for seed in (7, 7, 8):
        strategy = made(name, synthetic.SyntheticDomain(), seed)
        runs.append(texts(synthetic.drive(strategy, synthetic.cost_s, 120)[0]))
    assert runs[0] == runs[1]
    assert (runs[0] == runs[2]) == (name == "grid")


@pytest.mark.parametrize("name", NAMES)
def test_proposes_the_same_in_every_process(name: str) -> None:
    program = Path(__file__).with_name("synthetic.py")
    count = 96 if name in OPTUNA else 512
    command = [sys.executable, "-W", "error", str(program), name, "11", str(count)]
    children = [
        subprocess.Popen(
            command, env={**os.environ, "PYTHONHASHSEED": seed}, stdout=subprocess.PIPE
        )
        for seed in ("0", "12345")
    ]
    outputs = [child.communicate(timeout=120)[0] for child in children]
    assert [child.returncode for child in children] == [0, 0]
    assert len(outputs[0].splitlines()) == count
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize("name", NAMES)
def test_refuses_what_it_cannot_use(name: str, synthetic: ModuleType) -> None:
    strategy = made(name, synthetic.SyntheticDomain())
    points = synthetic.SyntheticDomain().defaults()
    assert strategy.ask(0) == []
    strategy.tell(points[:0], np.zeros(0))
    with pytest.raises(SearchError, match="0 or more proposals, not -1"):
        strategy.ask(-1)
    with pytest.raises(SearchError, match=r"shape \(n, 10\), got \(2, 9\)"):
        strategy.tell(points[:, 1:], np.ones(2))
    with pytest.raises(SearchError, match=r"2 points were told with costs of shape \(3,\)"):
        strategy.tell(points, np.ones(3))
    for cost in (0.0, -1.0, np.inf):
        with pytest.raises(SearchError, match="positive number of seconds, or nan"):
            strategy.tell(points, np.array([1.0, cost]))


def test_unknown_names_and_options(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    with pytest.raises(SearchError, match="no search strategy 'best'; there are sa-xgb, evo-xgb, "):
        make_strategy("best", domain)
    with pytest.raises(SearchError, match=r"a cost model \(xgb\) is needed here"):
        make_strategy("sa-xgb", domain)
    with pytest.raises(SearchError, match="strategy random has no option 'speed': it has none"):
        make_strategy("random", domain, Setup(options={"speed": 1}))
    with pytest.raises(SearchError, match="strategy grid has no option 'trials': it has budget"):
        make_strategy("grid", domain, Setup(options={"trials": 1}))


def test_names_agree_with_the_mapping(synthetic: ModuleType) -> None:
    assert [made(name, synthetic.SyntheticDomain()).name for name in NAMES] == list(NAMES)
    assert all(kind.name == name for name, kind in STRATEGIES.items())
