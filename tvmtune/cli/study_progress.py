"""Shows a study while it is run: a live table on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from tvmtune.cli.errors import complain
from tvmtune.cli.output import Column, clock_text, one_line, rate_text, rich_table
from tvmtune.experiments.live_searching import LiveSearch
from tvmtune.experiments.planning import StudyPlan
from tvmtune.experiments.replay_pool import Ended, SearchFailure
from tvmtune.experiments.study import LiveTask
from tvmtune.experiments.wording import counted
from tvmtune.machine import MachineFacts
from tvmtune.tuner.events import Event, TrialFinished, Warned

_REDRAW_S = 0.5
_LINE_S = 10.0
_LATER_LINE_S = 60.0
_LATER_S = 300.0
_ROWS_BESIDE = 8

Pair = tuple[str, str]
"""Task and label of a strategy."""


@dataclass(slots=True)
class StudyBoard:
    """How far a study is.

    Parameters
    ----------
    jobs
        Replayed searches at a time.
    clock_s
        Monotonic time.
    """

    jobs: int
    clock_s: Callable[[], float] = time.monotonic
    asked: dict[Pair, int] = field(default_factory=dict)
    live: frozenset[str] = frozenset()
    done: Counter[Pair] = field(default_factory=Counter)
    failed: Counter[Pair] = field(default_factory=Counter)
    activity: str = ""
    start_s: float = field(init=False)
    _known: int = 0
    _walls_s: dict[Pair, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.start_s = self.clock_s()

    def plan(self, plan: StudyPlan) -> None:
        """Note what is to be done, and what is done."""
        self.live = frozenset(t.name for t in plan.study.tasks if isinstance(t, LiveTask))
        for task in plan.study.tasks:
            for contender in plan.study.contenders:
                pair = task.name, contender.label
                self.asked[pair] = len(plan.study.seeds_of(contender))
                self.done[pair] = self.asked[pair] - len(plan.missing(task, contender))
        self._known = self.done.total()

    def end(self, ended: Ended) -> None:
        """Note that a search has ended."""
        pair = ended.result.task, ended.result.strategy
        failed = isinstance(ended.result, SearchFailure)
        (self.failed if failed else self.done)[pair] += 1
        self._walls_s.setdefault(pair, []).append(ended.wall_s)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the run began."""
        return self.clock_s() - self.start_s

    @property
    def left_s(self) -> float | None:
        """Seconds until the study is done; None while nobody can tell."""
        left = {p: n - self.done[p] - self.failed[p] for p, n in self.asked.items()}
        walls_s = {pair: self._wall_s(pair) for pair, count in left.items() if count}
        total_s = 0.0
        for (task, label), wall_s in walls_s.items():
            if wall_s is None:
                return None
            total_s += left[task, label] * wall_s / (1 if task in self.live else self.jobs)
        return total_s

    def line(self) -> str:
        """The whole run in a line."""
        new = self.done.total() - self._known
        parts = [
            f"{clock_text(self.elapsed_s)} {self.done.total():,}/"
            f"{counted(sum(self.asked.values()), 'search', 'searches')} ({new:,} new)"
        ]
        parts += [f"{self.failed.total():,} failed"] if self.failed.total() else []
        parts += [self.activity] if self.activity else []
        left_s = self.left_s
        parts += [] if left_s is None else [f"{clock_text(left_s)} left"]
        return "; ".join(parts)

    def _wall_s(self, pair: Pair) -> float | None:
        """What a search takes: as those of the same task and strategy, else of the strategy."""
        task, label = pair
        alike = [
            wall_s
            for (other, strategy), walls_s in self._walls_s.items()
            if strategy == label and (other in self.live) == (task in self.live)
            for wall_s in walls_s
        ]
        known = self._walls_s.get(pair) or alike
        return sum(known) / len(known) if known else None


