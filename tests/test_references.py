from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tvmtune.errors import SearchError
from tvmtune.references import canonical_reference, is_reference, referenced


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


@pytest.mark.parametrize(
    ("text", "found"),
    [("a.py:T", True), ("a.b:T", True), ("a", False), (":T", False), ("a:", False), ("", False)],
)
def test_what_is_a_reference(text: str, found: bool) -> None:
    assert is_reference(text) == found


def test_files_are_run_anew_and_classes_find_their_module(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    code = "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    path.write_text(f"{code}@dataclass\nclass A:\n    b: int = 1\n")
    first = referenced(f"{path}:A", "it", SearchError)
    assert first().b == 1
    path.write_text("A = 2\n")
    assert referenced(f"{path}:A", "it", SearchError) == 2
    assert referenced(f"{path}:B", "it", SearchError) is None
    path.write_text("1 / 0")
    with pytest.raises(SearchError, match=r"^it: importing .*own\.py failed: ZeroDivisionError"):
        referenced(f"{path}:A", "it", SearchError)
    assert not [name for name in sys.modules if name == first.__module__]
