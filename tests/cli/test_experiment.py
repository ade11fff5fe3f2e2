from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.experiments.made_results import made_results, write_results
from tvmtune.experiments.results import Results


@pytest.fixture
def made(tmp_path: Path) -> Path:
    write_results(made_results(tasks=2, seeds=8), tmp_path / "made")
    return tmp_path / "made"


def test_help(cli: Any) -> None:
    code, out, _ = cli("experiment", "--help")
    assert code == 0
    assert "report" in out
    code, out, _ = cli("experiment", "report", "--help")
    assert code == 0
    assert "--json" in out
    code, _, err = cli("experiment", "nope")
    assert code == 2
    assert "No such command 'nope'" in err


def test_report(cli: Any, made: Path) -> None:
    code, out, err = cli("experiment", "report", made)
    assert (code, err) == (0, "")
    head, first, *_ = out.splitlines()
    assert head.startswith("strategy")
    assert first.startswith("sage")
    assert "bold (default)" in out
    assert "sage is the best by trials" in out
    assert f"{made / 'report.html'} and 16 tables and pictures" in out
    assert (made / "report.html").read_text().startswith("<!DOCTYPE html>")


def test_report_elsewhere_as_json(cli: Any, made: Path, tmp_path: Path) -> None:
    code, out, _ = cli("experiment", "report", made, "--out", tmp_path / "out", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["report"] == str(tmp_path / "out" / "report.html")
    assert found["answer"][0].startswith("sage is the best")
    assert found["missing"] == 0
    assert {s["variant"] for s in found["scores"]} == {"exact", "published"}
    assert len(found["scores"][0]["performance"]) == 101
    assert not (made / "report.html").exists()
    assert cli("experiment", "report", made, "--json", "--seed", 0)[1] == out.replace(
        str(tmp_path / "out"), str(made)
    )


def test_a_report_before_the_end(cli: Any, tmp_path: Path) -> None:
    whole = made_results(tasks=1, seeds=2)
    some = Results(study=whole.study, spaces=whole.spaces, searches=whole.searches[:5])
    write_results(some, tmp_path / "some")
    code, _, err = cli("experiment", "report", tmp_path / "some")
    assert code == 0
    assert "1 search has not finished" in err


def test_directories_without_results(cli: Any, tmp_path: Path) -> None:
    code, out, err = cli("experiment", "report", tmp_path)
    assert (code, out) == (1, "")
    assert "study.json: cannot be read: No such file" in err
    whole = made_results(tasks=1, seeds=1)
    nothing = Results(study=whole.study, spaces=whole.spaces, searches=())
    write_results(nothing, tmp_path / "none")
    (tmp_path / "none" / "traces.jsonl").touch()
    code, _, err = cli("experiment", "report", tmp_path / "none")
    assert code == 1
    assert "no search has finished: there is nothing to report" in err
