from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.contest import Comparison
from benchmarks.results import Settings, Span, gather, read_results, settings_of, written_s
from tvmtune.errors import RecordError, UsageError
from tvmtune.records import Record
from tvmtune.target import parse_target

_C2 = "conv2d:ci=64,h=56,co=64,k=3"


def _events(*spans: tuple[float, float | None, int]) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    for start_s, end_s, code in spans:
        events.append({"event": "tuning", "workload": _C2, "start_s": start_s, "seconds": 60.0})
        if end_s is not None:
            events.append({"event": "tuned", "workload": _C2, "end_s": end_s, "exit": code})
    return events


def test_records_are_written_in_order(record: Callable[..., Record]) -> None:
    records = [record(1, 1.0, 100.0), record(2, 1.0, 97.0), record(3, 1.0, 102.0)]
    assert written_s(records) == [101.0, 101.0, 103.0]


def test_a_killed_span_lasts_until_its_last_record(record: Callable[..., Record]) -> None:
    records = [record(i, 1.0, at_s) for i, at_s in enumerate((101.0, 140.0, 505.0, 530.0))]
    events = _events((100.0, None, 0), (300.0, None, 0), (500.0, 520.0, 0))
    results = gather(events, Settings(), records)
    assert results.spans[_C2] == (
        Span(100.0, 141.0, ended=False),
        Span(300.0, 300.0, ended=False),
        Span(500.0, 520.0, ended=True),
    )
    assert results.tuned_s(_C2) == 61.0
    assert results.is_tuned(_C2)


def test_a_failed_command_did_not_tune() -> None:
    results = gather(_events((100.0, 101.0, 1)), Settings(), [])
    assert not results.is_tuned(_C2)
    assert results.tuned_s(_C2) == 1.0
    assert results.workloads() == [_C2]


def test_records_of_other_targets_are_others(record: Callable[..., Record]) -> None:
    other = parse_target("cpu", 2).text
    results = gather([], Settings(), [record(1, 1.0, 0.0), record(2, 1.0, 0.0, target=other)])
    assert [r.config["tile"] for r in results.records[_C2]] == [1]


def test_a_comparison_without_peers_replaces_none(comparison: Callable[..., Comparison]) -> None:
    alone = comparison(rounds=({"tvmtune": 1e-3},))
    newer = comparison(start_s=5.0)
    for found, last in (([alone], alone), ([newer, alone], newer), ([alone, newer], newer)):
        events = [{"event": "compared", **c.to_json()} for c in found]
        assert gather(events, Settings(), []).comparisons == {_C2: last}


def test_settings() -> None:
    assert settings_of([]) is None
    event = {"event": "settings", "threads": 2, "seconds": 5.0, "seed": 1}
    assert settings_of([event]) == Settings(threads=2, seconds=5.0, seed=1)
    assert Settings(threads=2).target.startswith("cpu:threads=2,isa=")
    assert settings_of([{**event, "max_rel_error": 2e-6}]) == Settings(
        threads=2, seconds=5.0, seed=1, max_rel_error=2e-6
    )
    with pytest.raises(UsageError, match="relative error 0: give a positive number"):
        Settings(max_rel_error=0.0)
    for wrong in ({"threads": 0}, {"seconds": 0.0}, {"seconds": float("inf")}, {"seed": -1}):
        with pytest.raises(UsageError, match="give a number of threads from 1"):
            Settings(**wrong)


def test_no_run_directory(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"is no run directory; make one with: python -m bench"):
        read_results(tmp_path)
