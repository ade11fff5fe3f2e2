from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.experiments.synthetic import made_space
from tvmtune.errors import RecordError
from tvmtune.records.recorded_space import FORMAT, RecordedSpace, read_space, write_space


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    space, path = made_space(), tmp_path / "space.gz"
    write_space(space, path)
    again = read_space(path)
    assert again.to_json() == space.to_json()
    assert again.template == space.template
    assert (again.points == space.points).all()
    for name in ("search_s", "confirmed_s", "build_s", "run_s"):
        np.testing.assert_allclose(getattr(again, name), getattr(space, name), atol=1e-9)
    assert [again.config(row) for row in range(len(again))] == [
        space.config(row) for row in range(len(space))
    ]
    write_space(space, tmp_path / "other.gz")
    assert (tmp_path / "other.gz").read_bytes() == path.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other.gz", "space.gz"]


def test_confirmed_times_count_and_say_the_noise() -> None:
    space = made_space()
    confirmed = ~np.isnan(space.confirmed_s)
    assert confirmed.any()
    assert not confirmed.all()
    assert (space.times_s[confirmed] == space.confirmed_s[confirmed]).all()
    shifts = np.log(space.confirmed_s[confirmed] / space.search_s[confirmed])
    middle = np.median(shifts)
    assert space.noise == pytest.approx(1.4826 * np.median(np.abs(shifts - middle)))
    np.testing.assert_allclose(
        space.times_s[~confirmed], space.search_s[~confirmed] * np.exp(middle)
    )
    nothing = np.full(len(space), np.nan)
    alone = made_space(confirmed_s=nothing)
    assert alone.noise is None
    np.testing.assert_array_equal(alone.times_s, alone.search_s)


def _with(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda whole: whole.__setitem__(name, value)


def _column(name: str, change: Callable[[list[Any]], Any]) -> Callable[[dict[str, Any]], None]:
    def apply(whole: dict[str, Any]) -> None:
        whole["columns"][name] = change(whole["columns"][name])

    return apply


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_with("tvmtune_space", FORMAT + 1), "update tvmtune"),
        (_with("tvmtune_space", "1"), "not a recorded space"),
        (_with("template", []), "not a recorded space"),
        (_with("template", {"name": "a", "version": "1", "knobs": []}), "without knobs"),
        (_with("origin", 3), "origin and its settings must be"),
        (_with("origin", {"settings": [1]}), "origin and its settings must be"),
        (_with("exhaustive", 1), "exhaustive must be true or false"),
        (_with("workload", None), "must be texts"),
        (_with("seed", [1]), "not a recorded space"),
        (_column("status", lambda c: c[1:]), "differ in length"),
        (_column("status", lambda c: ["no such", *c[1:]]), "no such"),
        (_column("status", lambda c: ["crash", *c[1:]]), "do not fit its statuses"),
        (_column("search_ns", lambda c: [None, *c[1:]]), "do not fit its statuses"),
        (_column("search_ns", lambda c: [1.5, *c[1:]]), "no whole number of nanoseconds"),
        (_column("build_ns", lambda c: [-1, *c[1:]]), "no whole number of nanoseconds"),
        (_column("run_ns", lambda c: [2**2000, *c[1:]]), "OverflowError"),
        (_column("digits", lambda c: [[99, *c[0][1:]], *c[1:]]), "a value that its knob does not"),
        (_column("digits", lambda c: [[d[0], *d[:-1]] for d in c]), "stands there twice"),
        (_column("digits", lambda c: c[1:]), "do not fit its template"),
        (_column("digits", lambda c: c[0]), "do not fit its template"),
    ],
)
def test_other_contents_are_refused(
    change: Callable[[dict[str, Any]], None], message: str, tmp_path: Path
) -> None:
    whole = json.loads(json.dumps(made_space().to_json()))
    change(whole)
    path = tmp_path / "space.gz"
    path.write_bytes(gzip.compress(json.dumps(whole).encode()))
    with pytest.raises(RecordError, match=message) as raised:
        read_space(path)
    assert str(raised.value).startswith(str(path))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{}", "it is not gzip"),
        (gzip.compress(b"{}"), "no tvmtune_space"),
        (gzip.compress(b"[" * 100_000), "not a recorded space"),
        (gzip.compress(b'{"tvmtune_space":1}')[:-12], "not a recorded space"),
        (gzip.compress(b"\xff"), "not a recorded space"),
    ],
)
def test_other_files_are_refused(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "space.gz"
    path.write_bytes(data)
    with pytest.raises(RecordError, match=message):
        read_space(path)


def test_files_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot be read"):
        read_space(tmp_path / "none.gz")
    with pytest.raises(RecordError, match="cannot be written"):
        write_space(made_space(), tmp_path / "none" / "space.gz")


def test_a_file_too_large_unpacked_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tvmtune.records.recorded_space._LARGEST_BYTES", 10)
    path = tmp_path / "space.gz"
    write_space(made_space(), path)
    with pytest.raises(RecordError, match="unpacked"):
        read_space(path)


def test_nothing_measured_is_no_space() -> None:
    whole = made_space().to_json()
    whole["columns"] = {name: [] for name in whole["columns"]}
    with pytest.raises(RecordError, match="not a recorded space"):
        RecordedSpace.from_json(whole)
