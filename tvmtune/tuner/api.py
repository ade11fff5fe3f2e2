"""Tuning as users ask for it: inputs, a target and a log, on this machine."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from tvmtune.compiler.accuracy import MOSTLY, mostly_exceeds, promised_errors, worth_trying
from tvmtune.compiler.rehearsal import Part
from tvmtune.compiler.request import BuildRequest
from tvmtune.compiler.templates import templates_for
from tvmtune.deploy.arguments import check_arguments
from tvmtune.deploy.inputs import InputLike, Inputs, read_inputs
from tvmtune.errors import GivenUpError, TargetError
from tvmtune.machine import MachineFacts, available_cores
from tvmtune.measure.machine import measure_machine
from tvmtune.measure.options import MeasureOptions
from tvmtune.measure.pinning import pinned
from tvmtune.measure.workers import Workers
from tvmtune.outcome import Outcome
from tvmtune.records import LogWriter
from tvmtune.roofline import Roofline
from tvmtune.search.plugins import installed_strategies
from tvmtune.search.strategies import STRATEGIES, Strategies, named
from tvmtune.target import Target, host_isa, parse_target
from tvmtune.tuner.equipment import Equipment
from tvmtune.tuner.events import Event, Warned
from tvmtune.tuner.local import compiled_domain, equipment_with
from tvmtune.tuner.loop import tune_spanned
from tvmtune.tuner.opening import span_tasks
from tvmtune.tuner.options import TuneOptions
from tvmtune.tuner.task import Task, TuneReport
from tvmtune.workload import parse

_log = logging.getLogger(__name__)

_INTERFERENCE_TOLERATED = 1.15
"""Builders leave the machine alone while a candidate is timed if they slow it down by more."""

PathLike = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Machinery:
    """What measures candidates for a target.

    Parameters
    ----------
    equipment
        Admits tasks and spans their domains, before anything is measured.
    ready
        Measures the machine; gives the equipment to tune with, and what was found, None if
        waiting for the machine was given up.
    """

    equipment: Equipment
    ready: Callable[[], tuple[Equipment, MachineFacts | None]]


MachineryFactory = Callable[[Target, Callable[[], bool]], AbstractContextManager[Machinery]]
"""Lends machinery for a target; the callable, asked from any thread, says when to wait no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who follows a tuning run.

    ``event`` gets each event and ``machine`` the measured facts, in the thread that tunes;
    ``stop`` is asked between outcomes, and from other threads; once it says yes nothing more is
    measured.
    """

    event: Callable[[Event], None] = lambda event: None
    machine: Callable[[MachineFacts], None] = lambda facts: None
    stop: Callable[[], bool] = lambda: False


def tune(  # noqa: PLR0913 (all that a user may say)
    inputs: InputLike | Sequence[InputLike],
    target: str = "cpu",
    log: PathLike = "tuning.jsonl",
    *,
    trials: int | None = None,
    minutes: float | None = None,
    seed: int = 0,
    search: str = "sa-xgb",
    template: str | None = None,
    threads: int | None = None,
    max_rel_error: float | None = None,
    divide: str = "gain",
    min_gain: float | None = None,
) -> TuneReport:
    """Tune workloads and models on this machine and keep every measurement in a log.

    The same call with the same log goes on where it stopped.

    Parameters
    ----------
    inputs
        Names or texts of workloads, or paths of ONNX files.
    target
        What to tune for; threads and instruction set as in ``cpu:threads=2,isa=avx2``.
    log
        File that is appended to; made if there is none.
    trials, minutes
        Trials per task that the log is to have, on average where the budget is divided by gain,
        and time for this call; whichever comes first ends it.  With neither there are 200 trials.
    seed
        The same seed and the same results give the same proposals.
    search
        A name of ``tvmtune strategies``, plug-ins included, or ``FILE.py:CLASS`` or
        ``module:CLASS`` for one's own.
    template
        Use this template only; a name, or ``FILE.py:NAME`` or ``module:NAME`` for one's own.
    threads
        Threads of the kernels; must not contradict the target.
    max_rel_error
        Leave out templates that mostly have, and configs that are measured with, a larger error:
        max|y - y64| / max|y64| on standard normal operands.
    divide
        How several tasks share the budget: ``"gain"``, by what each is expected to save of the
        whole model's time, or ``"even"``.
    min_gain
        Stop when a minute is expected to save less of the whole model's time, in per cent.

    Returns
    -------
    TuneReport
        How each task stands.

    Raises
    ------
    TvmtuneError
        If an argument names nothing, or the log cannot be written.
    """
    check_arguments("tune", inputs=inputs, target=target, log=log, threads=threads)
    check_arguments("tune", trials=trials, minutes=minutes, seed=seed)
    check_arguments("tune", search=search, template=template, max_rel_error=max_rel_error)
    check_arguments("tune", divide=divide, min_gain=min_gain)
    options = TuneOptions(
        trials=trials,
        minutes=minutes,
        seed=seed,
        search=search,
        template=template,
        max_rel_error=max_rel_error,
        divide=divide,
        min_gain=min_gain,
    )
    found = read_inputs(inputs)
    for note in found.notes:
        _log.warning("%s", note)
    watch = Watch(event=_log_warning)
    strategies = installed_strategies([search])
    parsed = parse_target(target, threads)
    return tune_inputs(found, parsed, log, options, watch=watch, strategies=strategies)


def tune_inputs(
    inputs: Inputs,
    target: Target,
    log: PathLike,
    options: TuneOptions,
    *,
    watch: Watch | None = None,
    machinery: MachineryFactory | None = None,
    strategies: Strategies = STRATEGIES,
) -> TuneReport:
    """Tune the workloads of some inputs for a target.

    Parameters
    ----------
    inputs, target
        What to tune, and for what.
    log
        File that is appended to.
    options
        Budget and manner; the minutes count from now.
    watch
        Who follows it.
    machinery
        Measures; this machine's when None.
    strategies
        What the options may name.

    Raises
    ------
    TargetError
        If kernels for the target cannot be timed on this machine.
    TvmtuneError
        As `tune`; what is wrong with the inputs is found before the log is made.
    """
    started_s = time.monotonic()
    watch = watch or Watch()
    if machinery is None:
        check_machine(target, available_cores())
    check_options(inputs, target, options, strategies)
    tasks = [Task(i.workload.text, target.text, i.occurrences) for i in inputs.workloads]
    limit_s = started_s + 60 * (float("inf") if options.minutes is None else options.minutes)

    def give_up() -> bool:
        return watch.stop() or time.monotonic() >= limit_s

    with (machinery or local_machinery)(target, give_up) as machine:
        planning = replace(machine.equipment, strategies=strategies)
        spanned = span_tasks(tasks, options, planning, watch.event)
        for note in exactness_notes([one.task for one in spanned], options):
            watch.event(Warned(message=note))
        with LogWriter(log) as writer:
            equipment, facts = machine.ready()
            if facts is not None:
                watch.machine(facts)
            left = options.with_time_left(time.monotonic() - started_s)
            return tune_spanned(
                spanned, writer, left, equipment, listener=watch.event, stop=watch.stop
            )


def check_machine(target: Target, cores: Sequence[int]) -> None:
    """Refuse a target whose kernels cannot be timed on this machine; they can be built here.

    Parameters
    ----------
    target
        What to tune for.
    cores
        Cores that this process may use.

    Raises
    ------
    TargetError
        An instruction set that this machine lacks, or more threads than cores.
    """
    if not target.runs_here():
        raise TargetError(
            f"target {target.text}: this machine cannot run {target.isa}; tune for "
            f"isa={host_isa()} here, or run this on a machine that has {target.isa}"
        )
    if target.threads > len(cores):
        raise TargetError(
            f"target {target.text}: {target.threads} threads cannot be timed on the {len(cores)} "
            f"cores that may be used here; at most {len(cores)} would work"
        )


def check_options(
    inputs: Inputs, target: Target, options: TuneOptions, strategies: Strategies = STRATEGIES
) -> None:
    """Refuse a strategy or a template that does not exist before anything is started.

    Raises
    ------
    SearchError
        A strategy that does not exist, or cannot be imported.
    TemplateError
        A template that does not exist, serves none of the workloads, or promises too little.
    """
    named(options.search, strategies)
    if options.template is not None and len(inputs.workloads) == 1:
        workload = inputs.workloads[0].workload
        found = templates_for(workload, target, options.template)
        worth_trying(found, workload, options.max_rel_error)


def exactness_notes(tasks: Sequence[Task], options: TuneOptions) -> list[str]:
    """What to tell of the templates that are not as exact as the options want, a line for each."""
    limit = options.max_rel_error
    if limit is None:
        return []
    promises: dict[str, list[float]] = {}
    for task in tasks:
        workload = parse(task.workload)
        found = templates_for(workload, parse_target(task.target), options.template)
        for name, error in promised_errors(found, workload).items():
            if mostly_exceeds(error, limit):
                promises.setdefault(name, []).append(error)
    return [
        f"{name} is left out{_of_tasks(len(errors), len(tasks))}: it promises a relative error of "
        f"{_span_text(errors)} and mostly has {MOSTLY:g} of it; tolerated is {limit:g}"
        for name, errors in promises.items()
    ]


def _of_tasks(out: int, tasks: int) -> str:
    return f" of {out} of {tasks} tasks" if tasks > 1 else ""


def _span_text(errors: Sequence[float]) -> str:
    least, most = f"{min(errors):.2g}", f"{max(errors):.2g}"
    return least if least == most else f"{least} to {most}"


@contextmanager
def local_machinery(target: Target, give_up: Callable[[], bool]) -> Iterator[Machinery]:
    """Lend the machinery of this machine; its worker processes end with the context."""
    cores = available_cores()
    options = MeasureOptions().placed(target.threads, cores)
    with ExitStack() as stack:
        workers = stack.enter_context(Workers(options, _waiting, give_up))

        def rehearse(request: BuildRequest, part: Part) -> Outcome:
            return workers.rehearse(request.to_json(), part)

        def ready() -> tuple[Equipment, MachineFacts | None]:
            nonlocal workers
            facts = _facts(workers, target, cores)
            workers.close()
            tolerated = facts is not None and facts.interference <= _INTERFERENCE_TOLERATED
            overlap = options.overlap and tolerated
            stack.enter_context(pinned(options.build_cores if overlap else ()))
            aside = options.builders_aside if overlap else 0
            placed = replace(options, overlap=overlap, builders_aside=aside)
            workers = stack.enter_context(Workers(placed, _waiting, give_up))
            equipment = equipment_with(workers, domain)
            found = {} if facts is None else settings_of(facts, target)
            return replace(equipment, settings={**equipment.settings, **found}), facts

        domain = partial(compiled_domain, rehearse=rehearse)  # in whichever workers there are
        yield Machinery(equipment_with(workers, domain), ready)


def settings_of(facts: MachineFacts, target: Target) -> dict[str, Any]:
    """What of a machine's facts each record keeps."""
    return {
        **Roofline.of(facts, target.threads).to_settings(),
        "interference": round(facts.interference, 3),
        "noise": round(facts.noise, 4),
    }


def _facts(workers: Workers, target: Target, cores: Sequence[int]) -> MachineFacts | None:
    try:
        return measure_machine(workers, target, cores)
    except GivenUpError:
        return None


def _log_warning(event: Event) -> None:
    if isinstance(event, Warned):
        _log.warning("%s", event.message)


def _waiting(holder: int | None) -> None:
    who = "another process" if holder is None else f"process {holder}"
    _log.warning("waiting for %s, which measures on this machine", who)
