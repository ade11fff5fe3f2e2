"""Signals that end a run in good order."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """A run is to end at once.

    Parameters
    ----------
    received
        The signal that says so.
    """

    def __init__(self, received: signal.Signals) -> None:
        super().__init__(received.name)
        self.signal = received


class StopRequest:
    """Whether the user wants a run to end, and by which signal.

    The first signal asks the run to end where it can; a second one ends it at once.

    Parameters
    ----------
    on_first
        Called in the main thread when the first signal comes.
    """

    def __init__(self, on_first: Callable[[signal.Signals], None]) -> None:
        self.signal: signal.Signals | None = None
        self._on_first = on_first

    def __call__(self) -> bool:
        """Whether it was asked for."""
        return self.signal is not None

    def receive(self, number: int, _frame: FrameType | None) -> None:
        """Take a signal."""
        if self.signal is not None:
            raise Interrupted(signal.Signals(number))
        self.signal = signal.Signals(number)
        self._on_first(self.signal)


@contextmanager
def stop_on_signals(on_first: Callable[[signal.Signals], None]) -> Iterator[StopRequest]:
    """Take SIGINT, SIGTERM and SIGHUP as requests to stop; a SIGHUP ignored by nohup stays so."""
    request = StopRequest(on_first)
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in before.items():
        if number is not signal.SIGHUP or handler is not signal.SIG_IGN:
            signal.signal(number, request.receive)
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
