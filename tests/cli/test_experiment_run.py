from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.experiments import failing_worker
from tests.experiments.made_studies import write_spaces, write_toml
from tvmtune.cli import experiment_run, study_progress
from tvmtune.experiments.results import read_results
from tvmtune.experiments.running import run_study
from tvmtune.records import LogWriter, Purpose, read_log
from tvmtune.target import Target
from tvmtune.tuner import api
from tvmtune.tuner.task import Ending, TuneReport

LIVE = """
seeds = 2
trials = 6

[[task]]
name = "small"
workload = "matmul:m=8,k=8,n=8"
target = "cpu:isa=avx2"
set = {steps = [1, 2]}

[[strategy]]
name = "random"

[[strategy]]
name = "rank-xgb"
options = {plan_size = 3}
seeds = 1
"""

BAD = """
trials = 5
seeds = 4

[[task]]
space = "a.space.gz"

[[strategy]]
name = "grid"
label = "bad"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_spaces(tmp_path, "a")
    return write_toml(tmp_path)


def _written(folder: Path, text: str) -> Path:
    path = folder / "study.toml"
    path.write_text(text)
    return path


def test_dry_run(cli: Any, path: Path) -> None:
    code, out, err = cli("experiment", "run", path, "--dry-run")
    assert (code, err) == (0, "")
    rows = [line.split() for line in out.splitlines()]
    assert rows[1] == ["a", "replayed", "random", "25", "trials", "3", "0", "3"]
    assert rows[2] == ["a", "replayed", "ranked", "25", "trials", "2", "0", "2"]
    assert out.endswith(f"5 searches of 5 to run, results in {path.parent}/made; nothing was run\n")
    assert not (path.parent / "made").exists()
    code, out, _ = cli("experiment", "run", path, "--dry-run", "--json", "--out", "elsewhere")
    found = json.loads(out)
    assert (found["out"], found["searches"], found["left"]) == ("elsewhere", 5, 5)
    assert found["of"][0]["kind"] == "replayed"


def test_run_and_run_again(cli: Any, path: Path) -> None:
    code, out, err = cli("experiment", "run", path)
    made = path.parent / "made"
    assert code == 0
    assert out == (
        f"{made}: 5 of 5 searches, 5 of them new; see: tvmtune experiment report {made}\n"
    )
    assert f"5 of 5 searches to run, results in {made}" in err
    assert "0:00 0/5 searches (0 new)" in err
    code, out, _ = cli("experiment", "run", path, "--json")
    assert json.loads(out) == {"out": str(made), "searches": 5, "new": 0, "failed": [], "left": 0}
    assert cli("experiment", "run", path, "--jobs", 0)[0] == 2


def test_searches_that_fail(cli: Any, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = partial(run_study, worker=failing_worker.COMMAND)
    monkeypatch.setattr(experiment_run, "run_study", failing)
    code, out, err = cli("experiment", "run", _written(path.parent, BAD))
    assert code == 1
    assert "study: 1 of 4 searches, 1 of them new" in out
    assert "tvmtune: error: a, bad, seed 0: ZeroDivisionError: of the strategy" in err
    assert "3 searches failed: see " in err
    assert "errors.jsonl; the next run tries again" in err


def test_interrupted(cli: Any, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    end = study_progress.StudyProgress.end

    def interrupt(self: Any, ended: Any) -> None:
        end(self, ended)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(study_progress.StudyProgress, "end", interrupt)
    monkeypatch.setattr("sys.argv", ["tvmtune", "experiment", "run", str(path)])
    code, out, err = cli("experiment", "run", path)
    assert code == 130
    assert "made: 1 of 5 searches, 1 of them new" in out
    assert f"note: stopped by SIGINT; go on with: tvmtune experiment run {path}" in err
    monkeypatch.undo()
    code, out, _ = cli("experiment", "run", path)
    assert code == 0
    assert "5 of 5 searches, 4 of them new" in out


@pytest.mark.usefixtures("machine")
def test_live(cli: Any, tmp_path: Path) -> None:
    path = _written(tmp_path, LIVE)
    code, out, err = cli("experiment", "run", path)
    assert code == 0
    assert "study: 3 of 3 searches, 3 of them new" in out
    assert "machine: peak 100 GFLOP/s of a core" in err
    results = read_results(tmp_path / "study")
    assert results.missing == 0
    assert [s.key for s in results.searches] == [
        ("small", "random", 0),
        ("small", "random", 1),
        ("small", "rank-xgb", 0),
    ]
    assert {len(s.trace) for s in results.searches} == {6}
    assert all(s.trace.rows is None for s in results.searches)
    logs = sorted((tmp_path / "study" / "logs").iterdir())
    assert [log.name for log in logs] == [
        "small-random-0.jsonl",
        "small-random-1.jsonl",
        "small-rank-xgb-0.jsonl",
    ]
    for log in logs:
        records = read_log([log]).records
        assert {r.purpose for r in records} == {Purpose.SEARCH}
        assert {r.config["steps"] for r in records} <= {1, 2}
    wanted = path.read_text().replace("[1, 2]", "[1]")
    code, _, err = cli("experiment", "run", _written(tmp_path, wanted))
    assert code == 2
    assert 'with task small: set {"steps": [1, 2]}; the study has {"steps": [1]}' in err


def test_live_interrupted(cli: Any, tmp_path: Path, machine: list[Callable[[int], None]]) -> None:
    path, seen = _written(tmp_path, LIVE), list[int]()

    def interrupt(count: int) -> None:
        seen.append(count)
        if len(seen) == 9:
            signal.raise_signal(signal.SIGINT)

    machine.append(interrupt)
    code, out, _ = cli("experiment", "run", path)
    assert code == 130
    assert "study: 1 of 3 searches, 1 of them new" in out
    machine.clear()
    code, out, _ = cli("experiment", "run", path)
    assert code == 0
    assert "study: 3 of 3 searches, 2 of them new" in out
    records = read_log([tmp_path / "study" / "logs" / "small-rank-xgb-0.jsonl"]).records
    assert len(records) == 6


TIMED = """
seeds = 1
seconds = 1.5

