"""Tasks made ready: their domains spanned, their strategies told what the log has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tvmtune.errors import TvmtuneError, UsageError
from tvmtune.records import LogWriter, read_log
from tvmtune.search.base import Strategy
from tvmtune.search_spaces.domain import TaskDomain
from tvmtune.tuner.equipment import Equipment, TemplateKey, make_named_strategy
from tvmtune.tuner.events import Event, Warned
from tvmtune.tuner.history import History, by_task
from tvmtune.tuner.journal import Journal
from tvmtune.tuner.options import TuneOptions
from tvmtune.tuner.task import Task, distinct
from tvmtune.tuner.task_run import TaskRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Spanned:
    """A task that can be tuned; its templates are in the domain's order."""

    task: Task
    domain: TaskDomain
    templates: Sequence[TemplateKey]
    strategy: Strategy


def span_tasks(
    tasks: Sequence[Task],
    options: TuneOptions,
    equipment: Equipment,
    emit: Callable[[Event], None],
) -> list[Spanned]:
    """Span the domains of tasks, equal ones taken together; needs no log and measures nothing.

    Those that cannot be tuned are left out with a warning.

    Raises
    ------
    UsageError
        If there are no tasks.
    TvmtuneError
        If none is left: the last task's error.
    """
    todo = distinct(tasks)
    if not todo:
        raise UsageError("nothing to tune: give a workload, or a model that has some")
    spanned: list[Spanned] = []
    errors: list[tuple[Task, TvmtuneError]] = []
    for task in todo:
        try:
            spanned.append(_span(task, options, equipment))
        except TvmtuneError as error:
            errors.append((task, error))
    if not spanned:
        raise errors[-1][1]
    for task, reason in errors:
        said = str(reason).removeprefix(f"{task.workload}: ")
        emit(Warned(message=f"{task.workload} is left out: {said}"))
    return spanned


def open_runs(
    spanned: Sequence[Spanned],
    log: LogWriter,
    options: TuneOptions,
    equipment: Equipment,
    emit: Callable[[Event], None],
) -> list[TaskRun]:
    """Tell the strategies of tasks what the log has; warn of what in it does not count here."""
    contents = read_log([log.path])
    for problem in contents.problems:
        emit(Warned(message=str(problem)))
    records = by_task(contents.records)
    journal = Journal(log, equipment, options.seed)
    runs = []
    for one in spanned:
        versions = {template.name: template.version for template in one.templates}
        history = History.of(
            records.get(one.task.key, ()), versions, equipment.here, options.max_rel_error
        )
        runs.append(
            TaskRun(
                one.task,
                one.domain,
                one.strategy,
                history,
                journal,
                trial_limit=options.trial_limit,
                retries=options.retries,
            )
        )
    _warn_of_foreign(runs, emit)
    return runs


def _span(task: Task, options: TuneOptions, equipment: Equipment) -> Spanned:
    equipment.admit(task)
    domain, templates = equipment.domain(
        task.workload,
        task.target,
        template=options.template,
        restrict=options.restrict,
        max_rel_error=options.max_rel_error,
    )
    seed = options.seed_for(task)
    strategy = (
        make_named_strategy(options, domain, seed, equipment.strategies)
        if equipment.strategy is None
        else equipment.strategy(domain, seed)
    )
    return Spanned(task=task, domain=domain, templates=templates, strategy=strategy)


def _warn_of_foreign(runs: Sequence[TaskRun], emit: Callable[[Event], None]) -> None:
    """Say how many trials of the log other models of CPU have made."""
    foreign: Counter[str] = Counter()
    for run in runs:
        foreign += run.history.foreign_trials
    if foreign:
        models = ", ".join(model or "an unknown one" for model in sorted(foreign))
        emit(
            Warned(
                message=f"{foreign.total()} of {sum(run.trials for run in runs)} trials in the log "
                f"are from another model of CPU ({models}): they count as trials, but only what is "
                "measured here decides; more trials search on"
            )
        )
