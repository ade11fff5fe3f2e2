from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from rich.live import Live

from tvmtune.cli.board import Board
from tvmtune.cli.progress import LineProgress, LiveProgress, progress_of, standing
from tvmtune.outcome import Status
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
    board.take(_trial(record(1, None, status=Status.CRASH, detail="second"), 5))
    board.take(PlanProposed(task=TASK, plan=1, results=4, spearman=0.5, recall=0.5))
    board.take(Warned(message="odd"))
    state = board.tasks[TASK.key]
    assert (state.trials, state.measured, state.best_s, state.current_s) == (5, 3, 2e-7, None)
    assert state.model == 0.5
    assert board.measured == 3
    assert board.trials_per_s == pytest.approx(1.5)
    assert board.left_s == pytest.approx(5 / 1.5)
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
        "0:11 0/1 task done; 2 new trials at 0.2/s (1 build_error, 1 ok); matmul:m=8,k=8,n=8 "
        "4/10 trials: now -, best 5.12 GFLOP/s (51 % of peak); 0:33 left",
        "first build_error: LLVM said no",
        "matmul:m=8,k=8,n=8: confirming 3 configs",
        "warning: odd",
        "matmul:m=8,k=8,n=8: done, 5 trials in the log; best 200 ns, 5.12 GFLOP/s (51 % of peak)",
    ]


@pytest.mark.parametrize(
    ("ending", "trials", "line"),
    [
        (Ending.EXHAUSTED, 2, "done (every config), 2 trials in the log; no usable time"),
        (Ending.TIME, 0, "time is up, 0 trials in the log; no usable time"),
        (Ending.STOPPED, 1, "stopped, 1 trial in the log; no usable time"),
        (Ending.STOPPED, 0, None),
    ],
)
def test_how_a_task_ended(board: Board, ending: Ending, trials: int, line: str | None) -> None:
    lines: list[str] = []
    event = _finished()
    event = replace(event, report=replace(event.report, ending=ending, trials=trials))
    board.take(replace(_started(), trials=trials))
    board.take(event)
    LineProgress(board, lines.append).show(event)
    assert lines == ([] if line is None else [f"{TASK.workload}: {line}"])


def test_trials_and_how_they_ended_agree(board: Board, record: Any) -> None:
    fault = record(1, None, status=Status.INFRASTRUCTURE)
    retry = record(1, 4e-7, purpose=Purpose.RETRY)
    board.take(_started())
    board.take(_trial(retry, 2))  # of a fault in an earlier run
    for one, trials in [(fault, 3), (record(2, 4e-7), 4), (retry, 4)]:
        board.take(_trial(one, trials))
        assert sum(board.outcomes.values()) == board.measured
    board.take(Confirmed(task=TASK, record=record(2, 4e-7, purpose=Purpose.CONFIRM)))
    assert "; 2 new trials" in standing(board)
    assert "(2 ok); 1 confirmation; " in standing(board)


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


def _plain(text: str) -> list[str]:
    """What a terminal shows of a text, as lines."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).splitlines()


@pytest.mark.parametrize(
    ("width", "there", "gone"),
    [
        (80, ["task", "trials", "best", "of peak"], ["now GFLOP/s"]),
        (55, ["task", "trials", "best"], ["of peak"]),
        (42, ["task", "trials"], ["best"]),
    ],
)
def test_a_narrow_terminal(
    board: Board, record: Any, width: int, there: list[str], gone: list[str]
) -> None:
    shown = StringIO()
    console = Console(file=shown, force_terminal=True, width=width, height=18)
    with Live(console=console, auto_refresh=False) as live:
        board.take(_started())
        board.take(_trial(record(1, 4e-7), 3))
        LiveProgress(board, live).show(_started())
    head, *_ = [line for line in _plain(shown.getvalue()) if line.split()[:1] == there[:1]]
    assert all(name in head for name in there)
    assert not any(name in head for name in gone)


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
