"""A study: which strategies are to search which tasks, with which seeds, and for how long."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tvmtune.errors import UsageError
from tvmtune.experiments.contender import Budget, Contender
from tvmtune.experiments.study_file import StudyFile, StudyStrategy, StudyTask
from tvmtune.tuner.options import TuneOptions

DEFAULT_SEEDS = 20
DEFAULT_TRIALS = 500
DEFAULT_SHARE = 0.95

_LARGEST_SEED = 2**63
_LONGEST_NAME = 100
_NOT_IN_FILES = re.compile(r"[^A-Za-z0-9._=+-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedTask:
    """A recorded space that is searched.

    Parameters
    ----------
    name
        Short, one of its own.
    path
        The file.
    template
        Reference to its template, where that is not of this package and you trust its code.
    """

    name: str
    path: Path
    template: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTask:
    """A workload that is measured on this machine.

    Parameters
    ----------
    name
        Short, one of its own.
    workload, target
        As users write them.
    template, restrict
        As of `TuneOptions`.
    """

    name: str
    workload: str
    target: str = "cpu"
    template: str | None = None
    restrict: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What is to be compared: every contender searches every task with every seed.

    Parameters
    ----------
    name
        Of the study.
    tasks, contenders
        At least one of each; their names are all different.
    seeds
        Different ones, at least 0.
    trials, seconds
        The budget of a search; with neither there are 500 trials.
    share
        Of the optimum's speed, that is to be reached.
    default
        The label that the others are compared with; "": the tuner's default strategy if it is
        among them, else the first.

    Raises
    ------
    UsageError
        If a number is out of range, a name stands there twice, or the default is none of them.
    """

    name: str
    tasks: tuple[ReplayedTask | LiveTask, ...]
    contenders: tuple[Contender, ...]
    seeds: tuple[int, ...] = tuple(range(DEFAULT_SEEDS))
    trials: int | None = None
    seconds: float | None = None
    share: float = DEFAULT_SHARE
    default: str = ""

    def __post_init__(self) -> None:
        _check_names("task", [task.name for task in self.tasks], 'give one another name = "..."')
        labels = [contender.label for contender in self.contenders]
        _check_names("strategy", labels, 'give one another label = "..."')
        _check_seeds(self.seeds)
        check_limits("the study", self.trials, self.seconds)
        if not 0 < self.share <= 1:
            raise UsageError(f"share {self.share:g}: give a number above 0, at most 1")
        if self.default and self.default not in labels:
            raise UsageError(f"default {self.default!r} is none of {', '.join(labels)}")
        for contender in self.contenders:
            self._check_caps(contender)
        self._check_file_names(labels)

    @property
    def budget(self) -> Budget:
        """Of a search whose contender has no cap of its own."""
        if self.trials is None and self.seconds is None:
            return Budget(trials=DEFAULT_TRIALS)
        return Budget(trials=self.trials, seconds=self.seconds)

    @property
    def baseline(self) -> str:
        """The label that the others are compared with."""
        labels = [contender.label for contender in self.contenders]
        usual = TuneOptions().search
        return self.default or (usual if usual in labels else labels[0])

    def seeds_of(self, contender: Contender) -> tuple[int, ...]:
        """The seeds that a contender searches with."""
        return self.seeds[: contender.seeds]

    def to_file(self, tasks: Sequence[StudyTask], origin: Mapping[str, Any]) -> StudyFile:
        """The study as results keep it.

        Parameters
        ----------
        tasks
            With canonical texts, in the order of this study's.
        origin
            Machine, versions and start.
        """
        live = {
            task.name: {"template": task.template, "set": _listed(task.restrict)}
            for task in self.tasks
            if isinstance(task, LiveTask)
        }
        return StudyFile(
            tasks=tuple(tasks),
            strategies=tuple(
                StudyStrategy(name=one.label, details=one.details()) for one in self.contenders
            ),
            seeds=self.seeds,
            trials=self.budget.trials,
            seconds=self.budget.seconds,
            share=self.share,
            default=self.baseline,
            origin={"study": self.name, **origin, **({"live": live} if live else {})},
        )

    def _check_caps(self, contender: Contender) -> None:
        """A contender may have less of everything, not more."""
        whole = self.budget
        check_limits(f"strategy {contender.label}", contender.trials, contender.seconds)
        for name, cap, limit in (
            ("seeds", contender.seeds, len(self.seeds)),
            ("trials", contender.trials, whole.trials),
            ("seconds", contender.seconds, whole.seconds),
        ):
            if cap is not None and limit is not None and cap > limit:
                raise UsageError(
                    f"strategy {contender.label}: {name} {cap:g} of its own, the study has "
                    f"{limit:g}: give at most as many"
                )
        if contender.seeds is not None and contender.seeds < 1:
            raise UsageError(f"strategy {contender.label}: seeds {contender.seeds}: give 1 or more")

    def _check_file_names(self, labels: Sequence[str]) -> None:
        """A task that is replayed has a file, a live search a log, each of its own."""
        found: dict[str, str] = {}
        for task in self.tasks:
            named = {file_name(task.name): task.name}
            if isinstance(task, LiveTask):
                named = {log_name(task.name, label, 0): f"{task.name}, {label}" for label in labels}
                if len(named) < len(labels):
                    raise UsageError(
                        f"labels {', '.join(labels)} differ only in characters that no file name "
                        'has here: give another label = "..."'
                    )
            for name in set(named) & set(found):
                raise UsageError(
                    f"the files of {found[name]!r} and {named[name]!r} would both be called "
                    f'{name}: give another name = "..." or label = "..."'
                )
            found |= named


def log_name(task: str, label: str, seed: int) -> str:
    """The file name of the log of a live search."""
    return f"{file_name(task)}-{file_name(label)}-{seed}.jsonl"


def file_name(name: str) -> str:
    """A name with characters only that every file system has."""
    return _NOT_IN_FILES.sub("_", name)


def check_limits(owner: str, trials: int | None, seconds: float | None) -> None:
    """Refuse budgets that are none; raises `UsageError`."""
    if trials is not None and trials < 1:
        raise UsageError(f"{owner}: trials {trials}: give at least 1")
    if seconds is not None and not 0 < seconds < math.inf:
        raise UsageError(f"{owner}: seconds {seconds:g}: give a positive number")


def _check_seeds(seeds: Sequence[int]) -> None:
    if not seeds:
        raise UsageError("there is no seed: give seeds = 20, or a list")
    _check_once("seed", seeds, "give each once")
    for seed in seeds:
        if not 0 <= seed < _LARGEST_SEED:
            raise UsageError(f"seed {seed}: give 0 or more, below 2 to the power of 63")


def _check_names(noun: str, names: Sequence[str], remedy: str) -> None:
    if not names:
        raise UsageError(f"there is no {noun}: give at least one [[{noun}]]")
    _check_once(noun, names, remedy)
    for name in names:
        if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
            raise UsageError(
                f"a {noun} named {name[:_LONGEST_NAME]!r}: give a text in one line, at most "
                f"{_LONGEST_NAME} characters"
            )


def _check_once(noun: str, names: Sequence[Any], remedy: str) -> None:
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise UsageError(f"the {noun} {twice!r} stands there twice: {remedy}")


def _listed(restrict: Mapping[str, tuple[Any, ...]]) -> Any:
    return json.loads(json.dumps({knob: [*values] for knob, values in restrict.items()}))
