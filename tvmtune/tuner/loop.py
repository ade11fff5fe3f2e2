"""The loop: tasks in rounds, each round a slice of search, the last one with the confirmation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing

from tvmtune.records import LogWriter, Proposer
from tvmtune.tuner.equipment import Equipment, Harness
from tvmtune.tuner.events import Event, TaskFinished, TaskStarted
from tvmtune.tuner.opening import Spanned, open_runs, span_tasks
from tvmtune.tuner.options import TuneOptions
from tvmtune.tuner.pace import Average, Pace
from tvmtune.tuner.session import Session
from tvmtune.tuner.task import Ending, Task, TaskReport, TuneReport
from tvmtune.tuner.task_run import TaskRun

_TRIAL_S = 0.25
"""What a trial is expected to take before there was one."""


def tune_tasks(
    tasks: Iterable[Task],
    log: LogWriter,
    options: TuneOptions,
    equipment: Equipment,
    *,
    listener: Callable[[Event], None] = lambda event: None,
    stop: Callable[[], bool] = lambda: False,
) -> TuneReport:
    """Search the configs of some tasks and log every measurement.

    What the log has already is told to the searches, which go on from there; no config gets two
    search records.  Tasks take turns.  The leading configs of each are confirmed at its end.

    Parameters
    ----------
    tasks
        Equal ones are taken together.
    log
        Written before anything counts.
    options, equipment
        What is asked for, and what does it.
    listener
        Called with each event, in this thread.
    stop
        Asked between outcomes, and from other threads; once it says yes, nothing more is measured.

    Returns
    -------
    TuneReport
        How each task stands.

    Raises
    ------
    UsageError
        If there are no tasks.
    RecordError
        If the log cannot be written any more.
    MeasureError
        If the measuring machinery keeps failing.
    TvmtuneError
        If no task has a template that serves it.
    """
    start_s = equipment.monotonic_s()
    spanned = span_tasks(list(tasks), options, equipment, listener)
    left = options.with_time_left(equipment.monotonic_s() - start_s)
    return tune_spanned(spanned, log, left, equipment, listener=listener, stop=stop)


def tune_spanned(
    spanned: Sequence[Spanned],
    log: LogWriter,
    options: TuneOptions,
    equipment: Equipment,
    *,
    listener: Callable[[Event], None] = lambda event: None,
    stop: Callable[[], bool] = lambda: False,
) -> TuneReport:
    """Tune tasks whose domains are spanned; otherwise as `tune_tasks`."""
    start_s = equipment.monotonic_s()
    runs = open_runs(spanned, log, options, equipment, listener)
    with closing(_Harnesses(equipment)) as harnesses:
        reports = _Rounds(runs, options, equipment, harnesses, listener, stop, start_s).run_all()
    return TuneReport(reports, _overall(reports), equipment.monotonic_s() - start_s)


class _Rounds:
    """The turns of some tasks."""

    def __init__(
        self,
        runs: Sequence[TaskRun],
        options: TuneOptions,
        equipment: Equipment,
        harnesses: _Harnesses,
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

    def run_all(self) -> tuple[TaskReport, ...]:
        """Give turns until every task is finished."""
        for run in self._runs:
            self._emit(_started(run))
        reports: dict[Task, TaskReport] = {}
        active, round_index = list(self._runs), 0
        while active:
            for place, run in enumerate(active):
                waiting = len(active) - place
                still = len(self._runs) - len(reports)
                end_s = self._slice_end_s(round_index, still, waiting)
                ending = self._turn(run, end_s, self._pace.is_last(round_index), still)
                if ending is not None:
                    reports[run.task] = _report(run, ending)
                    self._harnesses.drop(run.task)
                    self._emit(TaskFinished(report=reports[run.task]))
            active = [run for run in active if run.task not in reports]
            round_index += 1
        return tuple(reports[run.task] for run in self._runs)

    def _turn(self, run: TaskRun, end_s: float, is_last: bool, still: int) -> Ending | None:
        """One turn of a task; why it ended for good, or None when there is another to come."""
        if not self._stop() and self._has_work(run):
            session = Session(run, self._harnesses.of(run.task), self._emit, self._stop)
            if not run.finished and (self._now_s() < end_s or _has_nothing(run)):
                self._search(session, end_s, shared=still > 1)
            if run.finished or is_last:
                self._confirm(session, still)
        if self._stop():
            return Ending.STOPPED
        if run.finished:
            return Ending.EXHAUSTED if run.exhausted else Ending.TRIALS
        return Ending.TIME if is_last or self._left_s() <= 0 else None

    def _has_work(self, run: TaskRun) -> bool:
        return self._left_s() > 0 and (not run.finished or run.needs_confirmation(self._leaders))

    def _slice_end_s(self, round_index: int, still: int, waiting: int) -> float:
        reserve_s = self._confirmed_s.value
        return self._pace.slice_end_s(self._now_s(), round_index, still, waiting, reserve_s)

    def _search(self, session: Session, end_s: float, *, shared: bool) -> None:
        """Search for a slice, and remember how long its trials took."""
        start_s, before = self._now_s(), session.run.measured
        session.search(self._limit(session.run, end_s, shared))
        if measured := session.run.measured - before:
            self._trial_s.add((self._now_s() - start_s) / measured)

    def _limit(self, run: TaskRun, end_s: float, shared: bool) -> Callable[[int], bool]:
        """Until when a slice goes on: for a plan where time is free, else while trials fit.

        What has no time at all yet gets one trial even so.
        """
        trials = self._options.proposals_per_plan(len(self._runs))
        start_s = self._now_s()

        def may_go_on(handed_over: int) -> bool:
            if self._pace.deadline_s is None:
                return not shared or handed_over < trials
            ended = handed_over - run.under_way
            trial_s = (self._now_s() - start_s + self._trial_s.value) / (ended + 1)
            fits = self._now_s() + (run.under_way + 1) * trial_s <= end_s
            return fits or (handed_over == 0 and _has_nothing(run) and self._left_s() > 0)

        return may_go_on

    def _confirm(self, session: Session, still: int) -> None:
        """Confirm what leads, in a fair part of what is left for it and the tasks still to come."""
        seconds = min(self._confirm_s, self._left_s() / still)
        if self._stop() or seconds <= 0 or not session.run.needs_confirmation(self._leaders):
            return
        start_s = self._now_s()
        session.confirm(self._leaders, seconds)
        self._confirmed_s.add(self._now_s() - start_s)

    def _left_s(self) -> float:
        deadline_s = self._pace.deadline_s
        return float("inf") if deadline_s is None else deadline_s - self._now_s()


class _Harnesses:
    """The harnesses of the tasks in turn."""

    def __init__(self, equipment: Equipment) -> None:
        self._make = equipment.harness
        self._open: dict[Task, Harness] = {}

    def of(self, task: Task) -> Harness:
        """The harness of a task, made at its first turn."""
        if task not in self._open:
            self._open[task] = self._make(task)
        return self._open[task]

    def drop(self, task: Task) -> None:
        """Close the harness of a task, which frees its arrays and artifacts."""
        if task in self._open:
            self._open.pop(task).close()

    def close(self) -> None:
        """Close all of them."""
        for task in tuple(self._open):
            self.drop(task)


def _has_nothing(run: TaskRun) -> bool:
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


def _report(run: TaskRun, ending: Ending) -> TaskReport:
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
    )


def _overall(reports: Sequence[TaskReport]) -> Ending:
    """What ended the run: the first of these that ended any task."""
    endings = {report.ending for report in reports}
    order = (Ending.STOPPED, Ending.TIME, Ending.TRIALS, Ending.EXHAUSTED)
    return next(ending for ending in order if ending in endings)
