from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.contest import Comparison, Pace
from benchmarks.results import Results, read_results
from benchmarks.running import StoppedError, agreed_settings, is_due, run
from benchmarks.tables import select
from tvmtune.errors import RecordError, UsageError

_C2, _M512 = "conv2d:ci=64,h=56,co=64,k=3", "matmul:m=512,k=512,n=512"
_PACE = Pace(rounds=2, pause_s=0.0)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    agreed_settings(tmp_path / "run", seconds=30.0)
    return tmp_path / "run"


def _run(directory: Path, machine: Any, *names: str, rounds: int = 2) -> Results:
    return run(directory, select(names), Pace(rounds=rounds, pause_s=0.0), machine.steps())


def test_what_is_done_is_not_done_again(directory: Path, machine: Any) -> None:
    results = _run(directory, machine, "C2", "M512")
    assert machine.tuned == [(_C2, 30.0), (_M512, 30.0)]
    assert machine.checked == [_C2, _M512]
    assert results.comparisons[_C2].ratios("tvmtune") == [2.0, 2.0]
    assert results.deviations[_M512].error == 1e-6
    assert {"commit", "machine", "toolchain"} <= set(results.invocations[0])
    before = (directory / "results.jsonl").read_bytes()
    assert _run(directory, machine, "C2", "M512") == results
    assert (directory / "results.jsonl").read_bytes() == before
    _run(directory, machine, "C2", "C12")
    assert [text for text, _ in machine.tuned[2:]] == ["conv2d:ci=512,h=7,co=512,k=3"]
    assert read_results(directory).is_tuned(_C2)


def test_a_killed_run_goes_on_with_what_is_left(directory: Path, machine: Any) -> None:
    machine.exits = [0, -9]
    with pytest.raises(KeyboardInterrupt):
        _run(directory, machine, "C2", "M512")
    assert not read_results(directory).comparisons
    machine.clock_s += 500
    results = _run(directory, machine, "C2", "M512")
    assert machine.tuned == [(_C2, 30.0), (_M512, 30.0), (_M512, pytest.approx(23.0))]
    assert results.tuned_s(_M512) == pytest.approx(30.0)
    assert set(results.comparisons) == {_C2, _M512}


def test_the_least_that_is_left(tmp_path: Path, machine: Any) -> None:
    agreed_settings(tmp_path, seconds=8.0)
    machine.exits = [-9]
    with pytest.raises(KeyboardInterrupt):
        _run(tmp_path, machine, "C2")
    _run(tmp_path, machine, "C2")
    assert machine.tuned == [(_C2, 8.0), (_C2, 5.0)]


def test_a_stopped_tuner_stops_the_benchmark(directory: Path, machine: Any) -> None:
    machine.exits = [130]
    with pytest.raises(StoppedError, match="C2: stopped; the same command goes on"):
        _run(directory, machine, "C2", "M512")
    assert len(machine.tuned) == 1


def test_a_failed_tuner_costs_its_workload(directory: Path, machine: Any) -> None:
    machine.exits = [1]
    results = _run(directory, machine, "C2", "M512")
    assert "C2: left out: its tuning failed with exit code 1" in machine.said
    assert set(results.comparisons) == {_M512}


def test_an_error_that_cannot_be_taken(directory: Path, machine: Any) -> None:
    def refuse(*_: object) -> Any:
        raise RecordError("nothing usable")

    steps = replace(machine.steps(), deviation=refuse)
    results = run(directory, select(["C2"]), _PACE, steps)
    assert "C2: not checked: nothing usable" in machine.said
    assert not results.deviations


def test_who_is_left_out_is_told(directory: Path, machine: Any, fake: Any) -> None:
    machine.contestants.append(fake("torch", [1.0], load_error="no torch"))
    _run(directory, machine, "C2")
    assert "C2: torch left out: no torch" in machine.said


def test_all_peers_missing(directory: Path, machine: Any, fake: Any) -> None:
    missing = fake("torch", [1.0], load_error="no torch")
    missing.missing = "no torch"
    machine.contestants.append(missing)
    assert set(_run(directory, machine, "C2").comparisons) == {_C2}
    assert "torch is missing: no torch" in machine.said
    machine.contestants = [missing]
    with pytest.raises(UsageError, match=r"none of torch is there; .*--peers-python PATH"):
        _run(directory, machine, "C12")
    assert len(machine.tuned) == 1


def test_when_a_comparison_is_due(comparison: Callable[..., Comparison], fake: Any) -> None:
    peers = [fake("onnxruntime", [1.0]), fake("torch", [1.0])]
    found = comparison()
    assert is_due(None, peers, _PACE)
    assert not is_due(found, peers, _PACE)
    assert is_due(found, peers, Pace(rounds=3))
    assert is_due(found, [fake("onednn", [1.0])], _PACE)
    only_peers = {"onnxruntime": 1.0}
    assert is_due(replace(found, rounds=(only_peers, only_peers)), peers, _PACE)
    only_ours = {"tvmtune": 1.0, "tvmtune-nchw": 1.0}
    assert is_due(replace(found, rounds=(only_ours, only_ours)), peers, _PACE)


def test_settings_are_those_of_the_first_time(directory: Path) -> None:
    assert agreed_settings(directory).seconds == 30.0
    assert agreed_settings(directory, threads=1, seed=None).threads == 1
    with pytest.raises(UsageError, match=r"was begun with seconds=30.0, not 60.0; leave --seconds"):
        agreed_settings(directory, seconds=60.0)
    with pytest.raises(UsageError, match=r"max_rel_error=None, not 2e-06; leave --max-rel-error"):
        agreed_settings(directory, max_rel_error=2e-6)