class StudyProgress:
    """Shows a board whenever it has changed.

    Parameters
    ----------
    board
        What is shown.
    live
        A table on a terminal; None: lines.
    """

    def __init__(self, board: StudyBoard, live: Live | None = None) -> None:
        self._board = board
        self._live = live
        self._shown_s = board.start_s

    def plan(self, plan: StudyPlan) -> None:
        """Show what is to be done."""
        self._board.plan(plan)
        self.tell(
            f"{plan.left:,} of {counted(plan.searches, 'search', 'searches')} to run, "
            f"results in {plan.out}"
        )
        self._show(at_once=True)

    def end(self, ended: Ended) -> None:
        """Show that a search has ended."""
        self._board.end(ended)
        result = ended.result
        if isinstance(result, SearchFailure):
            said = one_line(result.error)
            self.tell(f"{result.task}, {result.strategy}, seed {result.seed}: {said}", "warning")
        self._show()

    def begin_live(self, search: LiveSearch) -> None:
        """Show that a live search has begun."""
        self._board.activity = f"{search.task.name}, {search.contender.label}, seed {search.seed}"
        self._show()

    def event(self, event: Event) -> None:
        """Show what a live search tells."""
        if isinstance(event, Warned):
            self.tell(event.message, "warning")
        if isinstance(event, TrialFinished):
            head = self._board.activity.partition(": trial")[0]
            self._board.activity = f"{head}: trial {event.trials:,}"
        self._show()

    def machine(self, facts: MachineFacts) -> None:
        """Show what the machine is."""
        self.tell(f"peak {rate_text(facts.peak_flops)} GFLOP/s of a core", "machine")

    def tell(self, message: str, kind: str = "note") -> None:
        """Show a line that stays."""
        if self._live is None:
            _to_stderr(f"{kind}: {one_line(message, 1000)}")
            return
        with suppress(OSError):
            self._live.console.print(Text(f"tvmtune: {kind}: {one_line(message, 1000)}"))

    def picture(self, console: Console) -> Group:
        """Searches done of each task by each strategy, as many tasks as there is room for."""
        board = self._board
        tasks = list(dict.fromkeys(task for task, _ in board.asked))
        labels = list(dict.fromkeys(label for _, label in board.asked))
        open_ones = [t for t in tasks if any(self._left(t, label) for label in labels)]
        shown = (open_ones or tasks)[: max(console.height - _ROWS_BESIDE, 3)]
        columns = [Column("task", right=False), *map(Column, labels)]
        rows = [[task, *(self._cell(task, label) for label in labels)] for task in shown]
        hidden = len(tasks) - len(shown)
        more = [Text(f"... and {counted(hidden, 'other task')}")] if hidden else []
        return Group(rich_table(columns, rows), *more, Text(board.line()))

    def _left(self, task: str, label: str) -> int:
        pair = task, label
        return self._board.asked[pair] - self._board.done[pair] - self._board.failed[pair]

    def _cell(self, task: str, label: str) -> str:
        board, pair = self._board, (task, label)
        failed = f", {board.failed[pair]} failed" if board.failed[pair] else ""
        return f"{board.done[pair]}/{board.asked[pair]}{failed}"

    def _show(self, *, at_once: bool = False) -> None:
        if at_once or self._board.clock_s() - self._shown_s >= self._interval_s():
            self._shown_s = self._board.clock_s()
            if self._live is None:
                _to_stderr(self._board.line())
                return
            with suppress(OSError):
                self._live.update(self.picture(self._live.console), refresh=True)

    def _interval_s(self) -> float:
        if self._live is not None:
            return _REDRAW_S
        return _LINE_S if self._board.elapsed_s < _LATER_S else _LATER_LINE_S


@contextmanager
def study_progress(jobs: int) -> Iterator[StudyProgress]:
    """The progress that suits standard error, while in the context.

    Parameters
    ----------
    jobs
        Replayed searches at a time.
    """
    board = StudyBoard(jobs)
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield StudyProgress(board)
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:
        yield StudyProgress(board, live)


def _to_stderr(line: str) -> None:
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except OSError:
        complain(line, "progress")
