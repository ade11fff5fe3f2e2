from __future__ import annotations

from pathlib import Path

import pytest

from tvmtune.references import canonical_reference


def test_all_ways_to_write_a_path_are_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, link = tmp_path / "inside", tmp_path / "link"
    (inside / "deep").mkdir(parents=True)
    link.symlink_to(inside)
    monkeypatch.chdir(inside)
    ways = ["own.py:T", "./own.py:T", "deep/../own.py:T", f"{inside}/own.py:T", f"{link}/own.py:T"]
    assert {canonical_reference(way) for way in ways} == {"own.py:T"}
    assert canonical_reference("deep/own.py:T") == "deep/own.py:T"
    monkeypatch.chdir(inside / "deep")
    assert canonical_reference("../own.py:T") == f"{inside.resolve()}/own.py:T"


@pytest.mark.parametrize("reference", ["matmul.packed", "package.module:T", "nonsense", ""])
def test_names_and_modules_stay(reference: str) -> None:
    assert canonical_reference(reference) == reference
