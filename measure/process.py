"""The parent's side of a worker: one child process, asked and awaited with deadlines."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from tvmtune.errors import MeasureError
from tvmtune.measure.child import PHASE, READY, REPLY, ChildLimits
from tvmtune.measure.frames import Decoder, Frame, Payload, encode

_CHUNK_BYTES = 1 << 20
_STDERR_BYTES = 16 << 10
_WATCH_S = 0.05
_REAP_S = 2.0
_LEAVE_S = 2.0
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "OMP_NUM_THREADS"), "1"
)
_NO_MEMORY = ("std::bad_alloc", "LLVM ERROR: out of memory")
"""What C++ and LLVM print before they abort for want of memory: nothing else tells."""
_FAULTS = frozenset(
    (
        signal.SIGSEGV,
        signal.SIGBUS,
        signal.SIGILL,
        signal.SIGFPE,
        signal.SIGABRT,
        signal.SIGTRAP,
        signal.SIGSYS,
    )
)
"""Signals that a process brings on itself by what it runs; all others come from outside."""


class Reason(StrEnum):
    """Why a request got no answer."""

    START = "start"
    """The process did not come up."""
    DEADLINE = "deadline"
    """It was killed because its time was over."""
    MEMORY = "memory"
    """It was killed because it used more memory than it may."""
    SIGNAL = "signal"
    """It died of a fault of what it ran."""
    EXIT = "exit"
    """It ended itself, with whatever status: none does unless what it runs makes it."""
    LOST = "lost"
    """A signal from outside ended it, or it ended or talked nonsense without a cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A request that got no answer; the process is gone."""

    reason: Reason
    text: str
    phase: str = ""
    stderr: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """How worker processes are started and limited.

    Parameters
    ----------
    name
        What messages call the worker.
    command
        Command line; the limits follow as one more argument.
    memory_bytes
        Resident memory at which the process is killed.  Allocations fail at twice as much, so that
        memory that is touched is found here and only a single hopeless request there.
    cores
        Cores it may run on; empty: any.
    idle
        Whether it runs only while nothing else wants its cores.
    start_s
        Seconds that it may take to come up.
    """

    name: str
    command: tuple[str, ...]
    memory_bytes: int
    cores: tuple[int, ...] = ()
    idle: bool = False
    start_s: float = 60.0


class WorkerProcess:
    """A child in a process group of its own; one request at a time.

    It dies when the thread that made this object ends (the kernel's rule for parent-death
    signals): make it in a thread that lives as long as it is needed.

    Parameters
    ----------
    settings
        Command and limits.

    Raises
    ------
    OSError
        The command cannot be started.
    """

    def __init__(self, settings: WorkerSettings) -> None:
        limits = ChildLimits(
            data_bytes=2 * settings.memory_bytes, cores=settings.cores, idle=settings.idle
        )
        self._settings = settings
        self._lock = threading.Lock()
        self._decoder = Decoder()
        self._stderr = bytearray()
        self._phase = ""
        self._err_open = True
        self._ended = False
        self._popen = subprocess.Popen(
            [*settings.command, limits.to_argument()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=_environment(),
            start_new_session=True,
        )
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        assert self._popen.stderr is not None
        self._stdin = self._popen.stdin.fileno()
        self._stdout = self._popen.stdout.fileno()
        self._err = self._popen.stderr.fileno()
        for descriptor in (self._stdin, self._stdout, self._err):
            os.set_blocking(descriptor, False)

    @property
    def pid(self) -> int:
        """Process id, and that of its group."""
        return self._popen.pid

    def is_alive(self) -> bool:
        """Whether the process still runs."""
        with self._lock:
            return self._popen.returncode is None and not _has_ended(self.pid)

    def wait_ready(self) -> Failure | None:
        """Wait until the process has come up."""
        answer = self._await(READY, deque(), time.monotonic() + self._settings.start_s)
        if isinstance(answer, Frame):
            return None
        text = f"{self._settings.name} did not start: {answer.text}"
        return Failure(reason=Reason.START, text=text, stderr=answer.stderr)

    def request(
        self, message: Mapping[str, Any], payloads: Sequence[Payload], deadline_s: float
    ) -> Frame | Failure:
        """Ask, and wait for the answer; after a failure the process is gone.

        Parameters
        ----------
        message, payloads
            The request.
        deadline_s
            Seconds until the process is killed.
        """
        self._phase = ""
        pieces = deque(encode(Frame(message, payloads)))
        return self._await(REPLY, pieces, time.monotonic() + deadline_s)

    def kill(self) -> None:
        """Kill the process and all it started; from any thread."""
        with self._lock:
            if self._popen.returncode is None:
                _kill_group(self.pid)

    def close(self) -> None:
        """End the process, wait for it and close its streams; from the thread that uses it.

        Without its input it ends by itself; it is killed if it does not at once.
        """
        assert self._popen.stdin is not None
        self._popen.stdin.close()
        if self._popen.returncode is None:
            self._await_end(_LEAVE_S)
        self.kill()
        self._reap()
        for stream in (self._popen.stdout, self._popen.stderr):
            if stream is not None:
                stream.close()

    def _await(self, kind: str, pieces: deque[memoryview], deadline: float) -> Frame | Failure:
        """Write pieces and read until a frame of a kind comes."""
        oom_kills = _oom_kills()
        while (left := deadline - time.monotonic()) > 0:
            ready = self._poll(bool(pieces), min(left, _WATCH_S))
            if self._err in ready:
                self._read_stderr()
            if self._stdin in ready:
                self._write(pieces)
            if self._stdout in ready:
                answer = self._read(kind)
                if answer is not None:
                    return answer
            if self._ended or (not ready and _has_ended(self.pid)):
                return self._died(oom_kills)
            if (resident := _resident_bytes(self.pid)) > self._settings.memory_bytes:
                limit = self._settings.memory_bytes
                text = f"it used {resident >> 20} MiB of memory; the limit is {limit >> 20} MiB"
                return self._killed(Reason.MEMORY, text)
        return self._killed(Reason.DEADLINE, "its time was over")

    def _read(self, kind: str) -> Frame | Failure | None:
        """Read what there is; a frame of the wanted kind is the answer."""
        try:
            data = os.read(self._stdout, _CHUNK_BYTES)
            self._ended = not data
            for frame in self._decoder.feed(data):
                if frame.message.get("kind") == PHASE:
                    self._phase = str(frame.message.get("phase"))
                elif frame.message.get("kind") == kind:
                    return frame
        except (MeasureError, OSError) as error:
            return self._killed(Reason.LOST, str(error))
        return None

    def _poll(self, writing: bool, seconds: float) -> set[int]:
        poll = select.poll()
        poll.register(self._stdout, select.POLLIN)
        if self._err_open:
            poll.register(self._err, select.POLLIN)
        if writing:
            poll.register(self._stdin, select.POLLOUT)
        return {descriptor for descriptor, _ in poll.poll(seconds * 1000)}

    def _write(self, pieces: deque[memoryview]) -> None:
        """Write what fits; a closed pipe shows as the end of the output."""
        try:
            piece = pieces[0]
            rest = piece[os.write(self._stdin, piece[:_CHUNK_BYTES]) :]
        except BlockingIOError:
            return
        except OSError:
            pieces.clear()
            return
        pieces.popleft()
        if rest:
            pieces.appendleft(rest)

    def _read_stderr(self) -> None:
        try:
            data = os.read(self._err, _CHUNK_BYTES)
        except OSError:
            return
        self._err_open = bool(data)
        self._stderr += data
        del self._stderr[:-_STDERR_BYTES]

    def _killed(self, reason: Reason, text: str) -> Failure:
        self.kill()
        self._reap()
        return self._failure(reason, text)

    def _died(self, oom_kills: int) -> Failure:
        """Say what the process died of, which has closed its output."""
        lost = not self._await_end(_REAP_S)
        self.kill()
        code = self._reap()
        if lost:
            return self._failure(Reason.LOST, "it ended its answers without a cause")
        if code >= 0:
            return self._failure(Reason.EXIT, f"it exited with status {code}")
        if -code in _FAULTS:
            return self._faulted(-code)
        if -code == signal.SIGKILL and _oom_kills() > oom_kills:
            return self._failure(Reason.MEMORY, "the system killed it for want of memory")
        return self._failure(Reason.LOST, f"{_signal_name(-code)} from outside ended it")

    def _faulted(self, number: int) -> Failure:
        failure = self._failure(Reason.SIGNAL, f"it died of {_signal_name(number)}")
        if number == signal.SIGABRT and any(text in failure.stderr for text in _NO_MEMORY):
            return replace(failure, reason=Reason.MEMORY)
        return failure

    def _failure(self, reason: Reason, text: str) -> Failure:
        self._read_stderr()
        stderr = self._stderr.decode(errors="replace").strip()
        return Failure(reason=reason, text=text, phase=self._phase, stderr=stderr)

    def _await_end(self, seconds: float) -> bool:
        """Wait until the process is dead; says whether it is."""
        end = time.monotonic() + seconds
        while not _has_ended(self.pid):
            if time.monotonic() > end:
                return False
            time.sleep(0.002)
        return True

    def _reap(self) -> int:
        with self._lock:
            return self._popen.wait()


def _environment() -> dict[str, str]:
    """Return the environment of this process: its modules, and libraries with one thread."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("OMP_", "GOMP_"))}
    folders = [str(Path(entry).absolute()) for entry in sys.path]
    return kept | _ONE_THREAD | {"PYTHONPATH": os.pathsep.join(folders)}


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _has_ended(pid: int) -> bool:
    """Whether a child is dead; it stays to be waited for."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
    except ChildProcessError:
        return True


def _resident_bytes(pid: int) -> int:
    """Resident memory of a process; 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    except (OSError, IndexError, ValueError):
        return 0


def _oom_kills() -> int:
    """How often this system has killed a process for want of memory."""
    try:
        text = Path("/proc/vmstat").read_text()
    except OSError:
        return 0
    return next((int(v) for n, v in map(str.split, text.splitlines()) if n == "oom_kill"), 0)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
