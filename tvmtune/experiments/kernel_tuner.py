"""Kernel Tuner's own strategies in our experiments, in its own search space and cost function.

The only file that imports ``kernel_tuner``, which is optional.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tvmtune.errors import SearchError, UsageError
from tvmtune.experiments.recorded_domain import RecordedDomain
from tvmtune.experiments.searchspace import ParamConfig
from tvmtune.records.foreign_space import configurations
from tvmtune.records.t1 import parameters
from tvmtune.search.synchronous import Evaluate, SynchronousSearch


class _Runner:
    """What Kernel Tuner's cost function has configs measured by.

    Parameters
    ----------
    evaluate
        Measures.
    domain
        The recorded space.
    rows
        Places of the configs in it.
    failed
        What stands for a failure.
    """

    def __init__(
        self,
        evaluate: Evaluate,
        domain: RecordedDomain,
        rows: Mapping[ParamConfig, int],
        failed: object,
    ) -> None:
        self._evaluate = evaluate
        self._domain = domain
        self._rows = rows
        self._failed = failed
        self._visited: set[int] = set()

    def add_strategy_time(self, seconds: float) -> None:
        """Kernel Tuner tells how long a strategy thought; a replay takes that time itself."""

    def run(
        self, parameter_space: Iterable[Sequence[Any]], tuning_options: Any
    ) -> list[dict[str, Any] | None]:
        """Measure configs together; None for those beyond the budget."""
        configs, rows = [tuple(config) for config in parameter_space], list[int]()
        for config in configs:
            if tuning_options.budget.is_done():
                break
            rows.append(self._rows[config])
            if rows[-1] not in self._visited:
                self._visited.add(rows[-1])
                tuning_options.budget.add_evaluations(1)
        costs_s = self._evaluate(self._domain.points[rows]) if rows else np.zeros(0)
        names = list(tuning_options.tune_params)
        results: list[dict[str, Any] | None] = [
            self._result(dict(zip(names, config, strict=True)), cost_s)
            for config, cost_s in zip(configs, costs_s.tolist(), strict=False)
        ]
        return results + [None] * (len(configs) - len(results))

    def _result(self, values: dict[str, Any], cost_s: float) -> dict[str, Any]:
        if math.isnan(cost_s):
            return {**values, "time": self._failed, "__error__": self._failed}
        return {**values, "time": cost_s * 1e3}


def kernel_tuner_search(
    domain: RecordedDomain,
    seed: int,
    strategy: str | Any,
    budget: int,
    options: Mapping[str, Any] | None = None,
) -> SynchronousSearch:
    """A strategy of Kernel Tuner as one of ours.

    Strategies that draw from `random` and `numpy.random`, as most of them do, propose the same for
    the same seed.

    Parameters
    ----------
    domain
        The recorded space.
    seed
        Of the generators that the strategy draws from.
    strategy
        A name, as in ``genetic_algorithm``, or an object of the class ``OptAlg``.
    budget
        Different configs that it may measure.
    options
        Its ``strategy_options``.

    Raises
    ------
    UsageError
        If Kernel Tuner is not installed, or has no such strategy.
    SearchError
        If the budget is not positive.
    """
    try:
        from kernel_tuner import interface, searchspace, util
        from kernel_tuner.strategies.wrapper import OptAlgWrapper
    except ImportError as error:
        raise UsageError(
            f"Kernel Tuner cannot be imported ({error}): pip install kernel_tuner"
        ) from error
    if budget < 1:
        raise SearchError(f"a budget of {budget} configs: give at least 1")
    if isinstance(strategy, str) and strategy not in interface.strategy_map:
        known = ", ".join(interface.strategy_map)
        raise UsageError(f"Kernel Tuner has no strategy {strategy!r}; it has {known}")
    named = isinstance(strategy, str)
    tuner = interface.strategy_map[strategy] if named else OptAlgWrapper(strategy)
    entries = configurations(domain.space)
    rows = {tuple(entry.values()): row for row, entry in enumerate(entries)}

    def run(evaluate: Evaluate) -> None:
        tune_params = parameters(domain.space)
        cache = {"tune_params": tune_params, "cache": dict(enumerate(entries))}
        tuning = interface.Options(
            strategy_options=interface.Options({"max_fevals": budget, **(options or {})}),
            objective=["time"],
            objective_higher_is_better=[False],
            tune_params=tune_params,
            max_fevals=budget,
            budget=util.TuningBudget(None, budget),
            verbose=False,
        )
        tuner.tune(
            searchspace.Searchspace(None, None, None, from_cache=cache),
            _Runner(evaluate, domain, rows, util.RuntimeFailedConfig()),
            tuning,
        )

    return SynchronousSearch(
        domain, seed, run, title=strategy if named else type(strategy).__name__
    )
