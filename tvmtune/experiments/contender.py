"""A strategy as a study has it: by a label, with options and perhaps a smaller budget."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tvmtune.cost_models.models import make_cost_model
from tvmtune.errors import UsageError
from tvmtune.search.base import Strategy
from tvmtune.search.setup import Setup
from tvmtune.search.strategies import STRATEGIES, Strategies, make_strategy
from tvmtune.search_spaces.space import Domain
from tvmtune.tuner.options import TuneOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a search may spend; None: it is not bounded so."""

    trials: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A strategy that is compared.

    Parameters
    ----------
    label
        What results call it.
    search
        Its name among the strategies there are, plug-ins included.
    options
        Its own options, as plain JSON values.
    seeds
        With the first so many seeds of the study only; None: with all.
    trials, seconds
        The budget of its searches where it is smaller than that of the study.

    Raises
    ------
    UsageError
        If an option is no plain JSON value.
    """

    label: str
    search: str
    options: Mapping[str, Any] = field(default_factory=dict)
    seeds: int | None = None
    trials: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        try:
            json.dumps(dict(self.options), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"strategy {self.label}: options are numbers, texts, lists and tables of such: "
                f"{error}"
            ) from error

    def details(self) -> dict[str, Any]:
        """What results say of it beside its label."""
        caps = {"seeds": self.seeds, "trials": self.trials, "seconds": self.seconds}
        given = {name: cap for name, cap in caps.items() if cap is not None}
        return {"search": self.search, "options": dict(self.options), **given}

    def budget(self, whole: Budget) -> Budget:
        """The budget of its searches in a study with a budget."""
        return Budget(
            trials=whole.trials if self.trials is None else self.trials,
            seconds=whole.seconds if self.seconds is None else self.seconds,
        )


def make_contender(
    search: str,
    options: Mapping[str, Any],
    domain: Domain,
    seed: int,
    budget: Budget,
    strategies: Strategies = STRATEGIES,
) -> Strategy:
    """Make a strategy as a tuning run with that budget would, with options of its own.

    Parameters
    ----------
    search, options
        As of `Contender`.
    domain, seed
        What it searches, and what seeds it.
    budget
        Of the search.
    strategies
        What there is to choose from.

    Raises
    ------
    SearchError
        If there is no such strategy or option.
    """
    minutes = None if budget.seconds is None else budget.seconds / 60
    run = TuneOptions(trials=budget.trials, minutes=minutes)
    setup = Setup(
        seed=seed,
        budget=run.trial_limit,
        models=lambda name: make_cost_model(name, seed),
        options=options,
    )
    return make_strategy(search, domain, setup, strategies=strategies)
