"""What an author of a template is told of mistakes in it."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from tvmtune.compiler.domains import task_domain
from tvmtune.errors import TemplateError
from tvmtune.target import Target
from tvmtune.workload import parse

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "simple_matmul.py"
WORKLOAD, TARGET = parse("matmul:m=8,k=8,n=16"), Target(isa="avx2")


def _with(tmp_path: Path, before: str, after: str) -> str:
    text = EXAMPLE.read_text()
    assert before in text
    path = tmp_path / "mine.py"
    path.write_text(text.replace(before, after))
    return f"{path}:TEMPLATE"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('s.split("out", "m"', 's.split("output", "m"', "no stage 'output'"),
        ('("mo", "mi"), config["tail"]', '("mo", "mi"), "evens"', "tail 'evens' is unknown"),
        ('.cache_write("out"', '.cache_write(nothing, "out"', r"mine.py:\d+: NameError"),
        ('config["rows"], ("mo"', 'int(config["rows"] > 2), ("mo"', "mine.py.*SymbolError"),
        ("    return s.reorder(", "    s.reorder(", "returned NoneType"),
        ('    name="simple_matmul", v', '    name="other", v', "both must have one name"),
    ],
)
def test_mistakes_are_told_at_once(tmp_path: Path, before: str, after: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        task_domain(WORKLOAD, TARGET, _with(tmp_path, before, after)).features(
            task_domain(WORKLOAD, TARGET).defaults()
        )


def test_structures_without_a_schedule_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reference = _with(tmp_path, '["peel", "even"]', '["peel", "evens"]')
    domain = task_domain(WORKLOAD, TARGET, reference)
    with caplog.at_level(logging.WARNING):
        domain.sample(np.random.default_rng(0), 32)
    assert any("'evens' is unknown" in r.getMessage() for r in caplog.records)
