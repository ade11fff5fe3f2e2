"""A machine made of arithmetic: a domain, a cost, a harness and a clock."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from tvmtune.errors import TemplateError
from tvmtune.measure.candidate import Candidate
from tvmtune.measure.problem import Problem
from tvmtune.outcome import Outcome, Status
from tvmtune.records import Here, LogContents, LogWriter, Record, read_log
from tvmtune.records.record import config_text
from tvmtune.search.base import Strategy
from tvmtune.search_spaces.domain import TaskDomain
from tvmtune.search_spaces.knobs import candidates, choice
from tvmtune.search_spaces.space import Domain, Points, Space
from tvmtune.tuner import Equipment, Event, Task, TuneOptions, TuneReport, tune_tasks
from tvmtune.tuner.equipment import TemplateKey
from tvmtune.workload import parse

TASK = Task("matmul:m=8,k=8,n=8", "cpu:threads=1,isa=avx2")
OTHER = Task("matmul:m=16,k=8,n=8", "cpu:threads=1,isa=avx2")
HERE = Here({"cpu": "A", "cores": 2, "kernel": "6"}, {"llvmlite": "0.50"})
TEMPLATES = ("matmul.packed", "matmul.plain")

Outcomes = Callable[[Mapping[str, Any], int], Outcome | None]
"""What becomes of a request in its n-th measurement instead of its usual outcome."""


class Evaluator:
    """Judges nothing, and says the values of the digits."""

    feature_names = ("rows", "lanes", "order")

    def satisfied(self, points: Points) -> NDArray[np.bool_]:
        return np.ones(len(points), np.bool_)

    def features(self, points: Points) -> NDArray[np.float32]:
        return points.astype(np.float32)


@dataclass(frozen=True)
class Domains:
    """Spaces of some templates, with as many rows as wanted, under names that logs do not see."""

    rows: int = 16
    templates: tuple[TemplateKey, ...] = tuple(TemplateKey(name, "1") for name in TEMPLATES)

    def __call__(
        self,
        workload: str,
        target: str,
        template: str | None = None,
        restrict: Mapping[str, Sequence[Any]] | None = None,
        *,
        max_rel_error: float | None = None,
    ) -> tuple[TaskDomain, Sequence[TemplateKey]]:
        if workload.startswith("conv2d"):
            raise TemplateError("no template for conv2d")
        used = [t for t in self.templates if template in (None, t.name)]
        knobs = (
            candidates("rows", range(1, self.rows + 1)),
            candidates("lanes", [(4, 1), (8, 1), (8, 2)]),
            choice("order", ["mn", "nm"]),
        )
        spaces = [Space(f"own {t.name}", knobs).restrict(restrict or {}) for t in used]
        return TaskDomain([(space, Evaluator()) for space in spaces]), used


@dataclass
class Clock:
    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s

    def unix_s(self) -> float:
        return 1.7e9 + self.now_s


def cost_s(request: Mapping[str, Any]) -> float:
    """Seconds of a config, with noise of its own."""
    config, template = request["config"], request["template"]
    text = f"{request['workload']} {template} {config_text(config)}"
    noise = 1 + 0.02 * (zlib.crc32(text.encode()) % 1000) / 1000
    slow = abs(config["rows"] - 6) + 2 * abs(config["lanes"][0] - 8) + (config["order"] == "nm")
    return float(1e-3 * (1 + 0.2 * slow + (template == "matmul.plain")) * noise)


@dataclass
class FakeHarness:
    """Costs by arithmetic, in time that a clock is told; faults where a test plants them."""

    problem: Problem
    clock: Clock
    plant: Outcomes = lambda request, n: None
    plant_harder: Outcomes = lambda request, n: None
    trial_s: float = 0.25
    round_s: float = 0.0
    ahead: int = 4
    closed: bool = False
    measured: list[str] = field(default_factory=list)
    harder: list[str] = field(default_factory=list)
    raced: list[list[str]] = field(default_factory=list)
    best_seen: list[float | None] = field(default_factory=list)

    def measure(
        self, candidates: Iterable[Candidate], best_s: Callable[[], float | None]
    ) -> Iterator[tuple[Candidate, Outcome]]:
        source, flying = iter(candidates), deque[Candidate]()
        while True:
            while len(flying) < self.ahead and (candidate := next(source, None)) is not None:
                assert parse(candidate.request["workload"]) == self.problem.workload
                flying.append(candidate)
            if not flying:
                return
            candidate = flying.popleft()
            self.clock.now_s += self.trial_s
            self.best_seen.append(best_s())
            self.measured.append(candidate.key)
            yield candidate, self._outcome(candidate, self.plant, self.measured)

    def check_harder(self, candidate: Candidate) -> Outcome:
        self.clock.now_s += self.trial_s / 2
        self.harder.append(candidate.key)
        outcome = self._outcome(candidate, self.plant_harder, self.harder)
        checks = {"rel_error": 1e-7, **outcome.checks, "harder": True, "seeds": [1, 2]}
        return replace(outcome, median_s=None, checks=checks)

    def confirm(
        self, candidates: Sequence[Candidate], seconds: float, stop: Callable[[], bool]
    ) -> Iterator[tuple[Candidate, Outcome]]:
        self.clock.now_s += max(seconds, self.round_s * len(candidates))
        timed: list[tuple[Candidate, Outcome]] = []
        for candidate in candidates:
            if stop():
                break
            self.measured.append(candidate.key)
            timed.append((candidate, self._outcome(candidate, self.plant, self.measured)))
        self.raced.append([candidate.key for candidate, _ in timed])
        yield from timed

    def close(self) -> None:
        self.closed = True

    def _outcome(self, candidate: Candidate, plant: Outcomes, done: list[str]) -> Outcome:
        planted = plant(candidate.request, done.count(candidate.key))
        if planted is not None:
            return planted
        seconds = cost_s(candidate.request)
        return Outcome(
            status=Status.OK,
            samples_s=(seconds, seconds),
            median_s=seconds,
            checks={"seeds": [0]},
            seconds={"checking": 0.01},
            nest_hash="n",
            flops=7,
            artifact_digest="a",
        )


@dataclass
class Bed:
    """A log and all that tunes into it."""

    task: ClassVar[Task] = TASK
    other: ClassVar[Task] = OTHER

    path: Path
    domains: Domains = field(default_factory=Domains)
    here: Here = HERE
    strategy: Callable[[Domain, int], Strategy] | None = None
    admit: Callable[[Task], None] = lambda task: None
    plant: Outcomes = lambda request, n: None
    plant_harder: Outcomes = lambda request, n: None
    clock: Clock = field(default_factory=Clock)
    harnesses: list[FakeHarness] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    trial_s: float = 0.25
    round_s: float = 0.0

    def tune(
        self,
        *tasks: Task,
        log: LogWriter | None = None,
        stop: Callable[[], bool] = lambda: False,
        **options: Any,
    ) -> TuneReport:
        self.clock.now_s += 1
        equipment = Equipment(
            harness=self._harness,
            domain=self.domains,
            here=self.here,
            strategy=self.strategy,
            admit=self.admit,
            settings={"fake": True},
            monotonic_s=self.clock,
            unix_s=self.clock.unix_s,
        )
        with log or LogWriter(self.path) as writer:
            return tune_tasks(
                tasks or [TASK],
                writer,
                TuneOptions(**{"search": "random"} | options),
                equipment,
                listener=self.events.append,
                stop=stop,
            )

    @property
    def contents(self) -> LogContents:
        return read_log([self.path])

    @property
    def records(self) -> tuple[Record, ...]:
        return self.contents.records

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def _harness(self, task: Task) -> FakeHarness:
        problem = Problem(parse(task.workload))
        harness = FakeHarness(
            problem, self.clock, self.plant, self.plant_harder, self.trial_s, self.round_s
        )
        self.harnesses.append(harness)
        return harness


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    return Bed(tmp_path / "log.jsonl")
