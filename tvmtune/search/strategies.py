"""The strategies there are, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tvmtune.errors import SearchError
from tvmtune.search.base import Strategy
from tvmtune.search.grid import GridOptions, GridSearch
from tvmtune.search.model_guided import ModelGuidedOptions, ModelGuidedSearch, ScoreModel
from tvmtune.search.random import RandomSearch
from tvmtune.search_spaces.space import Domain

StrategyOptions = GridOptions | ModelGuidedOptions
StrategyMaker = Callable[[Domain, int, ScoreModel | None, StrategyOptions | None], Strategy]


def _make_random(
    domain: Domain, seed: int, model: ScoreModel | None, options: StrategyOptions | None
) -> Strategy:
    if options is not None:
        raise SearchError(f"strategy random has no options, got {type(options).__name__}")
    return RandomSearch(domain, seed)


def _make_grid(
    domain: Domain, seed: int, model: ScoreModel | None, options: StrategyOptions | None
) -> Strategy:
    if options is not None and not isinstance(options, GridOptions):
        raise SearchError(f"strategy grid takes GridOptions, got {type(options).__name__}")
    return GridSearch(domain, seed, options)


def _make_model_guided(
    domain: Domain, seed: int, model: ScoreModel | None, options: StrategyOptions | None
) -> Strategy:
    if model is None:
        raise SearchError("strategy sa-xgb needs a cost model, got none")
    if options is not None and not isinstance(options, ModelGuidedOptions):
        raise SearchError(f"strategy sa-xgb takes ModelGuidedOptions, got {type(options).__name__}")
    return ModelGuidedSearch(domain, seed, model, options)


STRATEGIES: Mapping[str, StrategyMaker] = {
    "random": _make_random,
    "grid": _make_grid,
    "sa-xgb": _make_model_guided,
}


def make_strategy(
    name: str,
    domain: Domain,
    seed: int = 0,
    *,
    model: ScoreModel | None = None,
    options: StrategyOptions | None = None,
) -> Strategy:
    """Make a strategy.

    Parameters
    ----------
    name
        A key of `STRATEGIES`.
    domain
        What there is to propose.
    seed
        Seeds whatever is random; at least 0.
    model
        The cost model of a strategy that is guided by one, which fits it; others ignore it.
    options
        The strategy's own; its defaults when None.

    Raises
    ------
    SearchError
        If there is no such strategy, it lacks its model, or the options are another's.
    """
    if name not in STRATEGIES:
        raise SearchError(f"no strategy {name!r}; there are {', '.join(STRATEGIES)}")
    return STRATEGIES[name](domain, seed, model, options)
