from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.contest import Comparison, Contestant, Pace, compare
from benchmarks.tables import problem_of
from tvmtune.workload import parse

_PROBLEM = problem_of(parse("M512"))
_ECHO = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    if "die" in request:
        sys.exit("it had to be")
    print("no json" if "babble" in request else json.dumps({"heard": request}), flush=True)
"""


def _compare(peers: list[Any], ours: list[Any], rounds: int = 3) -> Comparison:
    return compare(_PROBLEM, peers, ours, Pace(rounds=rounds), sleep=lambda seconds: None)


def test_ratios_are_taken_round_by_round(fake: Any) -> None:
    found = _compare(
        [fake("a", [2.0, 4.0, 6.0]), fake("b", [3.0, 3.0, 3.0])], [fake("tvmtune", [1.0, 2.0, 1.0])]
    )
    assert found.ratios("tvmtune") == [2.0, 1.5, 3.0]
    assert found.medians() == {"a": 4.0, "b": 3.0, "tvmtune": 1.0}
    assert found.fastest_peer() == ("b", 3.0)
    assert found.workload == "matmul:m=512,k=512,n=512"
    assert found.versions == {"a": "1.0", "b": "1.0", "tvmtune": "1.0"}
    assert Comparison.from_json(found.to_json()) == found


def test_who_fails_is_left_out(fake: Any) -> None:
    found = _compare(
        [fake("a", [2.0]), fake("b", [1.0], load_error="no such shape"), fake("c", [1.0, None])],
        [fake("tvmtune", [1.0])],
    )
    assert found.left_out == {"b": "no such shape", "c": "crashed"}
    assert found.peers == ("a", "b", "c")
    assert found.ratios("tvmtune") == [1.0, 2.0, 2.0]
    assert found.ratios("tvmtune-nchw") == []


def test_who_computes_something_else_is_left_out(fake: Any) -> None:
    peers = [fake("a", [2.0]), fake("b", [1.0], norm=1.01), fake("c", [3.0], norm=1.0001)]
    found = _compare(peers, [fake("tvmtune", [1.0], norm=2.0)])
    assert set(found.left_out) == {"b", "tvmtune"}
    assert "the norm of its output is 2, not 1" in found.left_out["tvmtune"]


def test_nobody_beside_tvmtune(fake: Any) -> None:
    found = _compare([fake("a", [1.0], load_error="x")], [fake("tvmtune", [1.0])])
    assert found.fastest_peer() is None
    assert found.ratios("tvmtune") == []


@pytest.fixture
def echo(tmp_path: Path) -> Callable[..., Contestant]:
    return lambda *command: Contestant(
        "echo", command or [sys.executable, "-c", _ECHO], tmp_path / "complaints.log"
    )


def test_a_process(echo: Callable[..., Contestant], tmp_path: Path) -> None:
    with echo() as contestant:
        assert contestant.ask(a=1) == {"heard": {"a": 1}}
        died = contestant.ask(die=True)
        assert died["error"].startswith("died or fell silent; ")
        assert "it had to be" in (tmp_path / "complaints.log").read_text()
        assert contestant.ask(b=2) == {"heard": {"b": 2}}  # another process
        assert "died" in contestant.ask(babble=True)["error"]
        assert contestant.ask(c=3) == {"heard": {"c": 3}}
    contestant.close()


def test_a_process_that_cannot_be_run(echo: Callable[..., Contestant]) -> None:
    with echo("/no/python") as contestant:
        assert contestant.ask(a=1) == {"error": "cannot run /no/python: No such file or directory"}
    with echo(sys.executable, "-c", "") as contestant:
        assert "died" in contestant.ask(a=1)["error"]
