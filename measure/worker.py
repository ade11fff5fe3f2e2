"""A worker that is replaced when it dies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tvmtune.measure.frames import Frame, Payload
from tvmtune.measure.process import Failure, Reason, WorkerProcess, WorkerSettings


class Worker:
    """Answers requests by a process that is started when it is needed and again after it died.

    Parameters
    ----------
    settings
        Command and limits of the process.
    """

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._process: WorkerProcess | None = None
        self._closed = False
        self._busy = False

    @property
    def name(self) -> str:
        """What messages call it."""
        return self._settings.name

    @property
    def pid(self) -> int | None:
        """Process id, None while there is no process."""
        return self._process.pid if self._process else None

    def start(self) -> Failure | None:
        """Make sure that a process runs."""
        if self._closed:
            return Failure(reason=Reason.LOST, text=f"{self.name} was closed")
        if self._process is not None and self._process.is_alive():
            return None
        self._drop()
        try:
            process = self._process = WorkerProcess(self._settings)
        except OSError as error:
            return Failure(reason=Reason.START, text=f"{self.name} did not start: {error}")
        if self._closed:
            process.kill()
        failure = process.wait_ready()
        if failure is not None:
            self._drop()
        return failure

    def request(
        self, message: Mapping[str, Any], payloads: Sequence[Payload], deadline_s: float
    ) -> Frame | Failure:
        """Ask the process; a failure costs it its life, and the next request starts another."""
        self._busy = True
        try:
            failure = self.start()
            if failure is not None:
                return failure
            assert self._process is not None
            answer = self._process.request(message, payloads, deadline_s)
            if isinstance(answer, Failure):
                self._drop()
            return answer
        finally:
            self._busy = False

    def kill(self) -> None:
        """Let a request in flight fail, and none follow; from any thread."""
        self._closed = True
        process = self._process
        if process is not None and self._busy:
            process.kill()

    def close(self) -> None:
        """End the process for good and free what it held; from the thread that uses it."""
        self._closed = True
        self._drop()

    def _drop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.close()
