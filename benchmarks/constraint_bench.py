"""Configs built and timed on this machine, by the machinery that tunes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from benchmarks.candidates import candidate_of
from benchmarks.constraint_trials import Lend
from benchmarks.unconstrained import reference_of
from tvmtune.machine import available_cores
from tvmtune.measure.candidate import Built, Candidate
from tvmtune.measure.harness import Harness
from tvmtune.measure.options import MeasureOptions
from tvmtune.measure.problem import Problem
from tvmtune.measure.timing import TimingOptions
from tvmtune.measure.workers import Workers
from tvmtune.outcome import Outcome
from tvmtune.search_spaces.config import Config
from tvmtune.target import Target
from tvmtune.workload import Workload

_TIMING = TimingOptions(budget_s=0.05, patience_s=0.15)


def lend_here(target: Target, deadline_s: float) -> Lend:
    """Lends benches of this machine, on which nothing is built while something is timed.

    Parameters
    ----------
    target
        What to build for.
    deadline_s
        Seconds for a build, and for a run, after which it counts as failed.
    """
    options = replace(
        MeasureOptions().placed(target.threads, available_cores()),
        build_deadline_s=deadline_s,
        run_deadline_s=deadline_s,
        overlap=False,
        timing=_TIMING,
    )

    @contextmanager
    def lend(workload: Workload) -> Iterator[LocalBench]:
        with Workers(options) as workers:
            yield LocalBench(workload, target, workers)

    return lend


class LocalBench:
    """A workload's bench on this machine; see `benchmarks.constraint_trials.Bench`."""

    def __init__(self, workload: Workload, target: Target, workers: Workers) -> None:
        self._workload = workload
        self._target = target
        self._workers = workers
        self._harness = Harness(Problem(workload), workers)

    def build(self, config: Config) -> Built | Outcome:
        """Build a config, and keep its assembly."""
        candidate = candidate_of(self._workload, self._target, config, keep_sources=True)
        return self._workers.submit_build(self._workers.build, candidate).result()

    def time(
        self, configs: Iterable[Config], best_s: Callable[[], float | None]
    ) -> Iterator[tuple[Config, Outcome]]:
        """Build, check and time configs, constraints or not."""
        by_key = {config.text: config for config in configs}
        for candidate, outcome in self._harness.measure(map(self._free, by_key.values()), best_s):
            yield by_key[candidate.key], outcome

    def confirm(
        self, configs: Sequence[Config], seconds: float
    ) -> Iterator[tuple[Config, Outcome]]:
        """Time configs again, in turns."""
        by_key = {config.text: config for config in configs}
        candidates = list(map(self._free, configs))
        for candidate, outcome in self._harness.confirm(candidates, seconds):
            yield by_key[candidate.key], outcome

    def _free(self, config: Config) -> Candidate:
        """A config as a candidate that no constraint of its space refuses."""
        free = reference_of(config.template)
        return candidate_of(self._workload, self._target, config, template=free)
