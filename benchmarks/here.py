"""The steps of a benchmark on this machine: tuning, contestants, errors, as users have them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from benchmarks.contest import ROOT, Contestant
from benchmarks.ours import OURS, best_kernel
from benchmarks.results import Deviation, Settings
from benchmarks.running import Contestants, Steps
from tvmtune.measure.lock import MachineLock
from tvmtune.operators import reference
from tvmtune.workload import Workload

_COMPLAINTS = "contestants.log"


def steps_here(peers: Sequence[str], peers_python: str) -> Steps:
    """What a benchmark does on this machine.

    Parameters
    ----------
    peers
        Names of peers.
    peers_python
        The Python that has them.
    """

    @contextmanager
    def contestants(settings: Settings, log: Path) -> Iterator[Contestants]:
        complaints, threads = log.absolute().parent / _COMPLAINTS, str(settings.threads)
        theirs = {p: [peers_python, "-m", "benchmarks.peers", p, threads] for p in peers}
        ours = {name: contestant_command(name, settings, log) for name in OURS}
        with ExitStack() as stack:
            yield Contestants(
                *(
                    [stack.enter_context(Contestant(n, c, complaints)) for n, c in side.items()]
                    for side in (theirs, ours)
                )
            )

    return Steps(
        tune=tune_here,
        contestants=contestants,
        deviation=deviation_here,
        exclusive=MachineLock().hold,
    )


def contestant_command(name: str, settings: Settings, log: Path) -> list[str]:
    """The command line of one of tvmtune's contestants."""
    command = [*(sys.executable, "-m", "benchmarks.ours", name), str(settings.threads)]
    limit = [] if settings.max_rel_error is None else [str(settings.max_rel_error)]
    return [*command, str(log.absolute()), *limit]


def tune_command(settings: Settings, workload: Workload, seconds: float, log: Path) -> list[str]:
    """The command line that tunes a workload."""
    command = [
        *(sys.executable, "-m", "benchmarks.tune_once", str(os.getpid())),
        *("tune", workload.text, "--log", str(log.absolute())),
        *("--minutes", str(seconds / 60), "--seed", str(settings.seed)),
        *("--threads", str(settings.threads)),
    ]
    if settings.max_rel_error is not None:
        command += ["--max-rel-error", str(settings.max_rel_error)]
    return command


def tune_here(settings: Settings, workload: Workload, seconds: float, log: Path) -> int:
    """Tune a workload as a user would, by a command of its own; its exit code."""
    command = tune_command(settings, workload, seconds, log)
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:  # the tuner has it too, and ends in good order
            process.wait()
            raise


def deviation_here(settings: Settings, workload: Workload, log: Path) -> Deviation:
    """Compare the best of a log with the float64 reference on standard normal inputs.

    Raises
    ------
    TvmtuneError
        If the log has no best, or it cannot be built.
    """
    kernel, match = best_kernel(
        workload.text, settings.target, str(log), max_rel_error=settings.max_rel_error
    )
    generator = np.random.default_rng(settings.seed)
    arrays = {
        name: generator.standard_normal(shape, dtype=np.float32)
        for name, shape in workload.operands.items()
    }
    exact = reference(workload, arrays)
    found = kernel.bind(w=arrays["w"])(arrays["x"])
    return Deviation(
        workload=workload.text,
        template=match.template,
        record_id=match.record_id or "",
        error=float(np.max(np.abs(found - exact)) / np.max(np.abs(exact))),
    )
