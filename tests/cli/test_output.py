from __future__ import annotations

import json
from typing import Any

import pytest

from tvmtune.cli import output
from tvmtune.cli.output import Column


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (output.time_text(None), "-"),
        (output.time_text(2.0), "2.00 s"),
        (output.time_text(0.0123), "12.3 ms"),
        (output.time_text(1.5e-4), "150 us"),
        (output.time_text(1.5e-8), "15.0 ns"),
        (output.rate_text(None), "-"),
        (output.rate_text(5e9), "5.00"),
        (output.share_text(0.876), "88 %"),
        (output.share_text(None), "-"),
        (output.gain_text(1.5), "1.50x"),
        (output.gain_text(None), "-"),
        (output.size_text(48 << 10), "48.0 KiB"),
        (output.size_text(12), "12 B"),
        (output.count_text(2000), "2,000"),
        (output.count_text(10**12), "1.00e+12"),
        (output.counts_text({"a": 1, "c": 2, "b": 2}), "2 b, 2 c, 1 a"),
        (output.counts_text({}), "-"),
        (output.clock_text(59.6), "1:00"),
        (output.clock_text(3723), "1:02:03"),
        (output.ratio(1.0, 2.0), 0.5),
        (output.ratio(1.0, None), None),
        (output.one_line("a\n b" + "x" * 200, 10), "a bxxxx..."),
    ],
)
def test_figures(found: object, expected: object) -> None:
    assert found == expected


def test_plain_tables_are_aligned_and_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 200
    output.say_table([Column("name", right=False), Column("n")], [["a", "1"], [long, "20"]])
    head, first, second = capsys.readouterr().out.splitlines()
    assert head == "name" + " " * 196 + "   n"
    assert first == "a" + " " * 199 + "   1"
    assert second == f"{long}  20"


def test_tables_on_a_terminal(monkeypatch: Any, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    output.say_table([Column("name", right=False)], [["[a]"]])
    assert "[a]" in capsys.readouterr().out


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    output.say_json({"a": [1]})
    assert json.loads(capsys.readouterr().out) == {"a": [1]}
    output.say_json({"a": [float("inf"), (1.5, float("nan"))]})
    assert json.loads(capsys.readouterr().out) == {"a": [None, [1.5, None]]}
