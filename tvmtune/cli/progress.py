"""Shows a tuning run while it goes on: a live table on a terminal, else a line now and then.

It is written to standard error, and a run never ends because nobody reads it any more.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from tvmtune.cli.board import Board, TaskState, was_begun
from tvmtune.cli.errors import complain
from tvmtune.cli.output import (
    Column,
    clock_text,
    counted,
    counts_text,
    fits,
    one_line,
    rate_text,
    rich_table,
    share_text,
    time_text,
)
from tvmtune.tuner.events import Confirming, Event, TaskFinished, TaskStarted, Warned
from tvmtune.tuner.task import Ending

_REDRAW_S = 0.5
_LINE_S = 10.0
_LATER_LINE_S = 60.0
_LATER_S = 300.0
_ROWS_BESIDE = 14
"""Lines of a terminal that are kept for what is not a task."""

_COLUMNS = (
    Column("task", right=False),
    Column("trials"),
    Column("best"),
    Column("GFLOP/s"),
    Column("of peak"),
    Column("now GFLOP/s"),
    Column("", right=False),
)
_DISPENSABLE = ("now GFLOP/s", "GFLOP/s", "of peak", "best")
"""Columns that a narrow terminal does without, in this order."""
_ENDED: Mapping[Ending, str] = MappingProxyType(
    {
        Ending.TRIALS: "done",
        Ending.EXHAUSTED: "done (every config)",
        Ending.TIME: "time is up",
        Ending.GAIN: "little gain left",
        Ending.STOPPED: "stopped",
    }
)


class Progress(Protocol):
    """Shows a board whenever it has changed."""

    def show(self, event: Event) -> None:
        """Show an event that the board has taken."""
        ...

    def tell(self, message: str, kind: str = "note") -> None:
        """Show a line that stays."""
        ...


@contextmanager
def progress_of(board: Board) -> Iterator[Progress]:
    """The progress that suits standard error."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield LineProgress(board)
        return
    live = Live(console=console, auto_refresh=False, transient=True)
    with live:
        yield LiveProgress(board, live)


class LineProgress:
    """Lines: what begins and ends, first errors, and how it stands now and then.

    Parameters
    ----------
    board
        What is shown.
    write
        Takes a line.
    """

    def __init__(self, board: Board, write: Callable[[str], None] | None = None) -> None:
        self._board = board
        self._write = write or _to_stderr
        self._last_s = board.start_s
        self._errors: set[str] = set()

    def show(self, event: Event) -> None:
        """Write the lines that an event is worth."""
        match event:
            case TaskStarted():
                self._write(_started(event))
            case TaskFinished(report=report):
                if was_begun(report):
                    self._write(_finished(self._board, self._board.tasks[report.task.key]))
            case Confirming(task=task, configs=configs):
                self._write(f"{task.workload}: confirming {counted(configs, 'config')}")
            case Warned(message=message):
                self.tell(message, "warning")
            case _:
                self._now_and_then()
        self._first_errors()

    def tell(self, message: str, kind: str = "note") -> None:
        """Write a line."""
        self._write(f"{kind}: {one_line(message, 1000)}")

    def _now_and_then(self) -> None:
        elapsed_s = self._board.elapsed_s
        interval_s = _LINE_S if elapsed_s < _LATER_S else _LATER_LINE_S
        if self._board.start_s + elapsed_s - self._last_s >= interval_s:
            self._last_s = self._board.start_s + elapsed_s
            self._write(standing(self._board))

    def _first_errors(self) -> None:
        for status, detail in self._board.first_errors.items():
            if status not in self._errors:
                self._errors.add(status)
                self._write(f"first {status}: {one_line(detail)}")


