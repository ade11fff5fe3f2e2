from __future__ import annotations

from pathlib import Path

from benchmarks.book import Book, commit
from benchmarks.journal import Journal


def test_circumstances_stand_before_the_first_event_only(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.jsonl")
    book = Book(journal, clock_s=lambda: 5.0)
    assert journal.read() == []
    for number in (1, 2):
        book.append("found", number=number)
    invocation, *found = journal.read()
    assert invocation["start_s"] == 5.0
    assert {"commit", "machine", "toolchain"} <= set(invocation)
    assert [event["number"] for event in found] == [1, 2]


def test_commit(tmp_path: Path) -> None:
    assert commit(tmp_path) == "unknown"
