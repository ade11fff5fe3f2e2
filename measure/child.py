"""The child's side of a worker: limits, watchdog, and the loop that answers requests.

A worker child may die of anything, and must not outlive its parent: the kernel kills it when the
thread that started it ends, and a thread of its own ends it when its standard input does.  That is
why it can ignore requests to end that are sent to every process at once: its parent takes them,
and may want the answer to what is in flight.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import queue
import resource
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tvmtune.errors import MeasureError
from tvmtune.measure.frames import Decoder, Frame, Payload, encode

READY = "ready"
PHASE = "phase"
REPLY = "reply"

_CHUNK_BYTES = 1 << 20
_PR_SET_PDEATHSIG = 1
_PLACES = 4
_OOM_SCORE = Path("/proc/self/oom_score_adj")
_FOR_THE_PARENT = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

Progress = Callable[[str], None]
"""Tells the parent what comes next, so that a death can be placed."""

Handler = Callable[[Mapping[str, Any], Sequence[Payload], Progress], Frame]
"""Answers one request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildLimits:
    """What a child does to itself before it works.

    Parameters
    ----------
    data_bytes
        Limit of its private writable memory; allocations beyond it fail. 0: no limit.
    cores
        Cores it may run on; empty: any.
    idle
        Whether it runs only while nothing else wants its cores.
    """

    data_bytes: int = 0
    cores: tuple[int, ...] = ()
    idle: bool = False

    def to_argument(self) -> str:
        """Return the limits as text for a command line."""
        fields = {"data_bytes": self.data_bytes, "cores": self.cores, "idle": self.idle}
        return json.dumps(fields)

    @staticmethod
    def from_argument(text: str) -> ChildLimits:
        """Return the limits that :meth:`to_argument` wrote."""
        value = json.loads(text)
        return ChildLimits(
            data_bytes=int(value["data_bytes"]),
            cores=tuple(value["cores"]),
            idle=bool(value["idle"]),
        )

    def apply(self) -> None:
        """Limit this process."""
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _OOM_SCORE.write_text("1000")  # if memory runs out, it is taken from a worker
        if self.data_bytes:
            resource.setrlimit(resource.RLIMIT_DATA, (self.data_bytes, self.data_bytes))
        if self.idle:
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        if self.cores:
            os.sched_setaffinity(0, self.cores)


class Channel:
    """Frames on the standard streams that the process was started with.

    For everybody else standard output becomes standard error: no print can break a frame.
    """

    def __init__(self) -> None:
        self._incoming = os.dup(0)
        self._outgoing = os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        os.close(nothing)
        self._frames: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        threading.Thread(target=self._read, name="watchdog", daemon=True).start()

    def receive(self) -> Frame:
        """Wait for the next frame."""
        return self._frames.get()

    def send(self, kind: str, message: Mapping[str, Any], payloads: Sequence[Payload] = ()) -> None:
        """Write a frame of a kind."""
        for piece in encode(Frame({"kind": kind, **message}, payloads)):
            rest = piece
            while rest:
                rest = rest[os.write(self._outgoing, rest) :]

    def _read(self) -> None:
        """Read for ever; at the end of the stream, or of sense, the process ends at once."""
        decoder = Decoder()
        try:
            while data := os.read(self._incoming, _CHUNK_BYTES):
                for frame in decoder.feed(data):
                    self._frames.put(frame)
        except (MeasureError, OSError) as error:
            os.write(2, f"watchdog: {error}\n".encode())
        finally:
            os._exit(1)


def serve(start: Callable[[], Handler]) -> None:
    """Limit this process by the last argument of its command line, then answer for ever.

    Called in the main thread, which alone may say what becomes of signals.

    Parameters
    ----------
    start
        Imports what the work needs and returns the handler; called once the limits hold.
    """
    for number in _FOR_THE_PARENT:
        signal.signal(number, signal.SIG_IGN)
    ChildLimits.from_argument(sys.argv[-1]).apply()
    channel = Channel()
    handler = start()
    gc.freeze()  # what was imported stays: no collection need look at it
    channel.send(READY, {"pid": os.getpid()})
    while True:
        request = channel.receive()
        answer = _answer(handler, request, lambda phase: channel.send(PHASE, {"phase": phase}))
        channel.send(REPLY, answer.message, answer.payloads)


def _answer(handler: Handler, request: Frame, progress: Progress) -> Frame:
    """Answer a request; whatever the handler raises is an answer too."""
    try:
        return handler(request.message, request.payloads, progress)
    except MemoryError as error:
        return Frame({"status": "out_of_memory", "detail": str(error) or "MemoryError"})
    except Exception as error:  # noqa: BLE001 (the boundary of the worker)
        return Frame({"status": "exception", "detail": describe(error)})


def describe(error: Exception) -> str:
    """Return what an exception says, and below where it was raised."""
    said = traceback.format_exception_only(error)[-1]
    places = traceback.format_tb(error.__traceback__)[-_PLACES:]
    return (said + "".join(places)).strip()
