"""What the documentation shows is tried."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tvmtune.schedule import Schedule, infer_nest
from tvmtune.schedule.loops import LoopPrimitives
from tvmtune.schedule.placement import PlacementPrimitives
from tvmtune.schedule.write_back import WriteBackPrimitive

_SCHEDULES = (Path(__file__).parent.parent / "docs" / "schedules.md").read_text()
_REFUSED = {"bind", "virtual_thread"}
_PRIMITIVES = {
    name
    for owner in (LoopPrimitives, PlacementPrimitives, WriteBackPrimitive)
    for name in vars(owner)
    if not name.startswith("_")
} - _REFUSED


def _rows() -> Iterator[tuple[str, str, str]]:
    """Primitive, arguments and example of each row."""
    for line in _SCHEDULES.splitlines():
        row = re.fullmatch(r"\| `(\w+)` \| (.*) \| `([sc]\..*)` \|", line)
        if row:
            yield row[1], row[2], row[3]


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """What the examples begin with."""
    (code,) = re.findall(r"```python\n(.*?)```", _SCHEDULES, re.DOTALL)
    found: dict[str, Any] = {}
    exec(code, found)
    return found


def test_every_primitive_has_a_row() -> None:
    assert [name for name, _, _ in _rows()].count("split") == 1
    assert {name for name, _, _ in _rows()} == _PRIMITIVES
    assert all(f"`{name}`" in _SCHEDULES for name in _REFUSED)


@pytest.mark.parametrize(("primitive", "arguments", "example"), list(_rows()))
def test_examples(primitive: str, arguments: str, example: str, names: dict[str, Any]) -> None:
    made = eval(example, names)
    assert isinstance(made, Schedule)
    assert f".{primitive}(" in example
    assert made.trace
    infer_nest(made)
    wanted = list(inspect.signature(getattr(Schedule, primitive)).parameters)[1:]
    assert [name for name in wanted if f"`{name}`" not in arguments] == []
