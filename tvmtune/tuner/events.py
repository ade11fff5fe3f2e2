"""What the tuner tells whoever watches; everything reported here is on disk already."""

from __future__ import annotations

from dataclasses import dataclass

from tvmtune.records import Record
from tvmtune.tuner.task import Task, TaskReport


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStarted:
    """A task is ready to be searched; ``trials`` of it are in the log already."""

    task: Task
    templates: tuple[str, ...]
    space_size: int
    trials: int
    trial_limit: int | None
    best_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanProposed:
    """The cost model was refitted and made a plan.

    ``spearman`` and ``recall`` are its rank correlation and recall@k on results held out.
    """

    task: Task
    plan: int
    results: int
    spearman: float
    recall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialFinished:
    """A trial, or its retry, has ended.

    ``trials`` counts the task's search records in the log; ``best_s`` is the task's best so far,
    this one included.
    """

    task: Task
    record: Record
    trials: int
    best_s: float | None
    new_best: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirming:
    """The leading configs are measured against each other."""

    task: Task
    configs: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """One of the leading configs was measured again."""

    task: Task
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFinished:
    """Nothing more will be measured for a task in this invocation."""

    report: TaskReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """Something to know that does not end the run."""

    message: str


Event = TaskStarted | PlanProposed | TrialFinished | Confirming | Confirmed | TaskFinished | Warned
