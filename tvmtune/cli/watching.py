"""A run of the tuner, shown while it goes on, and stopped by signals."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from signal import Signals
from typing import Any

from tvmtune.cli.board import Board
from tvmtune.cli.errors import ExitCode, complain
from tvmtune.cli.output import rate_text, share_text
from tvmtune.cli.plan import budget_text
from tvmtune.cli.progress import Progress, progress_of
from tvmtune.cli.stopping import StopRequest, stop_on_signals
from tvmtune.machine import MachineFacts
from tvmtune.target import Target
from tvmtune.tuner.api import Watch
from tvmtune.tuner.events import Event
from tvmtune.tuner.options import TuneOptions


@dataclass(frozen=True, slots=True)
class Watched:
    """A run that is shown: what the tuner tells, what is known so far, and the signal if any."""

    watch: Watch
    board: Board
    stop: StopRequest

    def exit_code(self) -> int:
        """How the command ends; says how to go on if it was stopped."""
        if self.stop.signal is None:
            return ExitCode.OK
        again = shlex.join(["tvmtune", *sys.argv[1:]])
        complain(f"stopped by {self.stop.signal.name}; go on with: {again}", "note")
        return ExitCode.SIGNAL + self.stop.signal


@contextmanager
def watched(target: Target, options: TuneOptions, tasks: int) -> Iterator[Watched]:
    """Show progress while in the context.

    Parameters
    ----------
    target, options, tasks
        What is tuned for, how, and how many tasks there are.
    """
    board = Board(options, time.monotonic)
    with progress_of(board) as progress, stop_on_signals(_announce(progress)) as stop:

        def take(event: Event) -> None:
            board.take(event)
            progress.show(event)

        def machine(facts: MachineFacts) -> None:
            board.peak_flops = facts.peak_for(target.threads)
            progress.tell(_machine(facts, target), "machine")
            progress.tell(budget_text(tasks, options), "budget")

        yield Watched(Watch(event=take, machine=machine, stop=stop), board, stop)


def _announce(progress: Progress) -> Any:
    def announce(received: Signals) -> None:
        progress.tell(f"{received.name}: stopping after what is being measured; again: at once")

    return announce


def _machine(facts: MachineFacts, target: Target) -> str:
    return (
        f"peak {rate_text(facts.peak_for(target.threads))} GFLOP/s at {target.text}, "
        f"noise {share_text(facts.noise)}, interference {facts.interference:.2f}"
    )
