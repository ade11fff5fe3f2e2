"""Builds, checks and times the candidates of a task, and never falls with one of them."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from queue import SimpleQueue
from statistics import median

from tvmtune.artifact import Artifact
from tvmtune.errors import GivenUpError
from tvmtune.measure.candidate import Candidate
from tvmtune.measure.problem import CHECKING_SEEDS, Case, Problem
from tvmtune.measure.running import RunnerClient
from tvmtune.measure.timing import TimingOptions
from tvmtune.measure.workers import Workers
from tvmtune.outcome import Outcome, Status

_log = logging.getLogger(__name__)

_KEPT_ARTIFACTS = 64


@dataclass(frozen=True, slots=True)
class _Batch:
    """What the jobs of one call of `measure` share.

    ``results`` has None where the machine was waited for and given up.
    """

    case: Case
    best_s: Callable[[], float | None]
    results: SimpleQueue[tuple[Candidate, Outcome] | None]
    abandoned: threading.Event


class Harness:
    """Measures the candidates of one task.

    While the caller thinks between two results, what is under way goes on, if the options let
    building and timing overlap.

    Parameters
    ----------
    problem
        Operands and reference outputs of the task.
    workers
        Processes and threads; they are not this object's to close.
    """

    def __init__(self, problem: Problem, workers: Workers) -> None:
        self._problem = problem
        self._workers = workers
        self._artifacts = _Artifacts()
        self._closed = threading.Event()

    def close(self) -> None:
        """Drop what is under way; the workers stay."""
        self._closed.set()

    def measure(
        self,
        candidates: Iterable[Candidate],
        best_s: Callable[[], float | None] = lambda: None,
    ) -> Generator[tuple[Candidate, Outcome], None, None]:
        """Build, check and time candidates.

        Parameters
        ----------
        candidates
            Taken one by one, in the caller's thread, as there is room for them.
        best_s
            Seconds per call of the best so far; asked from another thread when a run begins.

        Yields
        ------
        candidate, outcome
            As they finish; those not measured when waiting for the machine was given up are left
            out, and nothing follows.
        """
        options = self._workers.options
        batch = _Batch(self._problem.case(), best_s, SimpleQueue(), threading.Event())
        room = options.ahead if options.overlap else 1
        source, flying = iter(candidates), 0
        try:
            while True:
                while flying < room and (candidate := next(source, None)) is not None:
                    self._workers.submit_build(self._build_and_run, candidate, batch)
                    flying += 1
                if not flying:
                    return
                result = batch.results.get()
                if result is None:
                    return
                flying -= 1
                yield result
        finally:
            batch.abandoned.set()

    def check_harder(self, candidate: Candidate) -> Outcome:
        """Check a candidate on other operands, in guarded memory, as a new best has to be.

        Raises
        ------
        GivenUpError
            Waiting for the machine was given up.
        """
        cases = [self._problem.case(seed) for seed in CHECKING_SEEDS]
        artifact = self._artifact(candidate)
        if isinstance(artifact, Outcome):
            return artifact

        def check(runner: RunnerClient) -> Outcome:
            return runner.check_harder(artifact, cases)

        return self._workers.submit_run(self._use, check).result()

    def confirm(
        self,
        candidates: Sequence[Candidate],
        seconds: float,
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[tuple[Candidate, Outcome]]:
        """Time candidates again, in turns, so that a drift of the machine hits all of them alike.

        Parameters
        ----------
        candidates
            Those that lead, and what they are compared with.
        seconds
            When to stop; every candidate gets one round at least.
        stop
            Whether to stop at once; asked between two timings, from another thread too.

        Yields
        ------
        candidate, outcome
            In the order of the candidates, with the samples of all rounds; those not measured when
            it was stopped, or when waiting for the machine was given up, are left out.
        """
        end = time.monotonic() + seconds
        built: list[Artifact | Outcome] = []
        for candidate in candidates:
            if stop():
                break
            built.append(self._artifact(candidate))
        job = self._workers.submit_run(self._confirm, candidates, built, end, stop)
        for candidate, rounds in zip(candidates, job.result(), strict=False):
            if rounds:
                yield candidate, _merged(rounds)

    def _build_and_run(self, candidate: Candidate, batch: _Batch) -> None:
        """Build a candidate and hand it to the runner's thread; whatever happens is a result."""
        try:
            if self._is_moot(batch):
                return
            built = self._build(candidate)
            if isinstance(built, Outcome):
                batch.results.put((candidate, built))
            else:
                self._workers.submit_run(self._run, candidate, built, batch)
        except Exception as error:  # noqa: BLE001 (the caller waits for a result)
            batch.results.put((candidate, _broken(error)))

    def _run(self, candidate: Candidate, artifact: Artifact, batch: _Batch) -> None:
        if self._is_moot(batch):
            return

        def measure(runner: RunnerClient) -> Outcome:
            return runner.measure(artifact, batch.case, batch.best_s())

        try:
            batch.results.put((candidate, self._use(measure)))
        except GivenUpError:
            batch.results.put(None)

    def _use(self, use: Callable[[RunnerClient], Outcome]) -> Outcome:
        """Use the runner; whatever happens is an outcome, but that it was not waited for."""
        try:
            return self._workers.run(use)
        except GivenUpError:
            raise
        except Exception as error:  # noqa: BLE001 (the caller waits for an outcome)
            return _broken(error)

    def _is_moot(self, batch: _Batch) -> bool:
        return batch.abandoned.is_set() or self._closed.is_set()

    def _build(self, candidate: Candidate) -> Artifact | Outcome:
        built = self._workers.build(candidate)
        if isinstance(built, Outcome):
            return built
        self._artifacts.put(candidate.key, built.artifact)
        return built.artifact

    def _artifact(self, candidate: Candidate) -> Artifact | Outcome:
        """Return what was built of a candidate, building it again where it is not kept."""
        kept = self._artifacts.get(candidate.key)
        return kept or self._workers.submit_build(self._build, candidate).result()

    def _confirm(
        self,
        candidates: Sequence[Candidate],
        built: Sequence[Artifact | Outcome],
        end: float,
        stop: Callable[[], bool],
    ) -> list[list[Outcome]]:
        """Time in rounds what was built; each candidate's outcomes, as far as it came."""
        case, slice_s = self._problem.case(), self._workers.options.confirm_slice_s
        timing = TimingOptions(budget_s=slice_s)
        outcomes: list[list[Outcome]] = [[b] if isinstance(b, Outcome) else [] for b in built]
        with suppress(GivenUpError):
            for index in _turns(outcomes, end):
                if stop():
                    break
                key, artifact = candidates[index].key, built[index]
                assert isinstance(artifact, Artifact)
                use = partial(
                    RunnerClient.time, key=key, artifact=artifact, case=case, timing=timing
                )
                outcomes[index].append(self._use(use))
        self._workers.forget()
        return outcomes


