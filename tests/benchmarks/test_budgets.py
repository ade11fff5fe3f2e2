from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.budgets import Pair, cells
from tests.experiments.synthetic import made_space
from tvmtune.records.recorded_space import write_space


@pytest.fixture
def space(tmp_path: Path) -> str:
    path = tmp_path / "made.space.gz"
    write_space(made_space(), path)
    return str(path)


@pytest.mark.parametrize("budget", [["--trials", "6", "--trials", "9"], ["--seconds", "1"]])
def test_a_table_of_budgets(
    space: str, budget: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    model = [f"{space}=3", f"{space}=1"]
    assert main(["budgets", *model, "--seeds", "2", "--search", "random", *budget]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(budget) // 2
    assert lines[2].startswith("| 6 trials a task" if "--trials" in budget else "| 1 s")
    assert lines[2].endswith("of 2 |")


@pytest.mark.parametrize("text", ["x", "x=", "=3", "x=0", "x=two"])
def test_models_of_another_form(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["budgets", text]) == 2
    assert f"{text!r}: give SPACE=COUNT" in capsys.readouterr().err


def test_no_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["budgets", "x=1", "--seeds", "0"]) == 2
    assert "0 seeds: give at least 1" in capsys.readouterr().err


def test_lines_have_medians_and_quartiles() -> None:
    pairs = [Pair(even=1.0, gain=g) for g in (0.9, 1.0, 1.1, 0.8, 0.7)]
    assert cells("b", pairs)[1:] == ["1.0000", "0.9000", "0.9000", "0.8000 to 1.0000", "3 of 5"]
    assert cells("b", pairs[:1])[4] == "0.9000 to 0.9000"
