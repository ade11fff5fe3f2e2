"""Running a study: every search that is missing, replayed or live."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tvmtune.errors import TvmtuneError, UsageError
from tvmtune.experiments.live_searching import Bench, LiveSearch, bench
from tvmtune.experiments.planning import StudyPlan, plan_study
from tvmtune.experiments.replay_pool import WORKER, Ended, ReplayJob, SearchFailure, replay_all
from tvmtune.experiments.results import Search
from tvmtune.experiments.study import LiveTask, ReplayedTask, Study
from tvmtune.experiments.study_directory import StudyDirectory, opened
from tvmtune.experiments.trace import Trace
from tvmtune.machine import MachineFacts
from tvmtune.measure.child import describe
from tvmtune.search.strategies import STRATEGIES, Strategies
from tvmtune.tuner import api
from tvmtune.tuner.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyWatch:
    """Who follows a study, in the thread that runs it.

    Parameters
    ----------
    planned
        Gets the plan before anything is run.
    ended
        Gets each search as it ends, after it was kept.
    live
        Gets each live search as it begins.
    event, machine
        Get what a live search tells, and the facts of the machine.
    stop
        Asked again and again, from other threads, too; once it says yes, nothing more is run.
    """

    planned: Callable[[StudyPlan], None] = lambda plan: None
    ended: Callable[[Ended], None] = lambda ended: None
    live: Callable[[LiveSearch], None] = lambda search: None
    event: Callable[[Event], None] = lambda event: None
    machine: Callable[[MachineFacts], None] = lambda facts: None
    stop: Callable[[], bool] = lambda: False


@dataclass(slots=True)
class StudyRun:
    """What a run of a study came to.

    Parameters
    ----------
    plan
        What was asked for.
    finished
        How many searches were made.
    failures
        Those that failed; the next run tries them again.
    """

    plan: StudyPlan
    finished: int = 0
    failures: list[SearchFailure] = field(default_factory=list)

    @property
    def left(self) -> int:
        """How many searches were neither made nor failed: the run was stopped."""
        return self.plan.left - self.finished - len(self.failures)


def run_study(
    study: Study,
    out: Path,
    jobs: int = 1,
    watch: StudyWatch | None = None,
    *,
    worker: tuple[str, ...] = WORKER,
    machinery: api.MachineryFactory | None = None,
    strategies: Strategies = STRATEGIES,
) -> StudyRun:
    """Run the searches of a study that its results do not have yet.

    Replayed ones run in processes of their own, one thread each, then live ones, one at a time.
    Each is kept as soon as it ends, so that a run may be killed at any moment and run again.

    Parameters
    ----------
    study
        What is to be compared.
    out
        The directory of its results; made if there is none.
    jobs
        Replayed searches at a time.  Thinking is charged as it is measured: more of them than
        there are idle cores make it longer.
    watch
        Who follows it.
    worker
        Command of the processes that replay.
    machinery
        Measures live tasks; this machine's when None.
    strategies
        What contenders are chosen from; of replays, those of this package and of plug-ins.

    Raises
    ------
    UsageError
        If there are less than 1 jobs, the study does not fit the results there, or another
        process writes them.
    TvmtuneError
        If something that the study names does not exist, or results cannot be written.
    """
    if jobs < 1:
        raise UsageError(f"{jobs} jobs: give at least 1 (--jobs N)")
    plan, watch = plan_study(study, out, strategies), watch or StudyWatch()
    watch.planned(plan)
    run = StudyRun(plan)
    if not plan.left:
        return run
    with opened(plan, jobs) as directory:
        keep = _Keeper(run, directory, watch)
        for ended in replay_all(_replays(plan, directory), jobs, watch.stop, worker):
            keep(ended)
        for task in study.tasks:
            if isinstance(task, LiveTask) and not watch.stop():
                _run_live(task, plan, keep, machinery or api.local_machinery)
    return run


@dataclass(frozen=True, slots=True)
class _Keeper:
    """Writes what ended, counts it, and tells of it."""

    run: StudyRun
    directory: StudyDirectory
    watch: StudyWatch

    def __call__(self, ended: Ended) -> None:
        """Take a search or its failure."""
        if isinstance(ended.result, Search):
            self.directory.add(ended.result)
            self.run.finished += 1
        else:
            self.directory.add_error(ended.result)
            self.run.failures.append(ended.result)
        self.watch.ended(ended)


def _replays(plan: StudyPlan, directory: StudyDirectory) -> list[ReplayJob]:
    """What is to be replayed, task by task, so that a process seldom reads a space."""
    return [
        ReplayJob(
            task=task.name,
            contender=contender,
            seed=seed,
            budget=contender.budget(plan.study.budget),
            space=directory.space(task).absolute(),
            template=task.template,
        )
        for task in plan.study.tasks
        if isinstance(task, ReplayedTask)
        for contender in plan.study.contenders
        for seed in plan.missing(task, contender)
    ]


def _run_live(
    task: LiveTask, plan: StudyPlan, keep: _Keeper, factory: api.MachineryFactory
) -> None:
    """Make the live searches of a task; seeds in turns, as the machine changes meanwhile."""
    searches = _live_searches(task, plan, keep.directory)
    if not searches:
        return
    watch = api.Watch(event=keep.watch.event, machine=keep.watch.machine, stop=keep.watch.stop)
    with bench(task, watch, factory) as made:
        for search in searches:
            if watch.stop():
                return
            keep.watch.live(search)
            begin_s = time.monotonic()
            result = _searched(search, made, watch)
            if result is not None:
                keep(Ended(result, time.monotonic() - begin_s))


def _live_searches(task: LiveTask, plan: StudyPlan, directory: StudyDirectory) -> list[LiveSearch]:
    missing = {c.label: plan.missing(task, c) for c in plan.study.contenders}
    return [
        LiveSearch(
            task=task,
            contender=contender,
            seed=seed,
            budget=contender.budget(plan.study.budget),
            log=directory.log(task.name, contender.label, seed),
            strategies=plan.strategies,
        )
        for seed in plan.study.seeds
        for contender in plan.study.contenders
        if seed in missing[contender.label]
    ]


def _searched(search: LiveSearch, made: Bench, watch: api.Watch) -> Search | SearchFailure | None:
    """A live search, or how it failed; None where it was stopped."""
    name, label = search.task.name, search.contender.label
    try:
        trace: Trace | None = made.search(search, watch)
    except Exception as error:  # noqa: BLE001 (a strategy's fault costs its search, not the study)
        said = str(error) if isinstance(error, TvmtuneError) else describe(error)
        return SearchFailure(task=name, strategy=label, seed=search.seed, error=said)
    if trace is None:
        return None
    return Search(task=name, strategy=label, seed=search.seed, trace=trace)
