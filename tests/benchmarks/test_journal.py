from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.journal import Journal
from tvmtune.errors import RecordError


def test_torn_lines_cost_themselves_only(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "results.jsonl")
    assert journal.read() == []
    journal.append("a", x=1)
    with open(journal.path, "ab") as file:
        file.write(b'{"event": "tor')
    journal.append("b", y=[2.5])
    with open(journal.path, "ab") as file:
        file.write(b'[1]\n\xff\n{"no": "event"}\n')
    assert journal.read() == [{"event": "a", "x": 1}, {"event": "b", "y": [2.5]}]


def test_one_benchmark_at_a_time(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "results.jsonl")
    refused = pytest.raises(RecordError, match="another benchmark is writing")
    with journal.held(), refused, journal.held():
        pass
    with journal.held():
        journal.append("a")


def test_a_directory_is_no_journal(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot read"):
        Journal(tmp_path).read()
