"""Tasks made ready: their domains spanned, their strategies told what the log has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tvmtune.errors import TvmtuneError
from tvmtune.records import LogWriter, Record, read_log
from tvmtune.tuner.equipment import Equipment, make_named_strategy
from tvmtune.tuner.events import Event, Warned
from tvmtune.tuner.history import History, by_task
from tvmtune.tuner.journal import Journal
from tvmtune.tuner.options import TuneOptions
from tvmtune.tuner.task import Task
from tvmtune.tuner.task_run import TaskRun


def open_runs(
    tasks: Sequence[Task],
    log: LogWriter,
    options: TuneOptions,
    equipment: Equipment,
    emit: Callable[[Event], None],
) -> list[TaskRun]:
    """Make the tasks ready; those that no template serves are left out with a warning.

    Raises
    ------
    TvmtuneError
        If none is left: the last task's error.
    """
    contents = read_log([log.path])
    for problem in contents.problems:
        emit(Warned(message=str(problem)))
    records = by_task(contents.records)
    journal = Journal(log, equipment, options.seed)
    runs: list[TaskRun] = []
    errors: list[tuple[Task, TvmtuneError]] = []
    for task in tasks:
        try:
            runs.append(_open(task, records.get(task.key, ()), options, journal, len(tasks)))
        except TvmtuneError as error:
            errors.append((task, error))
    if not runs and errors:
        raise errors[-1][1]
    for task, reason in errors:
        emit(Warned(message=f"{task.workload} is left out: {reason}"))
    return runs


def _open(
    task: Task, records: Sequence[Record], options: TuneOptions, journal: Journal, tasks: int
) -> TaskRun:
    equipment = journal.equipment
    domain, templates = equipment.domain(
        task.workload, task.target, template=options.template, restrict=options.restrict
    )
    seed = options.seed_for(task)
    strategy = (
        make_named_strategy(options, domain, seed, tasks)
        if equipment.strategy is None
        else equipment.strategy(domain, seed)
    )
    versions = {template.name: template.version for template in templates}
    return TaskRun(
        task,
        domain,
        strategy,
        History.of(records, versions, equipment.here),
        journal,
        trial_limit=options.trial_limit,
        retries=options.retries,
    )
