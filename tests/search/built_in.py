"""The strategies of this package as their tests make them; each is an attribute by its name."""

from __future__ import annotations

from functools import partial
from typing import Any

from tvmtune.cost_models.models import make_cost_model
from tvmtune.search.base import Strategy
from tvmtune.search.conformance import Make
from tvmtune.search.setup import Setup
from tvmtune.search.strategies import STRATEGIES, make_strategy
from tvmtune.search_spaces.space import Domain

NAMES = tuple(name for name in STRATEGIES if name != "gp")
"""All but the one whose time grows with the cube of its trials; tests/search/test_optuna.py."""

_OPTIONS: dict[str, dict[str, Any]] = {
    "sa-xgb": {"annealing": {"steps": 10}},
    "evo-xgb": {"population": 64, "generations": 4},
    "rank-xgb": {"most": 2**10},
}


def made(name: str, domain: Domain, seed: int = 0) -> Strategy:
    """A strategy that thinks less than it does by default."""
    setup = Setup(
        seed=seed,
        plan_size=32,
        models=lambda model: make_cost_model(model, seed),
        options=_OPTIONS.get(name, {}),
    )
    return make_strategy(name, domain, setup)


def __getattr__(name: str) -> Make:
    if name not in NAMES:
        raise AttributeError(name)
    return partial(made, name)
