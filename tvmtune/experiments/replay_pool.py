"""Searches replayed in processes of their own, several at a time, each with one thread."""

from __future__ import annotations

import math
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from tvmtune.errors import RecordError
from tvmtune.experiments.contender import Budget, Contender
from tvmtune.experiments.results import Search
from tvmtune.measure.frames import Frame
from tvmtune.measure.process import Failure, WorkerSettings
from tvmtune.measure.worker import Worker

WORKER = (sys.executable, "-m", "tvmtune.experiments.replay_worker")

_MEMORY_BYTES = 8 << 30
_START_S = 300.0
_WATCH_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayJob:
    """A search to be replayed.

    Parameters
    ----------
    task, contender, seed
        Which it is.
    budget
        Of the search.
    space, template
        The file of the recorded space, and the reference to its template where one is needed.
    """

    task: str
    contender: Contender
    seed: int
    budget: Budget
    space: Path
    template: str | None

    def to_message(self) -> dict[str, Any]:
        """As the worker is asked."""
        return {
            "task": self.task,
            "strategy": self.contender.label,
            "seed": self.seed,
            "space": str(self.space),
            "template": self.template,
            "search": self.contender.search,
            "options": dict(self.contender.options),
            "trials": self.budget.trials,
            "seconds": self.budget.seconds,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFailure:
    """A search that raised an exception, or whose process died."""

    task: str
    strategy: str
    seed: int
    error: str

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "task": self.task,
            "strategy": self.strategy,
            "seed": self.seed,
            "error": self.error,
        }


@dataclass(frozen=True, slots=True)
class Ended:
    """How a search ended, and how many seconds it kept a process busy."""

    result: Search | SearchFailure
    wall_s: float


def replay_all(
    jobs: Sequence[ReplayJob],
    processes: int,
    stop: Callable[[], bool],
    command: Sequence[str] = WORKER,
) -> Iterator[Ended]:
    """Replay searches and give each as it ends.

    The processes end with the iterator, or with this process however it ends.

    Parameters
    ----------
    jobs
        Begun in this order.
    processes
        How many at a time.
    stop
        Asked again and again; once it says yes nothing more is waited for.
    command
        What the processes run.
    """
    settings = WorkerSettings(
        name="a replaying process",
        command=tuple(command),
        memory_bytes=_MEMORY_BYTES,
        start_s=_START_S,
    )
    workers = [Worker(settings) for _ in range(min(processes, len(jobs)))]
    waiting, ended = deque(jobs), SimpleQueue[Ended]()
    if not workers:
        return
    with ThreadPoolExecutor(len(workers), "replay") as threads:
        served = [threads.submit(_serve, worker, waiting, ended) for worker in workers]
        try:
            left = len(jobs)
            while left and not stop():
                try:
                    yield ended.get(timeout=_WATCH_S)
                    left -= 1
                except Empty:
                    for one in served:
                        if one.done():
                            one.result()
        finally:
            waiting.clear()
            for worker in workers:
                worker.kill()


def _serve(worker: Worker, waiting: deque[ReplayJob], ended: SimpleQueue[Ended]) -> None:
    """Have a process work while there is something waiting; in the thread that it lives by."""
    try:
        while True:
            try:
                job = waiting.popleft()
            except IndexError:
                return
            begin_s = time.monotonic()
            answer = worker.request(job.to_message(), (), math.inf)
            ended.put(Ended(_result(job, answer), time.monotonic() - begin_s))
    finally:
        worker.close()


def _result(job: ReplayJob, answer: Frame | Failure) -> Search | SearchFailure:
    if isinstance(answer, Failure):
        return _failed(job, f"{answer.text} {answer.stderr}".strip())
    if answer.message.get("status") != "ok":
        return _failed(job, str(answer.message.get("detail")))
    try:
        return Search.from_json(answer.message["search"])
    except RecordError as error:
        return _failed(job, str(error))


def _failed(job: ReplayJob, error: str) -> SearchFailure:
    label = job.contender.label
    return SearchFailure(task=job.task, strategy=label, seed=job.seed, error=error)
