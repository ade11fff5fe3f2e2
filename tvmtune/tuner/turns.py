"""What a task gets at its turn: a part of the search, its confirmation, its report."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from tvmtune.records import Proposer
from tvmtune.tuner.equipment import Equipment
from tvmtune.tuner.events import Event, TaskFinished, TaskStarted
from tvmtune.tuner.harnesses import Harnesses
from tvmtune.tuner.options import TuneOptions
from tvmtune.tuner.pace import Average, Pace
from tvmtune.tuner.session import Session
from tvmtune.tuner.task import Ending, Expectation, Task, TaskReport
from tvmtune.tuner.task_run import TaskRun

_TRIAL_S = 0.25
"""What a trial is expected to take before there was one."""


class Turns(ABC):
    """The turns of some tasks; subclasses say in what order, and how long each is.

    Parameters
    ----------
    runs
        The tasks.
    options, equipment
        What is asked for, and what does it.
    harnesses
        Closed by who made them.
    emit, stop
        Takes events; says whether the user wants to end.
    start_s
        When the minutes began, on the equipment's clock.

    Attributes
    ----------
    reason
        Why the search ended before the budget; empty where it did not.
    """

    reason = ""

    def __init__(
        self,
        runs: Sequence[TaskRun],
        options: TuneOptions,
        equipment: Equipment,
        harnesses: Harnesses,
        emit: Callable[[Event], None],
        stop: Callable[[], bool],
        start_s: float,
    ) -> None:
        seconds = None if options.minutes is None else options.minutes * 60
        self._runs = runs
        self._options = options
        self._now_s = equipment.monotonic_s
        self._harnesses = harnesses
        self._emit = emit
        self._stop = stop
        self._confirm_s = options.confirm_seconds(len(runs))
        self._pace = Pace.plan(start_s, seconds, len(runs), self._confirm_s)
        self._leaders = self._pace.leaders(options.leaders)
        self._trial_s = Average(_TRIAL_S)
        self._confirmed_s = Average(self._pace.confirm_s)
        self._reports: dict[Task, TaskReport] = {}

    def run_all(self) -> tuple[TaskReport, ...]:
        """Give turns until every task is finished."""
        for run in self._runs:
            self._emit(_started(run))
        self._take_turns()
        return tuple(self._reports[run.task] for run in self._runs)

    @abstractmethod
    def _take_turns(self) -> None:
        """Search and confirm every task, and finish it."""

    def _finish(self, run: TaskRun, ending: Ending, expectation: Expectation | None = None) -> None:
        """Report a task that has had its last turn."""
        report = _report(run, ending, expectation)
        self._reports[run.task] = report
        self._harnesses.drop(run.task)
        self._emit(TaskFinished(report=report))

    def _search(self, run: TaskRun, may_go_on: Callable[[int], bool]) -> float | None:
        """Search a task while it may go on; seconds per trial, None if there was none."""
        start_s, before = self._now_s(), run.measured
        self._session(run).search(may_go_on)
        measured = run.measured - before
        if not measured:
            return None
        trial_s = (self._now_s() - start_s) / measured
        self._trial_s.add(trial_s)
        return trial_s

    def _while_time(self, run: TaskRun, end_s: float) -> Callable[[int], bool]:
        """Whether another trial fits, asked before each.

        What has no time at all yet gets one trial even so.
        """
        start_s = self._now_s()

        def fits(handed_over: int) -> bool:
            ended = handed_over - run.under_way
            trial_s = (self._now_s() - start_s + self._trial_s.value) / (ended + 1)
            if self._now_s() + (run.under_way + 1) * trial_s <= end_s:
                return True
            return handed_over == 0 and has_nothing(run) and self._left_s() > 0

        return fits

    def _confirm(self, run: TaskRun, still: int) -> None:
        """Confirm what leads, in a fair part of what is left for it and the tasks still to come."""
        seconds = min(self._confirm_s, self._left_s() / still)
        if self._stop() or seconds <= 0 or not run.needs_confirmation(self._leaders):
            return
        start_s = self._now_s()
        self._session(run).confirm(self._leaders, seconds)
        self._confirmed_s.add(self._now_s() - start_s)

    def _session(self, run: TaskRun) -> Session:
        return Session(run, self._harnesses.of(run.task), self._emit, self._stop)

    def _left_s(self) -> float:
        deadline_s = self._pace.deadline_s
        return float("inf") if deadline_s is None else deadline_s - self._now_s()


def has_nothing(run: TaskRun) -> bool:
    """Whether a task has no usable time yet."""
    return run.history.best_s is None


def _started(run: TaskRun) -> TaskStarted:
    return TaskStarted(
        task=run.task,
        templates=tuple(run.history.versions),
        space_size=run.domain.size,
        trials=run.trials,
        trial_limit=run.trial_limit,
        best_s=run.history.best_s,
    )


def _report(run: TaskRun, ending: Ending, expectation: Expectation | None) -> TaskReport:
    standings = run.history.standings()
    defaults = (s for s in standings if s.record.proposer is Proposer.DEFAULT)
    return TaskReport(
        task=run.task,
        ending=ending,
        trials=run.trials,
        measured=run.measured,
        best=standings[0] if standings else None,
        default_s=min((s.figure_s for s in defaults), default=None),
        failures=run.history.failures(),
        expectation=expectation,
    )