class LiveProgress:
    """A table that is drawn anew, at most twice a second.

    Parameters
    ----------
    board
        What is shown.
    live
        Where.
    """

    def __init__(self, board: Board, live: Live) -> None:
        self._board = board
        self._live = live
        self._drawn_s = float("-inf")

    def show(self, event: Event) -> None:
        """Draw the board if it is time."""
        if isinstance(event, Warned):
            self.tell(event.message, "warning")
        now_s = self._board.clock_s()
        if isinstance(event, TaskStarted) or now_s - self._drawn_s >= _REDRAW_S:
            self._drawn_s = now_s
            with suppress(OSError):
                self._live.update(self.picture(self._live.console), refresh=True)

    def tell(self, message: str, kind: str = "note") -> None:
        """Print a line above the table."""
        with suppress(OSError):
            self._live.console.print(Text(f"tvmtune: {kind}: {one_line(message, 1000)}"))

    def picture(self, console: Console) -> Group:
        """The table of tasks, the overall line and the first errors, as a terminal has room."""
        board = self._board
        states = _visible(board, max(console.height - _ROWS_BESIDE, 3))
        hidden = len(board.tasks) - len(states)
        rows = [_row(board, state) for state in states]
        lines = [Text(f"... and {counted(hidden, 'more task')}")] if hidden else []
        lines.append(Text(standing(board)))
        for status, detail in board.first_errors.items():
            lines.append(Text(f"first {status}: {one_line(detail)}"))
        return Group(_fitting(console, _COLUMNS, rows), *lines)


def _fitting(
    console: Console, columns: Sequence[Column], rows: Sequence[Sequence[str]]
) -> RenderableType:
    """A table with as many of its columns as fit."""
    dispensable = iter(_DISPENSABLE)
    left = list(range(len(columns)))
    while True:
        table = rich_table([columns[i] for i in left], [[row[i] for i in left] for row in rows])
        dropped = None if fits(table, console) else next(dispensable, None)
        if dropped is None:
            return table
        left = [i for i in left if columns[i].name != dropped]


def standing(board: Board) -> str:
    """The whole run in a line."""
    done = sum(state.finished for state in board.tasks.values())
    parts = [f"{clock_text(board.elapsed_s)} {done}/{counted(len(board.tasks), 'task')} done"]
    parts.append(_trials_of_run(board))
    if board.confirmations:
        parts.append(counted(board.confirmations, "confirmation"))
    if board.current is not None:
        parts.append(_current(board, board.current))
    if board.left_s is not None:
        parts.append(f"{clock_text(board.left_s)} left")
    return "; ".join(parts)


def _trials_of_run(board: Board) -> str:
    """How many trials this run has made, how fast, and how they ended."""
    made = counted(board.measured, "new trial")
    if not board.measured:
        return made
    rate = f" at {board.trials_per_s:.1f}/s" if board.trials_per_s else ""
    return f"{made}{rate} ({counts_text(board.outcomes)})"


def _current(board: Board, state: TaskState) -> str:
    best = state.rate_of(state.best_s)
    now = state.rate_of(state.current_s)
    return (
        f"{state.task.workload} {_trials(state)} trials: now {rate_text(now)}, "
        f"best {rate_text(best)} GFLOP/s ({share_text(board.share(best))} of peak)"
    )


def _started(event: TaskStarted) -> str:
    known = f", {counted(event.trials, 'trial')} in the log" if event.trials else ""
    names = ", ".join(event.templates)
    size = counted(event.space_size, "config")
    return f"{event.task.workload}: {size} of {names}{known}"


def _finished(board: Board, state: TaskState) -> str:
    best = state.rate_of(state.best_s)
    figures = (
        f"best {time_text(state.best_s)}, {rate_text(best)} GFLOP/s "
        f"({share_text(board.share(best))} of peak)"
        if best
        else "no usable time"
    )
    in_log = f"{counted(state.trials, 'trial')} in the log"
    return f"{state.task.workload}: {_activity(state)}, {in_log}; {figures}"


def _visible(board: Board, most: int) -> list[TaskState]:
    """The tasks that fit: the current one, then those that go on, then the others."""
    states = list(board.tasks.values())
    by_interest = sorted(states, key=lambda s: (s is not board.current, s.finished))
    chosen = {id(state) for state in by_interest[:most]}
    return [state for state in states if id(state) in chosen]


def _row(board: Board, state: TaskState) -> list[str]:
    best = state.rate_of(state.best_s)
    return [
        state.task.workload,
        _trials(state),
        time_text(state.best_s),
        rate_text(best),
        share_text(board.share(best)),
        "" if state.finished else rate_text(state.rate_of(state.current_s)),
        _activity(state),
    ]


def _activity(state: TaskState) -> str:
    return state.activity if state.report is None else _ENDED[state.report.ending]


def _trials(state: TaskState) -> str:
    return str(state.trials) if state.limit is None else f"{state.trials}/{state.limit}"


def _to_stderr(line: str) -> None:
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except OSError:
        complain(line, "progress")
