"""The strategies there are, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tvmtune.errors import SearchError
from tvmtune.search.annealed import AnnealedModelSearch
from tvmtune.search.bandit import BanditSearch
from tvmtune.search.base import Strategy
from tvmtune.search.evolved import EvolvedModelSearch
from tvmtune.search.genetic import GeneticSearch
from tvmtune.search.grid import GridSearch
from tvmtune.search.latin import LatinHypercube
from tvmtune.search.local import LocalSearch
from tvmtune.search.metropolis import MetropolisSearch
from tvmtune.search.optuna_samplers import (
    CovarianceMatrixSearch,
    GaussianProcessSearch,
    NonDominatedSortingSearch,
    TPESearch,
)
from tvmtune.search.random import RandomSearch
from tvmtune.search.ranked import RankedModelSearch
from tvmtune.search.setup import Setup
from tvmtune.search_spaces.space import Domain

Strategies = Mapping[str, type[Strategy]]

_BUILT_IN: tuple[type[Strategy], ...] = (
    AnnealedModelSearch,
    EvolvedModelSearch,
    RankedModelSearch,
    RandomSearch,
    LatinHypercube,
    GridSearch,
    LocalSearch,
    GeneticSearch,
    MetropolisSearch,
    TPESearch,
    GaussianProcessSearch,
    CovarianceMatrixSearch,
    NonDominatedSortingSearch,
    BanditSearch,
)

STRATEGIES: Strategies = {kind.name: kind for kind in _BUILT_IN}
"""Those of this package; plug-ins are added by `tvmtune.search.plugins`."""


def make_strategy(
    name: str,
    domain: Domain,
    setup: Setup | None = None,
    *,
    strategies: Strategies = STRATEGIES,
) -> Strategy:
    """Make a strategy.

    Parameters
    ----------
    name
        A key of ``strategies``.
    domain
        What there is to propose.
    setup
        Seed, budget, cost models and options; the defaults when None.
    strategies
        What there is to choose from.

    Raises
    ------
    SearchError
        If there is no such strategy, it lacks a cost model, or it has no such option.
    """

    def make(name: str, domain: Domain, setup: Setup) -> Strategy:
        return named(name, strategies).make(domain, replace(setup, strategy=make))

    return make(name, domain, setup or Setup())


def named(name: str, strategies: Strategies = STRATEGIES) -> type[Strategy]:
    """The strategy of a name.

    Raises
    ------
    SearchError
        If there is none.
    """
    if name not in strategies:
        raise SearchError(
            f"no search strategy {name!r}; there are {', '.join(strategies)}, or give one of your "
            "own as FILE.py:CLASS or module:CLASS"
        )
    return strategies[name]
