"""One timing at a time on a machine, whoever starts it."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tvmtune.errors import GivenUpError, MeasureError

DEFAULT_PATH = Path("/tmp/tvmtune.lock")
"""The same for all users and whatever their ``TMPDIR``: exclusion is the machine's business."""

_POLL_S = 0.02


class MachineLock:
    """An advisory lock on a file, held while something is timed.

    It is taken for each candidate and not for a whole run, so that two tuners take turns.  The
    system frees it when its holder dies.

    Parameters
    ----------
    path
        The file; made when missing, for all users to open.
    on_wait
        Called with the holder's process id (None when unknown), once per wait that is longer than
        ``patience_s``.
    give_up
        Asked again and again while it is waited for, in the waiting thread: whether to wait no
        longer.
    patience_s
        Seconds of waiting that are not worth a word.
    """

    def __init__(
        self,
        path: Path = DEFAULT_PATH,
        on_wait: Callable[[int | None], None] = lambda _holder: None,
        give_up: Callable[[], bool] = lambda: False,
        *,
        patience_s: float = 2.0,
    ) -> None:
        self._path = path
        self._on_wait = on_wait
        self._give_up = give_up
        self._patience_s = patience_s
        self._closed = threading.Event()

    def close(self) -> None:
        """Let who waits give up, and nobody wait any more; from any thread."""
        self._closed.set()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Wait for the lock and hold it.

        Raises
        ------
        MeasureError
            The file cannot be opened.
        GivenUpError
            The lock was given up, or closed, before it was free.
        """
        descriptor = self._open()
        try:
            self._wait(descriptor)
            self._sign(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        """Open without creating where possible: systems refuse O_CREAT on others' files in /tmp."""
        flags = os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            if not self._path.exists():
                self._create(flags)
            try:
                return os.open(self._path, os.O_RDWR | flags)
            except PermissionError:
                return os.open(self._path, os.O_RDONLY | flags)
        except OSError as error:
            raise MeasureError(
                f"lock file {self._path}: {error.strerror}; another path for it would work"
            ) from error

    def _create(self, flags: int) -> None:
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | flags, 0o666)
        except FileExistsError:
            return
        os.fchmod(descriptor, 0o666)
        os.close(descriptor)

    def _wait(self, descriptor: int) -> None:
        start, told = time.monotonic(), False
        while not _try_lock(descriptor):
            if not told and time.monotonic() - start > self._patience_s:
                self._on_wait(_holder(descriptor))
                told = True
            if self._closed.wait(_POLL_S) or self._give_up():
                raise GivenUpError(f"lock file {self._path}: given up while another had it")

    def _sign(self, descriptor: int) -> None:
        """Leave the process id for who waits; a file that cannot be written stays unsigned."""
        try:
            os.pwrite(descriptor, f"{os.getpid():<20}\n".encode(), 0)
        except OSError:
            return


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(descriptor: int) -> int | None:
    text = os.pread(descriptor, 32, 0).strip()
    return int(text) if text.isdigit() else None