class _Artifacts:
    """The artifacts used last, by the keys of their candidates."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Artifact] = OrderedDict()
        self._guard = threading.Lock()

    def put(self, key: str, artifact: Artifact) -> None:
        with self._guard:
            self._kept[key] = artifact
            self._kept.move_to_end(key)
            if len(self._kept) > _KEPT_ARTIFACTS:
                self._kept.popitem(last=False)

    def get(self, key: str) -> Artifact | None:
        with self._guard:
            return self._kept.get(key)


def _turns(outcomes: Sequence[Sequence[Outcome]], end: float) -> Iterator[int]:
    """Whose turn it is: rounds until the end, one at least, each begun by another candidate."""
    number = 0
    while (alive := _alive(outcomes)) and (number == 0 or time.monotonic() < end):
        first = number % len(alive)
        yield from alive[first:] + alive[:first]
        number += 1


def _alive(outcomes: Sequence[Sequence[Outcome]]) -> list[int]:
    """Return which candidates have not failed."""
    return [i for i, own in enumerate(outcomes) if not own or own[-1].status is Status.OK]


def _merged(outcomes: Sequence[Outcome]) -> Outcome:
    """Join the rounds of one candidate; a failure counts whenever it came."""
    last = outcomes[-1]
    if last.status is not Status.OK:
        return last
    samples = tuple(s for outcome in outcomes for s in outcome.samples_s)
    checks = {**outcomes[0].checks, "rounds": len(outcomes)}
    return replace(last, samples_s=samples, median_s=median(samples), checks=checks)


def _broken(error: Exception) -> Outcome:
    """Return the outcome of a trial that this process itself failed."""
    _log.warning("measuring failed: %s: %s", type(error).__name__, error)
    return Outcome(status=Status.INFRASTRUCTURE, detail=f"harness: {type(error).__name__}: {error}")