[[task]]
name = "small"
workload = "matmul:m=8,k=8,n=8"
target = "cpu:isa=avx2"

[[strategy]]
name = "random"
"""


@pytest.mark.usefixtures("machine")
def test_live_seconds_that_are_spent(cli: Any, tmp_path: Path) -> None:
    path, out = _written(tmp_path, TIMED), tmp_path / "study"
    assert cli("experiment", "run", path)[0] == 0
    (log,) = (out / "logs").iterdir()
    records = read_log([log]).records
    with LogWriter(log) as writer:
        one = replace(records[0], start_s=records[0].start_s + 1.4, config={"x": 1}, id="")
        writer.append(replace(one, seconds={"running": 0.1}).with_id())
    whole = log.read_bytes()
    (out / "traces.jsonl").write_bytes(b"")
    assert cli("experiment", "run", path)[0] == 0
    assert log.read_bytes() == whole
    (search,) = read_results(out).searches
    assert len(search.trace) == len(records) + 1
    assert search.trace.told_s[-1] == pytest.approx(1.5, abs=0.01)


@pytest.mark.usefixtures("machine")
def test_live_without_time_for_a_trial(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = TuneReport((), Ending.TIME, 0.0)
    monkeypatch.setattr(api, "tune_inputs", lambda *given, **named: report)
    code, out, err = cli("experiment", "run", _written(tmp_path, TIMED))
    assert code == 1
    assert "no trial in the time: give it more seconds" in err
    assert out.endswith("study: 0 of 1 search, nothing new\n")


@pytest.mark.usefixtures("machine")
def test_a_machine_that_was_not_measured(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = api.local_machinery

    @contextmanager
    def unmeasured(target: Target, give_up: Callable[[], bool]) -> Iterator[api.Machinery]:
        with measured(target, give_up) as found:
            yield api.Machinery(found.equipment, lambda: (found.equipment, None))

    monkeypatch.setattr(api, "local_machinery", unmeasured)
    code, _, err = cli("experiment", "run", _written(tmp_path, LIVE))
    assert code == 0
    assert "machine: " not in err
    assert cli("experiment", "run", tmp_path / "study.toml")[0] == 0


def test_live_that_fails(cli: Any, tmp_path: Path, machine: list[Callable[[int], None]]) -> None:
    seen = list[int]()

    def fail(count: int) -> None:
        seen.append(count)
        if len(seen) == 3:
            raise ZeroDivisionError("of the strategy")

    machine.append(fail)
    code, out, err = cli("experiment", "run", _written(tmp_path, LIVE))
    assert code == 1
    assert "study: 2 of 3 searches" in out
    assert "error: small, random, seed 0: ZeroDivisionError: of the strategy" in err
