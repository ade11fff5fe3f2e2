"""Builder processes, asked from the parent."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from queue import PriorityQueue
from typing import Any

from tvmtune.artifact import Artifact
from tvmtune.errors import MeasureError, TvmtuneError
from tvmtune.measure.candidate import Built, Candidate
from tvmtune.measure.failures import outcome_of, outcome_of_exception
from tvmtune.measure.frames import Frame
from tvmtune.measure.options import BUILDER, MeasureOptions
from tvmtune.measure.process import Failure, Reason, WorkerSettings
from tvmtune.measure.worker import Worker
from tvmtune.outcome import Outcome, Status

_WORKERS_PER_LANE = 3
_LATE = (Reason.START, Reason.DEADLINE)
_REFUSALS = {s.value: s for s in (Status.BUILD_ERROR, Status.INVALID, Status.OUT_OF_MEMORY)}


class BuilderPool:
    """Builds candidates, several at a time, each in a process with the LLVM flags it wants.

    Parameters
    ----------
    options
        Deadlines, limits, and how many build at a time.
    """

    def __init__(self, options: MeasureOptions) -> None:
        self._options = options
        aside = [False] * options.builders + [True] * options.builders_aside
        self._lanes = [_Lane(options, aside=a) for a in aside]
        self._free: PriorityQueue[int] = PriorityQueue()  # the first lane that is free builds next
        for number in range(len(self._lanes)):
            self._free.put(number)

    def build(self, candidate: Candidate) -> Built | Outcome:
        """Build a candidate, from any thread; waits for a builder that is free.

        Returns
        -------
        built
            The artifact, or how the trial ended without one.
        """
        message = {"op": "build", "request": dict(candidate.request)}
        answer = self._asked(candidate.flags, message, self._options.build_deadline_s)
        if isinstance(answer, Failure):
            return outcome_of(answer, BUILDER)
        return _built(answer)

    def probe(self, name: str, target: str, size_bytes: int = 0) -> Artifact:
        """Build a probe of the machine.

        Raises
        ------
        MeasureError
            It could not be built.
        """
        message = {"op": "probe", "probe": name, "target": target, "size_bytes": size_bytes}
        answer = self._asked((), message, self._options.build_deadline_s)
        result = outcome_of(answer, BUILDER) if isinstance(answer, Failure) else _built(answer)
        if isinstance(result, Outcome):
            raise MeasureError(f"probe {name!r} for {target}: {result.detail}")
        return result.artifact

    def rehearse(self, request: Mapping[str, Any], part: str) -> Outcome:
        """Have a template's own code called where it can do no harm.

        Parameters
        ----------
        request, part
            What to call, as the builder's :func:`tvmtune.compiler.rehearsal.rehearse` has it.

        Returns
        -------
        Outcome
            Ok, or how it failed.
        """
        message = {"op": "rehearse", "request": dict(request), "part": part}
        answer = self._asked((), message, self._options.rehearsal_deadline_s)
        return outcome_of(answer, BUILDER) if isinstance(answer, Failure) else _verdict(answer)

    def kill(self) -> None:
        """Let what is under way fail, and nothing follow; from any thread."""
        for lane in self._lanes:
            lane.kill()

    def close(self) -> None:
        """End all processes, once what is under way has ended; nothing is built any more."""
        for number in [self._free.get() for _ in self._lanes]:
            self._lanes[number].close()
            self._free.put(number)

    def _asked(
        self, flags: tuple[str, ...], message: Mapping[str, Any], deadline_s: float
    ) -> Frame | Failure:
        """Ask a builder; again one with cores of its own where another had perhaps no time."""
        with self._lane() as lane:
            answer = lane.request(flags, message, deadline_s)
        if lane.aside and isinstance(answer, Failure) and answer.reason in _LATE:
            with self._lane(aside=False) as lane:
                answer = lane.request(flags, message, deadline_s)
        return answer

    @contextmanager
    def _lane(self, *, aside: bool = True) -> Iterator[_Lane]:
        """The first lane that is free, of those aside only if they may be."""
        passed = list[int]()
        number = self._free.get()
        while self._lanes[number].aside and not aside:
            passed.append(number)
            number = self._free.get()
        for other in passed:
            self._free.put(other)
        try:
            yield self._lanes[number]
        finally:
            self._free.put(number)


class _Lane:
    """Workers that take turns, one for each of the sets of flags used last."""

    def __init__(self, options: MeasureOptions, *, aside: bool) -> None:
        self.aside = aside
        self._options = options
        self._workers: OrderedDict[tuple[str, ...], Worker] = OrderedDict()
        self._guard = threading.Lock()
        self._closed = False

    def request(
        self, flags: tuple[str, ...], message: Mapping[str, Any], deadline_s: float
    ) -> Frame | Failure:
        worker = self._worker(flags)
        return worker.request(message, (), deadline_s)

    def kill(self) -> None:
        with self._guard:
            self._closed = True
            for worker in self._workers.values():
                worker.kill()

    def close(self) -> None:
        self.kill()
        for worker in self._workers.values():
            worker.close()

    def _worker(self, flags: tuple[str, ...]) -> Worker:
        with self._guard:
            if flags not in self._workers:
                self._workers[flags] = Worker(self._settings(flags))
            self._workers.move_to_end(flags)
            worker = self._workers[flags]
            if self._closed:
                worker.kill()
            spare = self._workers.popitem(last=False) if self._is_full() else None
        if spare is not None:
            spare[1].close()
        return worker

    def _settings(self, flags: tuple[str, ...]) -> WorkerSettings:
        return self._options.builder_settings(flags, aside=self.aside)

    def _is_full(self) -> bool:
        return len(self._workers) > _WORKERS_PER_LANE


def _built(answer: Frame) -> Built | Outcome:
    """Read a builder's answer to a build."""
    verdict = _verdict(answer)
    if verdict.status is not Status.OK:
        return verdict
    if not answer.payloads:
        return outcome_of_exception(answer.message, BUILDER)
    try:
        artifact = Artifact.from_bytes(bytes(answer.payloads[0]))
    except TvmtuneError as error:
        return Outcome(status=Status.INFRASTRUCTURE, detail=f"builder: {error}", where=BUILDER)
    return Built(artifact, dict(answer.message.get("sources") or {}))


def _verdict(answer: Frame) -> Outcome:
    """Read how a request ended."""
    message = answer.message
    status = str(message.get("status"))
    if status == Status.OK:
        return Outcome(status=Status.OK)
    if status in _REFUSALS:
        detail = str(message.get("detail", ""))
        return Outcome(status=_REFUSALS[status], detail=detail, where=BUILDER)
    return outcome_of_exception(message, BUILDER)
