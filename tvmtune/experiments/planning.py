"""What a study comes to: everything that it names is tried before anything is run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tvmtune.deploy.inputs import Inputs, read_inputs
from tvmtune.errors import TvmtuneError, UsageError
from tvmtune.experiments.contender import Contender, make_contender
from tvmtune.experiments.recorded_domain import RecordedDomain
from tvmtune.experiments.results import TRACES_FILE, read_results
from tvmtune.experiments.study import LiveTask, ReplayedTask, Study, file_name
from tvmtune.experiments.study_changes import refuse_changes
from tvmtune.experiments.study_file import STUDY_FILE, StudyFile, StudyTask, read_study
from tvmtune.machine import available_cores
from tvmtune.records.recorded_space import read_space
from tvmtune.search.strategies import STRATEGIES, Strategies
from tvmtune.search_spaces.space import Domain
from tvmtune.target import parse_target
from tvmtune.tuner.api import check_machine, check_options
from tvmtune.tuner.local import compiled_domain
from tvmtune.tuner.options import TuneOptions

SearchKey = tuple[str, str, int]
"""Task, label of the strategy, seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPlan:
    """A study that can be run.

    Parameters
    ----------
    study
        What is asked for.
    out
        The directory of its results.
    file
        The study as results keep it; its origin is still to be told.
    known
        Searches that have finished.
    strategies
        What its contenders are chosen from.
    """

    study: Study
    out: Path
    file: StudyFile
    known: frozenset[SearchKey]
    strategies: Strategies = field(default_factory=lambda: STRATEGIES)

    def missing(self, task: ReplayedTask | LiveTask, contender: Contender) -> tuple[int, ...]:
        """The seeds with which a contender has still to search a task."""
        seeds = self.study.seeds_of(contender)
        return tuple(s for s in seeds if (task.name, contender.label, s) not in self.known)

    @property
    def searches(self) -> int:
        """How many there are to be in all."""
        return self.file.searches

    @property
    def left(self) -> int:
        """How many are still to be run."""
        study = self.study
        return sum(len(self.missing(t, c)) for t in study.tasks for c in study.contenders)


def plan_study(study: Study, out: Path, strategies: Strategies = STRATEGIES) -> StudyPlan:
    """Try everything that a study names, and look at what there is of its results.

    Every space is read and its domain spanned, every strategy made for every task; nothing is
    written and nothing measured.

    Parameters
    ----------
    study
        What is asked for.
    out
        The directory of its results; need not exist.
    strategies
        What its contenders are chosen from.

    Raises
    ------
    UsageError
        If a strategy cannot be made, or the results there are of another study.
    TvmtuneError
        If a space cannot be read or replayed, a live task not be measured here, or the results
        not be read.
    """
    file = study.to_file([_tried(task, study, out, strategies) for task in study.tasks], {})
    path = out / STUDY_FILE
    known: frozenset[SearchKey] = frozenset()
    if path.exists():
        refuse_changes(read_study(path), file, path)
        if (out / TRACES_FILE).exists():
            known = frozenset(search.key for search in read_results(out).searches)
    return StudyPlan(study=study, out=out, file=file, known=known, strategies=strategies)


def inputs_of(task: LiveTask) -> Inputs:
    """The one workload of a task that is live.

    Raises
    ------
    UsageError
        If there is more or less than one.
    """
    found = read_inputs([task.workload])
    if len(found.workloads) != 1:
        raise UsageError(f"{len(found.workloads)} workloads: a task has one")
    return found


def space_name(task: ReplayedTask) -> str:
    """Where results keep the space of a task."""
    return f"spaces/{file_name(task.name)}.space.gz"


def _tried(
    task: ReplayedTask | LiveTask, study: Study, out: Path, strategies: Strategies
) -> StudyTask:
    """A task with canonical texts, after all contenders were made for it."""
    tried, domain = _replayed(task, out) if isinstance(task, ReplayedTask) else _live(task)
    for contender in study.contenders:
        budget = contender.budget(study.budget)
        try:
            make_contender(
                contender.search, contender.options, domain, study.seeds[0], budget, strategies
            )
        except TvmtuneError as error:
            raise UsageError(f"strategy {contender.label} for {task.name}: {error}") from error
    return tried


def _replayed(task: ReplayedTask, out: Path) -> tuple[StudyTask, Domain]:
    space = read_space(task.path)
    domain = RecordedDomain.of(space, task.path, task.template)
    kept = out / space_name(task)
    if kept.exists() and read_space(kept).to_json() != space.to_json():
        raise UsageError(
            f"task {task.name}: {task.path} is not the space that {kept} has: results of both do "
            "not compare; give back that file, or keep the new ones elsewhere with --out DIR"
        )
    tried = StudyTask(
        name=task.name, workload=space.workload, target=space.target, space=space_name(task)
    )
    return tried, domain


def _live(task: LiveTask) -> tuple[StudyTask, Domain]:
    try:
        target = parse_target(task.target)
        inputs = inputs_of(task)
        check_machine(target, available_cores())
        check_options(inputs, target, TuneOptions(template=task.template))
        (item,) = inputs.workloads
        text = item.workload.text
        domain, _ = compiled_domain(text, target.text, task.template, task.restrict)
    except TvmtuneError as error:
        raise UsageError(f"task {task.name}: {error}") from error
    return StudyTask(name=task.name, workload=text, target=target.text, space=None), domain
