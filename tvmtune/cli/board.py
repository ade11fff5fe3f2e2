"""How a tuning run stands: what its events add up to, without a word about how it is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tvmtune.outcome import Status
from tvmtune.records import Purpose, Record
from tvmtune.tuner.events import (
    Confirmed,
    Confirming,
    Event,
    PlanProposed,
    TaskFinished,
    TaskStarted,
    TrialFinished,
    Warned,
)
from tvmtune.tuner.options import TuneOptions
from tvmtune.tuner.task import Ending, Task, TaskReport
from tvmtune.workload import parse


@dataclass(slots=True)
class TaskState:
    """One task: its trials in the log and its times, seconds per call.

    ``measured`` counts the trials of this run; ``model`` is the rank correlation of the cost model.
    """

    task: Task
    flops: float
    space_size: int
    trials: int
    limit: int | None
    best_s: float | None
    current_s: float | None = None
    measured: int = 0
    activity: str = "waiting"
    model: float | None = None
    report: TaskReport | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing more is measured for it in this run."""
        return self.report is not None

    def rate_of(self, seconds: float | None) -> float | None:
        """Operations per second of a time."""
        return self.flops / seconds if seconds else None

    @property
    def trials_left(self) -> int | None:
        """Trials still to come; None if time alone ends it."""
        return None if self.limit is None else max(self.limit - self.trials, 0)


@dataclass(slots=True)
class Board:
    """All tasks of a run.

    ``outcomes`` counts the trials of this run by how they ended, after retries: as many as
    ``measured``.  Confirmations are no trials and are counted apart.

    Parameters
    ----------
    options
        The run's.
    clock_s
        Monotonic time.
    """

    options: TuneOptions
    clock_s: Callable[[], float]
    tasks: dict[tuple[str, str], TaskState] = field(default_factory=dict)
    current: TaskState | None = None
    peak_flops: float | None = None
    outcomes: Counter[str] = field(default_factory=Counter)
    confirmations: int = 0
    first_errors: dict[str, str] = field(default_factory=dict)
    start_s: float = field(init=False)
    search_start_s: float | None = None

    def __post_init__(self) -> None:
        self.start_s = self.clock_s()

    def take(self, event: Event) -> None:
        """Note an event."""
        match event:
            case TaskStarted():
                self._start(event)
            case TrialFinished():
                self._trial(event)
            case Confirming(task=task):
                self._at(task).activity = "confirming"
            case Confirmed(task=task, record=record):
                self.confirmations += 1
                self._note_failure(record)
                self._at(task).current_s = record.median_s
            case PlanProposed(task=task, spearman=spearman):
                self._at(task).model = spearman
            case TaskFinished(report=report):
                self._finish(report)
            case Warned():
                return

    @property
    def elapsed_s(self) -> float:
        """Seconds since the run began."""
        return self.clock_s() - self.start_s

    @property
    def measured(self) -> int:
        """Trials of this run."""
        return sum(state.measured for state in self.tasks.values())

    @property
    def trials_per_s(self) -> float | None:
        """Trials of this run per second since the first task began."""
        if self.search_start_s is None or not self.measured:
            return None
        return self.measured / max(self.clock_s() - self.search_start_s, 1e-9)

    @property
    def left_s(self) -> float | None:
        """Seconds until the run ends; None while nobody can tell."""
        limits = []
        if self.options.minutes is not None:
            limits.append(max(self.options.minutes * 60 - self.elapsed_s, 0.0))
        left = [state.trials_left for state in self.tasks.values() if not state.finished]
        rate = self.trials_per_s
        if rate and None not in left:
            limits.append(sum(n for n in left if n is not None) / rate)
        return min(limits, default=None)

    def share(self, flops_per_s: float | None) -> float | None:
        """Share of the machine's peak."""
        return flops_per_s / self.peak_flops if flops_per_s and self.peak_flops else None

    def _start(self, event: TaskStarted) -> None:
        if self.search_start_s is None:
            self.search_start_s = self.clock_s()
        self.tasks[event.task.key] = TaskState(
            task=event.task,
            flops=parse(event.task.workload).flops,
            space_size=event.space_size,
            trials=event.trials,
            limit=event.trial_limit,
            best_s=event.best_s,
        )

    def _trial(self, event: TrialFinished) -> None:
        state = self._at(event.task)
        state.activity = "searching"
        state.measured += event.trials - state.trials
        state.trials = event.trials
        state.best_s = event.best_s
        state.current_s = event.record.median_s
        self._count(event.record)
        self._note_failure(event.record)

    def _finish(self, report: TaskReport) -> None:
        state = self.tasks[report.task.key]
        state.report = report
        state.activity = "ended"
        if report.best is not None:
            state.best_s = report.best.figure_s

    def _at(self, task: Task) -> TaskState:
        state = self.tasks[task.key]
        if self.current is not None and self.current is not state and not self.current.finished:
            self.current.activity = "waiting"
        self.current = state
        return state

    def _count(self, record: Record) -> None:
        """Count how a trial ended; a retry stands for the fault before it, if that was counted."""
        if record.purpose is Purpose.RETRY:
            if not self.outcomes[Status.INFRASTRUCTURE.value]:
                return
            self.outcomes[Status.INFRASTRUCTURE.value] -= 1
        self.outcomes[record.status.value] += 1

    def _note_failure(self, record: Record) -> None:
        if record.status is not Status.OK:
            self.first_errors.setdefault(record.status.value, record.detail)


def was_begun(report: TaskReport) -> bool:
    """Whether there is anything to say of a task; a run that is stopped may never reach it."""
    return report.trials > 0 or report.ending is not Ending.STOPPED
