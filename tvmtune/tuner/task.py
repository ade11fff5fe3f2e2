"""What is tuned, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tvmtune.records import Standing


@dataclass(frozen=True, slots=True)
class Task:
    """A workload on a target, as canonical texts; ``weight`` says how often it occurs."""

    workload: str
    target: str
    weight: int = 1

    @property
    def key(self) -> tuple[str, str]:
        """What records call their task."""
        return self.workload, self.target


class Ending(StrEnum):
    """Why tuning ended."""

    TRIALS = "trials"
    """As many trials as asked for are in the log."""
    EXHAUSTED = "exhausted"
    """Every config was tried."""
    TIME = "time"
    GAIN = "gain"
    """Too little gain was expected of going on."""
    STOPPED = "stopped"
    """By request; the same command goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What going on with a task is expected to gain.

    Parameters
    ----------
    gain_per_minute
        The part of the whole model's time that a minute for this task is expected to save.
    dead
        Whether it was left alone: as many trials again would gain less than is measured.
    """

    gain_per_minute: float
    dead: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReport:
    """How a task stands when tuning ends.

    ``trials`` counts the search records in the log, ``measured`` those of this invocation;
    ``failures`` are trials in the log by the status they ended with; ``default_s`` is the time of
    the fastest default config; ``expectation`` is None where the budget was not divided by gain, or
    the task's configs were all tried.
    """

    task: Task
    ending: Ending
    trials: int
    measured: int
    best: Standing | None
    default_s: float | None
    failures: Mapping[str, int]
    expectation: Expectation | None = None


@dataclass(frozen=True, slots=True, repr=False)
class TuneReport:
    """How all tasks stand when tuning ends; printed, a line for each.

    ``reason`` says why the search ended before the budget; empty where it did not.
    """

    tasks: tuple[TaskReport, ...]
    ending: Ending
    seconds: float
    reason: str = ""

    def __repr__(self) -> str:
        trials = sum(task.measured for task in self.tasks)
        return (
            f"<TuneReport: tasks={len(self.tasks)}, measured={trials}, "
            f"ending={self.ending.value!r}, seconds={self.seconds:.1f}>"
        )

    def __str__(self) -> str:
        return "\n".join([*map(_line, self.tasks), *filter(None, [self.reason])])


def _line(report: TaskReport) -> str:
    best = report.best
    time = f"best {best.figure_s * 1e6:.4g} us" if best else "no best"
    mark = " (search)" if best and not best.confirmed else ""
    default = f", default {report.default_s * 1e6:.4g} us" if report.default_s else ""
    return (
        f"{report.task.workload}: {time}{mark}{default}, trials {report.trials}, "
        f"ended by {report.ending.value}{expectation_text(report.expectation)}"
    )


def distinct(tasks: Iterable[Task]) -> list[Task]:
    """Tasks in order, each once, with the weights of equal ones added."""
    weights: dict[tuple[str, str], int] = {}
    for task in tasks:
        weights[task.key] = weights.get(task.key, 0) + task.weight
    return [Task(workload, target, weight) for (workload, target), weight in weights.items()]


def expectation_text(expectation: Expectation | None) -> str:
    """What to add to the line of a task."""
    if expectation is None:
        return ""
    if expectation.dead:
        return ", left alone: no gain expected"
    return f", expected gain {100 * expectation.gain_per_minute:.2g} % a minute"
