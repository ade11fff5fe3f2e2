from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.__main__ import main, write_report
from benchmarks.figures import rows_of
from benchmarks.plots import draw_quality, draw_speedups
from benchmarks.quality import courses_of
from benchmarks.report import Section, report_text
from benchmarks.results import Results, Settings

_TARGET = Settings().target


def test_the_report(results: Results, golden: Callable[[str, str], None]) -> None:
    text = report_text([Section(results=results, speedups="b.svg", quality="b-quality.svg")])
    golden("report.md", text.replace(_TARGET, "cpu:threads=1,isa=..."))


def test_a_report_of_nothing() -> None:
    two = Results(settings=Settings(threads=2))
    text = report_text([Section(results=Results(settings=Settings())), Section(results=two)])
    assert "## 1 thread, 60 s of tuning for a workload" in text
    assert "## 2 threads, 60 s of tuning for a workload" in text
    assert "svg" not in text
    assert "| errors | no limit: any algorithm |" in text


def test_a_limit_of_errors_is_reported() -> None:
    text = report_text([Section(results=Results(settings=Settings(max_rel_error=2e-6)))])
    assert "| errors | at most 2e-06, as measured (`--max-rel-error`) |" in text


def test_pictures(results: Results, tmp_path: Path) -> None:
    everything: tuple[tuple[Callable[[Any, Path], None], list[Any]], ...] = (
        (draw_speedups, rows_of(results.comparisons.values())),
        (draw_quality, list(courses_of(results))),
        (draw_speedups, []),
        (draw_quality, []),
    )
    for draw, data in everything:
        paths = [tmp_path / name for name in ("a.svg", "b.svg")]
        for path in paths:
            draw(data, path)
        first, second = (path.read_text() for path in paths)
        assert first == second
        ElementTree.fromstring(first)
        assert ("C2" in first) == bool(data)


def test_pictures_lie_beside_the_report(results: Results, tmp_path: Path) -> None:
    write_report([results, replace(results, settings=Settings(threads=2))], tmp_path / "d" / "b.md")
    names = {path.name for path in (tmp_path / "d").iterdir()}
    assert names == {"b.md", "b.svg", "b-quality.svg", "b-2.svg", "b-2-quality.svg"}
    text = (tmp_path / "d" / "b.md").read_text()
    assert "![Speed-up over the fastest peer](b-2.svg)" in text


def test_without_matplotlib(
    results: Results,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    write_report([results], tmp_path / "b.md")
    assert "no pictures: pictures need matplotlib" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["b.md"]
    assert ".svg" not in (tmp_path / "b.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["run", "DIR", "C99"], 1, "neither a name of the table"),
        (["run", "DIR", "--peers", "tvm"], 2, "no peers tvm; there are onnxruntime, openvino"),
        (["run", "DIR", "--rounds", "0"], 2, "0 rounds: give at least 1"),
        (["run", "DIR", "--seconds", "-1"], 2, "give a number of threads from 1"),
        (["run", "DIR", "--max-rel-error", "0"], 2, "relative error 0: give a positive number"),
        (["report", "DIR"], 1, "is no run directory"),
        (["quality", "DIR"], 1, "is no run directory"),
    ],
)
def test_bad_requests(
    arguments: list[str],
    code: int,
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = [str(tmp_path / "run") if a == "DIR" else a for a in arguments]
    assert main(given) == code
    error = capsys.readouterr().err
    assert error.startswith("benchmarks: error: ")
    assert message in error
