from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.live import Live

from tests.experiments.made_results import made_results
from tests.experiments.made_studies import study_in
from tvmtune.cli import study_progress as module
from tvmtune.cli.study_progress import StudyBoard, StudyProgress, study_progress
from tvmtune.experiments.contender import Budget, Contender
from tvmtune.experiments.live_searching import LiveSearch
from tvmtune.experiments.planning import StudyPlan
from tvmtune.experiments.replay_pool import Ended, SearchFailure
from tvmtune.experiments.results import Search
from tvmtune.experiments.study import LiveTask, ReplayedTask
from tvmtune.machine import MachineFacts
from tvmtune.records import Record
from tvmtune.tuner.events import TrialFinished, Warned
from tvmtune.tuner.task import Task


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _plan() -> StudyPlan:
    tasks = (
        ReplayedTask(name="a", path=Path("a")),
        ReplayedTask(name="b", path=Path("b")),
        LiveTask(name="small", workload="matmul:m=8,k=8,n=8"),
    )
    study = study_in(Path(), tasks=tasks)
    known = frozenset({("a", "random", 0)})
    file = made_results(tasks=1, seeds=1).study
    return StudyPlan(study=study, out=Path("out"), file=file, known=known)


def _ended(task: str, strategy: str, wall_s: float, error: str = "") -> Ended:
    if error:
        failure = SearchFailure(task=task, strategy=strategy, seed=1, error=error)
        return Ended(failure, wall_s)
    trace = made_results(tasks=1, seeds=1).searches[0].trace
    return Ended(Search(task=task, strategy=strategy, seed=1, trace=trace), wall_s)


def _live_search() -> LiveSearch:
    task = LiveTask(name="small", workload="matmul:m=8,k=8,n=8")
    contender = Contender(label="random", search="random")
    return LiveSearch(task=task, contender=contender, seed=4, budget=Budget(), log=Path("x"))


def _trial(record: Record) -> TrialFinished:
    task = Task(record.workload, record.target)
    return TrialFinished(task=task, record=record, trials=1234, best_s=1e-6, new_best=True)


def test_the_time_left_is_that_of_searches_alike(clock: Clock) -> None:
    board = StudyBoard(2, clock)
    board.plan(_plan())
    assert board.line() == "0:00 1/15 searches (0 new)"
    board.end(_ended("a", "random", 4.0))
    assert board.left_s is None
    board.end(_ended("a", "ranked", 10.0, "said no"))
    board.end(_ended("small", "random", 20.0))
    assert board.left_s is None
    board.end(_ended("small", "ranked", 30.0))
    clock.now_s = 65.0
    # a: 1 random and 1 ranked, b: 3 and 2, two at a time; small: 2 and 1, one at a time
    assert board.left_s == (4 + 10 + 3 * 4 + 2 * 10) / 2 + 2 * 20 + 30
    assert board.line() == "1:05 4/15 searches (3 new); 1 failed; 1:33 left"


def test_lines_now_and_then(
    clock: Clock, facts: MachineFacts, record: Callable[..., Record], capsys: Any
) -> None:
    progress = StudyProgress(StudyBoard(1, clock))
    progress.plan(_plan())
    progress.end(_ended("a", "random", 1.0))
    progress.end(_ended("a", "ranked", 1.0, "said\nno"))
    clock.now_s = 11.0
    progress.machine(facts)
    progress.begin_live(_live_search())
    clock.now_s = 400.0
    progress.event(_trial(record()))
    clock.now_s = 420.0
    progress.event(Warned(message="it rains"))
    assert capsys.readouterr().err.splitlines() == [
        "note: 14 of 3 searches to run, results in out",
        "0:00 1/15 searches (0 new)",
        "warning: a, ranked, seed 1: said no",
        "machine: peak 100 GFLOP/s of a core",
        "0:11 2/15 searches (1 new); 1 failed; small, random, seed 4",
        "6:40 2/15 searches (1 new); 1 failed; small, random, seed 4: trial 1,234",
        "warning: it rains",
    ]


def test_a_table_on_a_terminal(clock: Clock) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80, height=40)
    with Live(console=console, auto_refresh=False, transient=True) as live:
        progress = StudyProgress(StudyBoard(1, clock), live)
        progress.plan(_plan())
        progress.end(_ended("a", "ranked", 1.0, "said no"))
        clock.now_s = 1.0
        progress.end(_ended("a", "random", 1.0))
        lines = _drawn(progress, 80, 40)
        assert lines[0].split() == ["task", "random", "ranked"]
        assert ["a", "2/3", "0/2,", "1", "failed"] in [line.split() for line in lines]
        assert lines[-1].startswith("0:01 2/15 searches (1 new); 1 failed")
        for strategy in ("random", "ranked"):
            progress.end(_ended("a", strategy, 1.0))
        assert not any(line.startswith("a ") for line in _drawn(progress, 80, 3))
        assert "... and 1 other task" in _drawn(progress, 80, 3)
    assert "warning: a, ranked, seed 1: said no" in console.file.getvalue()  # type: ignore[attr-defined]


def _drawn(progress: StudyProgress, width: int, height: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height)
    console.print(progress.picture(console))
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return [line.strip() for line in text.splitlines() if line.strip()]


def test_the_progress_that_suits(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    with study_progress(1) as progress:
        progress.tell("hello")
    assert capsys.readouterr().err == "note: hello\n"
    monkeypatch.setenv("FORCE_COLOR", "1")
    with study_progress(1) as progress:
        progress.tell("hello")
    assert "tvmtune: note: hello" in capsys.readouterr().err


def test_nobody_reads_it(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    class Closed(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    said: list[str] = []
    monkeypatch.setattr(module, "complain", lambda message, kind: said.append(message))
    with monkeypatch.context() as patched:
        patched.setattr("sys.stderr", Closed())
        StudyProgress(StudyBoard(1, clock)).tell("hello")
    assert said == ["note: hello"]
