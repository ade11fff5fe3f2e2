"""Algorithms written as Kernel Tuner's ``OptAlg``, as strategies; Kernel Tuner need not be there.

Such an algorithm is called with a cost function and a search space, and minimises::

    class Mine:
        def __call__(self, func, searchspace):
            best = min(searchspace.get_random_sample(10), key=func)
            ...
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tvmtune.errors import SearchError
from tvmtune.experiments.recorded_domain import RecordedDomain
from tvmtune.experiments.searchspace import ParamConfig, RecordedSearchspace
from tvmtune.search.synchronous import Evaluate, SearchOverError, SynchronousSearch

OptAlg = Callable[[Any, Any], object]
"""``algorithm(func, searchspace)``."""

FAILED = sys.float_info.max
"""What a config costs that failed or is not valid."""


class CostFunction:
    """What an algorithm calls: a config, or several, to milliseconds.

    Parameters
    ----------
    evaluate
        Measures.
    domain
        The recorded space.
    searchspace
        The same, as the algorithm sees it.
    budget
        Different configs to be measured at most.
    """

    def __init__(
        self,
        evaluate: Evaluate,
        domain: RecordedDomain,
        searchspace: RecordedSearchspace,
        budget: int,
    ) -> None:
        self.searchspace = searchspace
        self._evaluate = evaluate
        self._domain = domain
        self._budget = budget
        self._evaluated: set[int] = set()

    @property
    def budget_spent_fraction(self) -> float:
        """How much of the budget is spent, 0 to 1."""
        return min(1.0, len(self._evaluated) / self._budget)

    def get_num_unique_results(self) -> int:
        """Different configs that were measured."""
        return len(self._evaluated)

    def __call__(self, x: ParamConfig, check_restrictions: bool = True) -> float:
        """The milliseconds of a config; 1.8e308 if it failed or is not valid."""
        return self.eval_all([x], check_restrictions)[0]

    eval = __call__

    def eval_all(self, xs: Sequence[ParamConfig], check_restrictions: bool = True) -> list[float]:
        """The milliseconds of some configs, which are measured together.

        ``check_restrictions`` is Kernel Tuner's; what is not valid is never measured.
        """
        if len(self._evaluated) >= self._budget:
            raise SearchOverError
        rows = [self.searchspace.get_param_config_index(tuple(x)) for x in xs]
        valid = [row for row in rows if row is not None]
        self._evaluated.update(valid)
        found = self._evaluate(self._domain.points[valid]) if valid else np.zeros(0)
        costs = {row: _milliseconds(cost) for row, cost in zip(valid, found.tolist(), strict=True)}
        return [FAILED if row is None else costs[row] for row in rows]


def optalg_search(
    domain: RecordedDomain, seed: int, algorithm: OptAlg, budget: int
) -> SynchronousSearch:
    """A strategy made of an algorithm that was written for Kernel Tuner.

    Parameters
    ----------
    domain
        The recorded space.
    seed
        Of the generators that the algorithm and its search space draw from.
    algorithm
        Called once, with a `CostFunction` and a `RecordedSearchspace`.
    budget
        Different configs that it may measure; it ends with the one after.

    Raises
    ------
    SearchError
        If the budget is not positive, or the algorithm wants its configs scaled or snapped, which
        only Kernel Tuner itself does (`tvmtune.experiments.kernel_tuner`).
    """
    if budget < 1:
        raise SearchError(f"a budget of {budget} configs: give at least 1")
    title = getattr(algorithm, "__name__", type(algorithm).__name__)
    wanted = getattr(algorithm, "costfunc_kwargs", {})
    if any(wanted.get(name) for name in ("scaling", "snap")):
        raise SearchError(
            f"{title} wants configs scaled or snapped: install kernel_tuner, and use "
            "tvmtune.experiments.kernel_tuner.kernel_tuner_search"
        )

    def run(evaluate: Evaluate) -> None:
        searchspace = RecordedSearchspace(domain, np.random.default_rng(seed))
        algorithm(CostFunction(evaluate, domain, searchspace, budget), searchspace)

    return SynchronousSearch(domain, seed, run, title=title)


def _milliseconds(cost_s: float) -> float:
    return FAILED if math.isnan(cost_s) else cost_s * 1e3
