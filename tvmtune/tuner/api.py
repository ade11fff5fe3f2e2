"""Tuning as users ask for it: inputs, a target and a log, on this machine."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace

from tvmtune.compiler import templates_for
from tvmtune.deploy.inputs import Inputs, read_inputs
from tvmtune.errors import SearchError
from tvmtune.machine import MachineFacts, available_cores
from tvmtune.measure.machine import measure_machine
from tvmtune.measure.options import MeasureOptions
from tvmtune.measure.pinning import pinned
from tvmtune.measure.workers import Workers
from tvmtune.records import LogWriter
from tvmtune.search.strategies import STRATEGIES
from tvmtune.target import Target, parse_target
from tvmtune.tuner.equipment import Equipment
from tvmtune.tuner.events import Event, Warned
from tvmtune.tuner.local import local_equipment
from tvmtune.tuner.loop import tune_tasks
from tvmtune.tuner.options import TuneOptions
from tvmtune.tuner.task import Task, TuneReport

_log = logging.getLogger(__name__)

_INTERFERENCE_TOLERATED = 1.15
"""Builders leave the machine alone while a candidate is timed if they slow it down by more."""
_SHORTEST_MINUTES = 0.001

PathLike = str | os.PathLike[str]
Machinery = Callable[[Target], AbstractContextManager[tuple[Equipment, MachineFacts | None]]]
"""What measures candidates for a target, and what is known about the machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who follows a tuning run.

    ``event`` gets each event and ``machine`` the measured facts, in the thread that tunes;
    ``stop`` is asked between outcomes, and once it says yes nothing more is measured.
    """

    event: Callable[[Event], None] = lambda event: None
    machine: Callable[[MachineFacts], None] = lambda facts: None
    stop: Callable[[], bool] = lambda: False


def tune(  # noqa: PLR0913 (all that a user may say)
    inputs: str | Sequence[str],
    target: str = "cpu",
    log: PathLike = "tuning.jsonl",
    *,
    trials: int | None = None,
    minutes: float | None = None,
    seed: int = 0,
    search: str = "sa-xgb",
    template: str | None = None,
    threads: int | None = None,
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
        Trials per task that the log is to have, and time for this call; whichever comes first
        ends it.  With neither there are 200 trials.
    seed
        The same seed and the same results give the same proposals.
    search
        ``"sa-xgb"``, ``"random"`` or ``"grid"``.
    template
        Use this template only; a name, or ``FILE.py:NAME`` or ``module:NAME`` for one's own.
    threads
        Threads of the kernels; must not contradict the target.

    Returns
    -------
    TuneReport
        How each task stands.

    Raises
    ------
    TvmtuneError
        If an argument names nothing, or the log cannot be written.
    """
    options = TuneOptions(
        trials=trials, minutes=minutes, seed=seed, search=search, template=template
    )
    found = read_inputs(inputs)
    for note in found.notes:
        _log.warning("%s", note)
    watch = Watch(event=_log_warning)
    return tune_inputs(found, parse_target(target, threads), log, options, watch=watch)


def tune_inputs(
    inputs: Inputs,
    target: Target,
    log: PathLike,
    options: TuneOptions,
    *,
    watch: Watch | None = None,
    machinery: Machinery | None = None,
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

    Raises
    ------
    TvmtuneError
        As `tune`.
    """
    started_s = time.monotonic()
    watch = watch or Watch()
    check_options(inputs, target, options)
    tasks = [Task(i.workload.text, target.text, i.occurrences) for i in inputs.workloads]
    with LogWriter(log) as writer, (machinery or local_machinery)(target) as (equipment, facts):
        if facts is not None:
            watch.machine(facts)
        left = _with_time_left(options, time.monotonic() - started_s)
        return tune_tasks(tasks, writer, left, equipment, listener=watch.event, stop=watch.stop)


def check_options(inputs: Inputs, target: Target, options: TuneOptions) -> None:
    """Refuse a strategy or a template that does not exist before anything is started.

    Raises
    ------
    SearchError
        A strategy that does not exist.
    TemplateError
        A template that does not exist or serves none of the workloads.
    """
    if options.search not in STRATEGIES:
        known = ", ".join(STRATEGIES)
        raise SearchError(f"no search strategy {options.search!r}; there are {known}")
    if options.template is not None and len(inputs.workloads) == 1:
        templates_for(inputs.workloads[0].workload, target, options.template)


@contextmanager
def local_machinery(target: Target) -> Iterator[tuple[Equipment, MachineFacts | None]]:
    """Measure the facts of this machine, then lend its equipment until the context ends."""
    cores = available_cores()
    options = MeasureOptions().placed(target.threads, cores)
    with Workers(options, _waiting) as workers:
        facts = measure_machine(workers, target, cores)
    overlap = options.overlap and facts.interference <= _INTERFERENCE_TOLERATED
    lent = local_equipment(replace(options, overlap=overlap), on_wait=_waiting)
    with pinned(options.build_cores if overlap else ()), lent as equipment:
        settings = {**equipment.settings, **settings_of(facts, target)}
        yield replace(equipment, settings=settings), facts


def settings_of(facts: MachineFacts, target: Target) -> dict[str, float]:
    """What of a machine's facts each record keeps."""
    return {
        "peak_flops": float(f"{facts.peak_for(target.threads):.5g}"),
        "interference": round(facts.interference, 3),
        "noise": round(facts.noise, 4),
    }


def _log_warning(event: Event) -> None:
    if isinstance(event, Warned):
        _log.warning("%s", event.message)


def _waiting(holder: int | None) -> None:
    who = "another process" if holder is None else f"process {holder}"
    _log.warning("waiting for %s, which measures on this machine", who)


def _with_time_left(options: TuneOptions, spent_s: float) -> TuneOptions:
    if options.minutes is None:
        return options
    return replace(options, minutes=max(options.minutes - spent_s / 60, _SHORTEST_MINUTES))
