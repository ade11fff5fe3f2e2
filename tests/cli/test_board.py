from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from rich.live import Live

from tvmtune.artifact import Status
from tvmtune.cli.board import Board
from tvmtune.cli.progress import LineProgress, LiveProgress, progress_of
from tvmtune.records import Purpose
from tvmtune.tuner import (
    Confirmed,
    Confirming,
    Ending,
    PlanProposed,
    Task,
    TaskFinished,
    TaskReport,
    TaskStarted,
    TrialFinished,
    TuneOptions,
    Warned,
)

TASK = Task("matmul:m=8,k=8,n=8", "cpu:threads=1,isa=avx2")
OTHER = Task("matmul:m=16,k=8,n=8", "cpu:threads=1,isa=avx2")


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def board(clock: Clock) -> Board:
    board = Board(TuneOptions(trials=10), clock)
    board.peak_flops = 1e10
    return board


def _started(task: Task = TASK, limit: int | None = 10) -> TaskStarted:
    return TaskStarted(
        task=task,
        templates=("matmul.packed",),
        space_size=48000,
        trials=2,
        trial_limit=limit,
        best_s=None,
    )


def _trial(record: Any, trials: int, best_s: float | None = 2e-7) -> TrialFinished:
    return TrialFinished(task=TASK, record=record, trials=trials, best_s=best_s, new_best=False)


def _finished(task: Task = TASK) -> TaskFinished:
    report = TaskReport(
        task=task,
        ending=Ending.TRIALS,
        trials=4,
        measured=2,
        best=None,
        default_s=None,
        failures={},
    )
    return TaskFinished(report=report)


def test_what_events_add_up_to(board: Board, clock: Clock, record: Any) -> None:
    assert board.left_s is board.trials_per_s is None
    board.take(_started())
    clock.now_s += 2
    board.take(_trial(record(1, 4e-7), 3))
    board.take(_trial(record(1, None, status=Status.CRASH, detail="first"), 4))
    board.take(_trial(record(1, None, status=Status.CRASH, detail="second"), 4))
    board.take(PlanProposed(task=TASK, plan=1, results=4, spearman=0.5, recall=0.5))
    board.take(Warned(message="odd"))
    state = board.tasks[TASK.key]
    assert (state.trials, state.measured, state.best_s, state.current_s) == (4, 2, 2e-7, None)
    assert state.model == 0.5
    assert board.measured == 2
    assert board.trials_per_s == pytest.approx(1.0)
    assert board.left_s == pytest.approx(6.0)
    assert board.outcomes == {"ok": 1, "crash": 2}
    assert board.first_errors == {"crash": "first"}
    assert board.share(state.rate_of(state.best_s)) == pytest.approx(0.512)
    board.take(Confirming(task=TASK, configs=2, seconds=1.0))
    assert state.activity == "confirming"
    board.take(Confirmed(task=TASK, record=record(1, 3e-7, purpose=Purpose.CONFIRM)))
    assert state.current_s == 3e-7
    board.take(_finished())
    assert state.finished
    assert board.left_s == 0.0


def test_time_left_of_minutes(clock: Clock) -> None:
    board = Board(TuneOptions(minutes=1.0), clock)
    board.take(_started(limit=None))
    clock.now_s += 20
    assert board.left_s == pytest.approx(40.0)
    assert board.tasks[TASK.key].trials_left is None


def test_lines(board: Board, clock: Clock, record: Any) -> None:
    lines: list[str] = []
    progress = LineProgress(board, lines.append)

    def send(event: Any) -> None:
        board.take(event)
        progress.show(event)

    send(_started())
    send(_trial(record(1, 4e-7), 3))
    clock.now_s += 11
    send(_trial(record(1, None, status=Status.BUILD_ERROR, detail="LLVM\nsaid no"), 4))
    send(_trial(record(1, None, status=Status.BUILD_ERROR, detail="again"), 5))
    send(Confirming(task=TASK, configs=3, seconds=1.0))
    send(Warned(message="odd"))
    send(_finished())
    assert lines == [
        "matmul:m=8,k=8,n=8: 48,000 configs of matmul.packed, 2 trials in the log",
        "0:11 0/1 tasks; 2 trials, 0.2/s; matmul:m=8,k=8,n=8 4/10: now -, best 5.12 GFLOP/s "
        "(51 % of peak); 1 build_error, 1 ok; 0:33 left",
        "first build_error: LLVM said no",
        "matmul:m=8,k=8,n=8: confirming 3 configs",
        "warning: odd",
        "matmul:m=8,k=8,n=8: ended by trials after 5 trials, best 200 ns, 5.12 GFLOP/s "
        "(51 % of peak)",
    ]


def test_a_live_table(board: Board, clock: Clock, record: Any) -> None:
    shown = StringIO()
    console = Console(file=shown, force_terminal=True, width=150, height=18)
    with Live(console=console, auto_refresh=False) as live:
        progress = LiveProgress(board, live)
        tasks = [Task(f"matmul:m={m},k=8,n=8", TASK.target) for m in range(8, 16)]
        for task in tasks:
            board.take(_started(task))
            progress.show(_started(task))
        clock.now_s += 1
        for event in (_trial(record(1, None, status=Status.CRASH, detail="bad"), 3), _finished()):
            board.take(event)
            progress.show(event)
        progress.show(Warned(message="odd"))
        clock.now_s += 1
        progress.show(_finished())
    text = shown.getvalue()
    assert "of peak" in text
    assert "51 %" in text
    assert "... and 4 more tasks" in text
    assert "first crash: bad" in text
    assert "tvmtune: warning: odd" in text


def test_what_suits_standard_error(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    with progress_of(board) as progress:
        assert isinstance(progress, LineProgress)
    monkeypatch.setattr(Console, "is_terminal", True)
    with progress_of(board) as live:
        assert isinstance(live, LiveProgress)


def test_nobody_reads_any_more(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(5, "Input/output error")

    detached: list[object] = []
    monkeypatch.setattr("sys.stderr.write", fails)
    monkeypatch.setattr("tvmtune.cli.errors._detach", detached.append)
    show: Callable[[Any], None] = LineProgress(board).show
    show(_started())
    assert detached
