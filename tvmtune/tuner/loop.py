"""The loop: tasks in turns, each a slice of search, and their confirmation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing

from tvmtune.records import LogWriter
from tvmtune.tuner.by_gain import TurnsByGain
from tvmtune.tuner.equipment import Equipment
from tvmtune.tuner.events import Event
from tvmtune.tuner.harnesses import Harnesses
from tvmtune.tuner.opening import Spanned, open_runs, span_tasks
from tvmtune.tuner.options import TuneOptions
from tvmtune.tuner.rounds import Rounds
from tvmtune.tuner.task import Ending, Task, TaskReport, TuneReport
from tvmtune.tuner.turns import Turns


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
    search records.  Tasks take turns, by expected gain or evenly, as the options say.  The leading
    configs of each are confirmed at its end.

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
    kind: type[Turns] = TurnsByGain if options.by_gain(len(runs)) else Rounds
    with closing(Harnesses(equipment)) as harnesses:
        turns = kind(runs, options, equipment, harnesses, listener, stop, start_s)
        reports = turns.run_all()
    seconds = equipment.monotonic_s() - start_s
    return TuneReport(reports, _overall(reports), seconds, turns.reason)


def _overall(reports: Sequence[TaskReport]) -> Ending:
    """What ended the run: the first of these that ended any task."""
    endings = {report.ending for report in reports}
    order = (Ending.STOPPED, Ending.TIME, Ending.GAIN, Ending.TRIALS, Ending.EXHAUSTED)
    return next(ending for ending in order if ending in endings)
