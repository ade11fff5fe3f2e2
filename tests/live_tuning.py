"""Tunes live but hastily, as a program: the machine is not measured first, timings are short.

Run as ``python live_tuning.py LOG TRIALS SEARCH SEED WORKLOAD...``; prints the id of every record
that is reported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tvmtune.deploy.inputs import read_inputs
from tvmtune.machine import available_cores
from tvmtune.measure.options import MeasureOptions
from tvmtune.measure.timing import TimingOptions
from tvmtune.target import Target, parse_target
from tvmtune.tuner.api import Machinery, Watch, tune_inputs
from tvmtune.tuner.events import Event, TrialFinished
from tvmtune.tuner.local import local_equipment
from tvmtune.tuner.options import TuneOptions


def command(log: Path, trials: int, search: str, seed: int, *workloads: str) -> list[str]:
    """The command line that runs this program."""
    return [sys.executable, __file__, str(log), str(trials), search, str(seed), *workloads]


@contextmanager
def _machinery(target: Target, _give_up: Callable[[], bool]) -> Iterator[Machinery]:
    options = MeasureOptions(
        timing=TimingOptions(sample_s=0.0005, budget_s=0.005),
        confirm_slice_s=0.005,
        lock_path=Path(sys.argv[1]).with_suffix(".lock"),
    )
    with local_equipment(options.placed(target.threads, available_cores())) as equipment:
        yield Machinery(equipment, lambda: (equipment, None))


def _report(event: Event) -> None:
    if isinstance(event, TrialFinished):
        sys.stdout.write(f"{event.record.id}\n")
        sys.stdout.flush()


def main(log: str, trials: str, search: str, seed: str, *workloads: str) -> None:
    """Tune some workloads for this machine."""
    options = TuneOptions(trials=int(trials), search=search, seed=int(seed))
    watch = Watch(event=_report)
    inputs, target = read_inputs(list(workloads)), parse_target("cpu")
    tune_inputs(inputs, target, log, options, watch=watch, machinery=_machinery)


if __name__ == "__main__":
    main(*sys.argv[1:])
