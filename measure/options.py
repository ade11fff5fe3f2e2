"""How candidates are measured, as values."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tvmtune.measure.lock import DEFAULT_PATH
from tvmtune.measure.process import WorkerSettings
from tvmtune.measure.timing import TimingOptions

BUILDER = "builder"
RUNNER = "runner"


def _module_command(module: str) -> tuple[str, ...]:
    """Run a module in this interpreter, on the same path of modules."""
    return (sys.executable, "-P", "-m", module)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureOptions:
    """Deadlines, limits and places of the worker processes.

    Parameters
    ----------
    build_deadline_s, run_deadline_s, start_deadline_s, rehearsal_deadline_s
        Seconds until a worker is killed: in a build, in a run (loading, checking and timing), while
        it comes up, and while it tries a template that is not this package's.
    memory_bytes
        Resident memory of a worker at which it is killed.
    run_cores, build_cores
        Cores of the runner and of the builders; empty: any.
    builders, builders_aside
        Builder processes that work at the same time; and further ones on the runner's cores, which
        run while nothing else wants these: mostly the runner waits for a candidate.
    overlap
        Whether builders work while the runner times; else each candidate is built, then run.
    ahead
        Candidates under way at most while they overlap.
    timing
        How long a candidate is timed.
    confirm_slice_s
        Seconds of samples per candidate and round of a confirmation.
    builder_command, runner_command
        Command lines of the workers.
    lock_path
        File of the machine-wide lock.
    """

    build_deadline_s: float = 20.0
    run_deadline_s: float = 20.0
    start_deadline_s: float = 60.0
    rehearsal_deadline_s: float = 10.0
    memory_bytes: int = 4 << 30
    run_cores: tuple[int, ...] = ()
    build_cores: tuple[int, ...] = ()
    builders: int = 1
    builders_aside: int = 0
    overlap: bool = True
    ahead: int = 6
    timing: TimingOptions = field(default_factory=TimingOptions)
    confirm_slice_s: float = 0.04
    builder_command: tuple[str, ...] = _module_command("tvmtune.measure.builder")
    runner_command: tuple[str, ...] = _module_command("tvmtune.measure.runner")
    lock_path: Path = DEFAULT_PATH

    @property
    def settings(self) -> dict[str, Any]:
        """What of these options may change a time or an outcome, as plain JSON values."""
        return {
            "timing": self.timing.to_json(),
            "confirm_slice_s": self.confirm_slice_s,
            "build_deadline_s": self.build_deadline_s,
            "run_deadline_s": self.run_deadline_s,
            "memory_bytes": self.memory_bytes,
            "run_cores": list(self.run_cores),
            "overlap": self.overlap,
            "builders_aside": self.builders_aside,
        }

    def placed(self, threads: int, cores: Sequence[int]) -> MeasureOptions:
        """Return these options with kernels on the last cores and builders on the others.

        One more builder is put aside of the kernels.
        Without a core to spare, builders share those of the kernels and nothing overlaps.

        Parameters
        ----------
        threads
            Threads of a kernel.
        cores
            Cores that may be used.
        """
        ordered = tuple(sorted(cores))
        run, rest = ordered[-threads:], ordered[:-threads]
        overlap = self.overlap and bool(rest)
        return replace(
            self,
            run_cores=run,
            build_cores=rest or run,
            builders_aside=int(overlap),
            overlap=overlap,
        )

    def builder_settings(self, flags: Sequence[str] = (), *, aside: bool = False) -> WorkerSettings:
        """Return how a builder with some code-generation flags is started."""
        return WorkerSettings(
            name=BUILDER,
            command=(*self.builder_command, *flags),
            memory_bytes=self.memory_bytes,
            cores=self.run_cores if aside else self.build_cores,
            idle=aside,
            start_s=self.start_deadline_s,
        )

    def runner_settings(self) -> WorkerSettings:
        """Return how the runner is started."""
        return WorkerSettings(
            name=RUNNER,
            command=self.runner_command,
            memory_bytes=self.memory_bytes,
            cores=self.run_cores,
            start_s=self.start_deadline_s,
        )
