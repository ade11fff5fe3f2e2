"""What the tuner works with and does not make itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tvmtune.cost_models.models import make_cost_model
from tvmtune.measure.candidate import Candidate
from tvmtune.outcome import Outcome
from tvmtune.records import Here
from tvmtune.search.base import Strategy
from tvmtune.search.setup import Setup
from tvmtune.search.strategies import STRATEGIES, Strategies, make_strategy
from tvmtune.search_spaces.domain import TaskDomain
from tvmtune.search_spaces.space import Domain
from tvmtune.tuner.options import TuneOptions
from tvmtune.tuner.task import Task


class Harness(Protocol):
    """Measures the candidates of one task."""

    def measure(
        self, candidates: Iterable[Candidate], best_s: Callable[[], float | None]
    ) -> Iterator[tuple[Candidate, Outcome]]:
        """Build and time candidates, drawn as there is room, and give outcomes as they come.

        Candidates clearly slower than ``best_s()`` may be cut short.  It ends early where waiting
        for the machine is given up; what was not measured by then has no outcome.
        """
        ...

    def check_harder(self, candidate: Candidate) -> Outcome:
        """Verify a candidate as a new best must be; may be called while `measure` is under way.

        Raises `GivenUpError` where waiting for the machine is given up.
        """
        ...

    def confirm(
        self, candidates: Sequence[Candidate], seconds: float, stop: Callable[[], bool]
    ) -> Iterator[tuple[Candidate, Outcome]]:
        """Time candidates against each other, interleaved, and give one outcome for each.

        Once ``stop()``, which may be asked from another thread, says yes, nothing more is timed;
        what was not timed at all by then has no outcome.
        """
        ...

    def close(self) -> None:
        """Drop what is under way."""
        ...


@dataclass(frozen=True, slots=True)
class TemplateKey:
    """What requests and records call a template: its name, or the reference that the user gave.

    ``version`` changes whenever a config comes to mean other code.
    """

    name: str
    version: str


class DomainFactory(Protocol):
    """Finds the templates of a task and spans their domain."""

    def __call__(
        self,
        workload: str,
        target: str,
        template: str | None = None,
        restrict: Mapping[str, Sequence[Any]] | None = None,
        *,
        max_rel_error: float | None = None,
    ) -> tuple[TaskDomain, Sequence[TemplateKey]]:
        """Domain and templates, in the order of the template numbers of its points.

        Templates that promise a larger relative error than ``max_rel_error`` are left out.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """The machinery of a tuning run.

    Parameters
    ----------
    harness
        Makes the harness of a task, at its first turn; closed when the task is finished.
    domain
        Spans the domain of a task.
    here
        Machine and versions that the records will carry.
    strategy
        Makes a strategy of a domain and a seed; None: the one that the options name.
    strategies
        What the options may name.
    admit
        Called with each task before anything is made for it; raises where it cannot be measured.
    code_hash, feature_version, settings
        Of the features and of the measurement; kept in the records.
    monotonic_s, unix_s
        Clocks.
    """

    harness: Callable[[Task], Harness]
    domain: DomainFactory
    here: Here
    strategy: Callable[[Domain, int], Strategy] | None = None
    strategies: Strategies = field(default_factory=lambda: STRATEGIES)
    admit: Callable[[Task], None] = lambda task: None
    code_hash: str = ""
    feature_version: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    monotonic_s: Callable[[], float] = time.monotonic
    unix_s: Callable[[], float] = time.time


def make_named_strategy(
    options: TuneOptions,
    domain: Domain,
    seed: int,
    strategies: Strategies = STRATEGIES,
) -> Strategy:
    """The strategy that the options name."""
    setup = Setup(
        seed=seed,
        budget=options.trial_limit,
        plan_size=options.plan_size,
        models=lambda name: make_cost_model(name, seed, domain.feature_names),
    )
    return make_strategy(options.search, domain, setup, strategies=strategies)
